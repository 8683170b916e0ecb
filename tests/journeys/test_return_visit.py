"""Coming back: details, an answer, consent, deletion, as a person with a phone would do it."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.cases import conversation, queue
from intake.cases.models import Case, ComplainantSession
from intake.extensions import db, settle
from intake.followup import blocks
from tests.factories import House, count_rows, letters, make_house, make_member
from tests.followup.answers import ANSWERS, MARKER
from tests.journeys.site import Site
from tests.journeys.test_main_job import code_on, fill_and_send
from tests.servers import browser


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Run a journey both with JavaScript and without."""
    return bool(request.param)


def fill(page: Page, answers: dict[str, str | list[str]]) -> None:
    """Answer the questions of a block."""
    for name, given in answers.items():
        for value in given if isinstance(given, list) else [given]:
            one = page.locator(f'[name="{name}"]')
            if one.first.get_attribute("type") in {"radio", "checkbox"}:
                page.check(f'[name="{name}"][value="{value}"]')
            elif one.evaluate("element => element.tagName") == "SELECT":
                one.select_option(value)
            else:
                one.fill(value)


def come_back(page: Page, site: Site, code: str) -> None:
    """Open the case with its code."""
    page.goto(f"{site.url}/en/case")
    page.fill("#code", code)
    page.get_by_role("button", name="Show my case").click()
    expect(page.get_by_role("heading", name="Your case")).to_be_visible()


def ask_back(house: House, member_id: int, text: str) -> Case:
    """Let a journalist ask the complainant something."""
    visitor = house.visitors[member_id]
    case = queue.page(visitor).cases[0]
    words = conversation.Words(text, "once", asks=True)
    settle(lambda: conversation.seal_message(visitor, case, words), conversation.write)
    return case


def test_details_an_answer_consent_and_withdrawal(
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    house = make_house()
    journalist = make_member(house, "KZ", address="aigerim@example.org")
    phone = browser.phone(chromium, javascript=javascript)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    fill_and_send(page)
    code = code_on(page)
    page.get_by_role("button", name=str(blocks.BLOCKS["kind"].title)).click()
    fill(page, ANSWERS["kind"])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    first = page.locator('.blocks a[href*="/details/"]').first
    expect(first).to_contain_text(str(blocks.BLOCKS["detention"].title))
    for block in [name for name in blocks.BLOCKS if name != "kind"]:
        page.locator(f'.blocks a[href$="/details/{block}"]').click()
        fill(page, ANSWERS[block])
        page.get_by_role("button", name="Save").click()
        expect(page.locator(f'.blocks a[href$="/details/{block}"]')).to_contain_text("answered")
    expect(page.get_by_text("marked as urgent")).to_be_visible()
    assert browser.seen(phone).errors == []
    phone.close()

    case = ask_back(house, journalist.id, "When was it, exactly?")
    phone = browser.phone(chromium, javascript=javascript)
    page = phone.new_page()
    come_back(page, site, code)
    expect(page.get_by_role("heading", name="Needs your answer")).to_be_visible()
    expect(page.locator(".talk .m")).to_contain_text("When was it, exactly?")
    assert MARKER not in page.content()
    page.fill("#text", "On Monday, at three in the morning.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".talk .own")).not_to_contain_text("three in the morning")
    expect(page.get_by_role("heading", name="Being checked")).to_be_visible()
    told_before = len(letters("consent_changed"))
    page.locator('.blocks a[href$="/details/publication"]').click()
    expect(page.locator('[value="without_name"]')).to_be_checked()
    page.check('[value="never"]')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You asked us to publish nothing.")).to_be_visible()
    assert [letter.address for letter in letters("consent_changed")][told_before:] == ["aigerim@example.org"]
    assert db.session.get_one(Case, case.id).not_for_publication

    page.get_by_role("link", name="Delete my case").click()
    page.fill("#code", code)
    page.get_by_role("button", name="Delete my case").click()
    expect(page.get_by_role("heading", name="opens nothing any more")).to_be_visible()
    page.goto(f"{site.url}/en/case")
    page.fill("#code", code)
    page.get_by_role("button", name="Show my case").click()
    expect(page.get_by_text("We found no case with this code")).to_be_visible()
    assert "aigerim@example.org" in {letter.address for letter in letters("deletion_asked")}
    assert browser.seen(phone).blocked == []
    phone.close()


def test_leaving_in_a_hurry_ends_the_visit_and_leaves_no_way_back(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    app.config["EXIT_URL"] = f"{site.url}/healthz"
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    fill_and_send(page)
    come_back(page, site, code_on(page))
    for _ in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url("**/healthz")
    assert phone.cookies() == []
    assert count_rows(ComplainantSession) == 0
    page.go_back()
    expect(page.get_by_role("heading", name="Come back with your code")).to_be_visible()
    assert not re.search(r"[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{2}", page.content()), "the case is not in the history"
    phone.close()


def test_what_was_typed_survives_a_visit_that_ran_out(
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    make_house()
    phone = browser.phone(chromium, javascript=javascript)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    fill_and_send(page)
    code = code_on(page)
    come_back(page, site, code)
    page.locator('.blocks a[href$="/details/witnesses"]').click()
    fill(page, ANSWERS["witnesses"])
    phone.clear_cookies()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Your code, once more")).to_be_visible()
    page.fill("#code", code)
    page.get_by_role("button", name="Send what I typed").click()
    expect(page.locator('.blocks a[href$="/details/witnesses"]')).to_contain_text("answered")
    page.get_by_role("link", name="Show what I wrote").click()
    expect(page.get_by_text(MARKER)).to_be_visible()
    phone.close()
