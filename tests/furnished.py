"""A house that is made once and written down: further empty databases get its rows, which costs a fifth."""

from copy import deepcopy
from typing import Any

from sqlalchemy import Table, func, insert, select

from intake.extensions import Base, core, db, transaction
from intake.outbox import postmaster
from intake.outbox.models import Postmaster
from tests.factories import House, make_house

_Rows = list[tuple[Table, list[dict[str, Any]]]]
_known: dict[str, tuple[House, _Rows]] = {}  # by the kind of database: what one gives, another may not take


def house() -> House:
    """Return a house in an empty database. Its desks have the same keys in all tests of a process."""
    kind = db.engine.dialect.name
    if kind not in _known:
        made = make_house()
        _known[kind] = deepcopy(made), _rows()
        return made
    written, rows = _known[kind]
    with transaction():
        postmaster.begin()
        for table, values in rows:
            core().execute(insert(table), values)
        if kind == "postgresql":
            core().execute(select(*_counted(rows)))
    return deepcopy(written)


def _rows() -> _Rows:
    """Return what a database holds, in an order in which another takes it."""
    kept = [table for table in Base.metadata.sorted_tables if table.name != Postmaster.__tablename__]
    found = [(table, [dict(row) for row in core().execute(select(table)).mappings()]) for table in kept]
    db.session.rollback()
    return [(table, values) for table, values in found if values]


def _counted(rows: _Rows) -> list[Any]:
    """Return what lets PostgreSQL count on from the last row of each table, which it did not number itself."""
    numbered = [(table, table.autoincrement_column, len(values)) for table, values in rows]
    return [
        func.setval(func.pg_get_serial_sequence(table.name, column.name), last)
        for table, column, last in numbered
        if column is not None
    ]
