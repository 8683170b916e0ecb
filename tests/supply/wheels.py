"""Fetch the wheels that a machine of a named kind needs, and believe none whose hash is not pinned."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from tests.supply.pins import Pin

OLDEST = 36  # the second number of the C library of Debian 12, the oldest system that README names
OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


class Target(NamedTuple):
    """A kind of machine with Linux: the version of its Python, such as 3.12, and its processor."""

    python: str
    machine: str

    def __str__(self) -> str:
        """Name it in a file name."""
        return f"py{self.python}-{self.machine}"

    @property
    def place(self) -> dict[str, str]:
        """Return what markers ask about it."""
        names = {"implementation_name": "cpython", "platform_python_implementation": "CPython", "os_name": "posix"}
        system = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": self.machine}
        return names | system | {"python_version": self.python, "python_full_version": f"{self.python}.0"}

    @property
    def platforms(self) -> list[str]:
        """Return the names of what it can load, the best first."""
        named: list[str] = []
        for minor in range(OLDEST, 4, -1):
            named.append(f"manylinux_2_{minor}_{self.machine}")
            named += [f"{OLD_NAMES[minor]}_{self.machine}"] if minor in OLD_NAMES else []
        return [*named, f"linux_{self.machine}"]

    @property
    def tags(self) -> list[Tag]:
        """Return the tags of the wheels that suit it, the best first."""
        version = tuple(map(int, self.python.split(".")))
        short = "cp" + "".join(map(str, version))
        both = cpython_tags(version, platforms=self.platforms), compatible_tags(version, short, self.platforms)
        return list(chain(*both))


def fetch(pinned: Iterable[Pin], target: Target, folder: Path) -> None:
    """Fetch from the index that pip is set to use what a target needs, and nothing that has to be built.

    Raises:
        SystemExit: pip could not.
    """
    wanted = folder / "wanted.txt"
    wanted.write_text("".join(f"{pin}\n" for pin in pinned if pin.counts(target.place)), encoding="utf-8")
    kind = ["--implementation=cp", f"--python-version={target.python}"]
    kind += [f"--platform={platform}" for platform in target.platforms]
    checks = ["--no-deps", "--require-hashes", "--only-binary=:all:", f"--dest={folder}", f"--requirement={wanted}"]
    done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *checks, *kind], check=False)
    wanted.unlink()
    if done.returncode:
        message = f"The wheels for {target} could not be fetched; above is what pip says."
        raise SystemExit(message)


def chosen(pinned: Iterable[Pin], target: Target, folder: Path) -> list[Path]:
    """Return the wheels that a target needs from a folder: for each pin the one that suits it best.

    Raises:
        SystemExit: One is missing, or is not what is pinned.
    """
    order = {tag: rank for rank, tag in enumerate(target.tags)}
    there: dict[tuple[str, str], list[tuple[int, str, Path]]] = {}
    for path in folder.glob("*.whl"):
        name, version, _, tags = parse_wheel_filename(path.name)
        if ranks := [order[tag] for tag in tags if tag in order]:
            there.setdefault((name, str(version)), []).append((min(ranks), path.name, path))
    found = []
    for pin in (pin for pin in pinned if pin.counts(target.place)):
        fitting = sorted(there.get((canonicalize_name(pin.name), pin.version), ()))
        if not fitting:
            message = f"There is no wheel of {pin.name} {pin.version} for {target}."
            raise SystemExit(message)
        best = fitting[0][-1]
        if sha256(best) not in pin.hashes:
            message = f"{best.name} is not what is pinned: do not use this folder before you know why."
            raise SystemExit(message)
        found.append(best)
    return found


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
