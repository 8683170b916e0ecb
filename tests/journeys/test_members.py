"""Members as people would do it: joining, a passkey of a real browser, a lost phone, a colleague who is locked out."""

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from intake.desks import invitations, queries
from intake.extensions import db, transaction
from intake.members import codes
from intake.members.models import EDITOR
from intake.sealing import PASSWORD_COST, Cost
from tests.factories import PASSWORD, make_case, make_house, make_member, one_time_code
from tests.journeys.site import Site, sign_in, type_secrets
from tests.servers import browser


@pytest.fixture
def password_cost() -> Cost:
    """Return what deriving from a password costs for people."""
    return PASSWORD_COST


def plug_in(context: BrowserContext, page: Page, *, prf: bool) -> tuple[CDPSession, str]:
    """Give a page a virtual authenticator that holds passkeys and whose person always says yes."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        "hasPrf": prf,
    }
    made: dict[str, Any] = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def invite(house: Any) -> tuple[str, str]:
    """Invite a journalist of Kazakhstan; return the link's path and the code."""
    code = codes.new()
    with transaction():
        place = invitations.Place(role="journalist", is_admin=False, language="en", address="zarina@example.org")
        keys = [(queries.current_key(queries.by_name("KZ").id), house.identity("KZ"))]
        name = invitations.invite(place, keys, code).id
    db.session.remove()
    return f"/desk/invitation/{name}", code


def sign_out(page: Page) -> None:
    """Leave the desk."""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_joining_with_a_passkey_that_opens_by_itself(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    case, _, _ = make_case("KZ")
    reference = case.reference
    path, code = invite(house)
    context = browser.phone(chromium)
    page = context.new_page()
    plug_in(context, page, prf=True)
    page.goto(f"{site.url}{path}")
    page.fill("#code", code)
    page.fill("#name", "Zarina")
    page.fill("#password", page.locator(".suggestion").first.inner_text())
    page.get_by_role("button", name="Join with a passkey").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have them").click()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".reference")).to_have_text(reference)
    page.locator(".reference").click()
    expect(page.locator(".story")).to_be_visible()
    assert browser.seen(context).errors == []
    context.close()


def test_a_passkey_without_prf_stands_in_for_the_digits(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    address = make_member(house, "KZ").address
    context = browser.desktop(chromium)
    page = context.new_page()
    plug_in(context, page, prf=False)
    sign_in(page, site, address)
    page.goto(f"{site.url}/desk/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.fill("#label", "The key on my keyring")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.locator("bdi", has_text="The key on my keyring")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".e:visible").first).to_be_visible()
    page.fill("#address", address)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="No new cases")).to_be_visible()
    context.close()


def test_a_device_that_gives_no_passkey_says_so_and_the_digits_still_work(
    chromium: Browser, app: Flask, site: Site
) -> None:
    house = make_house()
    address = make_member(house, "KZ").address
    context = browser.desktop(chromium)
    page = context.new_page()
    session, authenticator = plug_in(context, page, prf=True)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto(f"{site.url}/desk/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("the device gave no passkey")).to_be_visible()
    type_secrets(page, address)
    expect(page.get_by_role("heading", name="No new cases")).to_be_visible()
    context.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_lost_phone_and_a_lost_password(chromium: Browser, app: Flask, site: Site, *, javascript: bool) -> None:
    house = make_house()
    path, code = invite(house)
    context = browser.phone(chromium, javascript=javascript)
    page = context.new_page()
    page.goto(f"{site.url}{path}")
    page.fill("#code", code)
    page.fill("#name", "Zarina")
    password = page.locator(".suggestion").first.inner_text()
    page.fill("#password", password)
    secret = page.locator(".suggestion").last.inner_text().replace(" ", "")
    page.fill("#one_time", one_time_code(secret))
    page.get_by_role("button", name="Join", exact=True).click()
    codes = page.locator(".recovery-codes li")
    expect(codes).to_have_count(10)  # reading them all waits for nothing
    printed = codes.all_inner_texts()
    page.get_by_role("link", name="I have them").click()
    sign_out(page)

    page.fill("#address", "zarina@example.org")  # the phone is gone
    page.fill("#password", password)
    page.locator("main summary").click()
    page.fill("#recovery", printed[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="No new cases")).to_be_visible()
    sign_out(page)

    page.fill("#address", "zarina@example.org")  # the password is gone
    page.fill("#code", one_time_code(secret, step=1))
    page.locator("main summary").click()
    page.fill("#recovery", printed[1])
    page.get_by_role("button", name="Sign in", exact=True).click()
    chosen = page.locator(".suggestion").inner_text()
    page.fill("#password", chosen)
    page.get_by_role("button", name="Take this password").click()
    expect(page.get_by_text("Your password is another now")).to_be_visible()
    expect(page.get_by_text("8 codes are left")).to_be_visible()
    context.close()


def test_what_was_typed_survives_a_session_that_ran_out_in_a_browser(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    address = make_member(house, "KZ", role=EDITOR).address
    make_case("KZ")
    context = browser.desktop(chromium)
    page = context.new_page()
    sign_in(page, site, address)
    page.locator(".reference").click()
    page.fill("#text", "When did you see him last?")
    context.clear_cookies(name="member")
    page.get_by_role("button", name="Send to the complainant").click()
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    type_secrets(page, address)
    expect(page.locator(".messages")).to_contain_text("When did you see him last?")
    assert re.search(r"/desk/cases/", page.url)
    context.close()
