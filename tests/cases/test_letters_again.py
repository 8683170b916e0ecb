"""Sending a letter again: the same words, now, once, and only to who may be told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.exceptions import NotFound

from intake.audit import HOUSE, AuditEntry
from intake.cases import deletion, letters_again
from intake.cases.letters_again import DONE, HURRIED, NOBODY, OWED, WAITS
from intake.cases.models import Case
from intake.desks import queries as desks
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.outbox import reminders
from intake.outbox.models import Letter
from tests.cases import page_of
from tests.cases.lettering import accept, change, fail
from tests.factories import House, letters, make_case, make_member, sign_in, token


def send(visitor: Visitor, letter: Letter) -> str:
    with transaction():
        return letters_again.send(visitor, letter.id)


def about(case: Case) -> list[Letter]:
    return [letter for letter in letters() if letter.case_id == case.id]


@pytest.fixture
def editor(house: House) -> Visitor:
    return house.visitors[make_member(house, *house.keys, role=EDITOR).id]


@pytest.fixture
def member(house: House, editor: Visitor) -> Member:
    return make_member(house, "KZ", name="Zarina")


def test_a_letter_that_arrived_is_owed_anew_once(editor: Visitor, member: Member) -> None:
    case = make_case()[0]
    newsroom, first = about(case)
    accept(first)
    assert send(editor, first) == OWED
    *_, copy = about(case)
    same = ("kind", "language", "case_id", "member_id", "address", "subject", "body")
    assert [getattr(copy, name) for name in same] == [getattr(first, name) for name in same]
    assert copy.message_id != first.message_id
    assert copy.message_id.rpartition("@")[2] == first.message_id.rpartition("@")[2]
    assert (copy.delivered_at, copy.withdrawn_at, copy.failures) == (None, None, 0)
    assert now() - copy.due_at < timedelta(minutes=1)
    assert send(editor, first) == DONE, "it is owed"
    accept(copy)
    assert send(editor, first) == DONE, "it went a moment ago"
    assert len(about(case)) == 3
    change(copy, owed_at=now() - timedelta(hours=1))
    assert send(editor, first) == OWED, "a day later it may go again"
    accept(newsroom)
    assert send(editor, newsroom) == OWED
    (entry, *_) = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "letter.resent")).all()
    assert (entry.chain, entry.case_id, entry.member_id) == (case.desk_id, case.id, editor.member.id)
    assert entry.detail == {"to": member.id, "letter": "new_case"}


def test_one_that_waits_after_failures_is_due_at_once_and_no_second_is_owed(editor: Visitor, member: Member) -> None:
    case = make_case()[0]
    letter = about(case)[1]
    assert send(editor, letter) == WAITS, "it is about to go"
    change(letter, due_at=now() + timedelta(hours=7))
    assert send(editor, letter) == WAITS, "a member's quiet hours are the member's own"
    fail(letter)
    assert send(editor, letter) == HURRIED
    changed = about(case)[1]
    assert changed.due_at <= now()
    assert changed.failures == 1
    assert send(editor, letter) == WAITS
    assert len(about(case)) == 2


def test_the_address_is_that_of_today(editor: Visitor, member: Member) -> None:
    letter = about(make_case()[0])[1]
    accept(letter)
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(address="new@example.org"))
    assert send(editor, letter) == OWED
    assert letters()[-1].address == "new@example.org"


@pytest.mark.parametrize(
    "why", ["locked", "left", "unseated", "deleted", "canary", "complainant", "stranger", "invited"]
)
def test_nobody_is_told_who_may_not_be(house: House, editor: Visitor, member: Member, why: str) -> None:
    case = make_case()[0]
    letter = about(case)[1]
    accept(letter)
    with transaction():
        if why in {"locked", "left"}:
            db.session.execute(update(Member).where(Member.id == member.id).values({f"{why}_at": now()}))
        elif why == "unseated":
            db.session.delete(desks.seat_for(member, desks.current_key(case.desk_id).id))
        elif why == "deleted":
            deletion.bury(db.session.get_one(Case, case.id))
        changes: dict[str, dict[str, Any]] = {
            "canary": {"is_canary": True},
            "complainant": {"member_id": None, "address": "", "sealed_address": reminders.sealed("x@example.org")},
            "stranger": {"member_id": None, "address": "stranger@example.org"},
            "invited": {"member_id": None, "kind": "invitation", "address": "info@acca.media"},
        }
        if why in changes:
            db.session.execute(update(Letter).where(Letter.id == letter.id).values(**changes[why]))
    before = len(db.session.scalars(select(Letter)).all())
    assert send(editor, letter) == NOBODY
    assert len(db.session.scalars(select(Letter)).all()) == before


def test_who_was_locked_out_meanwhile_sends_nothing(editor: Visitor, member: Member) -> None:
    letter = about(make_case()[0])[1]
    accept(letter)
    with transaction():
        db.session.execute(update(Member).where(Member.id == editor.member.id).values(locked_at=now()))
    with pytest.raises(NotFound):
        send(editor, letter)
    assert len(letters()) == 2


def test_an_editor_presses_on_the_page_of_a_case_and_on_that_of_all_letters(
    client: FlaskClient, house: House, editor: Visitor, member: Member
) -> None:
    case, other = make_case()[0], make_case("KG")[0]
    letter = about(case)[1]
    accept(letter)
    sign_in(client, editor.member)
    part = page_of(client, case).partition('id="letters"')[2]
    assert f'action="/desk/letters/{letter.id}/resend"' in part
    path, own = f"/desk/letters/{letter.id}/resend", token(client, "/desk/letters")
    answer = client.post(path, data={"csrf_token": own, "case": case.reference})
    assert answer.location == f"/desk/cases/{case.reference}#letters"
    assert "The letter is sent again." in client.get(f"/desk/cases/{case.reference}").text
    assert "A letter was sent again" in client.get(f"/desk/cases/{case.reference}/history").text
    answer = client.post(path, data={"csrf_token": own, "state": "accepted", "before": "7", "next": "//evil.example"})
    assert answer.location == "/desk/letters?state=accepted&before=7"
    assert "sent again a moment ago" in client.get("/desk/letters").text
    assert client.post("/desk/letters/999999/resend", data={"csrf_token": own}).status_code == 404
    sign_in(client, member)
    part = page_of(client, case).partition('id="letters"')[2]
    assert "/resend" not in part, "a journalist only reads"
    assert client.post(path, data={"csrf_token": token(client, "/desk/letters")}).status_code == 404
    assert len(about(case)) == 3
    assert about(other)


def test_an_admin_who_may_open_no_case_stays_on_the_page_of_letters(client: FlaskClient, house: House) -> None:
    case = make_case()[0]
    newsroom = about(case)[0]
    accept(newsroom)
    sign_in(client, make_member(house, role=None, is_admin=True))
    own = token(client, "/desk/letters")
    answer = client.post(f"/desk/letters/{newsroom.id}/resend", data={"csrf_token": own, "case": case.reference})
    assert answer.location == "/desk/letters"
    assert len(about(case)) == 1 + len([letter for letter in letters() if letter.id <= newsroom.id])
    assert db.session.scalars(select(AuditEntry.chain).where(AuditEntry.act == "letter.resent")).all() == [case.desk_id]
    assert case.desk_id != HOUSE


def test_of_two_who_press_at_once_one_sends_it(app: Flask, house: House, editor: Visitor, member: Member) -> None:
    letter = about(make_case()[0])[1]
    accept(letter)
    other = house.visitors[make_member(house, role=EDITOR).id]

    def press(visitor: Visitor) -> str:
        with app.app_context():
            try:
                return send(visitor, letter)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        outcomes = [pressed.result() for pressed in [pool.submit(press, who) for who in (editor, other)]]
    assert sorted(outcomes) == sorted([OWED, DONE])
    assert len(letters()) == 3
