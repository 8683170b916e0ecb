"""Reading the lines of a database: each is checked, and its rows may be put into an empty database.

What was put there is read anew at the end and compared, table by table, by number and hash.
"""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import Connection

from intake.backup import rows
from intake.backup.rows import Count, Rows, RowsError

_AT_ONCE, _BYTES_AT_ONCE = 200, 2 * 1024**2
MADE_BY_MIGRATIONS = ("postmaster",)
Put = Callable[[str, list[str], list[list[Any]]], None]


class Reader:
    """Takes the bytes of the lines as they come, a few rows in memory."""

    def __init__(self, revision: str, put: Put | None = None) -> None:
        """Begin.

        Args:
            revision: the schema that the first line must name.
            put: takes some rows of a table, with the names of its columns; by default they are only checked.
        """
        self._revision, self._put = revision, put
        self._rest = bytearray()
        self._begun, self._summed_up = False, False
        self._table: str | None = None
        self._columns: list[str] = []
        self._count = Count()
        self._waiting: list[list[Any]] = []
        self._waiting_bytes = 0
        self.ends: list[dict[str, Any]] = []

    def write(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            RowsError: they are not what was written.
        """
        self._rest += piece
        if b"\n" in piece:
            whole, _, rest = bytes(self._rest).rpartition(b"\n")
            self._rest = bytearray(rest)
            for line in whole.split(b"\n"):
                self._take(line + b"\n")

    def finish(self) -> dict[str, Any]:
        """Return what the last line says.

        Raises:
            RowsError: there was none, or there is more after it.
        """
        if not self._summed_up or self._rest:
            message = "the end is missing"
            raise RowsError(message)
        said: dict[str, Any] = rows.summed_up(self.ends)["all"]
        return said

    def _take(self, line: bytes) -> None:
        try:
            self._follow(line, json.loads(line))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            message = "a line is not of this form"
            raise RowsError(message) from error

    def _follow(self, line: bytes, said: Any) -> None:  # noqa: ANN401 anything that JSON can say
        if isinstance(said, list):
            self._row(line, said)
        elif not self._begun:
            self._begin(said)
        elif "table" in said:
            self._open(said)
        elif "end" in said:
            self._close(said)
        elif said == rows.summed_up(self.ends) and self._table is None:
            self._summed_up = True
        else:
            message = "the sum at the end is another"
            raise RowsError(message)

    def _begin(self, said: dict[str, Any]) -> None:
        if said.get("kind") != rows.KIND or said.get("revision") != self._revision:
            message = "they are of another kind or schema than was said"
            raise RowsError(message)
        self._begun = True

    def _open(self, said: dict[str, Any]) -> None:
        if self._table is not None or self._summed_up:
            message = f"table {said['table']} begins inside another"
            raise RowsError(message)
        self._table, self._columns, self._count = said["table"], said["columns"], Count()

    def _row(self, line: bytes, said: list[Any]) -> None:
        if self._table is None or len(said) != len(self._columns):
            message = f"a row does not fit its table ({self._table})"
            raise RowsError(message)
        self._count.add(line)
        if self._put is not None:
            self._waiting.append(rows.values(said))
            self._waiting_bytes += len(line)
            if len(self._waiting) >= _AT_ONCE or self._waiting_bytes >= _BYTES_AT_ONCE:
                self._put_down()

    def _close(self, said: dict[str, Any]) -> None:
        if said != {"end": self._table, **self._count.said}:
            message = f"table {self._table} has other rows than it had"
            raise RowsError(message)
        self._put_down()
        self.ends.append(said)
        self._table = None

    def _put_down(self) -> None:
        if self._waiting and self._put is not None and self._table is not None:
            self._put(self._table, self._columns, self._waiting)
        self._waiting, self._waiting_bytes = [], 0


def is_empty(connection: Connection) -> bool:
    """Return whether no table has a row, but for those that migrations make."""
    return not any(
        connection.scalar(select(func.count()).select_from(select(one.clause).limit(1).subquery()))
        for one in rows.tables(connection).values()
        if one.name not in MADE_BY_MIGRATIONS
    )


class Loading:
    """Puts rows into the tables of a database that has none, whatever points at what, and compares them at the end."""

    def __init__(self, connection: Connection) -> None:
        """Look at the tables, and let those rows go that migrations made.

        Args:
            connection: in a transaction; on SQLite one that does not look at foreign keys.
        """
        self._connection = connection
        self._tables: dict[str, Rows] = rows.tables(connection)
        self._postgres = connection.dialect.name == "postgresql"
        self._keys = self._foreign_keys() if self._postgres else []
        for key in self._keys:
            self._run(f"{key} DEFERRABLE INITIALLY DEFERRED")
        for one in self._tables.values():
            connection.execute(one.clause.delete())

    def put(self, table: str, columns: list[str], values: list[list[Any]]) -> None:
        """Put some rows into a table.

        Raises:
            RowsError: there is no such table, or it has other columns.
        """
        known = self._tables.get(table)
        if known is None or known.names != columns:
            message = f"table {table} is not of this schema"
            raise RowsError(message)
        try:
            self._connection.execute(insert(known.clause), [dict(zip(columns, row, strict=True)) for row in values])
        except (ValueError, TypeError, ArithmeticError) as error:  # what the driver does not even ask the database
            message = f"table {table} has a value that no database takes"
            raise RowsError(message) from error

    def finish(self, ends: list[dict[str, Any]]) -> None:
        """Compare every table with what was read, and see that whatever points at a row finds it.

        Raises:
            RowsError: saying which table differs.
        """
        if [end["end"] for end in ends] != list(self._tables):
            message = "a table is missing"
            raise RowsError(message)
        for end in ends:
            count = Count()
            for line in rows.rows_of(self._connection, self._tables[end["end"]]):
                count.add(line)
            if end != {"end": end["end"], **count.said}:
                message = f"table {end['end']} was not kept as it was written"
                raise RowsError(message)
        if self._postgres:
            self._run("SET CONSTRAINTS ALL IMMEDIATE")
            for key in self._keys:
                self._run(f"{key} NOT DEFERRABLE")
            self._let_numbers_go_on()
        elif self._connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            message = "a row points to one that is not there"
            raise RowsError(message)

    def _foreign_keys(self) -> list[str]:
        """Return the beginning of the statement that changes each foreign key."""
        found = text(
            "SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint "
            "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        )
        return list(self._connection.scalars(found))

    def _let_numbers_go_on(self) -> None:
        """Let each table go on numbering after its highest number."""
        for one in self._tables.values():
            if len(one.key) == 1:
                quoted = self._connection.dialect.identifier_preparer.quote(one.name)
                name = text("SELECT pg_get_serial_sequence(:table, :column)")
                counter = self._connection.scalar(name, {"table": quoted, "column": one.key[0]})
                highest = self._connection.scalar(select(func.max(one.clause.c[one.key[0]]))) if counter else None
                if highest is not None:
                    self._connection.execute(text("SELECT setval(:counter, :to)"), {"counter": counter, "to": highest})

    def _run(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)
