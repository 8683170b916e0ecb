"""An urgent case from its arrival to its publication: two journalists check it, and an editor signs it off."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.members.models import EDITOR
from intake.outbox import worker
from tests.factories import make_house, make_member, reference_on
from tests.journeys.site import Site, sign_in
from tests.servers import browser
from tests.servers.smtp import SmtpServer

LINK = "https://acca.media/en/zanzibar-street"
CLAIM = "Two policemen beat him on Zanzibar Street."
TOO_FAST = 3100  # milliseconds that a person takes at least
REFUSED = "422 (UNPROCESSABLE ENTITY)"  # the browser's word for what is refused with a sentence


def send_urgent(page: Page, site: Site) -> str:
    """Send a complaint that is urgent; return its reference."""
    page.goto(f"{site.url}/en/")
    page.check('input[name="country"][value="KZ"]')
    page.fill("#story", "Policemen beat my brother on the street and took him away.")
    page.check('input[name="urgent"]')
    page.check("#consent")
    page.wait_for_timeout(TOO_FAST)
    page.locator("form > button").click()
    expect(page.get_by_role("heading", name="We have your message")).to_be_visible()
    return reference_on(page.content())


def at_the_desk(chromium: Browser, site: Site, address: str, *, javascript: bool) -> Page:
    """Sign a member in on a phone of their own."""
    page = browser.phone(chromium, javascript=javascript).new_page()
    sign_in(page, site, address)
    expect(page.locator(".queue, .empty").first).to_be_visible()
    return page


def give_status(page: Page, status: str, words: str = "") -> None:
    """Give the case that is open a status."""
    if not page.locator(f"#case-status input[value={status}]").is_visible():
        page.get_by_text("Give another status").click()
    page.locator(f"#case-status input[value={status}]").check()
    page.locator("#case-status textarea").fill(words)
    page.get_by_role("button", name="Give this status").click()


def fits(page: Page) -> bool:
    """Return whether nothing of the page stands out at its side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_urgent_case_from_arrival_to_publication(
    chromium: Browser, app: Flask, site: Site, smtp: SmtpServer, *, javascript: bool
) -> None:
    house = make_house()
    ana, ben = (make_member(house, "KZ", name=name).address for name in ("Ana", "Ben"))
    edil = make_member(house, *house.keys, role=EDITOR, name="Edil").address
    person = browser.phone(chromium, javascript=javascript)
    reference = send_urgent(person.new_page(), site)
    worker.deliver_due()
    received = smtp.wait_for(3)
    assert all(b"Policemen" not in letter.raw for letter in received)
    assert all("urgent" in letter.message["Subject"].lower() for letter in received)

    hers = at_the_desk(chromium, site, ana, javascript=javascript)
    hers.get_by_role("link", name=reference).click()
    hers.get_by_role("button", name="Acknowledge").click()
    give_status(hers, "checking")
    expect(hers.locator("#case-status")).to_contain_text("Being checked")
    give_status(hers, "published", LINK)
    expect(hers.get_by_role("alert")).to_contain_text("No editor has signed off")
    hers.get_by_role("link", name="Claims, sources, checklist").click()
    hers.get_by_role("link", name="Add a claim").click()
    hers.get_by_label("What is said to have happened").fill(CLAIM)
    hers.get_by_label("Kind of source").select_option("A witness")
    hers.get_by_label("Who or what is it?").fill("A. K., a neighbour")
    assert fits(hers)
    hers.get_by_role("button", name="Keep the claim").click()
    expect(hers.locator("#claim-1")).to_contain_text("Not checked yet")

    theirs = at_the_desk(chromium, site, ben, javascript=javascript)
    theirs.goto(f"{site.url}/desk/cases/{reference}/verification")
    theirs.get_by_role("link", name="Change it, add a source").click()
    theirs.get_by_label("Confirmed", exact=True).check()
    theirs.get_by_label("How was it checked?").first.fill("She described the car")
    theirs.get_by_label("Checked on").first.fill("2026-01-02")
    theirs.get_by_role("button", name="Keep the claim").click()
    expect(theirs.locator("#claim-1 .sources")).to_contain_text("Ben")
    theirs.get_by_label("Two sources say so").check()
    theirs.get_by_role("button", name="Keep the checklist").click()
    expect(theirs.locator("#sign-off")).to_contain_text("1 of 6 done")
    expect(theirs.locator("#sign-off")).to_contain_text("An editor of this desk signs it off")
    assert fits(theirs)

    editors = at_the_desk(chromium, site, edil, javascript=javascript)
    editors.goto(f"{site.url}/desk/cases/{reference}/verification")
    editors.get_by_label("Your word about it").fill("Without the name of the neighbour")
    editors.get_by_role("button", name="Sign off what stands here now").click()
    expect(editors.locator(".head .tag")).to_have_text("Signed off")

    hers.goto(f"{site.url}/desk/cases/{reference}")
    expect(hers.locator("#verification")).to_contain_text("Edil")
    give_status(hers, "published", LINK)
    expect(hers.locator("#case-status .given").first).to_contain_text(LINK)
    for page in (hers, theirs, editors):
        seen = browser.seen(page.context).errors
        assert [error for error in seen if REFUSED not in error] == []
        page.context.close()
    person.close()
