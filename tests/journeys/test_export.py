"""A journalist marks what nobody outside may see, types the password, and takes a PDF along for lawyers."""

from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, expect

from tests.cases.copying import layers_of, share, text_of
from tests.factories import PASSWORD, make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.journeys.test_desk_work import fits
from tests.servers import browser

STORY = "ҚҰРАЛАЙ and Құралайдың brother were taken from their home in Шымкент. Nobody answers."


def test_what_was_marked_is_not_in_the_pdf_for_lawyers(
    chromium: Browser, app: Flask, site: Site, tmp_path: Path
) -> None:
    house = make_house()
    member = make_member(house, "KZ", name="Zarina")
    case, _, _ = make_case("KZ", STORY)
    reference, address = case.reference, member.address
    context = browser.phone(chromium, javascript=False)
    page = context.new_page()
    sign_in(page, site, address)
    page.get_by_role("link", name=reference).click()
    page.get_by_role("link", name="What copies must not show").click()
    page.get_by_label("Words or a passage").fill("құралай")
    page.get_by_label("What stands beside the bar").fill("a woman")
    page.get_by_role("button", name="Mark it").click()
    expect(page.locator(".marked")).to_contain_text("What was told: 2")
    assert fits(page)
    page.get_by_role("link", name="Take a copy").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Take a copy")).to_be_visible()
    browser.seen(context).errors.clear()  # that the password was asked is a 401
    expect(page.get_by_label("Lawyers", exact=True)).to_be_disabled()
    assert fits(page)

    share(house.visitors[member.id], case, "lawyers")
    page.reload()
    page.get_by_label("Lawyers", exact=True).check()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Take the copy").click()
    taken = tmp_path / "taken.pdf"
    downloading.value.save_as(taken)
    assert downloading.value.suggested_filename == f"{reference}-lawyers.pdf"
    pdf = taken.read_bytes()
    assert "█████ (a woman) and █████ (a woman) brother were taken from their home in Шымкент." in text_of(pdf)
    assert "Zarina · " in text_of(pdf)
    assert "құралай" not in layers_of(pdf).casefold()
    expect(page.get_by_role("heading", name="Take a copy")).to_be_visible()
    assert browser.seen(context).errors == []
    context.close()
