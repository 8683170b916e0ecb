"""Who is away when, and who stands in: to the moment, along a chain, round no circle."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, update

from intake.audit import AuditEntry
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import cover
from intake.members.cover import Days, OverlapError
from intake.members.models import EDITOR, Absence, Member
from tests.factories import House, count_rows, go_away, make_member

WEEK = Days(date(2027, 3, 1), date(2027, 3, 7))
BEGINS, ENDS = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 8, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def away(member: Member, stand_in: Member | None = None, days: Days = WEEK) -> Absence:
    with transaction():
        return cover.set_away(member, days, stand_in, member.id)


def name_of_stand_in(member: Member, moment: datetime = BEGINS) -> str | None:
    found = cover.stand_in_of(member.id, moment)
    return found.name if found else None


@pytest.fixture
def people(house: House) -> list[Member]:
    """Return six members of one desk, called after their places."""
    return [make_member(house, "KZ", name=str(number)) for number in range(6)]


@pytest.mark.parametrize(
    ("moment", "stand_in"),
    [(BEGINS - MOMENT, None), (BEGINS, "1"), (ENDS - MOMENT, "1"), (ENDS, None), (ENDS + MOMENT, None)],
)
def test_an_absence_begins_with_its_first_day_and_ends_with_its_last(
    people: list[Member], moment: datetime, stand_in: str | None
) -> None:
    away(people[0], people[1])
    assert name_of_stand_in(people[0], moment) == stand_in
    assert (people[0].id in cover.now_away(moment)) is bool(stand_in)
    assert (people[0].id in cover.now_away(moment)) is bool(stand_in)


def test_nobody_stands_in_for_who_is_here(people: list[Member]) -> None:
    away(people[0], people[1])
    assert name_of_stand_in(people[1]) is None
    assert people[1].id not in cover.now_away(BEGINS)


def test_nobody_in_particular_stands_in(people: list[Member]) -> None:
    away(people[0])
    assert people[0].id in cover.now_away(BEGINS)
    assert name_of_stand_in(people[0]) is None


def test_a_stand_in_who_is_away_has_a_stand_in_too(people: list[Member]) -> None:
    away(people[0], people[1])
    away(people[1], people[2], Days(WEEK.first, date(2027, 3, 2)))
    found = cover.stand_in_among(cover.now_away(BEGINS), people[0].id)
    assert found is not None
    assert (found.member.name, found.until_at) == ("2", datetime(2027, 3, 3, tzinfo=UTC))
    assert name_of_stand_in(people[0], datetime(2027, 3, 3, tzinfo=UTC)) == "1", "the stand-in is back"


def test_a_chain_is_followed_a_few_links_and_no_farther(people: list[Member]) -> None:
    for member, stand_in in pairwise(people[:5]):
        away(member, stand_in)
    assert name_of_stand_in(people[0]) == "4"
    away(people[4], people[5])
    assert name_of_stand_in(people[0]) is None
    assert name_of_stand_in(people[1]) == "5"


@pytest.mark.parametrize("length", [2, 3])
def test_a_circle_of_stand_ins_ends_at_nobody(people: list[Member], length: int) -> None:
    for number in range(length):
        away(people[number], people[(number + 1) % length])
    assert [name_of_stand_in(member) for member in people[:length]] == [None] * length


def test_who_leads_into_a_circle_finds_nobody(people: list[Member]) -> None:
    away(people[0], people[1])
    away(people[1], people[2])
    away(people[2], people[1])
    assert name_of_stand_in(people[0]) is None


@pytest.mark.parametrize("column", ["locked_at", "left_at"])
def test_who_is_locked_out_or_gone_never_stands_in(people: list[Member], column: str) -> None:
    away(people[0], people[1])
    away(people[2], people[0])
    with transaction():
        db.session.execute(update(Member).where(Member.id == people[1].id).values({column: now()}))
    assert name_of_stand_in(people[0]) is None
    assert name_of_stand_in(people[2]) is None


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (WEEK.first, WEEK.last),
        (date(2027, 3, 7), date(2027, 3, 9)),
        (date(2027, 2, 1), WEEK.first),
        (date(2027, 3, 3),) * 2,
    ],
)
def test_absences_of_one_member_never_overlap(people: list[Member], first: date, last: date) -> None:
    there = away(people[0])
    with pytest.raises(OverlapError) as refused:
        away(people[0], people[1], Days(first, last))
    assert refused.value.away.id == there.id
    away(people[1], None, Days(first, last))
    assert count_rows(Absence) == 2


def test_one_absence_may_follow_the_other(people: list[Member]) -> None:
    away(people[0])
    away(people[0], None, Days(date(2027, 3, 8), date(2027, 3, 8)))
    away(people[0], None, Days(date(2027, 2, 28), date(2027, 2, 28)))
    assert [absence.from_at.day for absence in cover.absences_of(people[0].id, BEGINS)] == [1, 8]


def test_the_same_absence_entered_at_once_is_entered_once(app: Flask, people: list[Member]) -> None:
    start = Barrier(6)

    def enter(_: int) -> bool:
        with app.app_context():
            start.wait()
            try:
                away(people[0])
            except OverlapError:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        entered = list(pool.map(enter, range(6)))
    assert entered.count(True) == 1
    assert count_rows(Absence) == 1


def ended(absence: Absence, moment: datetime) -> Absence | None:
    with transaction():
        held = db.session.get_one(Absence, absence.id)
        cover.end(held, moment, held.member_id)
    db.session.expire_all()
    return db.session.get(Absence, absence.id)


def acts() -> list[tuple[str, int | None, dict[str, object]]]:
    db.session.rollback()
    pick = select(AuditEntry).where(AuditEntry.act.in_(("member.away", "member.back"))).order_by(AuditEntry.number)
    return [(entry.act, entry.member_id, entry.detail) for entry in db.session.scalars(pick)]


def test_who_comes_back_early_is_back_at_once(people: list[Member]) -> None:
    absence, back = away(people[0], people[1]), BEGINS + timedelta(hours=30)
    left = ended(absence, back)
    assert left is not None
    assert left.until_at == back
    assert people[0].id not in cover.now_away(back)
    assert people[0].id in cover.now_away(back - MOMENT)


def test_an_absence_to_come_is_struck_out_and_one_that_is_over_stays(people: list[Member]) -> None:
    coming, over = away(people[0]), away(people[1])
    assert ended(coming, BEGINS) is None
    left = ended(over, ENDS)
    assert left is not None
    assert left.until_at == ENDS
    assert [act for act, _, _ in acts()] == ["member.away", "member.away", "member.back"]


def test_going_and_coming_back_are_written_down(people: list[Member]) -> None:
    absence = away(people[0], people[1])
    ended(absence, BEGINS + MOMENT)
    me, other = people[0].id, people[1].id
    assert acts() == [
        ("member.away", me, {"away": me, "stand_in": other, "first": "2027-03-01", "last": "2027-03-07"}),
        ("member.back", me, {"back": me}),
    ]


def test_the_editors_who_are_away_stand_apart(house: House) -> None:
    one, two = (make_member(house, *house.keys, role=EDITOR) for _ in range(2))
    go_away(two)
    found = cover.editors(now())
    assert ([editor.id for editor in found.here], [editor.id for editor in found.away]) == ([one.id], [two.id])
