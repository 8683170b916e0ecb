"""Hearing a page: read by the device's own voice in the page's language, never what was typed, never by a stranger."""

import json

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from tests.accessibility.looking import faults
from tests.cases import write
from tests.factories import make_case, make_house, make_member
from tests.journeys.site import Site
from tests.servers import browser

OWN, ELSEWHERE = True, False
# A browser that can speak: what it was given is in ``heard``; ``finish()`` ends the sentence that it is saying.
SPEAKS = """
const heard = [], voices = %s.map(([lang, localService]) => ({lang, localService}));
let saying = 0, later;
Object.defineProperty(window, 'speechSynthesis', {value: {
    getVoices: () => later ? [] : voices,
    speak(said) { heard.push([said.text, said.lang, !!said.voice]); saying = said },
    cancel() { const cut = saying; saying = 0; if (cut) { sessionStorage.cut = 1; setTimeout(() => cut.onend()) } },
}});
window.SpeechSynthesisUtterance = function (text) { this.text = text };
window.finish = () => { const said = saying; saying = 0; said.onend() };
window.arrive = () => { later = 0; speechSynthesis.onvoiceschanged() };
window.heard = heard;
later = %d;
"""


def speaking(chromium: Chromium, *voices: tuple[str, bool], later: bool = False) -> BrowserContext:
    """Open a phone with voices."""
    context = browser.phone(chromium)
    context.add_init_script(SPEAKS % (json.dumps(voices), later))
    return context


def heard(page: Page) -> str:
    """Let the page be read to its end; return all that was said."""
    expect(page.locator("#aloud")).to_have_attribute("aria-pressed", "true")
    while page.locator("#aloud[aria-pressed=true]").count():
        page.evaluate("finish()")
    return " ".join(text for text, _, _ in page.evaluate("heard"))


def test_a_page_is_read_in_order_and_can_be_paused(chromium: Chromium, app: Flask, site: Site) -> None:
    make_house()
    phone = speaking(chromium, ("de-DE", OWN), ("en_GB", ELSEWHERE), ("en-US", OWN))
    page = phone.new_page()
    page.goto(f"{site.url}/en/case")
    page.fill("#code", "1234")
    page.locator("#f button").click()
    button = page.get_by_role("button", name="Read aloud")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("h1.now")).to_be_visible()
    assert page.evaluate("heard") == [["Come back with your code", "en-US", True]]
    assert faults(page) == []
    page.evaluate("finish()")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".now")).to_have_count(0)
    button.click()
    expect(page.locator("p.now")).to_contain_text("Here you see")  # it goes on where it was
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(page.locator("h1.now")).to_be_visible()
    said = heard(page)
    words = ("Here you see", "Your code", "A code has 24 digits", "Show my case", "Lost your code?")
    places = [said.rfind(part) for part in words]
    assert -1 not in places
    assert places == sorted(places)
    phone.close()


def test_neither_the_code_nor_what_was_typed_is_read_and_who_leaves_is_not_betrayed(
    chromium: Chromium, app: Flask, site: Site
) -> None:
    house = make_house()
    case, _, code = make_case()
    write(house.visitors[make_member(house, "KZ").id], case, "Timbuktu", signed="Aigerim")
    app.config["EXIT_URL"] = f"{site.url}/en/about"  # the real one is beyond this machine
    phone = speaking(chromium, ("en-US", OWN))
    page = phone.new_page()
    page.goto(f"{site.url}/en/case/messages")
    page.fill("#code", code)
    page.locator("#f button").click()
    page.goto(f"{site.url}/en/case")
    page.fill("#text", "Zanzibar")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".talk")).to_be_visible()
    page.goto(f"{site.url}/en/case/messages")
    page.get_by_role("button", name="Read aloud").click()
    said = heard(page)
    assert "All messages" in said
    expect(page.locator("main")).to_contain_text("Aigerim")
    for word in ("Zanzibar", "Timbuktu", "Aigerim"):
        assert word not in said
    page.goto(f"{site.url}/en/case/code")
    page.fill("#code", code)
    page.get_by_role("button", name="Give me a new code").click()
    fresh = page.locator(".code span").first.inner_text()
    page.get_by_role("button", name="Read aloud").click()
    said = heard(page)
    assert "Your new code" in said
    assert fresh not in said
    page.get_by_role("button", name="Read aloud").click()
    page.evaluate("sessionStorage.clear()")
    # It is silent at the press itself: on a slow line the other page is long in coming.
    assert page.evaluate("() => { document.getElementById('exit').click(); return sessionStorage.cut }") == "1"
    page.wait_for_url(f"{site.url}/en/about")
    assert browser.seen(phone).errors == []
    phone.close()


@pytest.mark.parametrize(
    ("lang", "voices", "offered"),
    [
        ("kk", [("ru-RU", OWN), ("en-US", OWN)], False),
        ("en", [("en-US", ELSEWHERE)], False),
        ("en", [("eng-x", OWN)], False),
        ("uz", [("uz-Cyrl-UZ", OWN)], False),
        ("uz", [("uz-UZ", OWN)], True),
        ("ru", [("ru", OWN)], True),
    ],
)
def test_only_a_voice_of_the_device_in_the_pages_language_is_offered(
    chromium: Chromium, app: Flask, site: Site, lang: str, voices: list[tuple[str, bool]], *, offered: bool
) -> None:
    phone = speaking(chromium, *voices)
    page = phone.new_page()
    for path in ("", "safety"):
        page.goto(f"{site.url}/{lang}/{path}")
        expect(page.locator("h1 + #aloud")).to_be_visible(visible=offered)
    phone.close()


def test_a_voice_that_comes_late_is_offered_then_and_without_one_nothing_is(
    chromium: Chromium, app: Flask, site: Site
) -> None:
    phone = speaking(chromium, ("en-US", OWN), later=True)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    expect(page.locator("#aloud")).to_be_hidden()
    page.evaluate("arrive()")
    expect(page.locator("#aloud")).to_be_visible()
    box = page.locator("#aloud").bounding_box()
    assert box
    assert box["height"] >= 44
    phone.close()
    plain = browser.phone(chromium, javascript=False)
    page = plain.new_page()
    page.goto(f"{site.url}/en/")
    expect(page.locator("#aloud")).to_be_hidden()
    plain.close()
