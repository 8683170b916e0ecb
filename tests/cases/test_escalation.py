"""A case that nobody acknowledged calls somebody else: a colleague, the editors, the newsroom; each step once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.cases import bulk, escalation, lockdown, triage, urgency, waiting
from intake.cases.bulk import Wish
from intake.cases.models import CHECKING, RECEIVED, Case
from intake.cases.paper_models import Escalation
from intake.desks.models import Desk
from intake.extensions import db, settle, transaction
from intake.members.models import EDITOR, Member
from intake.outbox.models import Letter
from tests.cases import page_of, saved, tell, visit_of
from tests.cases.letter_clock import Clock
from tests.cases.lettering import accept, come_back
from tests.cases.working import give, give_up, move
from tests.factories import House, go_away, letters, make_case, make_member, sign_in

NEWSROOM = "info@acca.media"


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock."""
    return Clock(monkeypatch)


@pytest.fixture
def ben(house: House, ana: Member) -> Member:
    """Return a second journalist of Kazakhstan."""
    return make_member(house, "KZ", name="Ben")


@pytest.fixture
def eda(house: House) -> Member:
    """Return an editor."""
    return make_member(house, *house.keys, role=EDITOR, name="Eda", language="ru")


def called() -> list[str]:
    """Return whom the letters about what is overdue go to, in their order."""
    names = {member.address: member.name for member in db.session.query(Member)}
    return [names.get(letter.address, letter.address) for letter in letters("overdue")]


def read(house: House, member: Member, case: Case) -> None:
    with transaction():
        triage.note_opened(house.visitors[member.id], case, [], [])


def acknowledge(house: House, member: Member, case: Case) -> None:
    with transaction():
        triage.acknowledge(house.visitors[member.id], case.reference)


def steps(case: Case) -> list[int]:
    db.session.rollback()
    rows = select(Escalation.step).where(Escalation.case_id == case.id, Escalation.step > 0)
    return list(db.session.scalars(rows.order_by(Escalation.id)))


def set_quiet(member: Member, begin: int, end: int, zone: str = "UTC") -> None:
    with transaction():
        row = update(Member).where(Member.id == member.id)
        db.session.execute(row.values(quiet_from=begin, quiet_until=end, time_zone=zone))


def test_others_are_called_one_after_the_other_and_at_last_the_newsroom_every_day(
    clock: Clock, house: House, ana: Member, ben: Member, eda: Member
) -> None:
    case, _, _ = make_case(urgent=True)
    read(house, ana, case)
    clock.go(minutes=49)
    assert called() == []
    for expected in (["Ben"], ["Ben", "Eda"], ["Ben", "Eda", NEWSROOM]):
        clock.go(minutes=61)
        assert called() == expected
        clock.go(minutes=1)
        assert called() == expected  # once
    clock.go(hours=22)
    assert called() == ["Ben", "Eda", NEWSROOM]
    clock.go(hours=3)
    assert called() == ["Ben", "Eda", NEWSROOM, NEWSROOM]
    assert steps(case) == [1, 2, 3, 4]
    acknowledge(house, ana, case)
    clock.go(days=3)
    assert len(called()) == 4
    assert saved(case).escalates_at is None


def test_the_letters_say_why_and_in_the_readers_language(
    clock: Clock, house: House, ana: Member, ben: Member, eda: Member
) -> None:
    make_case(urgent=True)
    for _ in range(3):
        clock.go(minutes=61)
    first, second, last = letters("overdue")
    assert "Urgent: nobody has acknowledged" in first.subject
    assert "within 60 minutes" in first.body
    assert "You are asked next" in first.body
    assert second.language == "ru"
    assert "60 minutes" not in second.body
    assert "once a day" in last.body
    assert last.subject.startswith("Urgent and overdue: ")


def give_back(member_id: int | None, at: datetime) -> None:
    """Let a letter come back for good that was taken: from a member, or from the newsroom."""
    letter = next(letter for letter in letters() if letter.member_id == member_id)
    accept(letter)
    come_back(letter, at=at)


def test_the_only_journalist_is_no_other_person(clock: Clock, house: House, ana: Member, eda: Member) -> None:
    case, _, _ = make_case()
    clock.go(hours=24)
    assert called() == ["Eda"]
    assert steps(case) == [2]


def test_nobody_who_opened_it_who_is_away_or_whose_letters_come_back_is_called(
    clock: Clock, house: House, ana: Member, ben: Member, eda: Member
) -> None:
    gul, hal = make_member(house, "KZ", name="Gul"), make_member(house, "KZ", name="Hal")
    go_away(gul, last=9)
    for number in (1, 2):  # whoever has the turn
        read(house, ana, make_case(story=f"Two men took my brother away, number {number}.")[0])
    give_back(ben.id, clock.moment)
    clock.go(hours=24)
    assert called() == [hal.name] * 2


def test_who_stands_in_is_called_in_place_of_who_is_away(
    clock: Clock, house: House, ana: Member, ben: Member, eda: Member
) -> None:
    make_case()
    seated = make_member(house, "KZ", role=None, is_admin=True, name="Gul")
    go_away(ana, seated, last=9)
    go_away(ben, seated, last=9)
    clock.go(hours=24)
    assert called() == ["Gul"]


def test_without_another_person_anywhere_the_newsroom_is_told_at_once(clock: Clock, house: House, ana: Member) -> None:
    case, _, _ = make_case()
    clock.go(hours=24)
    assert called() == [NEWSROOM]
    assert steps(case) == [3]
    give_back(None, clock.moment)
    for name in ("Eda", "Fay"):
        make_member(house, *house.keys, role=EDITOR, name=name)
    clock.go(days=1)
    assert sorted(called()) == ["Eda", "Fay", NEWSROOM, NEWSROOM]  # it gives letters back


def test_of_two_who_could_be_called_the_one_who_does_not_rest_is(
    clock: Clock, house: House, ana: Member, ben: Member, eda: Member
) -> None:
    clock.moment = datetime(2026, 11, 24, 22, 5, tzinfo=UTC)
    set_quiet(ana, 20 * 60, 8 * 60)
    set_quiet(eda, 9 * 60, 11 * 60)
    for number in (1, 2):  # whoever has the turn
        make_case(story=f"Two men took my brother away, number {number}.")
    clock.go(hours=24)
    assert called() == ["Ben", "Ben"]
    clock.go(hours=12, minutes=5)
    assert called() == ["Ben", "Ben", "Eda", "Eda"]
    assert {letter.due_at for letter in letters("overdue")[2:]} == {datetime(2026, 11, 26, 11, tzinfo=UTC)}


def test_quiet_hours_are_those_of_the_desks_zone_and_urgent_letters_know_none(
    clock: Clock, house: House, ana: Member, ben: Member
) -> None:
    clock.moment = datetime(2026, 11, 24, 16, 5, tzinfo=UTC)
    for member in (ana, ben):
        set_quiet(member, 21 * 60, 7 * 60, zone="")  # in Almaty, five hours ahead
    make_case(urgent=True)
    other, _, _ = make_case(story="They closed our newspaper without a word.")
    with transaction():
        db.session.execute(update(Case).where(Case.id == other.id).values(escalates_at=clock.moment))
    clock.go(minutes=60)
    due = {letter.case_id == other.id: letter.due_at for letter in letters("overdue")}
    assert due == {True: datetime(2026, 11, 25, 2, tzinfo=UTC), False: clock.moment}


def test_the_complainants_own_clock_is_heeded_if_it_is_sooner(
    clock: Clock, house: House, ana: Member, ben: Member
) -> None:
    case, keys, _ = make_case()
    begun = saved(case).received_at
    alarm_at = begun + timedelta(hours=10)
    tell(visit_of(case, keys), saved(case), "danger", {"urgent": False, "alarm_at": alarm_at}, kinds=["trial"])
    assert saved(case).escalates_at == begun + timedelta(hours=5)
    clock.go(hours=5, minutes=10)
    assert len(called()) == 1
    at = clock.moment
    assert saved(case).escalates_at == at + (alarm_at - at) / 2


def test_more_urgent_is_sooner_and_less_urgent_is_later(clock: Clock, house: House, ana: Member, ben: Member) -> None:
    case, _, _ = make_case()
    visitor, reference = house.visitors[ana.id], case.reference
    assert saved(case).escalates_at == saved(case).received_at + timedelta(hours=24)

    def weigh(*, urgent: bool) -> None:
        settle(lambda: urgency.seal_reason(visitor, reference, "Why", urgent=urgent), urgency.change)

    def at_once(act: str) -> None:
        settle(lambda: bulk.prepare(visitor, Wish((reference,), act)), bulk.change)

    def in_hours() -> float:
        due = saved(case).escalates_at
        assert due
        return (due - clock.moment) / timedelta(hours=1)

    weigh(urgent=True)
    assert in_hours() == 1
    weigh(urgent=False)
    assert in_hours() == 24
    at_once("urgent")
    assert in_hours() == 1
    at_once("calm")
    assert in_hours() == 24


def _given_up(house: House, member: Member, case: Case) -> None:
    acknowledge(house, member, case)
    give_up(house.visitors[member.id], case)


def _moved(house: House, member: Member, case: Case) -> None:
    acknowledge(house, member, case)
    move(house.visitors[member.id], case)


def _locked(house: House, member: Member, case: Case) -> None:
    acknowledge(house, member, case)
    admin = make_member(house, role=None, is_admin=True)
    with transaction():
        lockdown.lock(house.visitors[admin.id], member.id)


def _undone(house: House, member: Member, case: Case) -> None:
    visitor = house.visitors[member.id]
    settle(lambda: bulk.prepare(visitor, Wish((case.reference,), "check")), bulk.change)
    assert saved(case).escalates_at is None
    last = bulk.last(visitor)
    assert last
    with transaction():
        bulk.undo(visitor, last.id)


@pytest.mark.parametrize("back", [_given_up, _moved, _locked, _undone])
def test_a_case_that_comes_back_waits_from_then_on(
    clock: Clock, house: House, ana: Member, ben: Member, back: Callable[[House, Member, Case], None]
) -> None:
    case, _, _ = make_case()
    clock.go(hours=23)
    back(house, ana, case)
    assert saved(case).status == RECEIVED
    assert saved(case).escalates_at == clock.moment + timedelta(hours=24)
    assert waiting.so_far(saved(case)) == (clock.moment, 0)
    clock.go(hours=24)
    assert steps(case)
    assert {row.waiting_since for row in db.session.scalars(select(Escalation))} == {clock.moment - timedelta(hours=24)}


def test_whatever_status_it_is_given_nobody_is_called_any_more(
    clock: Clock, house: House, ana: Member, ben: Member
) -> None:
    case, _, _ = make_case()
    give(house.visitors[ana.id], case, CHECKING)
    assert saved(case).escalates_at is None


def test_of_two_workers_one_calls(clock: Clock, house: House, ana: Member, ben: Member) -> None:
    case, _, _ = make_case()
    later = clock.moment + timedelta(hours=24)
    for expected in (1, 0):
        with transaction():
            assert escalation.call(case.id, later) == expected
    assert escalation.come(later) == []


def test_a_desk_has_its_own_times(clock: Clock, house: House, ana: Member, ben: Member) -> None:
    with transaction():
        db.session.execute(update(Desk).where(Desk.name == "KZ").values(urgent_minutes=20, other_minutes=120))
    received = [saved(make_case(story=f"Story number {urgent}", urgent=urgent)[0]) for urgent in (True, False)]
    assert [case.escalates_at - case.received_at for case in received if case.escalates_at] == [
        timedelta(minutes=20),
        timedelta(minutes=120),
    ]


def test_the_page_says_who_was_called_on_the_desks_clock_and_the_queue_what_is_overdue(
    clock: Clock, client: FlaskClient, house: House, ana: Member, ben: Member, eda: Member
) -> None:
    clock.moment = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
    case, _, _ = make_case()
    read(house, ana, case)
    clock.go(hours=24)
    sign_in(client, ana)
    page = page_of(client, case)
    assert "25 November 2026, 08:05" in page
    assert "<bdi>Ben</bdi>" in page
    assert "Kazakhstan, Almaty" in page
    assert "Others were called" in page
    assert "Nobody has acknowledged it" in page
    make_case(story="A second story, which is fresh.")
    assert client.get("/desk/").get_data(as_text=True).count('<span class="tag alert">Overdue</span>') == 1
    with transaction():
        db.session.execute(update(Desk).where(Desk.name == "KZ").values(other_minutes=48 * 60))
    assert '<span class="tag alert">Overdue</span>' not in client.get("/desk/").get_data(as_text=True)
    assert case.reference not in client.get("/desk/?tab=overdue").get_data(as_text=True)


def test_no_letter_says_a_word_of_the_story(clock: Clock, house: House, ana: Member, ben: Member, eda: Member) -> None:
    make_case(story="The colonel himself took the keys.", urgent=True)
    for _ in range(3):
        clock.go(minutes=61)
    assert len(letters("overdue")) == 3
    assert not any("colonel" in letter.subject + letter.body for letter in db.session.scalars(select(Letter)))
