"""A journalist is detained: locked out by a colleague, the desk gets a new key, and later they come back."""

import re

from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.members.models import EDITOR
from intake.outbox import worker
from tests.factories import PASSWORD, make_case, make_house, make_member, one_time_code
from tests.journeys.site import Site, sign_in
from tests.servers import browser
from tests.servers.smtp import SmtpServer


def password_again(page: Page) -> None:
    """Type the password that is asked before something grave."""
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Go on").click()


def lock_out(page: Page, name: str) -> None:
    """Lock a colleague out, from the list of members."""
    page.get_by_role("link", name="Members").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Lock out").click()
    page.get_by_role("button", name="Lock out now").click()
    password_again(page)
    expect(page.get_by_role("heading", name=f"{name} is locked out")).to_be_visible()


def invite_again(page: Page, name: str) -> tuple[str, str]:
    """Invite a member anew, from the list of members; return link and code."""
    page.get_by_role("link", name="Members").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Invite again").click()
    password_again(page)
    expect(page.locator("main")).to_contain_text("/desk/invitation/")
    link = re.search(r"http\S+/desk/invitation/\S+", page.locator("main").inner_text())
    assert link
    return link[0], page.locator(".code").inner_text()


def choose_new_secrets(page: Page, link: str, code: str) -> str:
    """Accept an invitation anew; return the fingerprint of the new key."""
    page.goto(link)
    page.fill("#code", code)
    page.fill("#password", page.locator(".suggestion").first.inner_text())
    page.fill("#one_time", one_time_code(page.locator(".suggestion").last.inner_text().replace(" ", "")))
    page.get_by_role("button", name="Join", exact=True).click()
    page.get_by_role("link", name="I have them").click()
    expect(page.locator(".reference")).to_have_count(0)
    page.get_by_role("link", name="Seats").click()
    return page.locator(".print").last.inner_text()


def test_a_colleague_is_locked_out_and_comes_back(chromium: Browser, app: Flask, site: Site, smtp: SmtpServer) -> None:
    house = make_house()
    detained = make_member(house, "KZ", name="Zarina", address="zarina@example.org").address
    colleague = make_member(house, "KZ", name="Bolat").address
    admin = make_member(house, *house.keys, role=EDITOR, is_admin=True, name="Aigerim").address
    case = f"/desk/cases/{make_case('KZ')[0].reference}"
    worker.deliver_due()
    seized, page, office = (browser.desktop(chromium).new_page() for _ in range(3))
    sign_in(seized, site, detained)
    seized.locator(".reference").click()
    seized.get_by_role("button", name="Acknowledge").click()

    sign_in(page, site, colleague)
    lock_out(page, "Zarina")
    expect(page.get_by_text("1 case stands in the queue again")).to_be_visible()
    seized.reload()
    expect(seized.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="Kazakhstan").click()
    page.get_by_role("button", name="Make a new key").click()
    expect(page.get_by_text("All is sealed anew")).to_be_visible()
    page.goto(f"{site.url}{case}")
    expect(page.locator(".story")).to_be_visible()

    worker.deliver_due()
    told = [letter for letter in smtp.letters if "locked" in letter.message.get_content()]
    recipients = {address for letter in told for address in letter.recipients}
    assert detained not in recipients
    assert {colleague, admin} <= recipients
    assert all("Zarina" not in letter.message.get_content() for letter in told)

    sign_in(office, site, admin)
    fingerprint = choose_new_secrets(seized, *invite_again(office, "Zarina"))
    page.get_by_role("link", name="Seats").click()
    assert fingerprint in page.locator("main").inner_text()
    page.get_by_role("button", name="Seat them").click()
    expect(page.get_by_text("Zarina is seated at the desk")).to_be_visible()
    seized.goto(f"{site.url}{case}")
    expect(seized.locator(".story")).to_be_visible()
    for one in (seized, page, office):
        one.context.close()
