"""How many cases have a code, by desk and month: kept right whatever becomes of a coding, and of two at once."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from intake.cases import coding, deletion
from intake.cases.coding import Chosen
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import CodeCount, Coding
from intake.desks import queries as desks
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.sessions import Visitor
from tests.cases import reference, saved, visit_of
from tests.cases.coded import code, coded, counts
from tests.cases.test_rotation_at_once import anywhere, held_open, meanwhile
from tests.cases.working import move
from tests.factories import STORY, House, count_rows, destroy_due, make_case, make_member

AT_ONCE = pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # SQLite lets one write at a time


@pytest.fixture
def visitor(house: House) -> Visitor:
    """Return a journalist of Kazakhstan."""
    return house.visitors[make_member(house, "KZ").id]


def desk_id(name: str) -> int:
    """Return the number of a desk."""
    return desks.by_name(name).id


def test_a_code_is_counted_once_a_case_in_the_month_in_which_the_case_came(visitor: Visitor) -> None:
    case, other = make_case()[0], make_case(story=f"{STORY} 2")[0]
    with transaction():
        db.session.execute(
            update(Case).where(Case.id == case.id).values(received_at=datetime(2025, 12, 31, 23, tzinfo=UTC))
        )
    code(visitor, case, "TORTURE", "DEATH")
    code(visitor, other, "TORTURE")
    db.session.rollback()
    rows = {(row.month, row.code): row.count for row in db.session.scalars(select(CodeCount))}
    month = f"{saved(other).received_at:%Y-%m}"
    assert rows == {("2025-12", "TORTURE"): 1, ("2025-12", "DEATH"): 1, (month, "TORTURE"): 1}


def test_a_changed_coding_is_counted_down_and_up(visitor: Visitor) -> None:
    cases = [make_case(story=f"{STORY} {number}")[0] for number in range(3)]
    kz = desk_id("KZ")
    versions = [code(visitor, case, "TORTURE", "DEATH") for case in cases]
    assert counts() == {(kz, "TORTURE"): 3, (kz, "DEATH"): 3}
    code(visitor, cases[0], "TORTURE", "CHILD", replaces=versions[0])
    assert counts() == {(kz, "TORTURE"): 3, (kz, "DEATH"): 2, (kz, "CHILD"): 1}
    last = code(visitor, cases[0], "OTHER", replaces=code_id(cases[0]))
    assert counts() == {(kz, "TORTURE"): 2, (kz, "DEATH"): 2, (kz, "OTHER"): 1}, "nothing is left where none is left"
    code(visitor, cases[0], "OTHER", replaces=last)
    assert counts()[kz, "OTHER"] == 1, "the same once more is no more"


def test_a_case_takes_its_counts_along_to_another_desk(house: House, visitor: Visitor) -> None:
    case, stays = make_case()[0], make_case(story=f"{STORY} 2")[0]
    make_member(house, "KG")
    code(visitor, stays, "TORTURE")
    code(visitor, case, "DEATH", replaces=code(visitor, case, "TORTURE"))
    move(visitor, case)
    assert counts() == {(desk_id("KZ"), "TORTURE"): 1, (desk_id("KG"), "DEATH"): 1}
    found = coded(case, house.identity("KG"))
    assert found is not None
    assert [one.codes for one in (found.newest, *found.earlier)] == [("DEATH",), ("TORTURE",)]


def test_a_destroyed_case_stays_counted_and_its_coding_is_gone(visitor: Visitor) -> None:
    case, keys, _ = make_case()
    code(visitor, case, "DEATH", replaces=code(visitor, case, "TORTURE"))
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    assert destroy_due(now() + timedelta(days=8)) == 1
    assert count_rows(Coding) == 0
    assert counts() == {(desk_id("KZ"), "DEATH"): 1}


@AT_ONCE
def test_two_cases_coded_at_once_are_both_counted(app: Flask, visitor: Visitor) -> None:
    """On PostgreSQL the second waits for the row of the first, and adds to what that one saved."""
    names = [reference(make_case(story=f"{STORY} {number}")[0]) for number in range(2)]
    who = anywhere(visitor)
    db.session.rollback()

    def save(name: str, *codes: str) -> None:
        seen = who()
        settle(lambda: coding.seal_coding(seen, name, Chosen(codes, {}), name, None), coding.keep)

    with held_open(app, lambda: save(names[0], "TORTURE", "DEATH")) as end:
        meanwhile(app, lambda: save(names[1], "DEATH", "TORTURE"), end)
    kz = desk_id("KZ")
    assert counts() == {(kz, "TORTURE"): 2, (kz, "DEATH"): 2}


@AT_ONCE
def test_of_two_codings_of_one_case_at_once_one_is_saved_and_counted(app: Flask, visitor: Visitor) -> None:
    name = reference(make_case()[0])
    who = anywhere(visitor)
    db.session.rollback()

    def save(chosen: str) -> str:
        seen = who()
        try:
            settle(lambda: coding.seal_coding(seen, name, Chosen((chosen,), {}), chosen, None), coding.keep)
        except CollisionError:
            return "refused"
        return "saved"

    with held_open(app, lambda: save("TORTURE")) as end:
        assert meanwhile(app, lambda: save("DEATH"), end) == "refused"
    assert counts() == {(desk_id("KZ"), "TORTURE"): 1}


def code_id(case: Case) -> int:
    """Return the number of the newest version of a case's coding."""
    return coding.newest_of([case.id])[case.id].id
