"""Two journalists on one case at once: they see each other, and neither writes over the other."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from intake.cases import presence
from intake.extensions import transaction
from intake.members.models import Member
from tests.cases import opener, texts
from tests.factories import House, make_case, make_house, make_member, make_note, make_reply
from tests.journeys.site import Site, sign_in
from tests.servers import browser

EXPECTED = "409 (CONFLICT)"  # the browser's word for what is refused kindly


def at_the_case(context: BrowserContext, site: Site, member_address: str, reference: str) -> Page:
    """Sign a member in, and open the case."""
    page = context.new_page()
    sign_in(page, site, member_address)
    page.wait_for_selector(".queue")
    page.goto(f"{site.url}/desk/cases/{reference}")
    return page


def two(house: House) -> tuple[Member, Member]:
    """Return two journalists of one desk."""
    return make_member(house, "KZ", name="Aigerim"), make_member(house, "KZ", name="Dilnoza")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_two_journalists_see_each_other_and_neither_writes_over_the_other(
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    house = make_house()
    first, second = two(house)
    case, _, _ = make_case()
    make_note(house, first, case, "The hearing is on Monday")
    reference, addresses = case.reference, (first.address, second.address)
    desk, phone = browser.desktop(chromium, javascript=javascript), browser.phone(chromium, javascript=javascript)
    hers = at_the_case(desk, site, addresses[0], reference)
    theirs = at_the_case(phone, site, addresses[1], reference)
    expect(theirs.get_by_text("Also open now at: Aigerim")).to_be_visible()
    hers.reload()
    expect(hers.get_by_text("Also open now at: Dilnoza")).to_be_visible()

    for page in (hers, theirs):
        page.get_by_role("link", name="Change the note").click()
    hers.fill("#note", "The hearing is on Tuesday")
    hers.get_by_role("button", name="Keep for the desk").click()
    expect(hers.locator(".for-desk .words").first).to_have_text("The hearing is on Tuesday")
    theirs.fill("#note", "The hearing is in room 7")
    theirs.get_by_role("button", name="Keep for the desk").click()
    expect(theirs.get_by_role("heading", name="A newer version was kept meanwhile")).to_be_visible()
    expect(theirs.get_by_text("The hearing is on Tuesday")).to_be_visible()
    expect(theirs.locator("#note")).to_have_value("The hearing is in room 7")
    theirs.fill("#note", "The hearing is on Tuesday, in room 7")
    theirs.get_by_role("button", name="Keep mine instead").click()
    expect(theirs.get_by_text("2 earlier versions")).to_be_visible()

    hers.goto(f"{site.url}/desk/cases/{reference}")
    expect(hers.locator(".for-desk .words").first).to_have_text("The hearing is on Tuesday, in room 7")
    hers.fill("#personal", "Call the lawyer myself")
    hers.get_by_role("button", name="Keep for myself").click()
    expect(hers.locator("#personal")).to_have_value("Call the lawyer myself")
    theirs.reload()
    expect(theirs.locator("#personal")).to_have_value("")
    assert [error for error in browser.seen(desk).errors + browser.seen(phone).errors if EXPECTED not in error] == []
    assert browser.seen(desk).blocked == []
    desk.close()
    phone.close()


def test_a_draft_keeps_itself_comes_back_elsewhere_and_is_sent_once(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    journalist, _ = two(house)
    reply = make_reply(journalist, text="We have {reference}.")
    case, keys, _ = make_case()
    reference, address, title = case.reference, journalist.address, reply.title
    desk, phone = browser.desktop(chromium), browser.phone(chromium, javascript=False)
    laptop = at_the_case(desk, site, address, reference)
    laptop.fill("#text", "We are at it.")
    expect(laptop.locator("[data-words]")).to_have_text("Draft kept")
    pocket = at_the_case(phone, site, address, reference)
    expect(pocket.locator("#text")).to_have_value("We are at it.")
    pocket.select_option("#reply", label=title)
    pocket.get_by_role("button", name="Put it into the message").click()
    expect(pocket.locator("#text")).to_have_value(f"We are at it.\n\nWe have {reference}.")
    pocket.get_by_role("button", name="Keep as a draft").click()
    expect(pocket.get_by_text("The draft was kept.")).to_be_visible()

    laptop.fill("#text", "We are at it, all of us.")
    expect(laptop.get_by_role("alert")).to_contain_text("A newer draft was kept elsewhere.")
    laptop.get_by_role("button", name="Keep as a draft").click()
    expect(laptop.get_by_text(f"We have {reference}.")).to_be_visible()
    expect(laptop.locator("#text")).to_have_value("We are at it, all of us.")
    laptop.get_by_role("link", name="Leave the newer one as it is").click()
    expect(laptop.locator("#text")).to_have_value(f"We are at it.\n\nWe have {reference}.")
    laptop.get_by_role("button", name="Send to the complainant").click()
    expect(laptop.locator(".ours .words")).to_have_text(f"We are at it.\n\nWe have {reference}.")
    expect(laptop.locator("#text")).to_have_value("")
    pocket.reload()
    expect(pocket.locator("#text")).to_have_value("")
    assert len(texts(case, opener(keys.identity))) == 1
    desk.close()
    phone.close()


def test_a_page_that_stays_open_hears_who_comes(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    first, second = two(house)
    case, _, _ = make_case()
    desk = browser.desktop(chromium)
    page = desk.new_page()
    page.clock.install()
    sign_in(page, site, first.address)
    page.wait_for_selector(".queue")
    page.goto(f"{site.url}/desk/cases/{case.reference}")
    expect(page.locator("[data-presence]")).to_be_hidden()
    with transaction():
        presence.note(house.visitors[second.id], case)
    page.mouse.move(10, 10)
    page.clock.fast_forward("01:01")
    expect(page.get_by_text("Also open now at: Dilnoza")).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward("10:00")
    page.clock.fast_forward("01:01")
    expect(page.get_by_text("Also open now at: Dilnoza")).to_be_visible()
    asked = [address for address in asked if not address.endswith("/desk/session")]  # which keeps nothing alive
    assert asked == [], "nobody is at the page: it asks no more, so that the session runs out"
    desk.close()
