"""A journalist searches: what came is made searchable, found in the other script, opened, and searched for again."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from intake.cases.models import SearchEntry
from tests.factories import count_rows, make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.servers import browser

STORY = "Ўзбекистондан келган Xylophagous укамни уйдан олиб кетди. <b>Ҳеч ким</b> қаерда эканини айтмайди."


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_case_is_found_by_a_word_in_the_other_script(
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    house = make_house()
    member = make_member(house, "UZ")
    cases = [make_case("UZ", story=STORY)[0], make_case("UZ")[0]]
    desk = browser.desktop(chromium, javascript=javascript)
    page = desk.new_page()
    sign_in(page, site, member.address)
    page.get_by_role("link", name="Search", exact=True).click()
    if not javascript:
        expect(page.get_by_text("2 cases are not searchable yet, of 2.")).to_be_visible()
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("2 cases are searchable, all there are.")).to_be_visible()
    assert count_rows(SearchEntry) == 2

    page.get_by_label("Words").fill("oʻzbekiston olib xylo")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="1 case found")).to_be_visible()
    assert page.locator("mark").all_inner_texts() == ["Ўзбекистондан", "Xylophagous", "олиб"]
    assert page.locator(".passage b").count() == 0
    assert page.url == f"{site.url}/desk/search#found"
    page.get_by_role("button", name="Save this search").click()

    page.get_by_role("button", name="oʻzbekiston olib xylo", exact=True).click()
    page.get_by_role("link", name=cases[0].reference).click()
    expect(page.locator(".story")).to_have_text(STORY)

    page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_role("button", name="Delete the search").click()
    expect(page.get_by_role("heading", name="Saved searches")).to_have_count(0)
    assert browser.seen(desk).errors == []
