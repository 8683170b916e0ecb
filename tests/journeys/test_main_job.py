"""The main job: a complaint is sent, sealed, routed, e-mailed, opened and acknowledged, as people would do it."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from intake.extensions import db
from intake.members.models import EDITOR
from intake.outbox import worker
from tests.factories import PASSWORD, make_house, make_member, one_time_code
from tests.journeys.site import Site, sign_in, type_secrets
from tests.servers import browser
from tests.servers.smtp import SmtpServer

STORY = "Түнде үйден алып кетті. Zanzibar бауырым қайда екенін ешкім айтпайды."
TOO_FAST = 3100  # milliseconds that a person takes at least


def fill_and_send(page: Page, country: str = "KZ", story: str = STORY) -> None:
    """Fill the short path and send it."""
    page.check(f'input[name="country"][value="{country}"]')
    page.fill("#story", story)
    page.check("#consent")
    page.wait_for_timeout(TOO_FAST)
    page.locator("form > button").click()


def code_on(page: Page) -> str:
    """Return the code that the answer page shows."""
    groups = page.locator(".code span")
    expect(groups).to_have_count(6)  # reading them all waits for nothing
    return " ".join(groups.all_inner_texts())


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Run a journey both with JavaScript and without."""
    return bool(request.param)


def test_from_a_phone_to_the_journalist_and_back(
    chromium: Browser, app: Flask, site: Site, smtp: SmtpServer, *, javascript: bool
) -> None:
    house = make_house()
    journalist = make_member(house, "KZ", address="aigerim@example.org", name="Aigerim")
    make_member(house, "UZ", address="dilnoza@example.org")
    phone = browser.phone(chromium, javascript=javascript, locale="ru-RU")
    page = phone.new_page()
    page.goto(f"{site.url}/")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("link", name="English").click()
    fill_and_send(page)
    expect(page.get_by_role("heading", name="We have your message")).to_be_visible()
    code = code_on(page)
    assert re.fullmatch(r"(\d{4} ){5}\d{4}", code)
    assert phone.cookies() == []

    worker.deliver_due()
    received = smtp.wait_for(2)
    assert sorted(letter.recipients[0] for letter in received) == ["aigerim@example.org", "info@acca.media"]
    assert all(b"Zanzibar" not in letter.raw for letter in received)
    link = re.search(r"http\S+/desk/cases/\S+", received[0].message.get_content())
    assert link

    desk = browser.desktop(chromium)
    work = desk.new_page()
    work.goto(link[0])
    type_secrets(work, journalist.address)
    expect(work.locator(".story")).to_have_text(STORY)
    work.get_by_role("button", name="Acknowledge").click()
    expect(work.locator(".tag.acknowledged")).to_be_visible()

    page.goto(f"{site.url}/en/case")
    page.fill("#code", code)
    page.get_by_role("button", name="Show my case").click()
    expect(page.get_by_text("has taken up your message")).to_be_visible()
    assert browser.seen(phone).errors == []
    assert browser.seen(desk).errors == []
    assert browser.seen(phone).blocked == []
    phone.close()
    desk.close()


def test_errors_lose_nothing_and_the_summary_leads_to_the_field(
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    make_house()
    phone = browser.phone(chromium, javascript=javascript)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    page.fill("#story", STORY)
    page.check('input[name="contact_mode"][value="signal"]')
    page.locator("form > button").click()
    expect(page.locator(".es")).to_be_visible()
    expect(page.locator("#story")).to_have_value(STORY)
    expect(page.locator('input[value="signal"]')).to_be_checked()
    page.locator('.es a[href="#contact_value"]').click()
    expect(page.locator("#contact_value")).to_be_focused()
    page.fill("#contact_value", "@quagga")
    page.wait_for_timeout(TOO_FAST)
    fill_and_send(page, story=STORY)
    expect(page.locator(".code")).to_be_visible()
    phone.close()


def test_back_edit_send_is_one_case_with_javascript(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    fill_and_send(page)
    first = code_on(page)
    page.go_back()
    fill_and_send(page, story=f"{STORY} And more.")
    expect(page.get_by_role("heading", name="Your words were added")).to_be_visible()
    assert code_on(page) == first
    phone.close()


def test_words_added_on_the_answer_page_go_to_the_same_case(
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    house = make_house()
    journalist = make_member(house, "KZ")
    phone = browser.phone(chromium, javascript=javascript)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    fill_and_send(page)
    page.fill("#story", "Okapi")
    page.get_by_role("button", name="Add to my case").click()
    expect(page.get_by_role("heading", name="Your words were added")).to_be_visible()
    desk = browser.desktop(chromium)
    work = desk.new_page()
    sign_in(work, site, journalist.address)
    work.locator(".reference").click()
    expect(work.locator(".story")).to_have_count(2)
    expect(work.locator(".story").nth(1)).to_have_text("Okapi")
    phone.close()
    desk.close()


def test_a_text_too_large_to_come_back_does_not_leave_the_page(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    page.evaluate("document.getElementById('story').value = 'words and words\\n'.repeat(2e4)")
    page.evaluate("document.getElementById('f').requestSubmit()")
    expect(page.locator("#left")).to_have_class("e")
    assert len(page.input_value("#story")) == 320_000
    phone.close()


def test_the_counter_counts_as_the_server_does(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    phone = browser.phone(chromium, locale="en-GB")
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    page.fill("#story", "👨‍👩‍👧‍👦" * 30 + "й" + "и\u0306")
    expect(page.locator("#left")).to_have_text("Characters left: 9,968")
    phone.close()


@pytest.mark.parametrize("leave", ["press", "escape"])
def test_leaving_goes_elsewhere_and_back_does_not_return(chromium: Browser, app: Flask, site: Site, leave: str) -> None:
    make_house()
    app.config["EXIT_URL"] = f"{site.url}/en/about"  # the real one is beyond this machine
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    page.fill("#story", STORY)
    if leave == "press":
        page.locator("#exit").click()
    else:
        for _ in range(3):
            page.keyboard.press("Escape")
    page.wait_for_url(f"{site.url}/en/about")
    page.go_back()
    assert page.url == "about:blank"
    phone.close()


def test_an_admin_invites_a_journalist_who_joins_and_signs_in(
    chromium: Browser, app: Flask, site: Site, smtp: SmtpServer
) -> None:
    house = make_house()
    admin = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    desk = browser.desktop(chromium)
    page = desk.new_page()
    sign_in(page, site, admin.address)
    page.get_by_role("link", name="Members").click()
    page.fill("#address", "zarina@example.org")
    page.get_by_label("Tajikistan").check()
    page.select_option("#language", "en")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    code = page.locator(".code").inner_text()
    worker.deliver_due()
    (letter,) = smtp.wait_for(1)
    link = re.search(r"http\S+/desk/invitation/\S+", letter.message.get_content())
    assert link
    newcomer = browser.phone(chromium)
    join = newcomer.new_page()
    join.goto(link[0])
    join.fill("#code", code)
    join.fill("#name", "Zarina")
    password = join.locator(".suggestion").first.inner_text()
    join.fill("#password", password)
    join.fill("#one_time", one_time_code(join.locator(".suggestion").last.inner_text().replace(" ", "")))
    join.get_by_role("button", name="Join", exact=True).click()
    expect(join.locator(".recovery-codes li")).to_have_count(10)
    join.get_by_role("link", name="I have them").click()
    expect(join.get_by_role("heading", name="No new cases")).to_be_visible()
    join.get_by_role("button", name="Sign out").click()
    expect(join.get_by_role("heading", name="Sign in")).to_be_visible()
    assert browser.seen(newcomer).errors == []
    desk.close()
    newcomer.close()


def test_over_https_cookies_are_bound_to_the_host_and_every_form_works(
    chromium: Browser, app: Flask, secure_site: Site
) -> None:
    house = make_house()
    journalist = make_member(house, "KZ")
    db.session.remove()
    context = browser.desktop(chromium, ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{secure_site.url}/en/")
    fill_and_send(page)
    expect(page.locator(".code")).to_be_visible()
    sign_in(page, secure_site, journalist.address)
    page.locator(".reference").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".tag.acknowledged")).to_be_visible()
    assert {cookie["name"] for cookie in context.cookies()} == {"__Host-member", "__Host-form"}
    assert all(
        cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in context.cookies()
    )
    page.get_by_role("button", name="Sign out").click()
    assert "__Host-member" not in {cookie["name"] for cookie in context.cookies()}
    context.close()


def test_a_link_from_webmail_opens_the_case_for_who_is_signed_in(
    chromium: Browser, app: Flask, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    house = make_house()
    journalist = make_member(house, "KZ")
    desk: BrowserContext = browser.desktop(chromium)
    page = desk.new_page()
    page.goto(f"{site.url}/en/")
    fill_and_send(page)
    sign_in(page, site, journalist.address)
    case = page.locator(".reference").get_attribute("href")
    webmail = f"http://127.0.0.1:{site.server.server_port}/en/about"  # another site than localhost, to a browser
    page.goto(webmail)
    page.evaluate("address => { location.href = address }", f"{site.url}{case}")
    expect(page.locator(".story")).to_have_text(STORY)
    desk.close()
