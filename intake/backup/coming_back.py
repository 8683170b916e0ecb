"""Coming back from a backup into an empty place, and moving from one database to another.

Files come first, each compared with its hash; then all rows in one transaction, or none. So whoever is interrupted
begins again.
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, delete
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from intake import audit
from intake.backup import looking, place, probe, reading, rows, runs, schema
from intake.backup.looking import Manifest
from intake.backup.place import BackupError, Part
from intake.backup.reading import Loading, Reader
from intake.backup.rows import RowsError
from intake.cases.models import ComplainantSession
from intake.evidence.place import storage
from intake.extensions import db, sqlite_driver, transaction
from intake.i18n import now
from intake.members.models import MemberSession
from intake.sealing import Identity, SealedBytes
from intake.storage import Storage
from intake.storage.shelf import Shelf


@dataclass(frozen=True)
class CameBack:
    """What came back: of which backup, how many tables, rows and chunks; and whether its probe opened."""

    manifest: Manifest
    tables: int
    rows: int
    chunks: int
    older: bool


def come_back(on: Shelf, backup: str, identity: Identity, tell: Callable[[str], None]) -> CameBack:
    """Put a backup into the database and the storage of this instance, which must be empty.

    Args:
        on: where the backup lies.
        backup: its name.
        identity: the operator's.
        tell: is told of each step.

    Raises:
        BackupError: it cannot be; no row was kept, unless it is the probe that does not open.
    """
    found = looking.manifest(on, backup, identity)
    tell(f"Backup {backup}, of {found.made_at:%Y-%m-%d %H:%M} UTC: {sum(found.tables.values())} rows.")
    if not schema.is_known(found.revision):
        what = "newer"
        message = f"Backup {backup} has the newer schema {found.revision}: install the version of Intake that made it."
        raise BackupError(what, message)
    _must_be_empty(found.revision)
    chunks = _bring_files(on, backup)
    tell(f"Files: {chunks} chunks, each of them what it was.")
    total = into_empty(found.revision, lambda reader: looking.read_rows(on, backup, identity, reader))
    tell(f"Rows: {total['rows']} in {total['tables']} tables, each table compared by count and hash.")
    older = found.revision != schema.newest()
    schema.bring_to("head")
    with transaction():  # first of all: nobody stays signed in, whatever comes next
        for model in (MemberSession, ComplainantSession):
            db.session.execute(delete(model))
    if not probe.opens(found.secret):
        what, message = (
            "probe",
            "The probe case does not open with its code: do not use what came back, and ask for help.",
        )
        raise BackupError(what, message)
    tell("The probe case opened with its own return code, and says what it said.")
    with transaction():
        runs.end_open(now())
        audit.record("backup.restored", backup=backup)
    return CameBack(found, total["tables"], total["rows"], chunks, older)


def move_from(path: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Copy the rows of an SQLite database into the empty database of this instance; nobody writes to it meanwhile.

    Args:
        path: the file.
        tell: is told of each step.

    Returns:
        How many tables and rows.

    Raises:
        BackupError: it cannot be; no row was kept.
    """
    what = "source"
    if not path.is_file():
        message = f"There is no database {path}."
        raise BackupError(what, message)
    with _held(path) as source:
        revision = schema.of(source)
        if revision is None or not schema.is_known(revision):
            message = f"{path} is no database of this version of Intake, nor of an older one."
            raise BackupError(what, message)
        _must_have_no_rows(revision)
        tell(f"Copying {path} …")

        def read(reader: Reader) -> dict[str, Any]:
            for line in rows.lines(source, revision, now()):
                reader.write(line)
            return reader.finish()

        total = into_empty(revision, read)
    schema.bring_to("head")
    with transaction():
        audit.record("house.moved", rows=total["rows"])
    return total


def note_tried(backup: str) -> bool:
    """Write down that the operator tried to come back from a backup, elsewhere; return whether it was made here."""
    with transaction():
        return runs.note_tried(backup, now())


def into_empty(revision: str, read: Callable[[Reader], dict[str, Any]]) -> dict[str, Any]:
    """Put rows into this instance's database, and compare every table at the end; all of them or none.

    Args:
        revision: of their schema.
        read: lets a reader read them, and returns what the last line sums up.

    Raises:
        BackupError: they are not what was written, or the database refuses them.
    """
    what = "rows"
    try:
        schema.bring_to(revision)
        with _loading() as loading:
            reader = Reader(revision, loading.put)
            total = read(reader)
            loading.finish(reader.ends)
    except RowsError as error:
        message = f"Nothing was kept: {error}."
        raise BackupError(what, message) from error
    except SQLAlchemyError as error:
        message = f"Nothing was kept: the database refused ({_short(error)})."
        raise BackupError(what, message) from error
    db.session.rollback()
    return total


@contextmanager
def _loading() -> Iterator[Loading]:
    """Return what puts rows into the database, in a transaction that is kept when the block ends well."""
    engine = db.engine.execution_options(write=True)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if sqlite:
            driver.execute("PRAGMA foreign_keys=OFF").close()
        try:
            with connection.begin():
                yield Loading(connection)
        finally:
            if sqlite:
                driver.execute("PRAGMA foreign_keys=ON").close()


def _must_be_empty(revision: str) -> None:
    _must_have_no_rows(revision)
    try:
        storage().reach()
    except OSError as error:
        what, message = "store", f"Files cannot be kept at {storage()}: {error.strerror or type(error).__name__}."
        raise BackupError(what, message) from error


def _must_have_no_rows(revision: str) -> None:
    """Refuse a database that has rows, or tables of another schema than is to come.

    Raises:
        BackupError: it is not empty.
    """
    what = "not empty"
    try:
        connection = db.session.connection()
        there, empty = schema.of(connection), reading.is_empty(connection)
    except SQLAlchemyError as error:
        message = f"The database does not answer: {_short(error)}."
        raise BackupError(what, message) from error
    finally:
        db.session.rollback()
    if not empty or there not in {None, revision}:
        message = (
            "The database of this instance is not empty, and nothing that is there is ever overwritten: "
            "name an empty one, or another INTAKE_INSTANCE."
        )
        raise BackupError(what, message)


def _bring_files(on: Shelf, backup: str) -> int:
    """Copy the chunks of a backup into the storage; return how many.

    Raises:
        BackupError: one is missing or altered, or other files are there.
    """
    kept, count = storage(), 0
    others = set(kept.names())
    if others:
        others -= {part.name for part in place.parts(on, backup)}
    if others:
        what, message = "not empty", f"There are other files at {kept}: name an empty place."
        raise BackupError(what, message)
    for part in place.parts(on, backup):
        _bring(on, part, kept)
        count += 1
    return count


def _bring(on: Shelf, part: Part, kept: Storage) -> None:
    what = "chunks"
    try:
        content = b"".join(on.pieces(part.object)) if on.size(part.object) == part.size else b""
        if hashlib.sha256(content).hexdigest() != part.sha256:
            message = f"{part.object} is missing or not what was written. Take another backup."
            raise BackupError(what, message)
        kept.put(part.name, part.number, SealedBytes(content))
    except FileExistsError:  # of an attempt that was interrupted
        if hashlib.sha256(kept.get(part.name, part.number)).hexdigest() != part.sha256:
            message = f"There is another file {part.name} at {kept}: name an empty place."
            raise BackupError(what, message) from None
    except OSError as error:
        message = f"Files cannot be kept at {kept}: {error.strerror or type(error).__name__}."
        raise BackupError(what, message) from error


@contextmanager
def _held(path: Path) -> Iterator[Connection]:
    """Return a connection to an SQLite database to which nobody else writes meanwhile."""
    engine = create_engine(f"sqlite:///{path}", module=sqlite_driver(), hide_parameters=True)
    try:
        with (path.parent / ".write-gate").open("a") as gate, engine.connect() as connection:
            fcntl.flock(gate, fcntl.LOCK_EX)
            driver: Any = connection.connection.driver_connection
            driver.isolation_level = None
            driver.execute("BEGIN IMMEDIATE").close()
            try:
                yield connection
            finally:
                driver.execute("ROLLBACK").close()
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        what, message = "source", f"{path} cannot be read: {_short(error)}."
        raise BackupError(what, message) from error
    finally:
        engine.dispose()


def _short(error: Exception) -> str:
    """Return what a database says of its trouble, without the values of any row."""
    said = str(getattr(error, "orig", None) or "").splitlines()
    return f"{type(error).__name__}: {said[0]}" if said and "connect" in said[0] else type(error).__name__
