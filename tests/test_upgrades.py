"""Databases as past code wrote them come up to this code whole, on SQLite and PostgreSQL."""

from functools import partial
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select

from intake import audit, sealing
from intake.backup import schema
from intake.cases import queries as cases
from intake.cases.models import Case, Message
from intake.config import ROOT
from intake.desks import setup
from intake.extensions import Sealed, db
from intake.members.models import Member
from intake.sealing import Identity, code_keys, read_identity, unseal
from tests.conftest import CHEAP, Browser
from tests.factories import come_back, send, sign_in, signed_code
from tests.migrations_archive import kept
from tests.test_migrations import differences

# Tables in which a migration rightly changes rows that were there: by the number of the migration.
CHANGED = {"0005": {"member_session"}}  # who had signed in without a second factor signs in anew


NO_SECOND_FACTOR = "0004"  # the last revision at which members signed in without one: they are asked to add it
OLDEST, NEWEST = kept.NUMBERS[0], kept.NUMBERS[-1]
BY_DEFAULT = {("sqlite", OLDEST), ("sqlite", NEWEST), ("postgresql", OLDEST)}
EVERY = [
    pytest.param(database, number, marks=[] if (database, number) in BY_DEFAULT else [pytest.mark.slow])
    for database in ("sqlite", "postgresql")
    for number in kept.NUMBERS
]


@pytest.mark.parametrize(("database", "number"), EVERY)
def test_an_archived_database_comes_up_whole(
    empty: Flask, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CODE_COST", CHEAP)
    tables = kept.put(number, tmp_path)
    before = kept.lines(tables)
    assert all(before.values()), "each table has a row"
    flask_migrate.upgrade()
    after = kept.lines(tables)
    changed = {name for migration, names in CHANGED.items() if migration > number for name in names}
    assert {name for name in before if before[name] != after[name]} == changed
    with db.engine.connect() as connection:
        assert schema.of(connection) == schema.newest()
        assert differences(connection, db.metadata) == []
    _cases_open(number)
    _what_was_filled_opens(number)
    chains = audit.chains()
    assert len(chains) > 2
    assert [audit.broken_at(chain) for chain in chains] == [None] * len(chains)
    assert sum(audit.check(chain, []).count for chain in chains) == len(before["audit_entry"])
    _people_go_on(empty, number)
    assert [audit.broken_at(chain) for chain in audit.chains()] == [None] * len(chains), "they go on as well"


def test_every_released_schema_is_kept_and_the_newest_is_not_long_without() -> None:
    lacking = set(kept.RELEASED) ^ set(kept.NUMBERS)
    assert not lacking, f"python -m tests.migrations_archive.make COMMIT keeps {lacking}; RELEASED names what is kept"
    versions = (ROOT / "intake" / "migrations" / "versions").glob("[0-9]*.py")
    unkept = sorted(path.stem for path in versions if path.stem[:4] > NEWEST)
    assert len(unkept) <= kept.MOST_UNKEPT, f"keep a database of the last of {unkept}: see docs/operate.md, Upgrade"


def _cases_open(number: str) -> None:
    """See that each case opens with its code, and with the identity of its desk."""
    told = kept.told(number)
    for one in told["cases"]:
        keys = code_keys(one["code"], setup.code_salt())
        case = cases.by_tag(keys.tag)
        assert case is not None
        assert case.reference == one["reference"]
        for identity in (keys.identity, read_identity(one["desk"])):
            (statement,) = cases.read_statements(case, partial(_always, identity))
            assert statement.words["story"] == f"{told['story']} {one['country']}"


def _people_go_on(app: Flask, number: str) -> None:
    """See that the complainant and the journalist of a case find it where they left it, and somebody sends another."""
    app.config["PASSWORD_COST"], app.test_client_class = CHEAP, Browser
    told = kept.told(number)
    filled = select(Case.reference).join(Message, Message.case_id == Case.id)  # with what is no message
    (case,) = (one for one in told["cases"] if one["reference"] not in db.session.scalars(filled).all())
    db.session.remove()
    assert case["reference"] in come_back(app.test_client(), case["code"])
    assert send(app.test_client(), code=signed_code()).status_code == 200
    if number > NO_SECOND_FACTOR:
        client = app.test_client()
        sign_in(client, db.session.scalars(select(Member).where(Member.name == "Aigerim")).one())
        assert told["story"] in client.get(f"/desk/cases/{case['reference']}").get_data(as_text=True)
    db.session.remove()


def _always(identity: Identity, _: object) -> Identity:
    return identity


def _what_was_filled_opens(number: str) -> None:
    """See that what is sealed in the tables that the script filled opens as it did then."""
    told, found = kept.told(number), set()
    desk = read_identity(told["cases"][0]["desk"])
    for name in told["filled"]:
        table = db.metadata.tables[name]
        for column in table.columns:
            if isinstance(column.type, Sealed):
                found |= {unseal(row, desk) for row in db.session.scalars(select(column).where(column.is_not(None)))}
    assert found == {kept.FILLED}
