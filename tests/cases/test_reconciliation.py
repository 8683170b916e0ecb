"""Letters are compared with cases: where nobody who is here is told, letters are owed again, and an alarm says so."""

import logging
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, insert, update

from intake import chores
from intake.cases import lockdown, reconciliation
from intake.cases.models import CLOSED, RECEIVED, Case
from intake.extensions import db, transaction
from intake.members.models import EDITOR, Member
from intake.outbox import alarms, postmaster
from intake.outbox.models import Bounce, Letter
from tests.cases import acts, saved
from tests.cases.letter_clock import Clock
from tests.cases.working import set_status
from tests.factories import House, letters, make_case, make_member

NEWSROOM = "info@acca.media"


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock."""
    return Clock(monkeypatch)


def owed_again() -> list[Letter]:
    return [letter for letter in letters() if "is sent again" in letter.body]


def standing() -> list[str]:
    db.session.rollback()
    return [alarm.kind for alarm in alarms.standing()]


def arrive() -> None:
    """Let the mail server take everything."""
    with transaction():
        db.session.execute(update(Letter).values(delivered_at=Letter.owed_at))


def come_back(*found: Letter, permanent: bool = True) -> None:
    with transaction():
        for letter in found:
            row = {"letter_id": letter.id, "at": letter.owed_at, "permanent": permanent, "status": "5.1.1"}
            db.session.execute(insert(Bounce).values(**row, answer=""))


def test_while_somebody_here_is_told_nothing_is_done(clock: Clock, house: House, ana: Member) -> None:
    make_case()
    assert chores.reconcile() == (0, 0)
    arrive()
    come_back(*letters(), permanent=False)  # late, or the mailbox answers by itself
    come_back(letters()[0])
    assert chores.reconcile() == (0, 0)
    assert owed_again() == []
    assert standing() == []


@pytest.mark.parametrize("how", ["lost", "withdrawn", "bounced", "digest", "canary", "address", "locked", "nudge"])
def test_what_reached_nobody_is_owed_again(clock: Clock, house: House, ana: Member, how: str) -> None:
    ben = make_member(house, "KZ", name="Ben")
    case, _, _ = make_case()
    arrive()
    with transaction():
        newsrooms = Letter.member_id.is_(None)
        if how != "nudge":
            db.session.execute(delete(Letter).where(newsrooms if how in {"address", "locked"} else Letter.id < 0))
        if how == "lost":
            db.session.execute(delete(Letter))
        if how == "withdrawn":
            db.session.execute(update(Letter).values(withdrawn_at=clock.moment))
        if how == "canary":
            db.session.execute(update(Letter).values(is_canary=True))
        if how == "nudge":
            db.session.execute(update(Letter).values(address="", member_id=None))
        if how == "address":
            db.session.execute(update(Member).values(address=Member.address + ".example"))
        if how == "locked":
            db.session.execute(update(Member).where(Member.id.in_([ana.id, ben.id])).values(locked_at=clock.moment))
    if how == "bounced":
        come_back(*letters())
    if how == "digest":
        digest, *gathered = letters()
        with transaction():
            rows = update(Letter).where(Letter.id.in_([letter.id for letter in gathered]))
            db.session.execute(rows.values(gathered_in_id=digest.id))
        come_back(digest)
    assert chores.reconcile() == (1, 0)
    assert NEWSROOM in {letter.address for letter in owed_again()}
    assert all(letter.case_id == case.id and letter.delivered_at is None for letter in owed_again())
    assert standing() == [alarms.LETTER_MISSING]
    assert ("case.told_again", None) in acts(case)
    assert chores.reconcile() == (0, 0)  # what is owed is enough
    assert standing() == []


def test_nobody_is_written_to_whose_letters_come_back_unless_it_is_all(clock: Clock, house: House, ana: Member) -> None:
    make_member(house, role=None, is_admin=True, name="Ada", address="ada@example.org")
    make_case()
    come_back(*letters())
    with transaction():
        for about in (alarms.NEWSROOM, str(ana.id)):
            alarms.raised(alarms.ADDRESS_BOUNCES, clock.moment, about)
    chores.reconcile()
    assert [letter.address for letter in owed_again()] == ["ada@example.org"]
    come_back(*owed_again())
    with transaction():
        alarms.raised(alarms.ADDRESS_BOUNCES, clock.moment, str(owed_again()[0].member_id))
    chores.reconcile()
    assert [letter.address for letter in owed_again()[1:]] == [NEWSROOM, ana.address]


def test_cases_that_are_done_with_need_no_letter(clock: Clock, house: House, ana: Member) -> None:
    case, _, _ = make_case()
    set_status(case, CLOSED)
    with transaction():
        db.session.execute(delete(Letter))
    assert chores.reconcile() == (0, 0)


@pytest.mark.parametrize("astray", [None, 400])
def test_a_case_that_waits_unnoticed_waits_from_then_on(
    clock: Clock, house: House, ana: Member, astray: int | None
) -> None:
    case, _, _ = make_case()
    at = clock.moment + timedelta(days=astray) if astray else None
    with transaction():
        db.session.execute(update(Case).values(status=RECEIVED, escalates_at=at))
    assert chores.reconcile() == (0, 1)
    assert saved(case).escalates_at == clock.moment + timedelta(hours=24)
    assert chores.reconcile() == (0, 0)


def test_it_is_done_hourly_whatever_the_clock_does(
    app: Flask, clock: Clock, house: House, ana: Member, caplog: pytest.LogCaptureFixture
) -> None:
    make_case()
    with caplog.at_level(logging.INFO, "intake.chores"):
        clock.go(minutes=1)
        assert "received 1" in caplog.text
        first = clock.moment
        clock.go(minutes=59)
        assert caplog.text.count("cases by status") == 1
        clock.go(minutes=1)
        clock.go(hours=-3)
        assert caplog.text.count("cases by status") == 3
    db.session.rollback()
    assert postmaster.found().reconciled_at == clock.moment < first
    said = app.test_cli_runner().invoke(args=["cases", "reconcile"])
    assert said.output.splitlines()[0] == "without a letter to anybody, owed again: 0"


def test_a_locked_members_letter_is_nobodys(clock: Clock, house: House, ana: Member) -> None:
    ada = make_member(house, role=None, is_admin=True)
    make_member(house, *house.keys, role=EDITOR, name="Eda")
    case, _, _ = make_case()
    with transaction():
        db.session.execute(delete(Letter).where(Letter.member_id.is_(None)))
    with transaction():
        lockdown.lock(house.visitors[ada.id], ana.id)
    assert reconciliation.untold() == [case.id]
    chores.reconcile()
    assert next(letter.address for letter in owed_again()) == NEWSROOM
    assert reconciliation.untold() == []
