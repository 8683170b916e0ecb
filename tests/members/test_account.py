"""A member's account: sessions listed without a place and ended, the password changed, the password asked again."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from intake.audit import AuditEntry
from intake.cases import conversation
from intake.cases.models import Message
from intake.desks.models import Invitation
from intake.extensions import db, transaction
from intake.members import device, sessions
from intake.members.models import Member, MemberSession
from tests.factories import (
    PASSWORD,
    House,
    confirm,
    count_rows,
    hidden_on,
    letters,
    make_case,
    make_member,
    sign_in,
    token_on,
)

NEW_PASSWORD = "heron-quartz-91-thistle-bramble-otter"
ANDROID = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def member(house: House) -> Member:
    return make_member(house, "KZ", is_admin=True)


def acts() -> list[str]:
    """Return what was written down, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


def page_of(client: FlaskClient, path: str = "/desk/account") -> str:
    """Return a page."""
    return client.get(path).get_data(as_text=True)


def test_sessions_are_listed_by_their_browser_and_nothing_of_it_is_kept_in_plain(
    client: FlaskClient, member: Member
) -> None:
    client.environ_base["HTTP_USER_AGENT"] = ANDROID
    client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    sign_in(client, member)
    shown = page_of(client)
    assert "Firefox, Android" in shown
    assert "203.0.113" not in shown
    row = db.session.scalars(select(MemberSession)).one()
    assert b"Firefox" not in bytes(row.label)
    assert b"Firefox" not in bytes(row.identity)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (ANDROID, "Firefox, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 YaBrowser/26 Safari/537.36", "Yandex, Linux"),
        ("", ""),
        ("<script>", ""),
    ],
)
def test_a_browser_is_known_by_its_kind_alone(user_agent: str, words: str) -> None:
    assert device.described(user_agent) == words


def test_one_session_is_ended_or_all_others(client: FlaskClient, member: Member) -> None:
    browsers = [client.application.test_client() for _ in range(3)]
    for browser in browsers:
        sign_in(browser, member)
    here, there, elsewhere = browsers
    page = page_of(here)
    (first, *_) = re.findall(r"/desk/account/sessions/([^/]+)/end", page)
    assert here.post(f"/desk/account/sessions/{first}/end", data={"csrf_token": token_on(page)}).status_code == 302
    living = [browser.get("/desk/").status_code for browser in browsers]
    assert sorted(living) == [200, 200, 302]
    assert living[0] == 200
    assert here.post("/desk/account/sessions/end", data={"csrf_token": token_on(page)}).status_code == 302
    assert [browser.get("/desk/").status_code for browser in (here, there, elsewhere)] == [200, 302, 302]


def test_anothers_session_cannot_be_ended(client: FlaskClient, house: House, member: Member) -> None:
    other = client.application.test_client()
    sign_in(other, make_member(house, "KZ"))
    theirs = db.session.scalars(select(MemberSession.id)).one()
    sign_in(client, member)
    client.post(f"/desk/account/sessions/{theirs}/end", data={"csrf_token": token_on(page_of(client))})
    assert other.get("/desk/").status_code == 200


def test_a_new_password_seals_anew_and_ends_the_other_sessions(client: FlaskClient, member: Member) -> None:
    other = client.application.test_client()
    sign_in(other, member)
    sign_in(client, member)
    case, _, _ = make_case("KZ")
    confirm()
    page = page_of(client, "/desk/account/password")
    answers = {"csrf_token": token_on(page), "password": NEW_PASSWORD}
    assert client.post("/desk/account/password", data=answers).status_code == 302
    assert other.get("/desk/").status_code == 302
    assert client.get("/desk/").status_code == 200
    assert sign_in(other, member, PASSWORD).status_code == 422
    assert sign_in(other, member, NEW_PASSWORD).status_code == 302
    assert other.get(f"/desk/cases/{case.reference}").status_code == 200, "nothing is lost with the old one"
    assert [letter.address for letter in letters("secrets_changed")] == [member.address]


@pytest.mark.parametrize("password", ["", "password", "qwertyuiop", "x" * 201])
def test_a_weak_password_is_refused_and_the_old_one_stays(client: FlaskClient, member: Member, password: str) -> None:
    sign_in(client, member)
    confirm()
    page = page_of(client, "/desk/account/password")
    answers = {"csrf_token": token_on(page), "password": password}
    assert client.post("/desk/account/password", data=answers).status_code == 422
    assert sign_in(client.application.test_client(), member).status_code == 302


def test_what_is_grave_waits_for_the_password_and_is_done_then(client: FlaskClient, member: Member) -> None:
    sign_in(client, member)
    page = page_of(client, "/desk/members")
    (desk,) = set(re.findall(r'name="desks" value="(\d+)"', page)) & set(
        re.findall(r'name="desks" value="(\d+)"', page)[:1]
    )
    answers = {"address": "zarina@example.org", "role": "journalist", "language": "ru", "desks": desk}
    asked = client.post("/desk/members", data={"csrf_token": token_on(page), **answers})
    assert asked.status_code == 401
    before = count_rows(Invitation)
    carried = hidden_on(asked.get_data(as_text=True))
    assert carried["kept-address"] == "zarina@example.org"
    wrong = client.post("/desk/confirm", data={**carried, "password": "wrong"})
    assert wrong.status_code == 422
    assert hidden_on(wrong.get_data(as_text=True))["kept-address"] == "zarina@example.org"
    assert count_rows(Invitation) == before
    done = client.post("/desk/confirm", data={**carried, "password": PASSWORD})
    assert done.status_code == 200
    assert count_rows(Invitation) == before + 1
    assert [letter.address for letter in letters("invitation")] == ["zarina@example.org"]
    again = client.post("/desk/members", data={"csrf_token": token_on(page), **answers, "address": "b@example.org"})
    assert again.status_code == 200, "for five minutes it is not asked again"


def test_the_password_is_asked_again_after_five_minutes(client: FlaskClient, member: Member) -> None:
    sign_in(client, member)
    confirm()
    assert client.get("/desk/account/codes").status_code == 200
    with transaction():
        earlier = select(MemberSession.confirmed_at).scalar_subquery()
        row = db.session.scalars(select(MemberSession)).one()
        assert row.confirmed_at
        db.session.execute(update(MemberSession).values(confirmed_at=row.confirmed_at - sessions.CONFIRMED))
    assert earlier is not None
    assert client.get("/desk/account/codes").status_code == 401


def test_a_session_that_another_browser_confirmed_is_not_confirmed(client: FlaskClient, member: Member) -> None:
    sign_in(client, member)
    confirm()
    other = client.application.test_client()
    sign_in(other, member)
    assert other.get("/desk/account/codes").status_code == 401


def test_guessing_the_password_in_an_open_session_is_slowed(client: FlaskClient, member: Member) -> None:
    sign_in(client, member)
    asked = client.get("/desk/account/codes")
    carried = hidden_on(asked.get_data(as_text=True))
    assert carried["next"] == "/desk/account/codes"
    answers = [client.post("/desk/confirm", data={**carried, "password": "x"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert client.post("/desk/confirm", data={**carried, "password": PASSWORD}).status_code == 429
    assert acts().count("member.confirm_failed") == 5
    other = client.application.test_client()
    sign_in(other, member)
    again = hidden_on(other.get("/desk/account/codes").get_data(as_text=True))
    right = other.post("/desk/confirm", data={**again, "password": PASSWORD})
    assert right.headers["Location"] == "/desk/account/codes", "nobody is locked out for good"


@pytest.mark.parametrize("away", ["https://example.org/", "//example.org/", "/leave", "/desk/\\x"])
def test_confirming_leads_to_no_other_site(client: FlaskClient, member: Member, away: str) -> None:
    sign_in(client, member)
    carried = hidden_on(client.get("/desk/account/codes").get_data(as_text=True))
    done = client.post("/desk/confirm", data={**carried, "next": away, "password": PASSWORD})
    assert done.headers["Location"] == "/desk/"


def test_every_change_leaves_an_entry(client: FlaskClient, member: Member) -> None:
    sign_in(client, member)
    confirm()
    page = page_of(client)
    client.post("/desk/account/recovery", data={"csrf_token": token_on(page)})
    client.post("/desk/account/password", data={"csrf_token": token_on(page), "password": NEW_PASSWORD})
    assert acts()[-2:] == ["member.recovery_made", "member.password_changed"]


def test_what_a_member_typed_survives_a_database_that_is_locked(
    client: FlaskClient, house: House, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _, _ = make_case("KZ")
    sign_in(client, member)
    page = page_of(client, f"/desk/cases/{case.reference}")

    def locked(*_: object) -> None:
        message = "INSERT"
        raise OperationalError(message, None, Exception("database is locked"))

    monkeypatch.setattr(conversation, "write", locked)
    words = {"csrf_token": token_on(page), "text": "When was it? Zanzibar", "once": "a", "signed": "acca"}
    answer = client.post(f"/desk/cases/{case.reference}/messages", data=words)
    assert answer.status_code == 503
    kept = hidden_on(answer.get_data(as_text=True))
    assert kept["text"] == "When was it? Zanzibar"
    monkeypatch.undo()
    action = re.search(r'<form[^>]*action="([^"]+)"[^>]*class="card small"|action="(/desk/cases/[^"]+)"', answer.text)
    assert action
    done = client.post(f"/desk/cases/{case.reference}/messages", data=kept)
    assert done.status_code == 302
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1
