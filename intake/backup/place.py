"""Where backups lie on their shelf, and what their names and lists say.

Of each backup there are three objects: ``rows.age``, all rows of the database; ``list``, which sealed chunks belong to
it, in plain, since it is needed to throw away what no backup needs, and says nothing that the shelf does not; and
``manifest.age``, written last: without it there is no backup. Chunks lie once for all backups, each called like its
hash.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from flask import current_app

from intake.backup_settings import BackupSettings
from intake.sealing import Sink
from intake.storage.shelf import BucketShelf, FolderShelf, Shelf

BACKUPS, CHUNKS = "backups", "chunks"
ROWS, LIST, MANIFEST = "rows.age", "list", "manifest.age"
_NAME = re.compile(r"\d{8}T\d{6}Z-\d{6}[0-9a-f]{4}")
_LINE = re.compile(r"([0-9a-f]{64}) (\d{1,18}) ([0-9a-f]{32}) (\d{1,9})")
_HEAD = re.compile(r"rows ([0-9a-f]{64}) (\d{1,18})")


class BackupError(Exception):
    """A backup cannot be made, read or come back from; one sentence or two that say why and what to do.

    Attributes:
        what: a code for what is wrong.
    """

    def __init__(self, what: str, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.what = what


class Part(NamedTuple):
    """A sealed chunk that belongs to a backup: its hash and size, and its place among the files."""

    sha256: str
    size: int
    name: str
    number: int

    @property
    def object(self) -> str:
        """Its name on the shelf."""
        return chunk(self.sha256)

    def __str__(self) -> str:
        """Say it as the list does."""
        return f"{self.sha256} {self.size} {self.name} {self.number}\n"


class Hashed:
    """A sink that counts and hashes what passes into another."""

    def __init__(self, sink: Sink) -> None:
        """Begin."""
        self._sink, self.size, self._hash = sink, 0, hashlib.sha256()

    def write(self, piece: bytes) -> None:
        """Pass a piece on."""
        self._sink.write(piece)
        self.size += len(piece)
        self._hash.update(piece)

    @property
    def sha256(self) -> str:
        """The hash of all that passed."""
        return self._hash.hexdigest()


def settings() -> BackupSettings:
    """Return the settings of backups."""
    found: BackupSettings = current_app.config["BACKUPS"]
    return found


def shelf(folder: Path | None = None) -> Shelf:
    """Return the shelf where backups lie.

    Args:
        folder: another folder than the settings say.

    Raises:
        BackupError: nobody said where they lie.
    """
    known = settings()
    if folder is not None or known.folder is not None:
        return FolderShelf(folder or known.folder or Path())
    if known.store is not None:
        return BucketShelf(known.store, current_app.config["INSTANCE"])
    what, message = "not set", "Say where backups lie: set INTAKE_BACKUP_FOLDER, to a folder on another disk."
    raise BackupError(what, message)


def new_name(moment: datetime) -> str:
    """Return a name for a backup: when it was begun, to the microsecond, and something that no other has."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ-%f}{secrets.token_hex(2)}"


def part_of(backup: str, what: str) -> str:
    """Return the name on the shelf of ``ROWS``, ``LIST`` or ``MANIFEST`` of a backup."""
    return f"{BACKUPS}/{backup}/{what}"


def chunk(sha256: str) -> str:
    """Return the name on the shelf of a chunk."""
    return f"{CHUNKS}/{sha256[:2]}/{sha256}"


def whole(on: Shelf) -> list[str]:
    """Return the names of the backups that are whole, oldest first."""
    return sorted(name for name, parts in _begun(on).items() if MANIFEST in parts)


def torn(on: Shelf) -> Iterator[str]:
    """Yield the objects of backups that were begun, and are not whole."""
    for name, parts in _begun(on).items():
        if MANIFEST not in parts:
            yield from (part_of(name, part) for part in parts)


def chosen(on: Shelf, name: str | None) -> str:
    """Return the name of a backup: of that name, or the newest.

    Raises:
        BackupError: there is none.
    """
    names = whole(on)
    if not names or (name is not None and name not in names):
        what = f"There is no backup {name} on {on}" if name else f"There is no backup on {on}"
        message = f"{what}; flask backup list says which there are."
        code = "none"
        raise BackupError(code, message)
    return name or names[-1]


def head(on: Shelf, backup: str) -> tuple[str, int]:
    """Return hash and size of the rows of a backup, as its list says.

    Raises:
        BackupError: the list is not one.
    """
    found = _HEAD.fullmatch(next(_lines(on, backup), ""))
    if found is None:
        raise _no_list(backup)
    return found[1], int(found[2])


def parts(on: Shelf, backup: str) -> Iterator[Part]:
    """Yield the chunks of a backup, as its list says.

    Raises:
        BackupError: the list is not one.
    """
    lines = _lines(on, backup)
    next(lines, None)
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise _no_list(backup)
        yield Part(found[1], int(found[2]), found[3], int(found[4]))


def sha256_of(on: Shelf, name: str) -> tuple[str, int]:
    """Return hash and size of an object as it lies there.

    Raises:
        FileNotFoundError: it is not there.
    """
    read, size = hashlib.sha256(), 0
    for piece in on.pieces(name):
        read.update(piece)
        size += len(piece)
    return read.hexdigest(), size


def _begun(on: Shelf) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in on.names(BACKUPS):
        _, backup, part = name.split("/")
        if _NAME.fullmatch(backup):
            found.setdefault(backup, set()).add(part)
    return found


def _lines(on: Shelf, backup: str) -> Iterator[str]:
    """Yield the lines of a backup's list, a piece of it in memory."""
    rest = b""
    for piece in on.pieces(part_of(backup, LIST)):
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode("ascii", "replace") for line in lines)
    if rest:
        raise _no_list(backup)


def _no_list(backup: str) -> BackupError:
    return BackupError(
        "altered",
        f"The list of backup {backup} was altered or cut: put it back, or remove that backup from where it lies.",
    )
