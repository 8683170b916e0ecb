"""Signing in: a password is right if the identity opens; nothing tells which accounts exist."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from intake import sealing
from intake.audit import AuditEntry
from intake.cases.models import Case, Message
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import secrets, sessions
from intake.members.models import Member, MemberSecret, MemberSession
from intake.members.queries import password_of
from intake.members.sign_in import Offered, open_account
from tests.factories import (
    PASSWORD,
    House,
    count_rows,
    forget_steps,
    hidden_on,
    make_case,
    make_member,
    one_time_code,
    sign_in,
    token,
    token_on,
)


def test_a_member_signs_in_and_sees_the_queue(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", name="Aigerim")
    page = sign_in(client, member)
    assert page.status_code == 302
    queue = client.get("/desk/")
    assert queue.status_code == 200
    assert "Aigerim" in queue.get_data(as_text=True)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient, house: House) -> None:
    page = sign_in(client, make_member(house, "KZ"))
    cookie = next(value for name, value in page.headers if name == "Set-Cookie" and value.startswith("member="))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    known = sign_in(client, member, "a wrong password").get_data(as_text=True)
    with transaction():
        db.session.get_one(Member, member.id).address = "somebody.else@example.org"
    unknown = client.post(
        "/desk/sign-in",
        data={
            "address": "member-unknown@example.org",
            "password": PASSWORD,
            "code": "123456",
            "csrf_token": re.findall(r'csrf_token" value="([^"]+)', known)[0],
        },
    )
    assert unknown.status_code == 422

    def same(page: str) -> str:
        return re.sub(r'value="[^"]*"', "", page)

    assert same(known) == same(unknown.get_data(as_text=True))


def test_an_unknown_address_costs_the_same_work(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member(house, "KZ")
    address = member.address
    work: list[str] = []
    stretch, unseal = sealing.stretch, sealing.unseal

    def counted_stretch(secret: str, salt: bytes, cost: sealing.Cost, length: int = 32) -> bytes:
        work.append(f"stretch {cost}")
        return stretch(secret, salt, cost, length)

    def counted_unseal(sealed: bytes, identity: sealing.Identity) -> bytes:
        work.append("unseal")
        return unseal(sealed, identity)

    monkeypatch.setattr(sealing, "stretch", counted_stretch)
    monkeypatch.setattr(sealing, "unseal", counted_unseal)

    def work_of(**changes: str) -> list[str]:
        forget_steps()
        work.clear()
        offered = {"address": address, "password": PASSWORD, "code": one_time_code(), "recovery": "", **changes}
        assert (open_account(Offered(**offered)) is None) == bool(changes)
        return list(work)

    work_of(address="nobody@example.org")  # the decoy is made
    right = work_of()
    assert right == [f"stretch {client.application.config['PASSWORD_COST']}", "unseal", "unseal"]
    for wrong in (
        {"password": "wrong"},
        {"code": "000000"},
        {"password": "wrong", "code": "000000"},
        {"address": "nobody@example.org"},
        {"address": "nobody@example.org", "password": "wrong", "code": "000000"},
    ):
        assert work_of(**wrong) == right, wrong
    for stands_in_for in ({"password": ""}, {"code": ""}):
        some = {**stands_in_for, "recovery": "22222-22222-22222-22222"}
        known = work_of(**some)
        assert known[1] == "unseal"
        assert work_of(**some, address="nobody@example.org") == known
    assert work_of(code="", password="wrong", recovery="22222-22222-22222-22222") == known


def test_signing_out_ends_the_session_on_the_server(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    stolen = client.get_cookie("member")
    assert stolen
    page = client.get("/desk/").get_data(as_text=True)
    csrf = re.findall(r'csrf_token" value="([^"]+)', page)[0]
    assert client.post("/desk/sign-out", data={"csrf_token": csrf}).status_code == 302
    assert count_rows(MemberSession) == 0
    client.set_cookie("member", stolen.value)
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("column", ["used_at", "began_at"])
def test_a_session_runs_out(client: FlaskClient, house: House, column: str) -> None:
    sign_in(client, make_member(house, "KZ"))
    idle, longest = sessions.spans()
    span = idle if column == "used_at" else longest
    with transaction():
        row = db.session.scalars(select(MemberSession)).one()
        setattr(row, column, now() - span - sessions.TOUCHED_EVERY)
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("cookie", ["", "x", "x.y", "....", "é", "A" * 4000])
def test_a_made_up_cookie_opens_nothing(client: FlaskClient, house: House, cookie: str) -> None:
    client.set_cookie("member", cookie)
    assert client.get("/desk/").status_code == 302


def test_the_row_of_a_session_alone_opens_nothing(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    row = db.session.scalars(select(MemberSession)).one()
    client.set_cookie("member", f"{row.id}.{'A' * 43}=")
    assert client.get("/desk/").status_code == 302


def test_a_member_who_left_is_out_at_once(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    sign_in(client, member)
    with transaction():
        db.session.get_one(Member, member.id).left_at = now()
    assert client.get("/desk/").status_code == 302
    assert sign_in(client, member).status_code == 422


def test_no_password_and_no_hash_of_it_is_kept(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    secret = password_of(member.id)
    assert secret
    columns = {column.name for column in MemberSecret.__table__.columns}
    assert columns == {"id", "member_id", "kind", "salt", "tag", "identity"}
    assert secret.tag is None
    assert PASSWORD.encode() not in bytes(secret.identity) + secret.salt


def test_failures_are_slowed_for_the_account_but_not_for_others(client: FlaskClient, house: House) -> None:
    member, other = make_member(house, "KZ"), make_member(house, "KZ")
    answers = [sign_in(client, member, "wrong").status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert sign_in(client, member).status_code == 429
    assert sign_in(client, other).status_code == 302


def test_failures_at_many_accounts_lock_nobody_out(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    page = token(client, "/desk/sign-in")
    for number in range(40):
        answers = {"address": f"nobody{number}@example.org", "password": "x", "code": "1", "csrf_token": page}
        client.post("/desk/sign-in", data=answers)
    assert sign_in(client, member).status_code == 302


def test_while_another_derivation_runs_one_is_asked_to_press_again(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    with secrets._one_at_a_time:  # noqa: SLF001 as another thread would hold it
        page = sign_in(client, member)
    assert page.status_code == 503
    assert "press again" in page.get_data(as_text=True)
    assert member.address in page.get_data(as_text=True)


def test_signing_in_and_failing_leave_audit_entries(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    sign_in(client, member, "wrong")
    sign_in(client, member)
    db.session.rollback()
    acts = list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))
    assert acts[-2:] == ["member.sign_in_failed", "member.signed_in"]


@pytest.mark.parametrize("away", ["https://example.org/", "//example.org", "/desk/\\a", "/leave", "/desk//x:y"])
def test_signing_in_leads_to_no_other_site(client: FlaskClient, house: House, away: str) -> None:
    member = make_member(house, "KZ")
    page = client.get("/desk/sign-in").get_data(as_text=True)
    csrf = re.findall(r'csrf_token" value="([^"]+)', page)[0]
    answer = client.post(
        "/desk/sign-in",
        data={
            "address": member.address,
            "password": PASSWORD,
            "code": one_time_code(),
            "next": away,
            "csrf_token": csrf,
        },
    )
    assert answer.headers["Location"] == "/desk/"


def test_what_a_member_typed_survives_a_session_that_ran_out(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    sign_in(client, member)
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    with transaction():
        db.session.execute(delete(MemberSession))
    words = {"csrf_token": token_on(page), "text": 'When was it? "Zanzibar" <b>', "once": "a", "signed": "acca"}
    asked = client.post(f"/desk/cases/{case.reference}/messages", data=words)
    assert asked.status_code == 401
    assert count_rows(Message) == 0
    carried = hidden_on(asked.get_data(as_text=True))
    wrong = client.post("/desk/sign-in", data={**carried, "address": member.address, "password": "wrong", "code": "1"})
    assert (
        hidden_on(wrong.get_data(as_text=True)).items() >= {k: v for k, v in carried.items() if k[:4] == "kept"}.items()
    )
    forget_steps()
    right = {"address": member.address, "password": PASSWORD, "code": one_time_code()}
    done = client.post("/desk/sign-in", data={**carried, **right})
    assert done.headers["Location"].startswith(f"/desk/cases/{case.reference}")
    assert count_rows(Message) == 1
    assert "Zanzibar" in client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)


def test_what_was_typed_for_one_desk_is_not_done_by_a_member_of_another(client: FlaskClient, house: House) -> None:
    here, elsewhere = make_member(house, "KZ"), make_member(house, "KG")
    case, _, _ = make_case()
    sign_in(client, here)
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    with transaction():
        db.session.execute(delete(MemberSession))
    asked = client.post(
        f"/desk/cases/{case.reference}/status", data={"csrf_token": token_on(page), "status": "checking"}
    )
    carried = hidden_on(asked.get_data(as_text=True))
    right = {"address": elsewhere.address, "password": PASSWORD, "code": one_time_code()}
    done = client.post("/desk/sign-in", data={**carried, **right})
    assert done.status_code == 404
    db.session.rollback()
    assert db.session.get_one(Case, case.id).status == "received"


def test_signing_out_of_a_session_that_ran_out_does_not_wait_for_the_next(client: FlaskClient, house: House) -> None:
    page = client.get("/desk/sign-in").get_data(as_text=True)
    answer = client.post("/desk/sign-out", data={"csrf_token": token_on(page)})
    assert answer.status_code == 302


def test_the_row_of_a_session_names_no_device_in_plain(client: FlaskClient, house: House) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.environ_base["HTTP_USER_AGENT"] = firefox
    member = make_member(house, "KZ")
    sign_in(client, member)
    row = db.session.scalars(select(MemberSession)).one()
    for telling in (b"Firefox", b"Linux", b"password+code"):
        assert telling not in bytes(row.label)
    (opened,) = sessions.all_of(sessions.Visitor(member, house.visitors[member.id].identity, row.id))
    assert "Firefox" in opened.device
