"""A file with random marker bytes all over, and a search for them wherever this machine might have put them."""

import base64
import os
import random
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 1000  # bytes from one marker to the next: no buffer that holds some of the file holds none of them
PROCESSES = Path("/proc")
IN_MEMORY = ("/memfd:", "/dev/", "/proc/", "/sys/")  # what no disk keeps; a deleted file is looked for elsewhere


@dataclass(frozen=True)
class Marked:
    """A file that is known again by any kilobyte of it."""

    marker: bytes
    content: bytes

    def is_in(self, held: bytes) -> bool:
        """Return whether a marker is in these bytes: as it is, in hexadecimal digits, or in base64."""
        return any(form in held for form in self._forms())

    def _forms(self) -> Iterator[bytes]:
        yield self.marker
        yield self.marker.hex().encode()
        for before in range(3):  # base64 looks different by where in a group of three bytes it begins
            text = base64.b64encode(bytes(before) + self.marker)
            yield text[4:-4]
            yield text[4:-4].translate(bytes.maketrans(b"+/", b"-_"))


def marked(size: int, head: bytes = b"") -> Marked:
    """Return a file of this size.

    Args:
        size: in bytes.
        head: what it begins with, so that it is of a kind.
    """
    marker, noise = secrets.token_bytes(24), random.Random(size).randbytes(EVERY - 24)  # noqa: S311 noise
    return Marked(marker, (head + (marker + noise) * (size // EVERY + 1))[:size])


def traces(of: Marked, *folders: Path) -> list[str]:
    """Return the files below these folders that hold a marker."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):  # one that is gone by now, such as a letter's
                if path.is_file() and not path.is_symlink() and of.is_in(path.read_bytes()):
                    found.append(str(path))
    return found


def opened_by(numbers: Iterable[int | str]) -> Iterator[tuple[str, Path]]:
    """Yield the files on a disk that these processes have open, those that have no name any more, too."""
    for number in numbers:
        for link in (PROCESSES / str(number) / "fd").glob("*"):
            with suppress(OSError):  # closed meanwhile
                name = os.readlink(link)  # noqa: PTH115 pathlib would resolve it
                if link.is_file() and not name.startswith(IN_MEMORY):
                    yield name, link


def held_open(of: Marked, numbers: Collection[int | str]) -> list[str]:
    """Return what these processes have open that holds a marker."""
    found = []
    for name, link in opened_by(numbers):
        with suppress(OSError):
            if of.is_in(link.read_bytes()):
                found.append(name)
    return found
