"""Making a backup: a probe, then all rows as of one moment, then the chunks that they name, then the manifest.

The application goes on meanwhile. What is deleted after that moment may be missing among the chunks: its rows are gone,
too. Nothing here opens anything, and no more is in memory than a few rows or a piece of a chunk.
"""

import errno
import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import IO, Any

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from intake.backup import place, probe, rows, runs, schema
from intake.backup.place import BackupError, Hashed, Part
from intake.backup.probe import Secret
from intake.evidence.models import Chunk, File, View
from intake.evidence.place import storage
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.sealing import SealError, check_recipient, seal, seal_stream
from intake.storage import StoreError
from intake.storage.shelf import Shelf

KIND = "intake-backup/1"
HOW_TO = (
    "A backup is sealed to the operator: on another machine, run age-keygen -o backup-identity.txt, keep that file "
    "there, and set INTAKE_BACKUP_RECIPIENT to the age1… that it prints."
)
_AT_ONCE = 1000
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass
class Made:
    """What came of a backup.

    Attributes:
        name: its name.
        made_at: the moment that its rows are of.
        rows: how many rows.
        chunks: how many chunks it has.
        new: how many of them no earlier backup had.
        written: how many bytes were written for it.
        gone: how many chunks were deleted with their rows since that moment.
        missing: how many are not where the database says, or are not what came.
        removed: which backups were thrown away, since there were more than are to be kept.
    """

    name: str
    made_at: datetime
    rows: int = 0
    chunks: int = 0
    new: int = 0
    written: int = 0
    gone: int = 0
    missing: int = 0
    removed: list[str] = field(default_factory=list)

    @property
    def what(self) -> str:
        """What is wrong with it, a code; empty where nothing is."""
        return runs.INCOMPLETE if self.missing else runs.GOOD


def make() -> Made:
    """Make a backup, and throw away those that are too many.

    Raises:
        BackupError: it could not be made; what was begun counts for nothing.
    """
    recipient, on = _recipient(), place.shelf()
    try:
        schema.must_be_newest()
        with ExitStack() as stack:
            try:
                alone = stack.enter_context(on.alone())
            except OSError as error:
                _note_unbegun(_failed(error, on).what)
                raise
            if not alone:
                what, message = "busy", "Another backup is being made at this moment."
                raise BackupError(what, message)
            return _make(on, recipient)
    except OSError as error:
        raise _failed(error, on) from error
    except SQLAlchemyError as error:
        what, message = "database", f"The database failed while a backup was made ({type(error).__name__}). Try again."
        raise BackupError(what, message) from error


def _make(on: Shelf, recipient: str) -> Made:
    made, what = Made(place.new_name(now()), now()), "failed"
    with transaction():
        runs.begin(made.name, made.made_at)
    try:
        _write(on, recipient, made)
        _throw_away(on, made)
        what = made.what
    except BackupError as error:
        what = error.what
        raise
    except OSError as error:
        what = _failed(error, on).what
        raise
    except SQLAlchemyError:
        what = "database"
        raise
    finally:
        db.session.rollback()
        with transaction():
            runs.end(made.name, now(), what, made.written)
    return made


def _note_unbegun(what: str) -> None:
    """Write down that a backup could not even be begun, so that it shows, and is tried again after an hour."""
    name = place.new_name(now())
    with transaction():
        runs.begin(name, now())
        runs.end(name, now(), what, 0)


def _write(on: Shelf, recipient: str, made: Made) -> None:
    """Write the objects of a backup; its manifest is the last, and makes it one."""
    name = made.name
    secret = settle(lambda: probe.sealed(name, made.made_at), lambda sealed: probe.save(sealed, name, made.made_at))
    db.session.rollback()
    for torn in list(place.torn(on)):
        on.remove(torn)
    with tempfile.TemporaryFile(dir=current_app.config["INSTANCE"]) as wanted:  # names and hashes; it has no name
        ends, of_rows = _write_rows(on, recipient, made, wanted)
        of_list = _write_chunks(on, made, wanted, of_rows)
    manifest = _manifest(made, secret, ends, of_rows, of_list)
    sealed = seal(json.dumps(manifest).encode(), [recipient])
    with on.writing(place.part_of(name, place.MANIFEST)) as sink:
        sink.write(sealed)
    made.written += len(sealed) + of_rows.size + of_list.size


def _write_rows(on: Shelf, recipient: str, made: Made, wanted: IO[bytes]) -> tuple[list[dict[str, Any]], Hashed]:
    """Seal all rows as of one moment, and write down which chunks belong to them."""
    with snapshot() as connection, on.writing(place.part_of(made.name, place.ROWS)) as sink:
        hashed = Hashed(sink)
        made.made_at = now()
        source = _Source(rows.lines(connection, schema.newest(), made.made_at))
        seal_stream(source, hashed, [recipient])
        for line in _wanted(connection):
            wanted.write(line)
        made.rows = sum(end["rows"] for end in source.ends)
    return source.ends, hashed


def _write_chunks(on: Shelf, made: Made, wanted: IO[bytes], of_rows: Hashed) -> Hashed:
    """Copy the chunks that no earlier backup has, and write the list of all."""
    wanted.seek(0)
    with on.writing(place.part_of(made.name, place.LIST)) as sink:
        hashed = Hashed(sink)
        hashed.write(f"rows {of_rows.sha256} {of_rows.size}\n".encode())
        for line in wanted:
            name, number, sha256 = line.decode().split()
            part = _copied(on, made, name, int(number), "" if sha256 == "-" else sha256)
            if part is not None:
                made.chunks += 1
                hashed.write(str(part).encode())
    return hashed


def _copied(on: Shelf, made: Made, name: str, number: int, sha256: str) -> Part | None:
    """Copy a chunk, unless it is there; return it, or nothing where it is gone or not what came."""
    kept = storage()
    try:
        sha256 = sha256 or _hash_of(kept.pieces(name, number))
        there = on.size(place.chunk(sha256))
        if there is not None:
            return Part(sha256, there, name, number)
        pieces = kept.pieces(name, number)
        first = next(pieces, b"")  # where there is none, that shows here: what is not found later, the shelf has lost
    except FileNotFoundError:
        if _is_named(name):
            made.missing += 1
        else:
            made.gone += 1
        return None
    try:
        with on.writing(place.chunk(sha256)) as sink:
            hashed = Hashed(sink)
            for piece in chain((first,), pieces):
                hashed.write(piece)
            _must_be(sha256, hashed)
    except _AlteredError:
        made.missing += 1
        return None
    made.new += 1
    made.written += hashed.size
    return Part(sha256, hashed.size, name, number)


def _must_be(sha256: str, hashed: Hashed) -> None:
    if hashed.sha256 != sha256:
        raise _AlteredError


def _throw_away(on: Shelf, made: Made) -> None:
    """Throw away the oldest backups, and the chunks that no backup has any more.

    Good and incomplete ones are counted apart: while the files are away, incomplete ones must not push out the good.
    """
    incomplete = runs.incomplete() | ({made.name} if made.missing else set())
    db.session.rollback()
    others = [name for name in place.whole(on) if name != made.name]  # whatever the clock says, this is the newest
    for kind in (True, False):
        old = [name for name in others if (name in incomplete) is kind]
        room = place.settings().keep - ((made.name in incomplete) is kind)
        for name in old[: max(0, len(old) - room)]:
            on.remove(place.part_of(name, place.MANIFEST))  # first: what is torn counts for nothing
            on.remove(place.part_of(name, place.ROWS))
            on.remove(place.part_of(name, place.LIST))
            made.removed.append(name)
    needed = {bytes.fromhex(part.sha256) for name in place.whole(on) for part in place.parts(on, name)}
    for name in list(on.names(place.CHUNKS)):
        if bytes.fromhex(name.rpartition("/")[2]) not in needed:
            on.remove(name)


def _manifest(
    made: Made, secret: Secret, ends: list[dict[str, Any]], of_rows: Hashed, of_list: Hashed
) -> dict[str, Any]:
    """Return what the operator's identity opens first: what belongs to the backup, with sizes and hashes."""
    return {
        "kind": KIND,
        "name": made.name,
        "made_at": made.made_at.isoformat(),
        "revision": schema.newest(),
        "rows": {"size": of_rows.size, "sha256": of_rows.sha256},
        "list": {"size": of_list.size, "sha256": of_list.sha256, "chunks": made.chunks},
        "tables": ends,
        "gone": made.gone,
        "missing": made.missing,
        "probe": secret._asdict(),
    }


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Return a connection that sees the database as of one moment, while others write."""
    options: dict[str, Any] = {}
    if db.engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.connect().execution_options(**options) as connection:
        yield connection


class _AlteredError(Exception):
    """A chunk is not the one that came."""


class _Source:
    """Lines as something to read from; it remembers the ends of the tables."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines, self._rest = lines, bytearray()
        self.ends: list[dict[str, Any]] = []

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            line = next(self._lines, None)
            if line is None:
                break
            if line.startswith(b'{"end"'):
                self.ends.append(json.loads(line))
            self._rest += line
        piece = bytes(self._rest[:size])
        del self._rest[:size]
        return piece


def _wanted(connection: Connection) -> Iterator[bytes]:
    """Yield the chunks that the rows name: name, number and hash; ``-`` where they came before a hash was kept."""
    chunks = select(Chunk.name, Chunk.number, Chunk.sha256).order_by(Chunk.name, Chunk.number)
    for name, number, sha256 in connection.execute(chunks.execution_options(yield_per=_AT_ONCE)):
        yield f"{name} {number} {sha256.hex()}\n".encode()
    for model in (File, View):
        known = select(func.count()).where(Chunk.name == model.name).scalar_subquery()
        older = select(model.name, model.chunk_count).where(model.chunk_count > known)
        for name, count in connection.execute(older).all():
            numbers = set(connection.scalars(select(Chunk.number).where(Chunk.name == name)))
            yield from (f"{name} {number} -\n".encode() for number in range(count) if number not in numbers)


def _is_named(name: str) -> bool:
    """Return whether a file is still named by a row."""
    found = select(Chunk.name).where(Chunk.name == name).limit(1)
    older = select(File.name).where(File.name == name)
    named = db.session.scalar(found) is not None or db.session.scalar(older) is not None
    db.session.rollback()
    return named


def _hash_of(pieces: Iterator[bytes]) -> str:
    read = hashlib.sha256()
    for piece in pieces:
        read.update(piece)
    return read.hexdigest()


def _recipient() -> str:
    """Return the operator's recipient.

    Raises:
        BackupError: there is none, or it was mistyped.
    """
    recipient = place.settings().recipient
    what = "not set"
    if recipient is None:
        raise BackupError(what, HOW_TO)
    try:
        return check_recipient(recipient)
    except SealError as error:
        message = "INTAKE_BACKUP_RECIPIENT was mistyped: its last six characters do not fit the others."
        raise BackupError(what, message) from error


def _failed(error: OSError, on: Shelf) -> BackupError:
    if isinstance(error, StoreError):
        return BackupError("store", f"A store is not to be reached: {error.strerror}. Try again.")
    if error.errno in _FULL:
        return BackupError("full", f"There is no room left at {on}: make some, or lower INTAKE_BACKUP_KEEP.")
    return BackupError("away", f"{on} cannot be written: {error.strerror or type(error).__name__}. Is its disk there?")
