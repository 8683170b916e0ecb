"""A case moves, or changes hands, at the very moment in which somebody else writes to it or takes it."""

from collections.abc import Callable

import pytest
from flask import Flask

from intake.cases import assignment
from intake.cases.models import Case
from intake.extensions import db, transaction
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys
from tests.cases import reference, saved, visit_of, write
from tests.cases.rotating import begin, finish, fuller_case, go_on, opened_by, read_by, read_with
from tests.cases.test_rotation_at_once import anywhere, held_open, meanwhile, send
from tests.cases.working import move
from tests.factories import House, make_case, make_member

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def gulnara(house: House) -> Member:
    return make_member(house, "KG", name="Gulnara")


def in_thread(number: int) -> Case:
    """Return a case as the session of the thread that asks knows it."""
    return db.session.get_one(Case, number)


@pytest.mark.parametrize("what", ["a message", "further words"])
def test_what_is_written_while_a_case_moves_waits_and_is_sealed_to_the_new_desk(
    app: Flask, house: House, ana: Member, gulnara: Member, what: str
) -> None:
    case, keys = fuller_case(house.visitors[ana.id])
    number, visitor = case.id, anywhere(house.visitors[ana.id])
    db.session.rollback()

    def message(keys: CodeKeys) -> None:
        found = in_thread(number)
        write(visit_of(found, keys), found, "Meanwhile")

    acts: dict[str, Callable[[], None]] = {
        "a message": lambda: message(keys),
        "further words": lambda: send(keys, "There is more to tell, and it is new."),
    }
    with held_open(app, lambda: move(visitor(), in_thread(number))) as end:
        meanwhile(app, acts[what], end)
    assert opened_by(house.identity("KZ")) == {"signing_key.sealed"}, "what the desk itself signs with"
    assert read_by(house.visitors[gulnara.id], saved(case)) == read_with(keys, saved(case))


def test_of_two_who_take_a_case_at_once_one_gets_it(app: Flask, house: House, ana: Member) -> None:
    ben = make_member(house, "KZ", name="Ben")
    case, _, _ = make_case()
    name = reference(case)
    first, second = anywhere(house.visitors[ana.id]), anywhere(house.visitors[ben.id])
    db.session.rollback()

    def take(who: Callable[[], Visitor]) -> str:
        visitor = who()
        try:
            with transaction():
                assignment.take(visitor, name)
        except assignment.TakenError:
            return "taken"
        return "theirs"

    with held_open(app, lambda: take(first)) as end:
        assert meanwhile(app, lambda: take(second), end) == "taken"
    assert saved(case).assignee_id == ana.id


def test_a_rotation_of_the_desk_that_a_case_leaves_waits_for_nothing_and_loses_nothing(
    app: Flask, house: House, ana: Member, gulnara: Member
) -> None:
    case, keys = fuller_case(house.visitors[ana.id])
    number, visitor = case.id, anywhere(house.visitors[ana.id])
    begin(house.visitors[ana.id])
    db.session.rollback()
    with held_open(app, lambda: move(visitor(), in_thread(number))) as end:
        assert go_on(house.visitors[ana.id]) <= 1, "the rows that move are held; the search page goes with them"
        end()
    go_on(house.visitors[ana.id])
    assert finish(house.visitors[ana.id])
    assert read_by(house.visitors[gulnara.id], saved(case)) == read_with(keys, saved(case))
