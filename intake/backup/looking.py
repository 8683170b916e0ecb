"""Looking through a backup without a database: whether all of it is there and is what was written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from intake.backup import place
from intake.backup.making import KIND
from intake.backup.place import BackupError
from intake.backup.probe import Secret
from intake.backup.reading import Reader
from intake.backup.rows import RowsError
from intake.sealing import Identity, SealError, unseal, unseal_stream
from intake.storage.shelf import Shelf

Kind = TypeVar("Kind")
LARGEST_MANIFEST = 16 * 1024**2  # bytes


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself to the operator.

    Attributes:
        revision: of the schema of its rows.
        made_at: the moment that they are of.
        tables: how many rows each table has.
        missing: how many chunks were missing, or not what came, when it was made.
        secret: what opens its probe.
    """

    name: str
    revision: str
    made_at: datetime
    tables: dict[str, int]
    missing: int
    secret: Secret


@dataclass
class Found:
    """What was seen of a backup: chunks, bytes, and what is wrong, in words."""

    chunks: int = 0
    size: int = 0
    wrong: int = 0


def manifest(on: Shelf, backup: str, identity: Identity) -> Manifest:
    """Open the manifest of a backup, and see that its rows and its list are those that it names.

    Raises:
        BackupError: the identity does not open it, or something was altered.
    """
    try:
        said = _opened(on, backup, identity)
        for part in (place.ROWS, place.LIST):
            expected = said["list" if part == place.LIST else "rows"]
            if place.sha256_of(on, place.part_of(backup, part)) != (expected["sha256"], expected["size"]):
                message = f"{part} of backup {backup} is not what was written"
                raise _altered(message)
        return _read(backup, said)
    except FileNotFoundError as error:
        message = f"A part of backup {backup} is not there"
        raise _altered(message) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        message = f"The manifest of backup {backup} cannot be read"
        raise _altered(message) from error


def read_rows(on: Shelf, backup: str, identity: Identity, reader: Reader) -> dict[str, Any]:
    """Open the rows of a backup into a reader; return what the last line sums up.

    Raises:
        BackupError: they do not open, or are not what was written.
    """
    try:
        unseal_stream(_Pieces(on.pieces(place.part_of(backup, place.ROWS))), reader, identity)
        return reader.finish()
    except (SealError, RowsError) as error:
        message = f"The rows of backup {backup} are not what was written ({error})"
        raise _altered(message) from error


def chunks(on: Shelf, backup: str, found: Found) -> Iterator[str]:
    """Hash every chunk of a backup anew; yield what is wrong, in words, and count in ``found``. No identity is needed.

    Raises:
        BackupError: the list of chunks was altered.
    """
    for part in place.parts(on, backup):
        found.chunks += 1
        try:
            seen = place.sha256_of(on, part.object)
        except FileNotFoundError:
            found.wrong += 1
            yield f"{part.object} is not there"
            continue
        found.size += part.size
        if seen != (part.sha256, part.size):
            found.wrong += 1
            yield f"{part.object} is not what was written: remove it, and the next backup copies it again"


def rows(on: Shelf, backup: str) -> bool:
    """Return whether the rows are those that the list names. No identity is needed."""
    try:
        return place.sha256_of(on, place.part_of(backup, place.ROWS)) == place.head(on, backup)
    except FileNotFoundError:
        return False


def _read(backup: str, said: dict[str, Any]) -> Manifest:
    """Return what a manifest says.

    Raises:
        ValueError, TypeError, KeyError: it is none that we wrote.
    """
    tables = {str(end["end"]): _of(int, end["rows"]) for end in said["tables"]}
    secret = Secret(**said["probe"])
    for word in (*secret, said["revision"]):
        _of(str, word)
    made_at = datetime.fromisoformat(said["made_at"])
    return Manifest(backup, said["revision"], made_at, tables, _of(int, said["missing"]), secret)


def _of(kind: type[Kind], said: object) -> Kind:
    """Return something if it is of a kind.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(said, kind):
        message = f"a {kind.__name__} was wanted"
        raise TypeError(message)
    return said


def _opened(on: Shelf, backup: str, identity: Identity) -> dict[str, Any]:
    size = on.size(place.part_of(backup, place.MANIFEST)) or 0
    if size > LARGEST_MANIFEST:
        message = f"The manifest of backup {backup} is larger than any"
        raise _altered(message)
    try:
        sealed = b"".join(on.pieces(place.part_of(backup, place.MANIFEST)))
        said: dict[str, Any] = json.loads(unseal(sealed, identity))
    except SealError as error:
        what = "identity"
        message = f"This identity does not open backup {backup}: it was sealed to another, or its manifest was altered."
        raise BackupError(what, message) from error
    if said["kind"] != KIND:
        what, message = "newer", f"Backup {backup} is of a newer version of Intake: install that, then try again."
        raise BackupError(what, message)
    if said["name"] != backup:
        message = f"The manifest of backup {backup} belongs to another"
        raise _altered(message)
    return said


class _Pieces:
    """Pieces as something to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytes:
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def _altered(what: str) -> BackupError:
    return BackupError("altered", f"{what}. Take another backup; flask backup list says which there are.")
