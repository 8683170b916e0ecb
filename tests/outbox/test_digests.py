"""Letters that wait come as one, a flood is gathered, urgent ones come at once; nothing is lost and nothing twice."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import deliver, digests, withdraw
from intake.outbox.digests import MANY, PAUSE, WINDOW, Group, Traffic, Way, way
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Letter
from intake.outbox.worker import Tally, deliver_due
from tests.factories import House, make_case, make_member
from tests.outbox import Clock, claim_and_die
from tests.outbox import gathering as of
from tests.outbox.gathering import ADDRESS, About, Until, came, inside, owe_about, to


@pytest.fixture
def case(house: House) -> About:
    """Return a case whose own letters are gone out."""
    case, _, _ = make_case("KZ")
    found = About(case.id, case.reference)
    deliver_due()
    return found


@pytest.fixture
def clock(case: About, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now() + timedelta(hours=1))
    monkeypatch.setattr("intake.outbox.worker.now", clock)
    return clock


def waiting() -> list[Letter]:
    return [letter for letter in to() if letter.delivered_at is None]


def test_letters_that_waited_for_a_morning_come_as_one_that_names_each(case: About, clock: Clock) -> None:
    owe_about(case, 2, clock.moment, waits=Until(clock.moment + timedelta(hours=8)))
    owe_about(case, 1, clock.moment, waits=Until(clock.moment + timedelta(hours=8)), kind="assigned")
    assert deliver_due() == Tally(), "it is night"
    clock.forward(timedelta(hours=8))
    assert deliver_due() == Tally(delivered=1)
    (message,) = came()
    (digest,) = of.digests()
    text = message.get_content()
    assert message["Subject"] == "Letters in one: 3"
    assert text.count(f"https://desk.example/desk/cases/{case.reference}") == 3
    assert all(letter.subject in text for letter in inside(digest))
    assert len(inside(digest)) == 3
    assert {letter.delivered_at for letter in to()} == {clock.moment}
    assert deliver_due() == Tally()


def test_a_single_letter_that_waited_comes_as_itself(case: About, clock: Clock) -> None:
    owe_about(case, 1, clock.moment, waits=Until(clock.moment + timedelta(hours=8)))
    clock.forward(timedelta(hours=8))
    assert deliver_due() == Tally(delivered=1)
    assert of.digests() == []
    assert case.reference in came()[0]["Subject"]


def test_urgent_letters_and_those_of_others_are_in_nobodys_digest(case: About, clock: Clock) -> None:
    morning = Until(clock.moment + timedelta(hours=8))
    owe_about(case, 2, clock.moment, waits=morning)
    owe_about(case, 2, clock.moment, waits=morning, address="bek@example.org")
    owe_about(case, 1, clock.moment, waits=morning, urgent=True)
    assert deliver_due() == Tally(delivered=1), "the urgent one"
    clock.forward(timedelta(hours=8))
    with transaction():  # about no case: it says something of its own
        enqueue(
            "stand_in", [Addressee(ADDRESS, "en")], clock(), fills={"first": "1", "last": "2", "link": "x"}, over=False
        )
    assert deliver_due() == Tally(delivered=3)
    assert sorted(message["Subject"] for message in came()) == [
        "Letters in one: 2",
        next(letter.subject for letter in to() if letter.urgent),
        "You stand in for a colleague",
    ]
    assert [len(inside(digest)) for digest in of.digests()] == [2, 2]
    assert {digest.address for digest in of.digests()} == {ADDRESS, "bek@example.org"}


@pytest.mark.parametrize("urgent", [False, True])
def test_in_a_flood_the_first_come_at_once_and_the_rest_in_digests_until_it_calms(
    case: About, clock: Clock, *, urgent: bool
) -> None:
    many, pause = MANY[urgent], PAUSE[urgent]
    for _ in range(many + 15):  # one every second
        owe_about(case, 1, clock.moment, urgent=urgent)
        deliver_due()
        clock.forward(timedelta(seconds=1))
    assert len(came()) == many
    assert len(waiting()) == 15
    assert len({letter.due_at for letter in waiting()}) == 1, "they wait for the same digest"
    assert all(letter.due_at - letter.owed_at <= pause for letter in waiting())
    clock.forward(pause)
    assert deliver_due() == Tally(delivered=1)
    assert [len(inside(digest)) for digest in of.digests()] == [15]
    assert waiting() == []
    owe_about(case, 2, clock.moment, urgent=urgent)
    assert deliver_due() == Tally(), "it has not calmed"
    clock.forward(WINDOW + pause)
    assert deliver_due() == Tally(delivered=1)
    clock.forward(WINDOW)
    owe_about(case, 2, clock.moment, urgent=urgent)
    assert deliver_due() == Tally(delivered=2), "it has"
    assert of.digests()[0].urgent is urgent


def test_what_is_due_at_once_after_a_silence_comes_at_once_as_one(case: About, clock: Clock) -> None:
    owe_about(case, 40, clock.moment)
    owe_about(case, 60, clock.moment, urgent=True)
    assert deliver_due() == Tally(delivered=2)
    gathered = [(digest.urgent, [letter.urgent for letter in inside(digest)]) for digest in of.digests()]
    assert sorted(gathered) == [(False, [False] * 40), (True, [True] * 60)]
    assert waiting() == []


def test_a_flood_at_one_address_holds_up_no_letter_to_another(case: About, clock: Clock) -> None:
    owe_about(case, 60, clock.moment)
    deliver_due()
    clock.forward(timedelta(minutes=1))
    owe_about(case, 12, clock.moment)
    owe_about(case, 1, clock.moment, address="bek@example.org")
    assert deliver_due() == Tally(delivered=1)
    assert len(came("bek@example.org")) == 1


def test_where_one_digest_is_full_the_next_follows_at_once(
    case: About, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST", 20)
    owe_about(case, 55, clock.moment)
    assert deliver_due() == Tally(delivered=2)
    clock.forward(PAUSE[False])
    assert deliver_due() == Tally(delivered=1)
    assert [len(inside(digest)) for digest in of.digests()] == [20, 20, 15]


def test_a_letter_that_was_put_off_once_is_never_put_off_again() -> None:
    group, flood = Group(ADDRESS, urgent=False), 10_000
    assert way(group, Traffic(flood, 1, 0)) is Way.LATER
    assert way(group, Traffic(flood, 1, 1)) is Way.EACH
    assert way(group, Traffic(flood, 7, 1)) is Way.TOGETHER


def test_letters_to_the_canary_are_never_gathered(case: About, clock: Clock) -> None:
    owe_about(case, 12, clock.moment)
    with transaction():
        db.session.execute(update(Letter).where(Letter.address == ADDRESS).values(is_canary=True))
    assert deliver_due() == Tally(delivered=12)
    assert of.digests() == []


def test_while_a_digest_fails_its_letters_wait_with_it_and_arrive_with_it_once(
    case: About, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe_about(case, 30, clock.moment)
    refused = deliver.Outcome(accepted=False, smtp_code=451, answer="later")
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "send", lambda *_: refused)
        assert deliver_due() == Tally(failed=1)
    assert deliver_due() == Tally()
    (digest,) = of.digests()
    assert {letter.due_at for letter in inside(digest)} == {digest.due_at}
    assert all(letter.delivered_at is None for letter in inside(digest))
    clock.moment = digest.due_at
    assert deliver_due() == Tally(delivered=1)
    assert {letter.delivered_at for letter in to()} == {clock.moment}
    assert len(came()) == 1


def test_when_its_addressee_is_locked_out_a_digest_and_what_is_in_it_are_withdrawn(
    case: About, clock: Clock, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member(house, "KZ", address=ADDRESS)
    owe_about(case, 30, clock.moment)
    with transaction():
        db.session.execute(update(Letter).where(Letter.address == ADDRESS).values(member_id=member.id))
    claim_and_die(clock.moment)
    with transaction():
        assert withdraw.letters_to(member.id, "", clock.moment).count == 31
    clock.forward(timedelta(days=1))
    assert deliver_due() == Tally()
    (digest,) = of.digests()
    assert {letter.withdrawn_at is None for letter in [digest, *inside(digest)]} == {False}


def test_a_worker_that_dies_with_a_digest_loses_nothing(case: About, clock: Clock) -> None:
    owe_about(case, 30, clock.moment)
    claim = claim_and_die(clock.moment)
    assert [letter.kind for letter in claim.letters] == ["digest"]
    clock.moment = claim.until
    assert deliver_due() == Tally(), "the lease has not run out"
    clock.forward(timedelta(seconds=1))
    assert deliver_due() == Tally(delivered=1)
    assert waiting() == []
    (digest,) = of.digests()
    assert len(inside(digest)) == 30


def test_a_worker_that_dies_before_its_claim_is_saved_leaves_all_as_it_was(case: About, clock: Clock) -> None:
    owe_about(case, 30, clock.moment)

    def die() -> None:
        with transaction():
            deliver.claim(clock.moment)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    assert of.digests() == []
    assert deliver_due() == Tally(delivered=1)


def test_deciding_costs_one_question_however_many_letters_wait(
    case: About, clock: Clock, statements: list[str]
) -> None:
    asked = []
    for count in (4, 8):
        owe_about(case, count, clock.moment, address=f"{count}@example.org")
        statements.clear()
        with transaction():
            deliver.claim(clock.moment)
        asked.append(len([one for one in statements if "union" in one.lower() or "count(" in one.lower()]))
        clock.forward(timedelta(days=1))
    assert asked == [1, 1]
