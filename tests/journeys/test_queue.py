"""The queue by keyboard, in a real browser: moving, ticking, acknowledging, and rows that change under the hands."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from intake.cases import triage, words
from intake.cases.models import Case, Label
from intake.extensions import db, transaction
from intake.members.models import EDITOR
from tests.factories import STORY, House, make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.servers import browser

MINUTE = 61_000  # milliseconds


def some(count: int) -> list[str]:
    """Make cases; return their references in the order of the queue."""
    found = [make_case("KZ", story=f"{STORY} {number}")[0].reference for number in range(count)]
    db.session.remove()
    return found


@pytest.fixture
def house(app: Flask) -> House:
    """Return the desks, and a label."""
    house = make_house()
    with transaction():
        db.session.add(Label(name="press"))
    return house


def opened(chromium: Browser, site: Site, house: House, open_context: Any = browser.desktop) -> Page:
    """Return the queue of a journalist of Kazakhstan, in a browser whose clock the test turns."""
    member = make_member(house, "KZ", name="Aigerim")
    page: Page = open_context(chromium).new_page()
    page.clock.install()
    sign_in(page, site, member.address)
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()
    page.wait_for_load_state()  # the keys are heard once the script has run
    return page


def status_of(reference: str) -> str:
    """Return a case's status."""
    db.session.remove()
    return db.session.scalars(select(Case.status).where(Case.reference == reference)).one()


def test_a_journalist_works_with_the_keyboard_alone(chromium: Browser, site: Site, house: House) -> None:
    first, second, third = some(3)
    page = opened(chromium, site, house)
    page.keyboard.press("j")
    expect(page.locator(f'[data-case="{first}"] .reference')).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator(f'[data-case="{second}"] .reference')).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator(f'[data-case="{second}"] [name=case]')).to_be_checked()
    page.keyboard.press("x")
    expect(page.locator(f'[data-case="{second}"] [name=case]')).not_to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    page.keyboard.press("a")
    expect(page.locator(f'[data-case="{second}"]')).to_have_count(0)
    expect(page.locator(f'[data-case="{third}"] .reference')).to_be_focused()
    expect(page.locator("#count-received")).to_have_text("2")
    assert status_of(second) == "acknowledged"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "country"
    page.keyboard.press("a")
    assert [status_of(reference) for reference in (first, third)] == ["received", "received"]
    page.locator(f'[data-case="{third}"] .reference').focus()
    page.keyboard.press("o")
    expect(page.locator(".story")).to_be_visible()
    assert browser.seen(page.context).errors == []
    page.context.close()


def test_a_case_is_worked_on_with_the_keyboard_alone(chromium: Browser, site: Site, house: House) -> None:
    (reference,) = some(1)
    editor = make_member(house, "KZ", "KG", role=EDITOR)
    page = browser.desktop(chromium).new_page()
    sign_in(page, site, editor.address)
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator(".head .tag", has_text="Acknowledged")).to_be_visible()
    page.wait_for_load_state()
    for key, to, _ in words.CASE_KEYS[1:]:
        assert page.locator(to).count(), f"{key} leads nowhere"
    page.keyboard.press("m")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("a calm question")
    expect(page.locator("#text")).to_have_value("a calm question")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_text("Being checked", exact=True)).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Verification", level=1)).to_be_visible()
    page.go_back()
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.locator(".queue, .empty").first).to_be_visible()
    assert status_of(reference) == "acknowledged"
    assert browser.seen(page.context).errors == []
    page.context.close()


def test_new_rows_come_by_themselves_and_take_nothing_from_the_hands(
    chromium: Browser, site: Site, house: House
) -> None:
    references = some(12)
    page = opened(chromium, site, house)
    page.locator(f'[data-case="{references[4]}"] [name=case]').check()
    page.locator(f'[data-case="{references[9]}"] .reference').focus()
    page.evaluate("scrollTo(0, 300)")
    top = page.locator(f'[data-case="{references[9]}"]').bounding_box()
    urgent = make_case("KZ", urgent=True, story="They took him just now.")[0].reference
    db.session.remove()
    page.clock.run_for(MINUTE)
    expect(page.locator(f'[data-case="{urgent}"]')).to_be_attached()
    expect(page.locator("#count-received")).to_have_text("13")
    expect(page.locator(f'[data-case="{references[4]}"] [name=case]')).to_be_checked()
    expect(page.locator(f'[data-case="{references[9]}"] .reference')).to_be_focused()
    now = page.locator(f'[data-case="{references[9]}"]').bounding_box()
    assert top is not None
    assert now is not None
    assert abs(top["y"] - now["y"]) < 2
    page.get_by_label("All on this page").check()
    expect(page.locator("[name=case]:checked")).to_have_count(13)
    page.select_option("#act", label="Urgent")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("12 cases were changed.")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("12 cases are as they were.")).to_be_visible()
    assert browser.seen(page.context).errors == []
    page.context.close()


def test_what_is_selected_or_has_the_focus_stays(chromium: Browser, site: Site, house: House) -> None:
    first, second, third = some(3)
    page = opened(chromium, site, house)
    page.locator(f'[data-case="{first}"] .first-words span').select_text()
    acknowledge(house, second)
    page.clock.run_for(MINUTE)
    expect(page.locator("#count-received")).to_have_text("2")
    expect(page.locator(f'[data-case="{second}"]')).to_be_attached()
    assert "brother" in page.evaluate("getSelection().toString()")
    page.evaluate("getSelection().removeAllRanges()")
    page.locator(f'[data-case="{third}"] .reference').focus()
    acknowledge(house, third)
    page.clock.run_for(MINUTE)
    expect(page.locator("#count-received")).to_have_text("1")
    expect(page.locator(f'[data-case="{third}"] .reference')).to_be_focused()
    page.locator(f'[data-case="{first}"] .reference').focus()
    page.clock.run_for(MINUTE)
    expect(page.locator("[data-case]")).to_have_count(1)
    page.context.close()


def acknowledge(house: House, reference: str) -> None:
    """Take a case up, as a colleague does meanwhile."""
    visitor = house.visitors[max(house.visitors)]
    with transaction():
        triage.acknowledge(visitor, reference)
    db.session.remove()


@pytest.mark.parametrize("size", [browser.phone, browser.desktop], ids=["360 px", "1280 px"])
def test_the_queue_reads_well_on_every_screen(chromium: Browser, site: Site, house: House, size: Any) -> None:
    some(3)
    page = opened(chromium, site, house, size)
    for address in ("", "?tab=open&country=KZ&sort=deadline&desk=99", "?tab=done"):
        page.goto(f"{site.url}/desk/{address}")
        for summary in page.locator("main summary").all():
            if not summary.evaluate("one => one.parentElement.open"):
                summary.click()
        found = [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in Axe().run(page).response["violations"]]
        assert found == []
        width = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width[0] <= width[1]
    page.context.close()


def test_without_javascript_all_of_it_is_links_and_forms(chromium: Browser, site: Site, house: House) -> None:
    some(2)
    member = make_member(house, "KZ")
    page = browser.desktop(chromium, javascript=False).new_page()
    sign_in(page, site, member.address)
    page.get_by_text("Filter and order").click()
    page.select_option("#f-sort", "newest")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("sort=newest$"))
    page.get_by_label("All on this page").check()
    page.select_option("#act", label="press")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("2 cases were changed.")).to_be_visible()
    expect(page.locator(".tag.label")).to_have_count(2)
    assert "sort=newest" in page.url
    page.context.close()
