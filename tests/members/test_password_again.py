"""The password again, before something grave: it is checked, it is good for five minutes, and guessing it is slowed."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from intake.desks.models import Invitation
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import secrets, sessions
from intake.members.models import EDITOR, Member, MemberSession
from tests.factories import PASSWORD, House, count_rows, hidden_on, make_member, sign_in, token_on

INVITATION = {"address": "new@example.org", "role": EDITOR, "language": "en"}


@pytest.fixture
def admin(client: FlaskClient, house: House) -> Member:
    """Return an admin who is signed in, and has not typed their password again."""
    member = make_member(house, "KZ", is_admin=True)
    sign_in(client, member)
    return member


def invite(client: FlaskClient) -> TestResponse:
    """Do something grave."""
    page = client.get("/desk/members").get_data(as_text=True)
    return client.post("/desk/members", data={**INVITATION, "csrf_token": token_on(page)})


def confirm(client: FlaskClient, asked: TestResponse, password: str) -> TestResponse:
    """Type the password on the page that asks for it."""
    carried = hidden_on(asked.get_data(as_text=True))
    return client.post("/desk/confirm", data={**carried, "password": password})


def invitations() -> int:
    """Return how many invitations there are besides that of the first admin."""
    return count_rows(Invitation) - 1


def test_with_the_right_password_what_waited_is_done(client: FlaskClient, admin: Member) -> None:
    asked = invite(client)
    assert (asked.status_code, invitations()) == (401, 0)
    assert confirm(client, asked, PASSWORD).status_code == 200
    assert invitations() == 1
    assert (invite(client).status_code, invitations()) == (200, 2), "for five minutes it is not asked for again"


def test_a_wrong_password_does_nothing(client: FlaskClient, admin: Member) -> None:
    asked = invite(client)
    for password in ("wrong", ""):
        assert confirm(client, asked, password).status_code == 422
    assert invitations() == 0
    assert invite(client).status_code == 401


def test_another_members_password_does_nothing(client: FlaskClient, house: House, admin: Member) -> None:
    other = sessions.Visitor(admin, house.visitors[make_member(house, "KZ").id].identity, "")
    assert not _is_password(other, PASSWORD)
    assert _is_password(house.visitors[admin.id], PASSWORD)


def test_after_five_minutes_the_password_is_asked_again(client: FlaskClient, admin: Member) -> None:
    confirm(client, invite(client), PASSWORD)
    with transaction():
        long_ago = now() - sessions.CONFIRMED - timedelta(seconds=1)
        db.session.execute(update(MemberSession).values(confirmed_at=long_ago))
    assert (invite(client).status_code, invitations()) == (401, 1)


def test_guessing_the_password_again_is_slowed_for_the_session(
    client: FlaskClient, house: House, admin: Member
) -> None:
    asked = invite(client)
    assert [confirm(client, asked, "wrong").status_code for _ in range(6)] == [422] * 5 + [429]
    assert confirm(client, asked, PASSWORD).status_code == 429
    other = client.application.test_client()
    sign_in(other, admin)
    assert confirm(other, invite(other), PASSWORD).status_code == 200, "another session of the same member is not"


def _is_password(visitor: sessions.Visitor, password: str) -> bool:
    return secrets.is_password_of(visitor.member, password, visitor.identity)
