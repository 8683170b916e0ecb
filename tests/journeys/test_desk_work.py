"""The work on a case as two desks do it: handing it over to a colleague, and moving it to another country's desk."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.cases.models import Case
from intake.extensions import db
from intake.members.models import EDITOR
from tests.factories import PASSWORD, make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.servers import browser


def sign_out(page: Page) -> None:
    """Leave the desk."""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def fits(page: Page) -> bool:
    """Return whether nothing of the page stands out at its side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_case_is_handed_over_and_then_moved_to_another_desk(  # noqa: PLR0915 a journey is long
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    house = make_house()
    ana, ben = (make_member(house, "KZ", name=name).address for name in ("Ana", "Ben"))
    gulnara = make_member(house, "KG", name="Gulnara").address
    case, _, code = make_case("KZ")
    case_id, reference = case.id, case.reference
    db.session.rollback()
    context = browser.phone(chromium, javascript=javascript)
    page = context.new_page()
    sign_in(page, site, ana)
    page.get_by_role("link", name=reference).click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#work")).to_contain_text("that is you")
    page.get_by_role("link", name="Hand it over, or give it up").click()
    page.get_by_label("Colleague").select_option("Ben")
    page.get_by_label("What should they know?").fill("The family speaks Kazakh only.")
    page.get_by_role("button", name="Offer the case").click()
    expect(page.locator("#work")).to_contain_text("Offered to Ben")
    assert fits(page)
    sign_out(page)

    sign_in(page, site, ben)
    page.goto(f"{site.url}/desk/cases/{reference}")
    expect(page.locator("#work")).to_contain_text("The family speaks Kazakh only.")
    page.get_by_role("button", name="Take it over").click()
    expect(page.locator("#work")).to_contain_text("that is you")
    page.get_by_role("link", name="Move it to another desk").click()
    page.locator("#to").select_option("Kyrgyzstan")
    page.get_by_label("Why does it go there?").fill("It happened in Osh.")
    assert fits(page)
    page.get_by_role("button", name="Move the case").click()
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("was moved to another desk")).to_be_visible()
    answer = page.goto(f"{site.url}/desk/cases/{reference}")
    assert answer is not None
    assert answer.status == 404
    browser.seen(context).errors.clear()
    page.goto(f"{site.url}/desk/")
    sign_out(page)

    sign_in(page, site, gulnara)
    page.get_by_role("link", name=reference).click()
    expect(page.locator(".story")).to_be_visible()
    expect(page.locator("#work")).to_contain_text("Nobody yet")
    expect(page.locator(".history")).to_contain_text("Came from another desk")
    page.goto(f"{site.url}/en/case")
    page.fill("#code", code)
    page.locator("#f > button, main form button").first.click()
    expect(page.get_by_text("another team of our journalists")).to_be_visible()
    assert browser.seen(context).errors == []
    context.close()
    db.session.expire_all()
    assert db.session.get_one(Case, case_id).assignee_id is None


def test_an_editor_gives_a_case_away_labels_it_and_sets_a_day(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    editor = make_member(house, *house.keys, role=EDITOR, name="Edil").address
    make_member(house, "KZ", name="Ana")
    case, _, _ = make_case("KZ")
    reference = case.reference
    db.session.rollback()
    context = browser.desktop(chromium)
    page = context.new_page()
    sign_in(page, site, editor)
    page.get_by_role("link", name="Labels").click()
    page.get_by_label("New label").fill("prison")
    page.get_by_role("button", name="Put it on the list").click()
    page.goto(f"{site.url}/desk/cases/{reference}")
    page.get_by_text("Give it to a colleague").click()
    page.locator("#assignee").select_option("Ana")
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.locator("#work")).to_contain_text("Ana")
    page.get_by_text("Put a label on").click()
    page.get_by_role("button", name="Put on").click()
    expect(page.locator("#labels .tag")).to_have_text("prison")
    page.get_by_text("Set a day").click()
    page.fill("#due-day", "2020-01-01")
    page.get_by_role("button", name="Save the day").click()
    expect(page.get_by_text("Choose a day from tomorrow on")).to_be_visible()
    page.get_by_text("Give another status").click()
    expect(page.locator("#case-status input[value=published]")).to_have_count(0)
    page.locator("#case-status input[value=checking]").check()
    page.get_by_role("button", name="Give this status").click()
    expect(page.locator("#case-status")).to_contain_text("Being checked")
    expect(page.locator("#work")).to_contain_text("Ana")
    assert fits(page)
    assert browser.seen(context).errors == []
    context.close()
