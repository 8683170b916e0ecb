"""The schema that migrations make is the one that the models mean, on both databases, there and back."""

from datetime import UTC, datetime
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import CheckConstraint, MetaData, inspect, select, text, update
from sqlalchemy.engine import Connection

from intake import config
from intake.cases import export, statuses
from intake.cases import queries as cases
from intake.cases.models import Case, Message, Statement, StatusChange
from intake.extensions import db, settle, transaction
from intake.sealing import unseal_document
from tests.cases import visit_of, write
from tests.factories import STORY, letters, make_case, make_house, make_member

BOOK = "alembic_version"  # where Alembic keeps the number of the revision; it stays


def tables() -> set[str]:
    """Return the names of the tables that there are."""
    return set(inspect(db.engine).get_table_names())


def differences(connection: Connection, metadata: MetaData) -> list[Any]:
    """Return where a schema is not what the models say, the conditions of their columns included."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    found: list[Any] = compare_metadata(context, metadata)
    inspector = inspect(connection)
    for table in metadata.sorted_tables:
        meant = {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)}
        there = {str(rule["name"]) for rule in inspector.get_check_constraints(table.name)} if not found else meant
        found += [("constraint", table.name, name) for name in meant ^ there]
    return found


def revision() -> str | None:
    """Return the revision that the database is at."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the newest revision that there is; Alembic refuses two at once."""
    return ScriptDirectory(str(config.ROOT / "intake" / "migrations")).get_current_head()


def test_up_from_nothing_down_to_nothing_and_up_again(empty: Flask) -> None:
    assert tables() == set()
    flask_migrate.upgrade()
    assert tables() == {*db.metadata.tables, BOOK}
    flask_migrate.downgrade(revision="base")
    assert tables() == {BOOK}
    assert revision() is None
    flask_migrate.upgrade()
    assert tables() == {*db.metadata.tables, BOOK}
    assert revision() == newest()


def test_the_models_mean_the_schema_that_migrations_make(empty: Flask) -> None:
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        assert differences(connection, db.metadata) == []


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DROP INDEX ix_letter_owed", "add_index"),
        ("CREATE INDEX ix_more ON letter (address)", "remove_index"),
        ("DROP TABLE attempt", "add_table"),
        ("CREATE TABLE more (id INTEGER)", "remove_table"),
        ("ALTER TABLE letter DROP COLUMN subject", "add_column"),
        ("ALTER TABLE letter ADD COLUMN more INTEGER", "remove_column"),
    ],
)
def test_a_schema_that_the_models_do_not_mean_is_found_out(app: Flask, statement: str, kind: str) -> None:
    with db.engine.connect() as connection:
        connection.execute(text(statement))
        assert kind in {found[0] for found in differences(connection, db.metadata)}


def test_a_column_of_another_type_and_a_lost_condition_are_found_out(app: Flask) -> None:
    copy = MetaData(naming_convention=db.metadata.naming_convention)
    for table in db.metadata.sorted_tables:
        table.to_metadata(copy)
    copy.tables["case"].append_constraint(CheckConstraint("urgent", name="more"))
    with db.engine.connect() as connection:
        assert differences(connection, copy) == [("constraint", "case", "ck_case_more")]
        copy.tables["letter"].c.failures.type = copy.tables["letter"].c.address.type
        ((found,),) = differences(connection, copy)
        assert (found[0], found[2], found[3]) == ("modify_type", "letter", "failures")


def test_a_case_survives_going_up_and_nothing_is_left_to_do(empty: Flask) -> None:
    flask_migrate.upgrade()
    house = make_house()
    case, keys, _ = make_case(country="KG")
    db.session.remove()
    flask_migrate.upgrade()
    assert revision() == newest()
    with db.engine.connect() as connection:
        assert differences(connection, db.metadata) == []
    found = cases.by_tag(keys.tag)
    assert found is not None
    assert (found.reference, found.received_at) == (case.reference, case.received_at)
    statement = next(export.pieces(found))
    for identity in (house.identity("KG"), keys.identity):
        assert unseal_document(cases.STATEMENT, statement.sealed, identity)["story"] == STORY
    assert len(letters()) == 1
    db.session.remove()


def test_going_down_with_cases_in_it_leaves_no_table(empty: Flask) -> None:
    flask_migrate.upgrade()
    make_house()
    make_case()
    db.session.remove()
    flask_migrate.downgrade(revision="base")
    assert tables() == {BOOK}


def test_the_time_of_what_was_done_before_counts_from_what_was_written_last(empty: Flask) -> None:
    flask_migrate.upgrade()
    house = make_house()
    member = make_member(house, "KZ")
    visitor = house.visitors[member.id]
    done, written_in, opened = ((case, keys) for case, keys, _ in (make_case(), make_case(), make_case()))
    for case, _ in (done, written_in):
        settle(lambda case=case: statuses.seal_status(visitor, case, "closed", "Over"), statuses.give)  # type: ignore[misc]  # bound now, not when it is called
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with transaction():
        for model, column in ((StatusChange, "at"), (Statement, "received_at"), (Case, "received_at")):
            db.session.execute(update(model).values({column: long_ago}))
    write(visit_of(*written_in), written_in[0], "Anything new?")
    numbers = [case.id for case, _ in (done, written_in, opened)]
    db.session.remove()
    flask_migrate.downgrade(revision="0011")
    assert "hold" not in tables()
    flask_migrate.upgrade()
    first, second, third = (db.session.get_one(Case, number) for number in numbers)
    assert first.outcome_at == long_ago
    assert second.outcome_at == db.session.scalars(select(Message.sent_at)).one()
    assert third.outcome_at is None
    assert [(one.warned_at, one.ends_at) for one in (first, second, third)] == [(None, None)] * 3
    db.session.remove()
