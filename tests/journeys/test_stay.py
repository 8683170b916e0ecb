"""A member who reads for long is warned before the session ends, and stays signed in by one press."""

from flask import Flask
from playwright.sync_api import Browser, expect

from tests.factories import make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.members.test_stay import lay_idle
from tests.servers import browser


def test_a_warning_and_one_press(chromium: Browser, app: Flask, site: Site) -> None:
    address = make_member(make_house(), "KZ").address
    context = browser.desktop(chromium)
    page = context.new_page()
    page.clock.install()
    sign_in(page, site, address)
    warning, button = page.locator("#stay"), page.get_by_role("button", name="Stay signed in")
    expect(page.locator(".empty")).to_be_visible()
    expect(warning).to_be_hidden()
    page.wait_for_load_state()  # its scripts have run
    with page.expect_response("**/desk/session"):
        page.clock.fast_forward("05:01")  # it asks now and then
    expect(warning).to_be_hidden()
    lay_idle(28.5)
    page.clock.fast_forward("05:01")
    expect(warning).to_contain_text("You will be signed out in two minutes")
    expect(warning).to_have_role("alert")
    button.click()
    expect(warning).to_be_hidden()
    lay_idle(1, began=11.97)
    page.clock.fast_forward("05:01")
    expect(warning).to_contain_text("cannot last longer")
    expect(button).to_be_hidden()
    lay_idle(31)
    page.clock.fast_forward("05:01")
    expect(warning).to_contain_text("Your session is over.")
    assert browser.seen(context).errors == []
    context.close()


def test_a_short_session_warns_in_time_too(chromium: Browser, app: Flask, site: Site) -> None:
    app.config["SESSION_IDLE_MINUTES"] = 4
    address = make_member(make_house(), "KZ").address
    context = browser.desktop(chromium)
    page = context.new_page()
    page.clock.install()
    sign_in(page, site, address)
    expect(page.locator(".empty")).to_be_visible()
    page.wait_for_load_state()
    lay_idle(2.5)
    page.clock.fast_forward("02:01")
    expect(page.locator("#stay")).to_contain_text("You will be signed out in two minutes")
    context.close()
