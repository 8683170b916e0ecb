"""The cases of a member who is locked out: with who stands in, or back in the queue; nobody's case is nobody's."""

import pytest
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake.cases import conversation, statuses, triage
from intake.cases.conversation import Words
from intake.cases.models import ACKNOWLEDGED, CHECKING, CLOSED, NEEDS_ANSWER, RECEIVED
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Absence, Member
from tests.cases import acts, saved
from tests.factories import House, make_case, make_member
from tests.members import away, lock, take


@pytest.mark.parametrize("status", [ACKNOWLEDGED, CHECKING, NEEDS_ANSWER])
def test_a_case_in_work_goes_back_to_the_queue(house: House, status: str) -> None:
    member, colleague, editor = make_member(house, "KZ"), make_member(house, "KZ"), make_member(house, role=EDITOR)
    case, theirs = take(member, house, make_case("KZ")[0], status), take(colleague, house, make_case("KZ")[0], status)
    done = lock(house, editor, member)
    assert done.cases == (1, 0, 0)
    row = saved(case)
    assert (row.status, row.acknowledged_at, row.acknowledged_by_id) == (RECEIVED, None, None)
    assert saved(theirs).assignee_id == colleague.id
    assert acts(case)[-1] == ("case.handed_back", editor.id)
    take(colleague, house, case)
    assert saved(case).assignee_id == colleague.id


def test_a_case_that_is_done_stays_done(house: House) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, role=EDITOR)
    case = take(member, house, make_case("KZ")[0], CLOSED)
    assert lock(house, editor, member).cases == (0, 0, 0)
    assert saved(case).status == CLOSED


def test_a_case_goes_to_who_stands_in_now_if_they_can_open_it(house: House) -> None:
    member, stand_in, editor = make_member(house, "KZ", "KG"), make_member(house, "KZ"), make_member(house, role=EDITOR)
    here, there = (take(member, house, make_case(country)[0]) for country in ("KZ", "KG"))
    away(member, stand_in)
    assert lock(house, editor, member).cases == (1, 1, 0)
    row = saved(here)
    assert (row.status, row.assignee_id) == (ACKNOWLEDGED, stand_in.id)
    assert row.acknowledged_at is not None
    assert acts(here)[-1] == ("case.stood_in", editor.id)
    assert (saved(there).status, saved(there).assignee_id) == (RECEIVED, None)


@pytest.mark.parametrize("why", ["not yet away", "nobody stands in", "locked out", "gone"])
def test_without_a_stand_in_who_works_here_now_it_goes_back_to_the_queue(house: House, why: str) -> None:
    member, stand_in, editor = make_member(house, "KZ"), make_member(house, "KZ"), make_member(house, role=EDITOR)
    case = take(member, house, make_case("KZ")[0])
    away(member, None if why == "nobody stands in" else stand_in, hours=1 if why == "not yet away" else 0)
    if why == "locked out":
        lock(house, editor, stand_in)
    if why == "gone":
        with transaction():
            db.session.get_one(Member, stand_in.id).left_at = now()
    lock(house, editor, member)
    assert (saved(case).status, saved(case).assignee_id) == (RECEIVED, None)


def test_who_is_locked_stands_in_for_nobody(house: House) -> None:
    member, absent, editor = make_member(house, "KZ"), make_member(house, "KZ"), make_member(house, role=EDITOR)
    away(absent, member)
    away(absent, member, hours=48)
    away(absent, editor, hours=96)
    lock(house, editor, member)
    assert db.session.scalars(select(Absence.stand_in_id).order_by(Absence.id)).all() == [None, None, editor.id]


def test_what_was_being_written_when_the_lock_fell_takes_no_case_up(house: House) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, role=EDITOR)
    case, visitor = make_case("KZ")[0], house.visitors[member.id]
    message = conversation.seal_message(visitor, case, Words("May we call you?", "once"))
    status = statuses.seal_status(visitor, case, CHECKING, "")
    reference = case.reference
    lock(house, editor, member)
    for act in (
        lambda: conversation.write(message),
        lambda: statuses.give(status),
        lambda: triage.acknowledge(visitor, reference),
    ):
        with pytest.raises(NotFound), transaction():
            act()
    assert (saved(case).status, saved(case).assignee_id) == (RECEIVED, None)
