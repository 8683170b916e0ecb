"""Whoever lost password and factor, or was locked out, is invited anew: a new identity, the seats given again."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.desks import setup
from intake.desks.models import Invitation, Promise, Seat
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from tests.desks.test_invitations import accept
from tests.factories import (
    PASSWORD,
    House,
    confirm,
    count_rows,
    letters,
    make_case,
    make_member,
    sign_in,
    token_on,
)

CHOSEN = "heron-quartz-91-thistle-bramble-otter"


def invite_again(client: FlaskClient, member: Member) -> tuple[str, str]:
    """Invite a member anew as a signed-in admin; return the invitation's name and its code."""
    page = client.get("/desk/members").get_data(as_text=True)
    confirm()
    shown = client.post(f"/desk/members/{member.id}/invite", data={"csrf_token": token_on(page)})
    assert shown.status_code == 200
    (code,) = re.findall(r'class="code"[^>]*>([^<]+)<', shown.get_data(as_text=True))
    newest = select(Invitation.id).where(Invitation.member_id == member.id, Invitation.revoked_at.is_(None))
    return db.session.scalars(newest).one(), code


@pytest.fixture
def admin(client: FlaskClient, house: House) -> Member:
    """Sign an admin in who is seated nowhere."""
    admin = make_member(house, role=None, is_admin=True)
    sign_in(client, admin)
    return admin


@pytest.mark.parametrize("locked", [False, True])
def test_a_member_comes_back_with_new_secrets_and_reads_nothing_until_seated(
    client: FlaskClient, house: House, admin: Member, *, locked: bool
) -> None:
    member = make_member(house, "KZ", "KG", name="Zarina")
    case, _, _ = make_case("KZ")
    before, old_browser = member.recipient, client.application.test_client()
    sign_in(old_browser, member)
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(locked_at=now() if locked else None))
    name, code = invite_again(client, member)
    (letter,) = letters("invitation")
    assert (letter.address, code in letter.body) == (member.address, False)
    newcomer = client.application.test_client()
    assert "You were here before" in newcomer.get(f"/desk/invitation/{name}").get_data(as_text=True)
    assert accept(newcomer, name, code, password=CHOSEN, name="-", address="else@example.org")[0] == 200
    db.session.expire_all()
    assert (member.name, member.locked_at) == ("Zarina", None)
    assert member.recipient != before
    assert old_browser.get("/desk/").status_code == 302, "sessions of the old identity are over"
    assert newcomer.get(f"/desk/cases/{case.reference}").status_code == 404
    assert db.session.scalars(select(Seat).where(Seat.member_id == member.id)).all() == []
    promised = db.session.scalars(select(Promise.desk_id).where(Promise.member_id == member.id)).all()
    assert len(promised) == 2
    other = client.application.test_client()
    assert sign_in(other, member, PASSWORD).status_code == 422
    assert sign_in(other, member, CHOSEN).status_code == 422, "the app of before makes no codes any more"


def test_inviting_anew_changes_nothing_until_it_is_accepted(client: FlaskClient, house: House, admin: Member) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case("KZ")
    browser = client.application.test_client()
    sign_in(browser, member)
    invite_again(client, member)
    assert browser.get(f"/desk/cases/{case.reference}").status_code == 200
    assert sign_in(browser, member).status_code == 302


def test_the_second_invitation_ends_the_first(client: FlaskClient, house: House, admin: Member) -> None:
    member = make_member(house, "KZ")
    first, code = invite_again(client, member)
    invite_again(client, member)
    assert accept(client.application.test_client(), first, code)[0] == 410


def test_who_left_is_not_invited_anew(client: FlaskClient, house: House, admin: Member) -> None:
    member = make_member(house, "KZ")
    name, code = invite_again(client, member)
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(left_at=now()))
    assert accept(client.application.test_client(), name, code)[0] == 410
    page = client.get("/desk/members").get_data(as_text=True)
    assert client.post(f"/desk/members/{member.id}/invite", data={"csrf_token": token_on(page)}).status_code == 404
    assert client.post("/desk/members/99999/invite", data={"csrf_token": token_on(page)}).status_code == 404


def test_with_nobody_left_the_rescue_identity_opens_the_same_account_anew(client: FlaskClient, house: House) -> None:
    alone = make_member(house, *house.keys, role=EDITOR, is_admin=True, address="alone@example.org", name="Alone")
    case, _, _ = make_case("TJ")
    with transaction():
        invited = setup.rescue(house.rescue)
    status, page = accept(client, invited.invitation_id, invited.code, address=alone.address, password=CHOSEN)
    assert status == 200, page
    assert count_rows(Member) == 1
    assert client.get(f"/desk/cases/{case.reference}").status_code == 200
    db.session.expire_all()
    assert (alone.role, alone.is_admin) == (EDITOR, True)
    assert db.session.scalars(select(Promise.id)).all() == [], "who has the seats needs no promise of them"
