"""Find the programs the tests need and Python cannot install: browsers, a database server, age, gpg."""

import os
import re
import shutil
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import pytest

SKIP = "INTAKE_TEST_SKIP"


class Missing(Exception):  # noqa: N818  reads as what it says: raise Missing
    """A program is neither on PATH nor in any place where it is usually installed."""


@dataclass(frozen=True)
class Program:
    """What to look for, where, and which Debian package brings it; whether the tests do without, and say so."""

    name: str
    places: tuple[str, ...]
    package: str
    want_folder: bool = False
    may_lack: bool = False


KNOWN: dict[str, Program] = {
    # Debian's build without windows costs a third of the other, which Ubuntu has.
    "chromium": Program(
        "chromium-headless-shell",
        ("chromium", "chromium-browser", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/snap/bin/chromium"),
        package="chromium",
    ),
    # initdb and postgres must be of one version, so the answer is the folder that holds both.
    "postgresql": Program("initdb", ("/usr/lib/postgresql/*/bin/initdb",), package="postgresql", want_folder=True),
    "gpg": Program("gpg", ("gpg2", "/usr/bin/gpg"), package="gnupg"),
    "nginx": Program("nginx", ("/usr/sbin/nginx",), package="nginx-light"),
    "systemd": Program("systemd-analyze", ("/usr/bin/systemd-analyze",), package="systemd"),
    "redis": Program("redis-server", ("/usr/bin/redis-server",), package="redis-server"),
    "age": Program("age", ("rage", "/usr/bin/age", "/usr/bin/rage"), package="age"),
    "w3m": Program("w3m", ("/usr/bin/w3m",), package="w3m", may_lack=True),
}


def find(name: str, *places: str) -> Path:
    """Find a program on PATH, or else in the given places, tried in their order.

    Args:
        name: the program's file name, looked up on PATH.
        places: other names for PATH, full paths, or full paths with ``*`` (the newest version first).

    Raises:
        Missing: none of them is a file this user may run.

    """
    for place in (name, *places):
        for candidate in _newest_first(place) if "*" in place else [place]:
            found = shutil.which(candidate)
            if found:
                return Path(found)
    message = f"{name} is not on PATH, nor in {', '.join(places) or 'any other known place'}"
    raise Missing(message)


def require(need: str) -> Path:
    """Answer where a program is; where it is lacking, fail the test and say how to install it.

    Args:
        need: a name in KNOWN: "chromium", "postgresql", "redis", "gpg", "age" or "w3m".

    Returns:
        The program's path; for "postgresql" the folder that holds initdb and postgres.

    Raises:
        KeyError: the need is not in KNOWN.
        pytest.skip.Exception: INTAKE_TEST_SKIP names this need, even if the program is installed; or the tests may do
            without it, and it is missing.
        pytest.fail.Exception: the program is missing, or INTAKE_TEST_SKIP names something unknown.

    """
    program = KNOWN[need]
    unknown = [name for name in skipped() if name not in KNOWN]
    if unknown:
        pytest.fail(f"{SKIP} names {', '.join(unknown)}, but knows only {', '.join(KNOWN)}.", pytrace=False)
    if need in skipped():
        pytest.skip(f"{SKIP} names {need}")
    try:
        path = find(program.name, *program.places)
    except Missing as lack:
        if program.may_lack:
            pytest.skip(f"{lack}: install it with `apt install {program.package}`")
        pytest.fail(
            f"{lack}: install it with `apt install {program.package}`, or set {SKIP}={need} to skip these tests.",
            pytrace=False,
        )
    return path.resolve().parent if program.want_folder else path


def lacking() -> list[str]:
    """Answer what the tests did without because it is not installed, so that a summary can say what was not tested."""
    lacked = []
    for need, program in KNOWN.items():
        try:
            find(program.name, *program.places)
        except Missing:
            lacked += [need] if program.may_lack else []
    return lacked


def skipped() -> list[str]:
    """Answer what INTAKE_TEST_SKIP names, in its order, so that a summary can say what was not tested."""
    return [name.strip() for name in os.environ.get(SKIP, "").split(",") if name.strip()]


def _newest_first(pattern: str) -> list[str]:
    """Expand ``*`` in a path; 15 comes before 9.6, which sorting as text would turn round."""

    def version(path: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", path)]

    return sorted(glob(pattern), key=version, reverse=True)  # noqa: PTH207  the pattern is absolute: Path.glob refuses it
