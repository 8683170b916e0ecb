"""Two complaints about one thing, as a journalist finds, merges and parts them again."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from intake.cases.paper_models import CaseLink, CaseMerge
from intake.extensions import db
from tests.factories import count_rows, make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.journeys.test_desk_work import fits
from tests.servers import browser

STORY = "On Monday they came to our house in Sarkand, and captain Jumabekov took my brother away without any paper."
AGAIN = "My son was taken away on Monday in Sarkand by captain Jumabekov, they showed no paper and told us nothing."


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_journalist_finds_a_case_like_another_merges_them_and_takes_it_back(
    chromium: Browser, app: Flask, site: Site, *, javascript: bool
) -> None:
    house = make_house()
    ana = make_member(house, "KZ", name="Ana").address
    main, case = make_case("KZ", story=STORY)[0].reference, make_case("KZ", story=AGAIN)[0].reference
    db.session.rollback()
    context = browser.phone(chromium, javascript=javascript)
    page = context.new_page()
    sign_in(page, site, ana)
    page.get_by_role("link", name=case).click()
    page.get_by_role("link", name="Cases like this, link or merge").click()
    page.get_by_role("button", name="Look for cases like this").click()
    suggested = page.locator(".suggested")
    expect(suggested).to_contain_text("both name: Jumabekov")
    assert fits(page)
    suggested.get_by_role("link", name=f"Link or merge {main}").click()
    expect(page.get_by_label("Reference of the other case")).to_have_value(main)
    page.get_by_label("Work on this case with the other one").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Write why, in a few words.")).to_be_visible()
    browser.seen(context).errors.clear()
    page.get_by_label("Why?").fill("The mother wrote a second time.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The two cases are worked on together.")).to_be_visible()
    expect(page.locator("#main-case")).to_contain_text("The mother wrote a second time.")
    assert fits(page)

    page.goto(f"{site.url}/desk/")
    expect(page.locator(".tag.merged")).to_have_text(f"with {main}")
    page.locator("a.reference", has_text=case).click()
    expect(page.locator("#merged")).to_contain_text(f"Worked on with {main}")
    page.locator("#merged").get_by_role("link", name=main).click()
    expect(page.locator("#links")).to_contain_text(case)
    assert fits(page)
    page.get_by_role("link", name=f"Conversation {case}").click()
    expect(page.get_by_role("heading", name=case)).to_be_visible()

    page.goto(f"{site.url}/desk/cases/{main}/links")
    page.get_by_role("button", name=f"Take it out {case}").click()
    expect(page.get_by_text("worked on by itself again")).to_be_visible()
    expect(page.locator(".led")).to_have_count(0)
    page.goto(f"{site.url}/desk/")
    expect(page.locator(".tag.merged")).to_have_count(0)
    assert browser.seen(context).errors == []
    context.close()
    assert count_rows(CaseMerge) == count_rows(CaseLink) == 0
