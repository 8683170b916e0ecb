"""A bare twin's own way to the database, one line for each thread: SQLite with the house's pragmas, or PostgreSQL.

Statements are written as SQLite takes them; ``in_words`` gives them the marks that PostgreSQL's driver wants.
"""

import fcntl
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg.types.json import set_json_loads

from intake.config import from_environment
from intake.extensions import PRAGMAS, sqlite_driver

Row = dict[str, Any]
SETTINGS = from_environment()
ON_POSTGRESQL = SETTINGS.database_url.startswith("postgresql")
LOCKED = " FOR UPDATE" if ON_POSTGRESQL else ""  # SQLite has one writer at a time
_local = threading.local()


class Database(Protocol):
    """What both drivers have."""

    def execute(self, statement: str, given: Any = (), /) -> Any: ...

    def cursor(self) -> Any: ...


class _Sqlite:
    """A connection, and its place at the gate."""

    def __init__(self) -> None:
        self.database: Database = sqlite_driver().connect(SETTINGS.database_url.removeprefix("sqlite:///"))
        self.database.isolation_level = None
        for pragma in PRAGMAS:
            self.database.execute(f"PRAGMA {pragma}").close()
        self._gate = os.open(SETTINGS.instance / ".write-gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Save all that is written inside, or nothing."""
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            self.database.execute("BEGIN IMMEDIATE")
            try:
                yield self.database
                self.database.execute("COMMIT")
            except BaseException:
                self.database.execute("ROLLBACK")
                raise
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)


class _Postgresql:
    """A connection."""

    def __init__(self) -> None:
        address = SETTINGS.database_url.replace("postgresql+psycopg://", "postgresql://")
        self._connection = psycopg.connect(address, autocommit=True)
        self.database: Database = self._connection

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Save all that is written inside, or nothing."""
        with self._connection.transaction():
            yield self.database


def line() -> _Sqlite | _Postgresql:
    """Return this thread's own."""
    if not hasattr(_local, "line"):
        _local.line = _Postgresql() if ON_POSTGRESQL else _Sqlite()
    found: _Sqlite | _Postgresql = _local.line
    return found


def in_words(statement: str) -> str:
    """Return a statement as the driver takes it."""
    return re.sub(r":(\w+)", r"%(\1)s", statement.replace("?", "%s")) if ON_POSTGRESQL else statement


def rows(statement: str, *given: object) -> list[Row]:
    """Return what a statement finds, with the names of the columns."""
    found = line().database.execute(in_words(statement), given)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def moment(time: datetime) -> Any:
    """Return a time as the database is given it."""
    return time if ON_POSTGRESQL else f"{time:%Y-%m-%d %H:%M:%S.%f}"


def _as_text(kept: str | bytes) -> str:
    return kept.decode() if isinstance(kept, bytes) else kept


set_json_loads(_as_text)  # a row that was read is written again as it was
