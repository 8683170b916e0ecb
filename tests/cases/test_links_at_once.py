"""Two members merge the same cases at the same moment, in opposite directions; one moves while another merges."""

from collections.abc import Callable

import pytest
from flask import Flask

from intake.cases import links, merges
from intake.cases.links import LinkedError
from intake.cases.merges import LeadsError, LoopError, OtherDeskError
from intake.cases.models import Case
from intake.cases.paper_models import CaseLink, CaseMerge
from intake.desks import queries as desks
from intake.extensions import db, settle
from intake.members.models import Member
from intake.members.sessions import Visitor
from tests.cases import reference
from tests.cases.test_rotation_at_once import anywhere, held_open, meanwhile
from tests.cases.tying import led_by, main_of
from tests.cases.working import move
from tests.factories import House, count_rows, make_case, make_member

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
Anywhere = Callable[[], Visitor]


@pytest.fixture
def ana(house: House) -> Member:
    return make_member(house, "KZ", "KG", name="Ana")


@pytest.fixture
def two(house: House, ana: Member) -> tuple[Anywhere, Anywhere]:
    """Return two members, as the sessions of other threads know them."""
    ben = make_member(house, "KZ", "KG", name="Ben")
    return anywhere(house.visitors[ana.id]), anywhere(house.visitors[ben.id])


def merging(who: Anywhere, case: str, main: str) -> Callable[[], str]:
    """Return what lets a case be worked on with another, and says what came of it."""

    def act() -> str:
        visitor = who()
        try:
            settle(lambda: merges.seal(visitor, case, main, "One story", leads=False), merges.keep)
        except (LoopError, LeadsError, OtherDeskError) as refused:
            return type(refused).__name__
        return "merged"

    return act


def linking(who: Anywhere, case: str, other: str) -> Callable[[], str]:
    """Return what links two cases, and says what came of it."""

    def act() -> str:
        visitor = who()
        try:
            settle(lambda: links.seal(visitor, case, other, "related", "Alike"), links.keep)
        except LinkedError:
            return "linked already"
        return "linked"

    return act


def named(*cases: Case) -> list[str]:
    """Return the references of cases, and hold nothing open."""
    found = [reference(case) for case in cases]
    db.session.rollback()
    return found


@on_postgresql
def test_of_two_who_merge_in_opposite_directions_one_does(
    app: Flask, house: House, ana: Member, two: tuple[Anywhere, Anywhere]
) -> None:
    one, other = make_case()[0], make_case()[0]
    first, second = named(one, other)
    with held_open(app, merging(two[0], first, second)) as end:
        assert meanwhile(app, merging(two[1], second, first), end) == "LoopError"
    visitor = house.visitors[ana.id]
    assert (main_of(visitor, one), main_of(visitor, other)) == (second, None)
    assert count_rows(CaseMerge) == 1


@on_postgresql
def test_a_chain_that_two_make_at_once_is_none(
    app: Flask, house: House, ana: Member, two: tuple[Anywhere, Anywhere]
) -> None:
    cases = [make_case()[0] for _ in range(3)]
    first, second, third = named(*cases)
    with held_open(app, merging(two[0], second, third)) as end:
        assert meanwhile(app, merging(two[1], first, second), end) == "merged"
    assert set(led_by(house.visitors[ana.id], cases[2])) == {first, second}
    db.session.rollback()
    fourth = named(make_case()[0])[0]
    with held_open(app, merging(two[0], fourth, first)) as end:
        assert meanwhile(app, merging(two[1], third, fourth), end) == "LoopError"


@on_postgresql
def test_of_two_who_link_the_same_cases_at_once_one_does(app: Flask, two: tuple[Anywhere, Anywhere]) -> None:
    first, second = named(make_case()[0], make_case()[0])
    with held_open(app, linking(two[0], first, second)) as end:
        assert meanwhile(app, linking(two[1], second, first), end) == "linked already"
    assert count_rows(CaseLink) == 2


@on_postgresql
def test_a_case_that_moves_while_it_is_merged_is_worked_on_with_none_of_its_old_desk(
    app: Flask, house: House, ana: Member, two: tuple[Anywhere, Anywhere]
) -> None:
    one, other = make_case()[0], make_case()[0]
    first, second = named(one, other)
    number, mover = one.id, two[0]
    db.session.rollback()
    with held_open(app, lambda: move(mover(), db.session.get_one(Case, number))) as end:
        assert meanwhile(app, merging(two[1], first, second), end) == "OtherDeskError"
    assert db.session.get_one(Case, number).desk_id == desks.by_name("KG").id
    assert count_rows(CaseMerge) == 0


def test_opposite_merges_that_were_prepared_at_once_are_saved_once(house: House, ana: Member) -> None:
    visitor, one, other = house.visitors[ana.id], make_case()[0], make_case()[0]
    first, second = named(one, other)
    early = merges.seal(visitor, second, first, "Early", leads=False)
    settle(lambda: merges.seal(visitor, first, second, "One story", leads=False), merges.keep)
    offered = iter((early,))
    with pytest.raises(LoopError):
        settle(lambda: next(offered, None) or merges.seal(visitor, second, first, "Late", leads=False), merges.keep)
    assert count_rows(CaseMerge) == 1
