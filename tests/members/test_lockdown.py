"""Locking a member out at once: nothing of theirs opens anything, and what they had to do goes to others."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.exceptions import NotFound
from werkzeug.test import TestResponse

from intake.audit import broken_at, chains
from intake.cases import lockdown
from intake.cases.lockdown import LockedAlreadyError, ShutOut
from intake.desks import queries as desks
from intake.desks.invitations import Place, invite_from
from intake.desks.models import Invitation, InvitationKey, Promise, Seat
from intake.desks.seats import keys_held
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import secrets, sign_in
from intake.members.admins import LastAdminError
from intake.members.models import (
    EDITOR,
    JOURNALIST,
    Factor,
    Member,
    MemberSecret,
    MemberSession,
    working,
)
from intake.members.sign_in import Offered, SpentError
from tests.cases import tell, visit_of
from tests.factories import (
    PASSWORD,
    House,
    confirm,
    forget_steps,
    make_case,
    make_member,
    one_time_code,
    token,
)
from tests.factories import sign_in as enter
from tests.members import acts_of_house, as_saved, lock, rows_of, take

MEETING = 1.0  # seconds that one of two waits for the other before it goes on alone


def press_lock(client: FlaskClient, member: Member) -> TestResponse:
    """Press the button, the password typed just before."""
    confirm()
    own = token(client, "/desk/cases/new")
    return client.post(f"/desk/members/{member.id}/lock", data={"csrf_token": own})


def test_a_locked_member_is_out_with_the_very_next_request(client: FlaskClient, house: House) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, *house.keys, role=EDITOR)
    case, _, _ = make_case("KZ")
    taken = client.application.test_client()
    enter(taken, member)
    assert taken.get(f"/desk/cases/{case.reference}").status_code == 200
    enter(client, editor)
    assert press_lock(client, member).status_code == 200
    for path in ("/desk/", f"/desk/cases/{case.reference}", "/desk/members"):
        answer = taken.get(path)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/desk/sign-in")
    assert enter(client.application.test_client(), member).status_code == 422
    assert client.get("/desk/").status_code == 200, "who locked is still there"


def test_nothing_that_opens_is_left_and_the_seats_are_kept_as_promises(house: House) -> None:
    member, editor = make_member(house, "KZ", "KG"), make_member(house, *house.keys, role=EDITOR)
    done = lock(house, editor, member)
    assert set(rows_of(member, MemberSession, MemberSecret, Factor, Seat).values()) == {0}
    kept = db.session.scalars(select(Promise).where(Promise.member_id == member.id)).all()
    assert {(promise.desk_id, promise.promised_by_id) for promise in kept} == {
        (desks.by_name(name).id, editor.id) for name in ("KZ", "KG")
    }
    assert sorted(done.desk_ids) == sorted(promise.desk_id for promise in kept)
    assert rows_of(editor, Seat) == {"seat": len(house.keys)}
    assert as_saved(member).locked_at is not None


def test_the_old_cookie_opens_nothing_even_if_the_lock_were_taken_off(client: FlaskClient, house: House) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, *house.keys, role=EDITOR)
    enter(client, member)
    lock(house, editor, member)
    with transaction():
        db.session.execute(update(Member).values(locked_at=None))
    assert client.get("/desk/").status_code == 302
    assert enter(client.application.test_client(), member).status_code == 422


def test_who_was_signing_in_when_the_lock_fell_is_not_let_in(house: House, app: Flask) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, *house.keys, role=EDITOR)
    forget_steps()
    with app.test_request_context():
        opened = sign_in.open_account(Offered(member.address, PASSWORD, one_time_code(), ""))
    assert opened is not None
    lock(house, editor, member)
    for offered in (opened, replace(opened, passed=None)):  # also with nothing that is good once
        with pytest.raises(SpentError), transaction():
            sign_in.admit(offered, "")
    assert rows_of(member, MemberSession) == {"member_session": 0}


@pytest.mark.parametrize(
    ("by", "desks_of_actor", "is_there"),
    [
        (JOURNALIST, ("KZ",), True),
        (JOURNALIST, ("KG", "KZ"), True),
        (JOURNALIST, ("KG",), False),
        (JOURNALIST, (), False),
        (EDITOR, (), True),
        (None, (), True),
    ],
)
def test_a_journalist_locks_colleagues_of_their_desks_an_editor_or_admin_anybody(
    house: House, by: str | None, desks_of_actor: tuple[str, ...], *, is_there: bool
) -> None:
    member = make_member(house, "KZ", role=EDITOR)
    actor = make_member(house, *desks_of_actor, role=by, is_admin=by is None)
    if is_there:
        lock(house, actor, member)
    else:
        with pytest.raises(NotFound):
            lock(house, actor, member)
    assert (as_saved(member).locked_at is not None) == is_there


def test_a_promise_is_no_seat_so_a_journalist_does_not_lock_who_has_only_that(house: House) -> None:
    journalist, newcomer = make_member(house, "KZ"), make_member(house)
    with transaction():
        desk = desks.by_name("KZ")
        db.session.add(Promise(member_id=newcomer.id, desk_id=desk.id, promised_by_id=None, promised_at=now()))
    with pytest.raises(NotFound):
        lock(house, journalist, newcomer)


def test_nobody_locks_who_is_not_there_and_twice_is_said(house: House) -> None:
    admin, journalist, member = make_member(house, is_admin=True), make_member(house, "KZ"), make_member(house, "KZ")
    with pytest.raises(NotFound), transaction():
        lockdown.lock(house.visitors[admin.id], 999)
    lock(house, admin, member)
    for again in (admin, journalist):
        with pytest.raises(LockedAlreadyError):
            lock(house, again, member)
    assert len(acts_of_house("member.locked")) == 1
    with pytest.raises(NotFound):
        lock(house, member, admin)


def test_the_last_admin_cannot_be_locked_not_even_by_themselves(client: FlaskClient, house: House) -> None:
    admin, editor = make_member(house, "KZ", is_admin=True), make_member(house, "KZ", role=EDITOR)
    gone = make_member(house, is_admin=True)
    with transaction():
        db.session.get_one(Member, gone.id).locked_at = now()
    for visitor in (admin, editor):
        browser = client.application.test_client()
        enter(browser, visitor)
        asked = browser.get(f"/desk/members/{admin.id}/lock").get_data(as_text=True)
        assert "This is the last admin" in asked
        assert "Lock out now" not in asked
        assert "Lock myself out now" not in asked
        answer = press_lock(browser, admin)
        assert answer.status_code == 422
        assert "This is the last admin" in answer.get_data(as_text=True)
    assert as_saved(admin).locked_at is None


@pytest.mark.parametrize("is_admin", [False, True])
def test_one_locks_oneself_and_is_out(client: FlaskClient, house: House, *, is_admin: bool) -> None:
    make_member(house, is_admin=True)
    member = make_member(house, is_admin=is_admin)
    enter(client, member)
    answer = press_lock(client, member)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/sign-in")
    assert client.get("/desk/").status_code == 302
    assert acts_of_house("member.locked") == [(member.id, {"member": member.id})]


@pytest.mark.parametrize("act", [lockdown.lock, lockdown.remove])
def test_of_two_admins_who_shut_each_other_out_at_once_one_is_left(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch, act: Callable[..., ShutOut]
) -> None:
    one, other = make_member(house, is_admin=True), make_member(house, is_admin=True)
    both_are_sure, forget = Barrier(2), secrets.forget

    def meeting(member: Member) -> None:
        with suppress(BrokenBarrierError):
            both_are_sure.wait(MEETING)
        forget(member)

    def shut_out(by: Member, whom: Member) -> bool:
        with app.app_context():
            visitor = house.visitors[by.id]
            try:
                with transaction():
                    act(visitor, whom.id)
            except (NotFound, LastAdminError):
                return False
            return True

    monkeypatch.setattr(secrets, "forget", meeting)
    with ThreadPoolExecutor(2) as pool:
        assert Counter(pool.map(shut_out, (one, other), (other, one))) == Counter([True, False])
    db.session.rollback()
    assert len(db.session.scalars(select(Member).where(Member.is_admin, working())).all()) == 1


def test_invitations_that_they_made_are_void_for_ever_and_their_keys_are_gone(
    client: FlaskClient, house: House
) -> None:
    member, editor = make_member(house, "KZ", is_admin=True), make_member(house, is_admin=True, role=EDITOR)
    for inviter in (member, editor):
        visitor = house.visitors[inviter.id]
        with transaction():
            held = keys_held(visitor)
            invite_from(visitor, Place(JOURNALIST, False, "en", f"new{inviter.id}@example.org"), {1}, held)  # noqa: FBT003 as in Place
    done = lock(house, editor, member)
    assert done.invitations == 1
    mine, other = (
        db.session.scalars(select(Invitation).where(Invitation.invited_by_id == inviter.id)).one()
        for inviter in (member, editor)
    )
    assert (mine.revoked_at is not None, other.revoked_at) == (True, None)
    assert not db.session.scalars(select(InvitationKey).where(InvitationKey.invitation_id == mine.id)).all()
    assert client.get(f"/desk/invitation/{mine.id}").status_code == 410
    assert client.get(f"/desk/invitation/{other.id}").status_code == 200
    with transaction():
        db.session.get_one(Member, member.id).locked_at = None
    assert client.get(f"/desk/invitation/{mine.id}").status_code == 410, "also once they are let in again"


def test_an_invitation_that_would_let_them_in_again_is_void(client: FlaskClient, house: House) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, role=EDITOR)
    with transaction():
        place = Place(JOURNALIST, False, "en", member.address)  # noqa: FBT003 as in Place
        invited = invite_from(house.visitors[editor.id], place, set(), []).invitation
        db.session.flush()
        invited.member_id = member.id
    lock(house, editor, member)
    assert client.get(f"/desk/invitation/{invited.id}").status_code == 410


def test_who_was_asked_to_read_the_story_can_open_nothing_with_the_seats_they_had(house: House) -> None:
    member, colleague, editor = make_member(house, "KZ"), make_member(house, "KZ"), make_member(house, role=EDITOR)
    case, keys, _ = make_case("KZ")
    tell(visit_of(case, keys), case, "victim", full_name="Ulan")
    lock(house, editor, member)
    assert keys_held(house.visitors[member.id]) == []
    assert [desk.name for _, desk, _ in keys_held(house.visitors[colleague.id])] == ["KZ"]


def test_the_chains_hold_and_name_who_locked_whom(house: House) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, role=EDITOR)
    take(member, house, make_case("KZ")[0])
    lock(house, editor, member)
    assert acts_of_house("member.locked") == [(editor.id, {"member": member.id})]
    assert [broken_at(chain) for chain in chains()] == [None] * len(chains())
