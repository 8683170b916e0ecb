"""A migration leaves alone what code of the version before needs, since that still serves while it runs.

Expand first: a version may add tables, columns that may be empty or have a default of the database, and indexes. What
is not used any more goes in a later version, when no process knows it (contract): with a line in ``EXCUSED``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from intake.extensions import db, migrate

NEWEST_RELEASED = "0024"  # those after it are looked at by every run of the tests
# What breaks older code all the same, and why nobody was harmed. Nothing after 0024 belongs here that an older version
# which may still serve reads or writes.
_STATUSES = "more statuses are allowed than before"
EXCUSED = {
    ("0002", "case has the condition ck_case_status"): _STATUSES,
    ("0005", "member_session.label must be given"): "of the first days, stopped for it; nobody stays signed in",
    ("0005", "desk_key.desk_id is unique"): "of the keys in use alone: older code makes no second one",
    ("0006", "case has the condition ck_case_status"): _STATUSES,
    ("0018", "case has the condition ck_case_status"): _STATUSES,
}
WIDER = {("INTEGER", "BIGINT")}


@dataclass
class Table:
    """What code can know of a table."""

    types: dict[str, str] = field(default_factory=dict)
    must: set[str] = field(default_factory=set)  # columns that must not be empty
    given: set[str] = field(default_factory=set)  # those for which the database has a default
    checks: set[tuple[str, str]] = field(default_factory=set)
    unique: set[tuple[str, ...]] = field(default_factory=set)
    points: set[tuple[str, ...]] = field(default_factory=set)


def schema(connection: Connection) -> dict[str, Table]:
    """Return what there is."""
    inspector, found = inspect(connection), {}
    for name in inspector.get_table_names():
        columns: list[Any] = inspector.get_columns(name)
        uniques: list[Any] = [*inspector.get_unique_constraints(name)]
        uniques += [one for one in inspector.get_indexes(name) if one["unique"]]
        found[name] = Table(
            {one["name"]: str(one["type"]) for one in columns},
            {one["name"] for one in columns if not one["nullable"]},
            {one["name"] for one in columns if one["default"] is not None},
            {(str(one["name"]), one["sqltext"]) for one in inspector.get_check_constraints(name)},
            {tuple(sorted(map(str, one.get("column_names", ())))) for one in uniques},
            {tuple(one["constrained_columns"]) for one in inspector.get_foreign_keys(name)},
        )
    return found


def broken(before: dict[str, Table], after: dict[str, Table]) -> Iterator[str]:
    """Yield what code that knows the schema before cannot do after."""
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            yield f"{name} is gone"
            continue
        added = new.types.keys() - old.types
        yield from (f"{name}.{column} is gone" for column in old.types.keys() - new.types)
        yield from (f"{name}.{column} must be given" for column in (added & new.must) - new.given)
        yield from (f"{name}.{column} must not be empty" for column in (new.must - old.must) - added)
        yield from (f"{name}.{column} has no default" for column in (old.given & new.types.keys()) - new.given)
        for column in old.types.keys() & new.types:
            if old.types[column] != new.types[column] and (old.types[column], new.types[column]) not in WIDER:
                yield f"{name}.{column} is of another type"
        yield from (f"{name} has the condition {check}" for check, _ in new.checks - old.checks)
        yield from (f"{name}.{'+'.join(one)} is unique" for one in new.unique - old.unique if not added & {*one})
        yield from (f"{name}.{'+'.join(one)} points to rows" for one in new.points - old.points if not added & {*one})


@pytest.mark.parametrize("database", ["sqlite"])
def test_new_migrations_leave_alone_what_older_code_needs(empty: Flask) -> None:
    assert found_since(NEWEST_RELEASED) == {}


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"])
def test_every_migration_does_or_is_excused(empty: Flask) -> None:
    found = {(number, what) for number, all_of_it in found_since("0001").items() for what in all_of_it}
    assert found == EXCUSED.keys(), "and no excuse is kept that nothing needs"


def found_since(first: str) -> dict[str, set[str]]:
    """Return what the migrations after one break that nobody excuses; all of it from the first on."""
    walked = [one.revision for one in ScriptDirectory(str(migrate.directory)).walk_revisions(first, "heads")]
    *later, _ = walked
    flask_migrate.upgrade(revision=first)
    found = {}
    with db.engine.connect() as connection:
        before = schema(connection)
    for number in reversed(later):
        flask_migrate.upgrade(revision=number)
        with db.engine.connect() as connection:
            after = schema(connection)
        if wrong := set(broken(before, after)):
            found[number] = wrong
        before = after
    return found


BREAKING = {
    "ALTER TABLE letter RENAME COLUMN subject TO topic": "letter.subject is gone",
    "ALTER TABLE letter DROP COLUMN subject": "letter.subject is gone",
    "ALTER TABLE letter RENAME TO post": "letter is gone",
    "DROP TABLE attempt": "attempt is gone",
    "ALTER TABLE letter ADD COLUMN more INTEGER CHECK (more > 0)": "letter has the condition None",
    "CREATE UNIQUE INDEX one ON letter (subject)": "letter.subject is unique",
}
HARMLESS = (
    "ALTER TABLE letter ADD COLUMN more INTEGER",
    "ALTER TABLE letter ADD COLUMN more INTEGER NOT NULL DEFAULT 1",
    "CREATE TABLE more (id INTEGER NOT NULL)",
    "DROP INDEX ix_letter_owed",
)


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_breaks_older_code_is_found_out(app: Flask) -> None:
    with db.engine.connect() as connection:
        before = schema(connection)
        assert not list(broken(before, before))
        for statement in (*BREAKING, *HARMLESS):
            connection.execute(text(statement))
            found = set(broken(before, schema(connection)))
            assert BREAKING.get(statement) in found if statement in BREAKING else not found, statement
            connection.rollback()


def test_a_column_that_must_be_given_or_filled_is_found_out() -> None:
    before = {"letter": Table({"id": "INTEGER", "kind": "VARCHAR"}, {"id"})}
    filled = {"letter": Table({"id": "INTEGER", "kind": "VARCHAR"}, {"id", "kind"})}
    given = {"letter": Table({"id": "INTEGER", "kind": "VARCHAR", "more": "TEXT"}, {"id", "more"})}
    other = {"letter": Table({"id": "BIGINT", "kind": "BLOB"}, {"id"})}
    assert set(broken(before, filled)) == {"letter.kind must not be empty"}
    assert set(broken(before, given)) == {"letter.more must be given"}
    assert set(broken(before, other)) == {"letter.kind is of another type"}
