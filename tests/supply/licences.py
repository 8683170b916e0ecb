"""Read under which licences packages may be used, and what wheels carry inside; refuse what was not weighed."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, NamedTuple

from license_expression import ExpressionError, Licensing, get_spdx_licensing
from packaging.utils import canonicalize_name

from tests.supply.pins import Pin

# Whoever keeps the notice may use these as they like.
PERMISSIVE = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "FTL", "IJG", "ISC"}
    | {"libtiff", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Unicode-3.0", "Unicode-DFS-2016", "Unlicense", "X11", "Zlib"}
)
_SEPARATE = "a library of its own beside our code, unchanged, and whoever runs Intake may replace it"
# What asks for more than a notice, by package and licence, and why it may be here all the same.
REASONED = {
    ("psycopg", "LGPL-3.0-only"): _SEPARATE,
    ("psycopg-binary", "LGPL-3.0-only"): _SEPARATE,
    ("pysequoia", "LGPL-2.0-or-later"): f"sequoia-openpgp, built into the wheel: {_SEPARATE}",
    ("typst", "MPL-2.0"): "option-ext, a few lines inside the wheel, unchanged; their source is public",
    ("pillow-heif", "LGPL-3.0-or-later"): f"libheif and libde265 inside the wheel: {_SEPARATE}",
    ("pillow-heif", "GPL-2.0-or-later"): (
        "x265 inside the wheel, which writes HEIF (we only read it). Who runs Intake owes nothing for that; who hands "
        "on a bundle hands on this wheel unchanged, and owes its source to who asks: LICENSES_bundled.txt says where"
    ),
}
# What somebody read in the licence files, since the metadata names no licence or not all.
READ = {
    "pyrage": "MIT",
    "pysqlite3": "Zlib",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
    "pillow-heif": "BSD-3-Clause AND LGPL-3.0-or-later AND GPL-2.0-or-later",
}
# How authors write what has a name in SPDX.
WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache2": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "gnu general public license v2 (gplv2)": "GPL-2.0-only",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "mit license": "MIT",
    "the unlicense (unlicense)": "Unlicense",
}
_SAID = re.compile(r"^.*\blicen[cs]e\b.*:\s*(?:A?GPL|GNU (?:Affero )?General).*$", re.IGNORECASE | re.MULTILINE)
_LEGAL = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)


class Weighed(NamedTuple):
    """What was found: faults, and the reasons that were needed, by package and licence."""

    faults: list[str]
    reasons: dict[tuple[str, str], str]


def weigh(pins: Iterable[Pin], find: Callable[[str], Distribution] = distribution) -> Weighed:
    """Weigh the licence of everything that is pinned for this machine, and of what its wheels say they carry.

    Args:
        pins: What is pinned.
        find: Returns an installed package by name.

    Returns:
        The faults and the reasons that were needed.
    """
    found, needed = [], set[tuple[str, str]]()
    for pin in (pin for pin in pins if pin.counts()):
        try:
            package = find(pin.name)
        except PackageNotFoundError:
            found.append(f"{pin.name} is not installed, so nobody could look: run `make install`")
            continue
        if package.version != pin.version:
            found.append(f"{pin.name} is installed as {package.version}, not {pin.version}: run `make install`")
        for expression in (of(package), *carried(package)):
            refused = {(pin.name, one) for one in asks_for_more(expression)}
            needed |= refused & REASONED.keys()
            found += [f"{name} is under {one}, which nobody weighed" for name, one in sorted(refused - REASONED.keys())]
        if pin.name not in READ:
            found += [
                f"{pin.name} says in its files: “{line}”; read them, and note it in READ" for line in said(package)
            ]
    return Weighed(sorted(set(found)), {key: why for key, why in REASONED.items() if key in needed})


def of(package: Distribution) -> str:
    """Return the licence of a package in the words of SPDX; what its author wrote, if that has none."""
    name, told = canonicalize_name(package.metadata["Name"]), package.metadata
    classifiers = [
        one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or () if one.startswith("License ::")
    ]
    written = [told[key].partition("\n")[0] if key in told else "" for key in ("License-Expression", "License")]
    words = written[0] or (classifiers or [""])[0] or written[1]
    return READ.get(name) or WORDS.get(words.strip().lower(), words.strip()) or "no licence that it names"


def carried(package: Distribution) -> Iterator[str]:
    """Yield the licences of what lies inside a wheel, as far as it brings a list; what is optional is not inside."""
    for path in package.files or ():
        if "sboms" in path.parts and path.suffix == ".json":
            for part in json.loads(path.read_text(encoding="utf-8")).get("components", ()):
                if part.get("scope") != "optional":
                    for entry in part.get("licenses", ()):
                        named = entry.get("license", {})
                        yield entry.get("expression") or named.get("id") or named.get("name") or ""


def said(package: Distribution) -> list[str]:
    """Return the lines in a package's licence files that call it, or a part of it, GPL or AGPL."""
    told = [path for path in package.files or () if path.parts[0].endswith(".dist-info")]
    legal = (path for path in told if "licenses" in path.parts or _LEGAL.search(path.name))
    texts = (path.read_text(encoding="utf-8") for path in legal)
    return [line.strip() for text in texts for line in _SAID.findall(text) if "exception" not in line]


@cache
def asks_for_more(expression: str) -> frozenset[str]:
    """Return which licences of an expression are no permissive ones; none, if it leaves a choice without them."""
    if expression in {"", "Unknown"}:  # a part inside a wheel of which nothing is told
        return frozenset()
    try:
        return _more(_spdx().parse(expression))
    except ExpressionError:  # an author's own words
        return frozenset({expression})


def _more(parsed: Any) -> frozenset[str]:  # the library has no types
    if isinstance(parsed, _spdx().AND):
        return frozenset().union(*map(_more, parsed.args))
    if isinstance(parsed, _spdx().OR):
        return min(map(_more, parsed.args), key=len)
    symbol = getattr(parsed, "license_symbol", parsed)  # an exception to a licence only ever permits more
    return frozenset() if symbol.key in PERMISSIVE else frozenset({str(parsed)})


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()
