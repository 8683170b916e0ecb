"""Read what is pinned: names, versions, the hashes of every file that is accepted, and where a pin counts."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_HASH = re.compile(r"--hash=(?P<kind>[a-z0-9]+):(?P<hex>[0-9a-f]+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Pin(NamedTuple):
    """One version of one package, the SHA-256 of the files that it may be, and where it is needed."""

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: Marker | None

    def counts(self, place: Mapping[str, str] | None = None) -> bool:
        """Return whether it is needed at a place: on this machine, if none is named."""
        return self.marker is None or self.marker.evaluate(dict(place or {}))

    def __str__(self) -> str:
        """Write it as a line that needs no marker, with its hashes."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{one}" for one in self.hashes)])


def read(text: str) -> list[Pin]:
    """Return the pins of a compiled list of requirements.

    Args:
        text: What ``requirements.txt`` says.

    Returns:
        One pin for each entry, in their order; the same name comes twice where two places need two versions.

    Raises:
        ValueError: An entry has no single version, or a hash that is no SHA-256.
    """
    return [_pin(entry) for entry in _entries(text)]


def _entries(text: str) -> Iterator[str]:
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in plain.replace("\\\n", " ").splitlines():
        if line.strip():
            yield line.strip()


def _pin(entry: str) -> Pin:
    requirement = Requirement(entry.partition("--hash")[0].strip())
    version = re.fullmatch(r"==([^*,]+)", str(requirement.specifier))
    hashes = [found["hex"] for found in _HASH.finditer(entry) if found["kind"] == "sha256"]
    if version is None or len(hashes) != entry.count("--hash") or not all(map(_SHA256.fullmatch, hashes)):
        message = f"{requirement.name} is not pinned to one version by SHA-256 alone"
        raise ValueError(message)
    return Pin(canonicalize_name(requirement.name), version[1], tuple(sorted(hashes)), requirement.marker)


def declared(root: Path) -> dict[str, Requirement]:
    """Return what ``pyproject.toml`` asks for to run Intake, by name."""
    asked = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return {canonicalize_name(one.name): one for one in map(Requirement, asked)}


def faults(root: Path) -> list[str]:
    """Return where ``pyproject.toml`` and the two compiled lists do not say the same."""
    wanted = declared(root)
    run, test = (
        read((root / name).read_text(encoding="utf-8")) for name in ("requirements.txt", "requirements-dev.txt")
    )
    found = [f"{pin.name} {pin.version} has no hash" for pin in run + test if not pin.hashes]
    for name, requirement in wanted.items():
        versions = {pin.version for pin in run if pin.name == name}
        if not versions or not all(requirement.specifier.contains(one, prereleases=True) for one in versions):
            found.append(f"{requirement} is asked for, and requirements.txt has {', '.join(versions) or 'none'}")
    others = {(pin.name, pin.version): pin.hashes for pin in test}
    untested = [pin for pin in run if others.get((pin.name, pin.version)) != pin.hashes]
    found += [f"{pin.name} {pin.version} is not what is tested: requirements-dev.txt differs" for pin in untested]
    return found
