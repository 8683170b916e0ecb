"""Passkeys: a second factor; with the PRF extension also one more secret that opens. An answer is good once."""

import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import PASSKEY, Factor, Member, MemberSecret, MemberSession
from intake.sealing import unseal_document
from tests.factories import PASSWORD, House, confirm, count_rows, hidden_on, make_member, one_time_code, token_on
from tests.factories import sign_in as enter
from tests.members.authenticator import Authenticator

SITE = "http://localhost:8000"
OPTIONS = re.compile(r'data-passkey="([^"]+)"')


@pytest.fixture
def member(client: FlaskClient, house: House) -> Member:
    client.application.config["DESK_URL"] = SITE
    return make_member(house, "KZ")


def ceremony(client: FlaskClient, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the options and the hidden fields of a page."""
    page = client.get(path).get_data(as_text=True)
    (options,) = OPTIONS.findall(page)
    return json.loads(html.unescape(options)), hidden_on(page)


def add(client: FlaskClient, member: Member, device: Authenticator, **changes: str) -> int:
    """Sign a member in and add a device's passkey, as the account page does."""
    enter(client, member)
    confirm()
    options, hidden = ceremony(client, "/desk/account/passkey")
    answer, prf = device.register(options)
    answers = {**hidden, "label": "The key on my keyring", "passkey": answer, "prf": prf, **changes}
    return client.post("/desk/account/passkey", data=answers).status_code


def answered(client: FlaskClient, device: Authenticator, **typed: str) -> dict[str, str]:
    """Return what the sign-in page sends once a device has answered."""
    options, hidden = ceremony(client, "/desk/sign-in")
    answer, prf = device.answer(options)
    return {**hidden, "passkey": answer, "prf": prf, **typed}


def test_with_prf_a_passkey_opens_by_itself(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE)
    assert add(client, member, device) == 302
    browser = client.application.test_client()
    done = browser.post("/desk/sign-in", data=answered(browser, device))
    assert done.status_code == 302, done.get_data(as_text=True)
    assert "The key on my keyring" in browser.get("/desk/account").get_data(as_text=True)


def test_without_prf_it_is_a_second_factor_only(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE, has_prf=False)
    assert add(client, member, device) == 302
    address = member.address
    browser = client.application.test_client()
    alone = browser.post("/desk/sign-in", data=answered(browser, device))
    assert alone.status_code == 422
    assert "does not open by itself" in alone.get_data(as_text=True)
    wrong = browser.post("/desk/sign-in", data=answered(browser, device, address=address, password="wrong"))
    assert wrong.status_code == 422
    both = browser.post("/desk/sign-in", data=answered(browser, device, address=address, password=PASSWORD))
    assert both.status_code == 302


def test_an_answer_is_good_once(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE)
    add(client, member, device)
    with transaction():
        db.session.execute(update(Factor).values(counter=0))
    device.counter = -1  # a device that does not count, as many do not
    browser = client.application.test_client()
    sent = answered(browser, device)
    assert browser.post("/desk/sign-in", data=sent).status_code == 302
    thief = client.application.test_client()
    token = token_on(thief.get("/desk/sign-in").get_data(as_text=True))
    assert thief.post("/desk/sign-in", data={**sent, "csrf_token": token}).status_code == 422


def test_a_passkey_that_counts_back_is_a_copy(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE)
    add(client, member, device)
    browser = client.application.test_client()
    device.counter = 9
    assert browser.post("/desk/sign-in", data=answered(browser, device)).status_code == 302
    device.counter = 3
    assert browser.post("/desk/sign-in", data=answered(browser, device)).status_code == 422


def test_a_device_that_did_not_check_its_holder_does_not_open_alone(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE, checks_person=False)
    add(client, member, device)
    browser, address = client.application.test_client(), member.address
    assert browser.post("/desk/sign-in", data=answered(browser, device)).status_code == 422
    both = answered(browser, device, address=address, password=PASSWORD)
    assert browser.post("/desk/sign-in", data=both).status_code == 302


@pytest.mark.parametrize(
    "twist",
    [
        {"prf": "A" * 43},
        {"prf": "short"},
        {"passkey": "{}"},
        {"passkey": "[]"},
        {"passkey": "no JSON"},
        {"passkey": '{"rawId": 1}'},
        {"challenge": ""},
        {"challenge": "forged"},
    ],
)
def test_what_is_forged_opens_nothing(client: FlaskClient, member: Member, twist: dict[str, str]) -> None:
    device = Authenticator(SITE)
    add(client, member, device)
    browser = client.application.test_client()
    before = count_rows(MemberSession)
    assert browser.post("/desk/sign-in", data={**answered(browser, device), **twist}).status_code == 422
    assert count_rows(MemberSession) == before


def test_a_passkey_made_for_another_site_is_refused(client: FlaskClient, member: Member) -> None:
    device = Authenticator("https://phishing.example")
    assert add(client, member, device) == 422
    device.origin = SITE
    add(client, member, device)
    device.origin = "https://phishing.example"
    browser = client.application.test_client()
    assert browser.post("/desk/sign-in", data=answered(browser, device)).status_code == 422


def test_anothers_passkey_is_no_second_factor(client: FlaskClient, house: House, member: Member) -> None:
    device = Authenticator(SITE)
    add(client, make_member(house, "KG"), device)
    browser = client.application.test_client()
    answers = answered(browser, device, address=member.address, password=PASSWORD)
    assert browser.post("/desk/sign-in", data=answers).status_code == 422


def test_a_page_that_stood_open_too_long_says_so_and_can_be_sent_again(
    client: FlaskClient, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Authenticator(SITE)
    add(client, member, device)
    browser = client.application.test_client()
    monkeypatch.setattr("time.time", lambda: now().timestamp() - 16 * 60)
    sent = answered(browser, device)
    monkeypatch.undo()
    late = browser.post("/desk/sign-in", data=sent)
    assert late.status_code == 422
    assert "stood open for too long" in late.get_data(as_text=True)
    (options,) = OPTIONS.findall(late.get_data(as_text=True))
    answer, prf = device.answer(json.loads(html.unescape(options)))
    again = {**hidden_on(late.get_data(as_text=True)), "passkey": answer, "prf": prf}
    assert browser.post("/desk/sign-in", data=again).status_code == 302


def test_the_same_passkey_is_kept_once(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE)
    assert add(client, member, device) == 302
    options, hidden = ceremony(client, "/desk/account/passkey")
    assert [known["id"] for known in options["excludeCredentials"]] == [
        json.loads(device.register(options)[0])["rawId"]
    ]
    answer, prf = device.register(options)
    sent = {**hidden, "label": "Again", "passkey": answer, "prf": prf}
    assert client.post("/desk/account/passkey", data=sent).status_code == 422
    assert count_rows(Factor) == 2


def test_what_is_kept_of_a_passkey_opens_nothing_and_names_nothing(
    client: FlaskClient, house: House, member: Member
) -> None:
    device = Authenticator(SITE)
    add(client, member, device)
    factor = db.session.scalars(select(Factor).where(Factor.kind == PASSKEY)).one()
    assert unseal_document("passkey/1", factor.sealed, house.visitors[member.id].identity)["label"]
    assert b"keyring" not in bytes(factor.sealed) + (factor.public_key or b"") + (factor.credential_id or b"")


def test_a_passkey_that_was_removed_opens_nothing(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE)
    add(client, member, device)
    factor_id = db.session.scalars(select(Factor.id).where(Factor.kind == PASSKEY)).one()
    page = client.get("/desk/account").get_data(as_text=True)
    client.post(f"/desk/account/factors/{factor_id}/remove", data={"csrf_token": token_on(page)})
    assert db.session.scalar(select(MemberSecret.id).where(MemberSecret.kind == PASSKEY)) is None
    browser = client.application.test_client()
    assert browser.post("/desk/sign-in", data=answered(browser, device)).status_code == 422


def test_whose_account_is_locked_gets_in_with_no_passkey(client: FlaskClient, member: Member) -> None:
    device = Authenticator(SITE)
    add(client, member, device)
    with transaction():
        db.session.execute(update(Member).values(locked_at=now()))
    browser = client.application.test_client()
    assert browser.post("/desk/sign-in", data=answered(browser, device)).status_code == 422


def test_a_newcomer_joins_with_a_passkey(client: FlaskClient, house: House) -> None:
    client.application.config["DESK_URL"] = SITE
    device, path = Authenticator(SITE), f"/desk/invitation/{house.first_admin.invitation_id}"
    options, hidden = ceremony(client, path)
    answer, prf = device.register(options)
    typed = {"code": house.first_admin.code, "name": "Aigerim", "address": "a@example.org", "password": PASSWORD}
    refused = client.post(path, data={**hidden, **typed, "passkey": "{}", "prf": prf})
    assert refused.status_code == 422
    assert 'value="Aigerim"' in refused.get_data(as_text=True)
    joined = client.post(path, data={**hidden, **typed, "passkey": answer, "prf": prf})
    assert joined.status_code == 200, joined.get_data(as_text=True)
    assert client.get("/desk/").status_code == 200
    browser = client.application.test_client()
    assert browser.post("/desk/sign-in", data=answered(browser, device)).status_code == 302
    nobody = client.application.test_client()
    typed_code = {"address": "a@example.org", "password": PASSWORD, "code": one_time_code()}
    page = token_on(nobody.get("/desk/sign-in").get_data(as_text=True))
    assert nobody.post("/desk/sign-in", data={**typed_code, "csrf_token": page}).status_code == 422


def test_for_an_address_without_a_name_no_passkey_is_offered(client: FlaskClient, house: House) -> None:
    client.application.config["DESK_URL"] = "http://127.0.0.1:8000"
    assert "data-passkey" not in client.get("/desk/sign-in").get_data(as_text=True)
