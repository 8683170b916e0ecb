"""A new key for a desk, made in a real browser: the button presses itself, or a person presses it."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect

from intake.cases import rotation, rotation_views
from intake.desks import queries
from intake.extensions import db
from tests.accessibility.looking import faults
from tests.cases.rotating import begin
from tests.factories import PASSWORD, STORY, make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.servers import browser


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_journalist_makes_a_new_key_after_a_laptop_was_lost(
    chromium: Browser,
    app: Flask,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    *,
    javascript: bool,
) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 1)
    monkeypatch.setattr(rotation_views, "SECONDS", 0.000_1)  # one row a step
    house = make_house()
    member = make_member(house, "KZ")
    reference, *_ = [make_case()[0].reference for _ in range(3)]
    context = browser.phone(chromium, javascript=javascript)
    page = context.new_page()
    sign_in(page, site, member.address)
    page.get_by_role("link", name="Seats").click()
    page.get_by_role("link", name="New key").click()
    page.get_by_role("button", name="Make a new key").click()
    page.fill("#password", PASSWORD)
    browser.seen(context).errors.clear()  # the answer that asked for the password is none that went wrong
    page.locator("main form button").click()
    if not javascript:
        for percent in (0, 33, 66):
            expect(page.locator("#count")).to_contain_text(f"{percent}\u00a0%")
            page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("All is sealed anew.")).to_be_visible()
    page.goto(f"{site.url}/desk/cases/{reference}")
    expect(page.get_by_text(STORY)).to_be_visible()
    db.session.rollback()
    assert [key.generation for key in queries.living_keys(queries.by_name("KZ").id)] == [2]
    assert browser.seen(context).errors == []
    context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [browser.phone, browser.desktop], ids=["360 px", "1280 px"])
def test_axe_finds_nothing_to_complain_of(
    chromium: Browser, app: Flask, site: Site, size: Callable[..., BrowserContext], *, dark: bool
) -> None:
    house = make_house()
    visitor = house.visitors[make_member(house, "KZ").id]
    make_case()
    address, path = visitor.member.address, f"{site.url}/desk/desks/{queries.by_name('KZ').id}/rotation?paused=1"
    context = size(chromium, dark=dark)
    page = context.new_page()
    sign_in(page, site, address)
    page.goto(path)
    found = faults(page)
    begin(visitor)
    page.reload()
    page.locator("main summary").click()
    expect(page.locator("progress")).to_be_visible()
    assert found + faults(page) == []
    context.close()
