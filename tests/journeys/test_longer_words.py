"""Longer words, and words of forty letters, fit into every page; what is pressed is large enough."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from intake.followup import blocks
from intake.members.models import EDITOR
from intake.web import pseudo
from tests.accessibility.complainants import tell_everything
from tests.cases import saved, visit_of
from tests.factories import confirm, make_case, make_claim, make_house, make_member, make_note, make_source
from tests.journeys.drawn import misdrawn, too_small
from tests.journeys.site import Site, sign_in
from tests.servers import browser

VISIT = ("messages", "words", "proof?qr=1", "code", "delete", "feedback", "files")
OF_WORK = (
    *("", "/clock", "/code", "/history", "/hand-over", "/transfer", "/urgency", "/contact"),
    *("/verification", "/verification/claims/1", "/links", "/coding", "/export", "/redactions", "/files/add"),
)
OF_THE_HOUSE = (
    *("account", "account/password", "account/codes", "account/passkey", "account/letters", "account/certificate"),
    *("letters", "letters/canary", "letters/templates", "letters/test", "alarms", "replies", "replies/1", "labels"),
    *("cases/new", "search", "dashboard", "dashboard?for=outside&period=year", "audit", "nothing"),
)
LEAST, LEAST_OF_DESK = 44, 24  # pixels
MAIN = ("", "cases/{}", "cases/new", "dashboard", "account", "components", "components/complainant")
REST = (*(f"cases/{{}}{part}" for part in OF_WORK if part), *OF_THE_HOUSE, "members", "desks", "promises", "routes")


def _faults(page: Page, least: int) -> list[str]:
    found = []
    for size in (browser.PHONE, browser.DESKTOP):
        page.set_viewport_size(size)
        found += misdrawn(page) + too_small(page, least)
    return found


def _visit(page: Page, site: Site, code: str) -> None:
    page.goto(f"{site.url}/en/case")
    page.fill("#code", code)
    page.locator("form > button").click()
    page.wait_for_selector("#messages")


@pytest.mark.parametrize("longest", [0, pytest.param(40, marks=pytest.mark.slow)], ids=["longer", "forty letters"])
def test_the_complainants_pages(chromium: Browser, app: Flask, site: Site, longest: int) -> None:
    make_house()
    case, keys, code = make_case(urgent=True)
    tell_everything(visit_of(case, keys), case)
    context = browser.desktop(chromium)
    page = context.new_page()
    found = []
    with pseudo.spoken_everywhere(app, longest):
        for path in ("", "voice", "case", "safety", "about", "nothing"):
            page.goto(f"{site.url}/en/{path}")
            found += _faults(page, LEAST)
        page.goto(f"{site.url}/en/")
        page.locator("form > button").click()
        page.wait_for_selector(".es")
        found += _faults(page, LEAST)
        _visit(page, site, code)
        found += _faults(page, LEAST)
        for path in (*VISIT, *(f"details/{block}" for block in blocks.BLOCKS)):
            page.goto(f"{site.url}/en/case/{path}")
            found += _faults(page, LEAST)
    assert not found, "\n".join(found)
    context.close()


@pytest.mark.parametrize("paths", [MAIN, pytest.param(REST, marks=pytest.mark.slow)], ids=["main", "rest"])
def test_the_desks_pages(chromium: Browser, app: Flask, site: Site, paths: tuple[str, ...]) -> None:
    house = make_house()
    admin = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    case, keys, _ = make_case(urgent=True)
    tell_everything(visit_of(case, keys), case)
    make_note(house, admin, case, "The lawyer asks for the protocol")
    make_claim(house, admin, case, "Three men", make_source())
    address, reference = admin.address, saved(case).reference
    context = browser.desktop(chromium)
    page = context.new_page()
    sign_in(page, site, address)
    page.wait_for_selector(".queue")
    confirm()
    found = []
    with pseudo.spoken_everywhere(app):
        for path in paths:
            page.goto(f"{site.url}/desk/{path.format(reference)}")
            found += _faults(page, LEAST_OF_DESK)
    assert not found, "\n".join(found)
    context.close()
