"""With a keyboard alone: a complaint, the way back, a case. Focus is always seen, and never under the bar."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.members.models import EDITOR
from tests.accessibility.keys import Keyboard
from tests.accessibility.looking import ZOOMED
from tests.evidence.sending import photo
from tests.factories import PASSWORD, forget_steps, make_case, make_house, make_member, one_time_code
from tests.journeys.site import Site
from tests.journeys.test_main_job import TOO_FAST, code_on
from tests.servers import browser

STORY = "They took my brother from his home on Monday."


def at(page: Page) -> Keyboard:
    """Put hands on the keyboard."""
    return Keyboard(page, [])


def describe(page: Page, keys: Keyboard) -> None:
    """Tell a story, agree, and send it."""
    keys.write("story", STORY)
    keys.to("consent")
    page.keyboard.press("Space")
    page.wait_for_timeout(TOO_FAST)
    keys.to("Send to the journalists", "button")
    page.keyboard.press("Enter")


def send_file(page: Page, keys: Keyboard, file: Path) -> None:
    """Choose a file, and send it."""
    keys.to("Add photos")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Add photos")).to_be_visible()
    keys.to("files", "input")
    chosen = page.locator("#files")
    expect(chosen).to_be_focused()
    chosen.set_input_files(file)  # what the system shows then is not ours
    keys.to("Send", "button")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("All files are here.")


def test_a_person_complains_comes_back_and_leaves_without_a_mouse(
    chromium: Browser, app: Flask, site: Site, tmp_path: Path
) -> None:
    make_house()
    wound = tmp_path / "wound.jpg"
    wound.write_bytes(photo())
    context = browser.desktop(chromium)
    page = context.new_page()
    page.set_viewport_size({"width": 640, "height": 400})  # the bar takes much of so low a window
    page.goto(f"{site.url}/en/")
    keys = at(page)
    assert keys.press("Tab")["name"] == "Skip to the content"
    keys.press("Enter")
    keys.to("Send to the journalists", "button")
    page.keyboard.press("Enter")
    summary = page.locator(".es")
    expect(summary).to_be_focused()
    assert keys.press("Tab")["tag"] == "a"
    keys.press("Enter")  # the link of the first error
    expect(page).to_have_url(f"{site.url}/en/#country")
    keys.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Kazakhstan")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Kyrgyzstan")).to_be_checked()
    describe(page, keys)
    code = code_on(page)
    keys.to("I have a code", "a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Come back with your code")).to_be_visible()
    keys.write("code", "1234")
    page.keyboard.press("Enter")
    expect(page.locator("#code-e")).to_be_visible()
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your case")).to_be_visible()
    keys.write("text", "Is there anything new?")
    keys.to("Send", "button")
    page.keyboard.press("Enter")
    expect(page.locator(".talk")).to_be_visible()
    send_file(page, keys, wound)
    keys.around()
    context.route("https://**", lambda route: route.abort())
    page.goto(f"{site.url}/en/case")
    keys.to("exit", "a")
    page.keyboard.press("Enter")
    expect(page.locator("#exit")).to_have_count(0)
    assert context.cookies() == []
    assert keys.hidden == []
    context.close()


@pytest.mark.parametrize("path", ["", "case", "safety", "about", "voice"])
def test_the_focus_goes_once_around_a_page_at_four_hundred_percent(
    chromium: Browser, app: Flask, site: Site, path: str
) -> None:
    make_house()
    context = browser.desktop(chromium)
    page = context.new_page()
    page.set_viewport_size(ZOOMED)
    page.goto(f"{site.url}/ru/{path}")
    keys = at(page)
    assert len(keys.around()) > 5
    assert keys.hidden == []
    context.close()


def test_a_journalist_works_without_a_mouse(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    member = make_member(house, *house.keys, role=EDITOR)
    case, _, _ = make_case(urgent=True)
    address, reference = member.address, case.reference
    context = browser.desktop(chromium)
    page = context.new_page()
    page.goto(f"{site.url}/desk/")
    keys = at(page)
    forget_steps()
    keys.write("address", address)
    keys.write("password", PASSWORD)
    keys.write("code", one_time_code())
    page.keyboard.press("Enter")
    expect(page.locator(".queue")).to_be_visible()
    names = keys.around()
    assert names.index("Cases") < names.index("Sign out") < names.index(reference)
    assert keys.press("Tab")["name"] == "Skip to the content"
    keys.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    keys.to(reference, "a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=reference)).to_be_visible()
    keys.around()
    keys.write("text", "May we call you?")
    keys.to("Send", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("May we call you?")).to_be_visible()
    keys.to("Sign out", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert keys.hidden == []
    context.close()
