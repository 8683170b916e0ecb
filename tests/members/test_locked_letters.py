"""Letters when a member is locked out: none goes to them any more, and nobody's news is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from intake.cases import lockdown, notices, triage
from intake.cases.models import CLOSED, Case
from intake.extensions import db, transaction
from intake.i18n import now, to_ten_minutes
from intake.members.models import EDITOR, Member
from intake.members.queries import Correspondent
from intake.members.sessions import Visitor
from intake.outbox import deliver, worker
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Attempt, Letter
from intake.outbox.worker import deliver_due
from tests.cases import tell, visit_of
from tests.factories import House, count_rows, letters, make_case, make_member
from tests.outbox import before_each_send, claim_and_die

NEWSROOM = "info@acca.media"
Lock = Callable[[Correspondent], None]


@pytest.fixture
def editor(house: House) -> Correspondent:
    return join(house, *house.keys, role=EDITOR, address="editor@example.org")


@pytest.fixture
def lock(house: House, editor: Correspondent) -> Lock:
    """Return what locks a member out, as the editor."""

    def locked(member: Correspondent) -> None:
        with transaction():
            lockdown.lock(visitor(house, editor), member.id)

    return locked


def join(house: House, *desks: str, **traits: Any) -> Correspondent:
    """Make a member, known by number and address also after the worker has forgotten all rows."""
    member = make_member(house, *desks, **traits)
    return Correspondent(member.id, member.address, member.language)


def visitor(house: House, who: Correspondent) -> Visitor:
    """Return a member as one who is signed in."""
    return Visitor(db.session.get_one(Member, who.id), house.visitors[who.id].identity, "")


def take(house: House, who: Correspondent, case: Case) -> None:
    """Take a case up."""
    with transaction():
        triage.acknowledge(visitor(house, who), case.reference)


def addresses(kind: str = "new_case") -> list[str]:
    """Return where the letters of a kind go, in order."""
    return sorted(letter.address for letter in letters(kind))


def to(address: str) -> Letter:
    """Return the one letter to an address."""
    db.session.rollback()
    return db.session.scalars(select(Letter).where(Letter.address == address)).one()


def set_case(case: Case, **values: object) -> None:
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(**values))


def test_letters_still_owed_lose_their_address_and_keep_their_words(house: House, lock: Lock) -> None:
    member, colleague = join(house, "KZ"), join(house, "KZ")
    make_case("KZ")
    owed = to(member.address)
    lock(member)
    assert (owed.address, owed.delivered_at, owed.locked_until) == ("", None, None)
    assert owed.withdrawn_at is not None
    assert "Kazakhstan" in owed.body
    assert owed.subject
    assert sorted(letter.address for letter in letters() if letter.withdrawn_at is None) == [
        NEWSROOM,
        colleague.address,
    ]
    assert deliver_due().delivered > 2
    (unsent,) = (letter for letter in letters() if letter.delivered_at is None)
    assert (unsent.member_id, unsent.address) == (member.id, "")
    assert not db.session.scalars(select(Attempt).where(Attempt.letter_id == unsent.id)).all()


def test_a_letter_that_arrived_stays_in_the_ledger_as_it_was(house: House, lock: Lock) -> None:
    member = join(house, "KZ")
    make_case("KZ")
    assert deliver_due().delivered == 2
    lock(member)
    assert to(member.address).withdrawn_at is None


def test_an_invitation_sent_to_their_address_is_withdrawn_too_but_not_the_newsrooms_letters(
    house: House, lock: Lock
) -> None:
    member = join(house, "KZ", address=NEWSROOM)
    other = join(house, "KZ", address="other@example.org")
    with transaction():
        for address in (NEWSROOM, "other@example.org", "third@example.org"):
            enqueue("invitation", [Addressee(address, "en")], now(), fills={"link": "x"})
    lock(member)
    lock(other)
    assert addresses("invitation") == ["", NEWSROOM, "third@example.org"]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_letter_that_is_being_sent_at_that_moment_does_not_come_back(
    house: House, lock: Lock, *, accepted: bool
) -> None:
    member = join(house, "KZ")
    make_case("KZ")
    claim = claim_and_die(now())
    (claimed,) = (letter for letter in claim.letters if letter.member_id == member.id)
    lock(member)
    with transaction():
        deliver.record(claimed, claim.until, deliver.Outcome(accepted, None, ""), now())
    row = db.session.get_one(Letter, claimed.id)
    assert (row.address, row.delivered_at, row.failures) == ("", None, 0)
    assert row.withdrawn_at is not None
    assert count_rows(Attempt) == 1, "whether it arrived is written down"
    assert claimed.id not in {letter.id for letter in claim_and_die(now() + 2 * deliver.LEASE).letters}


def test_a_claimed_letter_that_waits_for_the_ones_before_it_is_not_sent(
    app: Flask, house: House, lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = join(house, "KZ", address="zz@example.org")
    make_case("KZ")
    sent: list[str] = []

    def locking(letter: Letter) -> None:
        if not sent:
            lock(member)
        sent.append(letter.address)

    before_each_send(monkeypatch, locking)
    assert worker.deliver_due().failed == 0
    assert sent[0] == NEWSROOM
    assert member.address not in sent
    assert db.session.scalars(select(Letter).where(Letter.member_id == member.id)).one().address == ""


def test_a_complaint_after_the_lock_tells_nobody_who_is_locked(house: House, lock: Lock) -> None:
    member, colleague = join(house, "KZ"), join(house, "KZ")
    lock(member)
    make_case("KZ")
    assert addresses() == sorted([NEWSROOM, colleague.address])
    lock(colleague)
    make_case("KZ")
    assert [letter.address for letter in letters() if letter.withdrawn_at is None][-2:] == [
        NEWSROOM,
        "editor@example.org",
    ]
    assert "No journalist is seated" in letters()[-1].body


def test_the_editors_the_newsroom_and_the_desks_colleagues_hear_of_it_but_not_of_whom(
    house: House, lock: Lock, editor: Correspondent
) -> None:
    member = join(house, "KZ", "KG", name="Aigerim")
    colleague, neighbour = join(house, "KZ"), join(house, "KG")
    join(house, "TJ")
    locked_before = join(house, "KZ", role=EDITOR)
    with transaction():
        db.session.get_one(Member, locked_before.id).locked_at = now()
    case, _, _ = make_case("KZ")
    take(house, member, case)
    address = member.address
    lock(member)
    told = letters("member_locked")
    assert sorted(letter.address for letter in told) == sorted(
        [NEWSROOM, editor.address, colleague.address, neighbour.address]
    )
    for letter in told:
        words = letter.subject + letter.body
        assert "An account was locked" in letter.subject
        assert "Cases that stand in the queue again: 1\n" in letter.body
        assert "/desk/\n" in letter.body
        assert not [secret for secret in ("Aigerim", address, case.reference, "Kazakhstan") if secret in words]


def test_news_of_a_case_that_nobody_else_was_told_of_is_counted(house: House, lock: Lock) -> None:
    member = join(house, "KZ")
    (done, keys, _), (in_work, other_keys, _) = make_case("KZ"), make_case("KZ")
    for case in (done, in_work):
        take(house, member, case)
    set_case(done, status=CLOSED)
    with transaction():
        db.session.execute(update(Letter).values(delivered_at=now()))
    for case, opened in ((done, keys), (in_work, other_keys)):
        row = db.session.get_one(Case, case.id)
        tell(visit_of(row, opened), row, "victim", full_name="Ulan")
    assert addresses("further_words") == [member.address] * 2
    lock(member)
    (letter, *_) = letters("member_locked")
    assert "Cases that stand in the queue again: 1\n" in letter.body
    assert "Other cases with news that nobody was told of; they are marked as new: 1\n" in letter.body


def test_a_letter_that_was_written_while_the_lock_fell_is_withdrawn_soon_and_its_news_told(
    house: House, lock: Lock
) -> None:
    member, colleague = join(house, "KZ"), join(house, "KZ")
    case, _, _ = make_case("KZ")
    lock(member)
    for kind in ("new_message", "deletion_asked"):
        with transaction():
            late = [Addressee(member.address, "en", member.id)]
            both = [*late, Addressee(colleague.address, "en", colleague.id)]
            fills = {"reference": case.reference, "link": "x"}
            addressees = late if kind == "new_message" else both
            enqueue(kind, addressees, now(), fills=fills, case_id=case.id, country="KZ", urgent=False)
    with transaction():
        assert lockdown.withdraw_late(now()) == 2
        assert lockdown.withdraw_late(now()) == 0
    assert (addresses("new_message"), addresses("deletion_asked")) == ([""], ["", colleague.address])
    *_, letter = letters("member_locked")
    assert "news that nobody was told of; they are marked as new: 1\n" in letter.body


def test_what_is_added_after_a_letter_was_withdrawn_is_told(house: House, lock: Lock) -> None:
    member = join(house, "KZ")
    case, _, _ = make_case("KZ")
    take(house, member, case)
    moment = to_ten_minutes(now())
    for _ in range(3):  # the second waits for the ten minutes to pass, the third goes with it
        with transaction():
            notices.told_more(db.session.get_one(Case, case.id), moment, raised=False, consent=False)
    assert len(letters("further_words")) == 2
    lock(member)
    with transaction():
        assert notices.told_more(db.session.get_one(Case, case.id), moment, raised=False, consent=False) == 1
    assert addresses("further_words") == ["", "", NEWSROOM]


def test_when_somebody_is_removed_the_letter_says_that(house: House, editor: Correspondent) -> None:
    admin, member = join(house, is_admin=True), join(house, "KZ")
    with transaction():
        lockdown.remove(visitor(house, admin), member.id)
    assert {letter.subject for letter in letters("member_locked")} == {"An account was removed"}
    assert addresses("member_locked") == sorted([NEWSROOM, editor.address])
