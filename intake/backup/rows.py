"""Every row of a database as lines of JSON, in one form whatever database it is: what a backup holds, and a move takes.

The first line says which schema it is. Each table is a line with its columns, a line for each row, and a line with
their number and hash; the last line sums up. Rows stand in the order of their primary keys.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, ColumnClause, String, TableClause, column, inspect, select
from sqlalchemy import table as light_table
from sqlalchemy.engine import Connection

KIND = "intake-rows/1"
BOOK = "alembic_version"
AT_ONCE = 20  # rows in memory: one may hold a megabyte


class RowsError(Exception):
    """These lines are not what was written; says where."""


@dataclass(frozen=True)
class Rows:
    """A table as the database itself knows it, so that an older schema is read and written like the newest.

    Attributes:
        name: of the table.
        columns: in the order of their names, which no database changes.
        key: those of the primary key.
    """

    name: str
    columns: tuple[ColumnClause[Any], ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [one.name for one in self.columns]

    @property
    def clause(self) -> TableClause:
        """The table, for statements."""
        return light_table(self.name, *(column(one.name, one.type) for one in self.columns))


@dataclass
class Count:
    """How many rows were seen of a table, and the hash over their lines."""

    rows: int = 0
    hash: Any = field(default_factory=hashlib.sha256)

    def add(self, line: bytes) -> None:
        """Count a row."""
        self.rows += 1
        self.hash.update(line)

    @property
    def said(self) -> dict[str, object]:
        """Return both as the line at the end of a table says them."""
        return {"rows": self.rows, "sha256": self.hash.hexdigest()}


def tables(connection: Connection) -> dict[str, Rows]:
    """Return every table there is, by name, in the order of the names."""
    found, inspector = {}, inspect(connection)
    for name in sorted(inspector.get_table_names()):
        if name != BOOK:
            columns = sorted(inspector.get_columns(name), key=lambda one: one["name"])
            typed = tuple(column(one["name"], _type(one["type"])) for one in columns)
            found[name] = Rows(name, typed, tuple(inspector.get_pk_constraint(name)["constrained_columns"]))
    return found


def lines(connection: Connection, revision: str, made_at: datetime) -> Iterator[bytes]:
    """Yield all of a database.

    Args:
        connection: one that sees a single moment until all is read.
        revision: of its schema.
        made_at: when that moment was.
    """
    yield line({"kind": KIND, "revision": revision, "made_at": made_at.isoformat()})
    ends = []
    for rows in tables(connection).values():
        yield line({"table": rows.name, "columns": rows.names})
        count = Count()
        for one in rows_of(connection, rows):
            count.add(one)
            yield one
        ends.append({"end": rows.name, **count.said})
        yield line(ends[-1])
    yield line(summed_up(ends))


def rows_of(connection: Connection, rows: Rows) -> Iterator[bytes]:
    """Yield a line for each row of a table."""
    clause = rows.clause
    order = [_bytewise(clause.c[name], connection) for name in rows.key]
    chosen = select(*(clause.c[name] for name in rows.names)).order_by(*order)
    writers = [_json if isinstance(one.type, JSON) else _plain for one in rows.columns]
    for row in connection.execute(chosen.execution_options(yield_per=AT_ONCE)):
        yield line([write(value) for write, value in zip(writers, row, strict=True)])


def summed_up(ends: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the last line says: how many tables and rows, and a hash over what their ends say."""
    whole = hashlib.sha256(b"".join(map(line, ends))).hexdigest()
    return {"all": {"tables": len(ends), "rows": sum(end["rows"] for end in ends), "sha256": whole}}


def line(said: object) -> bytes:
    """Return something as one line, in one form alone."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def values(written: list[Any]) -> list[Any]:
    """Return the values of a row that a line says.

    Raises:
        RowsError: the line is not of this form.
    """
    try:
        return [_read(value) for value in written]
    except (ValueError, TypeError, KeyError) as error:
        message = "a row cannot be read"
        raise RowsError(message) from error


def _type(kind: Any) -> Any:  # noqa: ANN401 a type of any database
    """Return the type of a column; one that keeps JSON knows that nothing is not the JSON ``null``."""
    return JSON(none_as_null=True) if isinstance(kind, JSON) else kind


def _bytewise(one: ColumnClause[Any], connection: Connection) -> Any:  # noqa: ANN401 an expression of SQLAlchemy's
    """Let words stand in the order of their bytes everywhere: PostgreSQL would order them as its language does."""
    return one.collate("C") if isinstance(one.type, String) and connection.dialect.name == "postgresql" else one


def _json(value: Any) -> Any:  # noqa: ANN401 JSON may be anything
    return None if value is None else {"j": value}


def _plain(value: Any) -> Any:  # noqa: ANN401 a value of any column
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"t": (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if value is None or isinstance(value, bool | int | str):
        return value
    message = f"no line can say a {type(value).__name__}"
    raise TypeError(message)


_READERS: dict[str, Callable[[Any], Any]] = {
    "b": lambda text: base64.b64decode(text, validate=True),
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "j": lambda value: value,
}


def _read(value: Any) -> Any:  # noqa: ANN401 a value of any column
    if isinstance(value, dict):
        ((kind, said),) = value.items()
        return _READERS[kind](said)
    return value
