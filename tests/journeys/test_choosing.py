"""Choosing a language in a browser, in the middle of writing: nothing is lost, with JavaScript and without."""

from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.cases.models import Case
from tests.factories import House, count_rows, make_member, sign_in, signed_code
from tests.journeys.site import Site

STORY = "Менің ағамды кеше кешкісін алып кетті, адвокатты жібермейді."


def choose(page: Page, own_name: str) -> None:
    """Press a language by its own name."""
    page.locator(".langs").get_by_text(own_name, exact=True).click()


def test_what_was_typed_goes_along_and_is_sent_once(chromium: Browser, app: Flask, site: Site, house: House) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{site.url}/ru/")
    page.evaluate("code => { document.querySelector('[name=code]').value = code }", signed_code())  # of a minute ago
    page.fill("#story", STORY)
    page.check('[name="country"][value="KZ"]')
    page.check('[name="contact_mode"][value="telegram"]')
    page.fill("#contact_value", "@somebody")
    choose(page, "Қазақша")
    expect(page).to_have_url(f"{site.url}/kk/")
    expect(page.locator("html")).to_have_attribute("lang", "kk")
    expect(page.locator("#story")).to_have_value(STORY)
    expect(page.locator("#contact_value")).to_have_value("@somebody")
    choose(page, "Тоҷикӣ")
    expect(page).to_have_url(f"{site.url}/tg/")
    expect(page.locator("#story")).to_have_value(STORY)
    assert count_rows(Case) == 0
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    page.check("#consent")
    page.locator("#f > button, #f button:not([name])").last.click()
    expect(page.locator(".code")).to_be_visible()
    code = page.locator(".code").inner_text()
    choose(page, "Oʻzbekcha")
    expect(page.locator("html")).to_have_attribute("lang", "uz")
    expect(page.locator(".code")).to_have_text(code)
    assert count_rows(Case) == 1
    context.close()


def test_without_javascript_an_answered_form_loses_nothing(
    chromium: Browser, app: Flask, site: Site, house: House
) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{site.url}/?lang=uz_cyrl")
    expect(page.locator("html")).to_have_attribute("lang", "uz-Cyrl")
    page.fill("#story", STORY)
    page.locator("#f > button, #f button:not([name])").last.click()
    expect(page.locator(".es")).to_be_visible()
    page.fill("#story", f"{STORY} Тағы.")
    choose(page, "Кыргызча")
    expect(page).to_have_url(f"{site.url}/ky/")
    expect(page.locator("#story")).to_have_value(f"{STORY} Тағы.")
    expect(page.locator(".es")).to_have_count(0)
    context.close()


def test_a_member_presses_their_language_at_the_desk(chromium: Browser, app: Flask, site: Site, house: House) -> None:
    member = make_member(house, "KZ")
    client = app.test_client()
    sign_in(client, member)
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.add_cookies(
        [{"name": one.key, "value": one.value, "url": site.url} for one in (client._cookies or {}).values()]  # noqa: SLF001
    )
    page = context.new_page()
    page.goto(f"{site.url}/desk/?tab=open")
    page.locator(".speaks summary").click()
    page.get_by_role("button", name="Ўзбекча").click()
    expect(page).to_have_url(f"{site.url}/desk/?tab=open")
    expect(page.locator("html")).to_have_attribute("lang", "uz-Cyrl")
    context.close()
