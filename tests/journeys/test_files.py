"""A photograph reaches the desk from a phone on a bad line: with the script, and without."""

import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect
from sqlalchemy import select

from intake.evidence import queries, read
from intake.evidence.models import Upload
from intake.extensions import db
from tests.accessibility.looking import faults
from tests.evidence.sending import photo
from tests.factories import make_case, make_house
from tests.journeys.site import Site
from tests.servers import browser

FAST = -1  # no throttling
SIZE = 900_000  # bytes: four chunks


def line(session: CDPSession, *, upload: int = FAST, offline: bool = False) -> None:
    """Let the line of a phone be slow, or gone."""
    conditions = {"offline": offline, "latency": 20, "downloadThroughput": FAST, "uploadThroughput": upload}
    session.send("Network.emulateNetworkConditions", conditions)


def come_back(phone: BrowserContext, site: Site, code: str) -> Page:
    """Open the page of files with a code."""
    page = phone.new_page()
    page.goto(f"{site.url}/en/case/files")
    page.fill("#code", code)
    page.locator("form > button").click()
    expect(page.get_by_role("heading", name="Add photos, videos or papers")).to_be_visible()
    return page


def choose(page: Page, *paths: Path) -> None:
    """Choose files, and send them."""
    page.get_by_label("Choose files from your device").set_input_files(paths)
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_photograph_survives_a_bad_line(chromium: Browser, app: Flask, site: Site, tmp_path: Path) -> None:
    make_house()
    case, keys, code = make_case()
    wound, paper = tmp_path / "wound.jpg", tmp_path / "paper.pdf"
    wound.write_bytes(photo(SIZE))
    paper.write_bytes(b"%PDF-1.7 " + photo(2000))
    phone = browser.phone(chromium)
    page = come_back(phone, site, code)
    session = phone.new_cdp_session(page)
    session.send("Network.enable")
    line(session, upload=700_000)
    choose(page, wound)
    expect(page.locator("#row p")).to_have_text(re.compile(r"^[2-9]\d %"))  # the first chunk is there
    page.get_by_role("button", name="Send", exact=True).click()  # pressed again: that ends nothing
    expect(page.locator("#said")).to_have_text(re.compile(r"^On its way: wound.jpg, \d+ %$"))
    line(session, offline=True)
    expect(page.locator("#said")).to_have_text("No connection. It goes on by itself when it is back.")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#said")).to_contain_text("Paused.")
    assert faults(page) == []
    line(session)
    page.reload()
    expect(page.get_by_role("heading", name="Not here yet")).to_be_visible()
    assert faults(page) == []
    db.session.rollback()
    begun = db.session.scalars(select(Upload.name)).one()
    choose(page, wound, paper)
    expect(page.locator("#said")).to_have_text("All files are here.")
    expect(page.locator(f"#u{begun}")).to_have_count(0)
    expect(page.locator("#row p")).to_have_text(["✓ arrived whole", "✓ arrived whole"])
    page.reload()
    expect(page.get_by_role("heading", name="Arrived whole")).to_be_visible()
    assert browser.seen(phone).blocked == []
    assert [text for text in browser.seen(phone).errors if "ERR_INTERNET_DISCONNECTED" not in text] == []
    db.session.rollback()
    found = queries.opened_files(case.id, case.reference, lambda _: keys.identity)
    assert found[0].name == begun, "it went on where it was"
    assert [b"".join(read.plaintext(file)) for file in found] == [wound.read_bytes(), paper.read_bytes()]
    phone.close()


@pytest.mark.slow
def test_without_javascript_a_form_brings_them(chromium: Browser, app: Flask, site: Site, tmp_path: Path) -> None:
    make_house()
    case, keys, code = make_case()
    wound, film = tmp_path / "wound.jpg", tmp_path / "film.mp4"
    wound.write_bytes(photo(SIZE))
    film.write_bytes(photo(25 * 1024**2 + 1))
    phone = browser.phone(chromium, javascript=False)
    page = come_back(phone, site, code)
    expect(page.locator("#pause")).to_be_hidden()
    choose(page, film, wound)
    expect(page.get_by_role("heading", name="What became of your files")).to_be_visible()
    expect(page.get_by_text("This file is too large")).to_be_visible()
    expect(page.get_by_text("✓ arrived whole")).to_be_visible()
    db.session.rollback()
    (file,) = queries.opened_files(case.id, case.reference, lambda _: keys.identity)
    assert b"".join(read.plaintext(file)) == wound.read_bytes()
    phone.close()
