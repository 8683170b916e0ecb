"""Reading the archives: a database as it was written, and what opens it."""

import gzip
import json
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from intake.backup import coming_back, rows
from intake.backup.reading import Reader
from intake.extensions import db
from intake.i18n import now

HERE = Path(__file__).parent
NUMBERS = tuple(sorted(path.name.partition(".")[0] for path in HERE.glob("*.sql.gz")))
RELEASED = (
    "0004",
    "0014",
    "0021",
    "0024",
    "0026",
)  # schemas of releases: docs/operate.md says when one joins
MOST_UNKEPT = 5  # migrations after the last of these
FILLED = b'{"filled": "by the script that made this archive"}'
Lines = dict[str, set[bytes]]


@cache
def told(number: str) -> dict[str, Any]:
    """Return what the script told of an archive: codes and identities."""
    found: dict[str, Any] = json.loads((HERE / f"{number}.json").read_text())
    return found


def write(number: str, path: Path) -> None:
    """Make the database file of an archive, with the schema that its own code made."""
    script = gzip.decompress((HERE / f"{number}.sql.gz").read_bytes()).decode()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


def put(number: str, folder: Path) -> dict[str, rows.Rows]:
    """Put an archive into the empty database of the application; return its tables and rows.

    On SQLite it is the file itself. PostgreSQL gets the rows as a move brings them, after its own migrations.

    Args:
        number: of its revision.
        folder: where the file shall lie.
    """
    path = folder / "intake.sqlite3"
    write(number, path)
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as source:
            if db.engine.dialect.name == "postgresql":
                coming_back.into_empty(number, lambda reader: _read(rows.lines(source, number, now()), reader))
            return rows.tables(source)
    finally:
        engine.dispose()


def tables() -> dict[str, rows.Rows]:
    """Return the tables of the application's database."""
    with db.engine.connect() as connection:
        return rows.tables(connection)


def lines(of: dict[str, rows.Rows]) -> Lines:
    """Return the rows of the application's database, by table, of the columns that these tables have, as lines."""
    with db.engine.connect() as connection:
        there = rows.tables(connection)
        read = {}
        for name, table in of.items():
            typed = tuple(one for one in there[name].columns if one.name in table.names)
            assert [one.name for one in typed] == table.names, f"{name} lost a column"
            read[name] = set(rows.rows_of(connection, rows.Rows(name, typed, table.key)))
        return read


def _read(written: Any, reader: Reader) -> dict[str, Any]:
    for line in written:
        reader.write(line)
    return reader.finish()
