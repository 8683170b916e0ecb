"""What is done ends: after its time, once its desk was warned, and never while anything is unread or open."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from intake import audit
from intake.cases import deletion, due, feedback, holds, queries, retention
from intake.cases.models import Case, ComplainantKey, Feedback, Handover, Message, Note, Statement, StatusChange
from intake.cases.paper_models import Hold
from intake.desks.models import House as HouseRow
from intake.evidence.models import File
from intake.evidence.place import storage
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.outbox.models import Letter
from intake.sealing import CodeKeys
from tests.cases import acts, reference, saved, tell, visit_of, write
from tests.cases.ending import DAY, WARNING, Meddle, Worker, done, end_of, give, over, see, warned
from tests.cases.working import move, offer, set_status
from tests.factories import (
    STORY,
    House,
    count_rows,
    destroy_due,
    letters,
    make_case,
    make_member,
    make_note,
    make_recording,
)

LATER = now() + timedelta(days=10_000)
CONTENT = (Statement, Message, StatusChange, Feedback, Note, Hold, Handover, File)


@pytest.mark.parametrize(
    ("status", "days"), [("published", 1825), ("passed_on", 1095), ("closed", 1095), ("not_a_complaint", 90)]
)
def test_after_its_time_and_a_warning_a_case_is_destroyed(
    work: Worker, house: House, visitor: Visitor, status: str, days: int
) -> None:
    case, keys = done(visitor, status, house=house if status == "published" else None)
    other, _, _ = make_case(story=f"{STORY} Another.")
    last = over(case, days)
    assert work.at(last - WARNING - DAY) == (0, 0)
    assert work.at(last - WARNING) == (1, 0)
    end = end_of(case)
    assert timedelta() <= end - last < DAY, "at the beginning of a day, never early"
    assert work.at(end - timedelta(seconds=1)) == (0, 0)
    assert work.at(end) == (0, 1)
    assert work.at(end + DAY) == (0, 0)
    left = saved(case)
    assert (left.status, left.country, left.language, left.complainant_key_id) == ("deleted", "KZ", "", None)
    assert (left.outcome_at, left.warned_at, left.ends_at) == (None, None, None)
    assert queries.by_tag(keys.tag) is None
    assert queries.is_dead(keys.tag), "the code does not come alive again"
    assert acts(case)[-2:] == [("case.warned", None), ("case.expired", None)]
    assert saved(other).status == "received"
    assert [audit.broken_at(chain) for chain in audit.chains()] == [None] * len(audit.chains())


def test_all_that_a_case_holds_goes_its_files_too(work: Worker, house: House, ana: Member, visitor: Visitor) -> None:
    case, keys, _ = make_case(recording=make_recording())
    tell(visit_of(case, keys), case, "danger", note="x")
    write(visit_of(case, keys), case, "Is anybody there?")
    see(visitor, case)
    make_note(house, ana, saved(case), "Quietly")
    give(visitor, case, "closed", "Over")
    settle(lambda: feedback.seal_opinion(saved(case), {"relevance": 5}, "All", ""), feedback.give)
    settle(lambda: holds.seal_hold(visitor, reference(case), "A court asked"), holds.hold)
    with transaction():
        holds.lift(visitor, reference(case))
    work.at(warned(work, case))
    assert {table.__name__: count_rows(table) for table in CONTENT} == dict.fromkeys(
        (table.__name__ for table in CONTENT), 0
    )
    assert list(storage().names()) == []
    assert [key.recipient for key in db.session.scalars(select(ComplainantKey))] == [""]


def test_what_is_kept_for_ever_never_ends(work: Worker, visitor: Visitor) -> None:
    work.app.config["KEEP_DAYS"] = {**work.app.config["KEEP_DAYS"], "closed": None}
    case, _ = done(visitor)
    assert work.at(LATER) == (0, 0)
    assert saved(case).status == "closed"


def ask_deletion(_: Visitor, case: Case, keys: CodeKeys) -> None:
    with transaction():
        deletion.ask(visit_of(saved(case), keys))


def set_due(visitor: Visitor, case: Case, _: CodeKeys) -> None:
    with transaction():
        due.set_day(visitor, reference(case), (LATER + 400 * DAY).date())


def never_taken_up(_: Visitor, case: Case, __: CodeKeys) -> None:
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(acknowledged_at=None))


def hold(visitor: Visitor, case: Case, _: CodeKeys | None = None) -> None:
    settle(lambda: holds.seal_hold(visitor, reference(case), "A court asked"), holds.hold)


NEVER: dict[str, Meddle] = {
    "an unread message": lambda _, case, keys: write(visit_of(case, keys), saved(case), "Hello?"),
    "unread answers": lambda _, case, keys: tell(visit_of(case, keys), saved(case), "danger", note="x"),
    "open": lambda visitor, case, _: give(visitor, case, "checking", "Again"),
    "a question": lambda visitor, case, _: write(visitor, saved(case), "Where?", asks=True),
    "waiting": lambda _, case, __: set_status(case, "received"),
    "acknowledged": lambda _, case, __: set_status(case, "acknowledged"),
    "nobody took it up": never_taken_up,
    "held": hold,
    "due on a day ahead": set_due,
    "deletion asked": ask_deletion,
}


@pytest.mark.parametrize("what", [*NEVER, "unread first words"])
def test_a_case_with_which_something_is_to_be_done_never_ends(work: Worker, visitor: Visitor, what: str) -> None:
    case, keys = done(visitor, read=what != "unread first words")
    if what in NEVER:
        NEVER[what](visitor, case, keys)
    assert work.at(LATER) == (0, 0)
    assert work.at(LATER + WARNING + DAY) == (0, 0)
    assert count_rows(Statement) >= 1
    assert letters("ending") == []


@pytest.mark.parametrize("what", [*NEVER, "offered to a colleague"])
def test_what_comes_up_after_the_warning_stops_the_end(work: Worker, house: House, visitor: Visitor, what: str) -> None:
    case, keys = done(visitor)
    end = warned(work, case)
    if what in NEVER:
        NEVER[what](visitor, case, keys)
    else:
        offer(visitor, case, make_member(house, "KZ"))
    assert work.at(end) == (0, 0)
    assert saved(case).ends_at is None, "the warning is void"
    assert count_rows(Statement) >= 1


def feedback_given(_: Visitor, case: Case, __: CodeKeys) -> None:
    settle(lambda: feedback.seal_opinion(saved(case), {"relevance": 5}, "All", ""), feedback.give)


AGAIN: dict[str, Meddle] = {
    "a message of the desk": lambda visitor, case, _: write(visitor, saved(case), "One more thing."),
    "a message of the complainant": NEVER["an unread message"],
    "answers": NEVER["unread answers"],
    "answers that a member wrote": lambda visitor, case, _: tell(visitor, saved(case), "danger", note="y"),
    "feedback": feedback_given,
}


@pytest.mark.parametrize("what", AGAIN)
def test_whatever_is_written_lets_the_time_begin_anew(work: Worker, visitor: Visitor, what: str) -> None:
    case, keys = done(visitor)
    first = warned(work, case)
    with transaction():  # as if the outcome were long ago
        db.session.execute(update(Case).values(outcome_at=now() - 1000 * DAY, ends_at=now() + DAY, warned_at=now()))
    AGAIN[what](visitor, case, keys)
    see(visitor, case)
    again = saved(case)
    assert again.outcome_at is not None
    assert again.outcome_at > now() - timedelta(minutes=11)
    assert (again.ends_at, again.warned_at) == (None, None)
    assert work.at(first - 2 * WARNING) == (0, 0)
    assert saved(case).status == "closed"


def test_taking_a_case_up_again_stops_its_time_and_the_next_outcome_begins_another(
    work: Worker, visitor: Visitor
) -> None:
    case, _ = done(visitor, "not_a_complaint")
    give(visitor, case, "checking", "It was one")
    assert saved(case).outcome_at is None
    give(visitor, case, "closed", "Over")
    assert work.at(over(case, 90) + DAY) == (0, 0), "the time is that of the outcome which it has now"
    assert work.at(over(case, 1095)) == (1, 0)


def test_nothing_is_destroyed_that_nobody_was_warned_of_long_enough(work: Worker, visitor: Visitor) -> None:
    case, _ = done(visitor)
    late = over(case, 1095) + 5 * WARNING
    assert work.at(late, slept=True) == (1, 0)
    assert end_of(case) >= late + WARNING
    assert work.at(late + WARNING - DAY) == (0, 0)
    work.app.config["KEEP_WARNING_DAYS"] = 60  # changed meanwhile: the longer one counts
    assert work.at(end_of(case)) == (0, 0)
    assert work.at(late + 2 * WARNING)[1] == 1


def test_a_period_that_was_made_longer_counts_for_what_was_warned_of(work: Worker, visitor: Visitor) -> None:
    case, _ = done(visitor)
    end = warned(work, case)
    work.app.config["KEEP_DAYS"] = {**work.app.config["KEEP_DAYS"], "closed": 1195}
    assert work.at(end) == (0, 0)
    assert saved(case).ends_at is None
    assert saved(case).status == "closed"


def test_a_few_days_more_do_not_make_the_warning_void_but_are_waited_for(work: Worker, visitor: Visitor) -> None:
    case, _ = done(visitor)
    end = warned(work, case)
    work.app.config["KEEP_DAYS"] = {**work.app.config["KEEP_DAYS"], "closed": 1105}
    assert work.at(end + 8 * DAY) == (0, 0)
    assert work.at(end + 10 * DAY) == (0, 1)


def test_while_a_letter_of_the_warning_is_owed_nothing_is_destroyed(
    work: Worker, house: House, visitor: Visitor
) -> None:
    case, _ = done(visitor)
    elsewhere, _ = done(house.visitors[make_member(house, "KG").id], country="KG")
    assert work.at(over(case, 1095) - WARNING + DAY, mail=False) == (2, 0)
    end = max(end_of(case), end_of(elsewhere))
    mine, theirs = letters("ending")
    with transaction():
        db.session.execute(update(Letter).where(Letter.id == theirs.id).values(delivered_at=now()))
    assert work.at(end, mail=False) == (0, 1), "the other desk's letter arrived"
    assert saved(case).status == "closed"
    assert work.at(end + DAY, mail=False) == (0, 0)
    with transaction():
        db.session.execute(update(Letter).where(Letter.id == mine.id).values(withdrawn_at=now()))
    assert work.at(end + 2 * DAY, mail=False) == (0, 1), "its addressee was locked out"


@pytest.mark.parametrize("gap", [timedelta(days=3), timedelta(days=365), -timedelta(days=365)])
def test_after_a_long_sleep_or_a_jump_of_the_clock_every_warning_is_given_anew(
    work: Worker, visitor: Visitor, gap: timedelta
) -> None:
    case, _ = done(visitor)
    end = warned(work, case)
    assert work.at(end - timedelta(minutes=1)) == (0, 0)
    assert work.at(end + gap, slept=True)[1] == 0
    assert saved(case).status == "closed"
    assert saved(case).ends_at is None or end_of(case) >= end + gap + WARNING
    if gap > timedelta():
        assert len(letters("ending")) == 2
        assert work.at(end_of(case))[1] == 1
    else:
        assert work.at(end - timedelta(minutes=1), slept=True) == (1, 0), (
            "the clock was set right: again from the start"
        )


def test_one_round_destroys_a_few_cases_and_the_rounds_after_it_the_rest(
    work: Worker, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_DESTROYED", 2)
    cases = [done(visitor)[0] for _ in range(3)]
    assert work.at(over(cases[-1], 1095) - WARNING) == (3, 0)
    end = max(map(end_of, cases))
    assert [work.at(end), work.at(end), work.at(end)] == [(0, 2), (0, 1), (0, 0)]


@pytest.mark.parametrize("fault", ["the audit", "the disk"])
def test_a_crash_in_the_middle_leaves_all_and_the_next_round_destroys_it(
    work: Worker, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    case, _, _ = make_case(recording=make_recording())
    see(visitor, case)
    give(visitor, case, "closed", "Over")
    end = warned(work, saved(case))

    def break_(*_: object, **__: object) -> None:
        raise OSError(fault)

    before = {table: count_rows(table) for table in (Statement, StatusChange, File)}
    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", break_) if fault == "the audit" else patch.setattr(
            "intake.cases.deletion.remove.destroy", break_
        )
        assert work.at(end) == (0, 0)
    assert {table: count_rows(table) for table in before} == before
    assert (saved(case).status, saved(case).ends_at) == ("closed", end)
    assert queries.by_tag(db.session.scalars(select(ComplainantKey.tag)).one()) is not None
    assert work.at(end + timedelta(minutes=1)) == (0, 1)


def test_the_days_of_a_complainants_wish_are_their_own(work: Worker, visitor: Visitor) -> None:
    case, keys = done(visitor)
    end = warned(work, case)
    ask_deletion(visitor, case, keys)
    assert destroy_due(now() + 7 * DAY) == 1
    assert acts(case)[-1] == ("case.destroyed", None)
    assert work.at(end) == (0, 0)


def test_if_who_was_warned_is_locked_out_the_desk_is_warned_instead(
    work: Worker, house: House, visitor: Visitor
) -> None:
    case, _ = done(visitor)
    end = warned(work, case)
    ben = make_member(house, "KZ")
    with transaction():
        db.session.execute(update(Member).where(Member.id == visitor.member.id).values(locked_at=end - DAY))
    assert work.at(end) == (1, 0)
    assert [letter.member_id for letter in letters("ending")] == [visitor.member.id, ben.id]
    assert end_of(case) >= end + WARNING
    assert work.at(end_of(case)) == (0, 1)


def test_a_case_moved_to_another_desk_begins_its_time_anew(work: Worker, house: House, visitor: Visitor) -> None:
    case, _ = done(visitor)
    warned(work, case)
    move(visitor, case)
    assert saved(case).ends_at is None
    assert saved(case).outcome_at is not None


def test_how_many_statements_a_round_asks_does_not_grow_with_what_it_warns_of(
    work: Worker, visitor: Visitor, statements: list[str]
) -> None:
    case, _ = done(visitor)
    counts = []
    for number in (0, 3):
        for _ in range(number):
            done(visitor)
        moment: datetime = over(case, 1095) + number * DAY
        statements.clear()
        assert work.at(moment, mail=False)[0] == max(number, 1)
        counts.append(sum("audit" not in one.lower() for one in statements))
    assert counts[0] == counts[1]
    assert db.session.scalar(select(func.count()).select_from(HouseRow)) == 1
