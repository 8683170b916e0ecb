"""What a screen reader is told: names, roles and states of what is on the pages where everything happens."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.i18n import TAGS
from intake.members.models import EDITOR
from tests.accessibility.album import Album, always, served
from tests.accessibility.looking import watch
from tests.accessibility.walk import Walk
from tests.evidence.sending import begin, photo, visit_of
from tests.factories import House, fields, make_case, make_member, sign_in, signed_code
from tests.servers import browser


@pytest.fixture
def database() -> str:
    """Name the database: pages sound the same on both."""
    return "sqlite"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Return a page of a window as small as a phone's, where tables are laid out as cards."""
    context = browser.phone(chromium)
    yield watch(context)
    context.close()


def test_the_pages_of_a_complainant(page: Page, app: Flask, house: House) -> None:
    walk = Walk(app, Album(always("en")))
    walk.get("complaint", "/{lang}/")
    walk.post("wrong", "/{lang}/", fields(country=None, consent=None, contact_mode="email"))
    walk.post("answer", "/{lang}/", fields())
    case, keys, code = make_case()
    begin(visit_of(case, keys), case, photo(), "photo.jpg")
    walk.client.post("/en/case", data={"code": code})
    walk.get("files", "/{lang}/case/files")
    walk.get("voice", "/{lang}/voice")
    walk.post("no code", "/{lang}/case", {"code": signed_code()[:20]})
    with served(walk.album.shots, app.test_client()) as url:
        page.goto(f"{url}/shot/0")
        expect(page.locator("body")).to_match_aria_snapshot(
            """
            - link "Skip to the content"
            - banner:
              - link "Leave this page"
            - main:
              - navigation "Language":
                - link "Русский"
              - heading "Tell us what happened" [level=1]
              - group "Where did it happen?":
                - radio "Kazakhstan"
              - textbox "What happened?"
              - group "How can we reach you?":
                - radio /I will come back with my code/
                - radio "E-mail"
              - group "Before you send":
                - checkbox /Someone is in danger now/
                - checkbox /I agree that/
              - button "Send to the journalists"
            """
        )
        links = page.locator(".langs a")
        assert [link.get_attribute("lang") for link in links.all()] == list(TAGS)
        assert page.locator(".langs [aria-current=page]").get_attribute("lang") == "en"
        expect(page.locator("#story")).to_have_accessible_description(re.compile("Who did what.*10,000 characters"))
        page.goto(f"{url}/shot/1")
        expect(page.get_by_role("alert")).to_match_aria_snapshot(
            """
            - alert:
              - heading /Please check \\d answers/ [level=2]
              - list:
                - listitem:
                  - link /country/
            """
        )
        expect(page.locator("#country")).to_have_accessible_description(re.compile(r"\w"))
        expect(page.locator("#consent")).to_have_accessible_description(re.compile(r"\w"))
        expect(page.locator("#contact_value")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#contact_value")).to_have_accessible_description(re.compile("work mailbox.*address"))
        page.goto(f"{url}/shot/2")
        expect(page.locator("main")).to_match_aria_snapshot(
            """
            - heading "We have your message" [level=1]
            - heading "Your code" [level=2]
            - paragraph: /\\d{4} \\d{4} \\d{4} \\d{4} \\d{4} \\d{4}/
            - heading "What happens next" [level=2]
            - list:
              - listitem
            - 'heading "If you like: details" [level=2]'
            - list:
              - listitem:
                - button "Add photos, videos or papers"
            - textbox "Forgot something? Add it here"
            - button "Add to my case"
            """
        )
        page.goto(f"{url}/shot/3")
        expect(page.get_by_role("button", name="Remove photo.jpg")).to_be_visible()
        expect(page.locator("#said")).to_have_role("status")
        page.goto(f"{url}/shot/4")
        expect(page.locator("#said")).to_have_role("status")
        page.goto(f"{url}/shot/5")
        expect(page.get_by_role("textbox", name="Your code")).to_have_attribute("aria-invalid", "true")


def test_the_pages_of_the_desk(page: Page, app: Flask, house: House) -> None:
    member = make_member(house, *house.keys, role=EDITOR, is_admin=True, name="Asel")
    case, _, _ = make_case(urgent=True)
    reference, number = case.reference, case.desk_id
    walk = Walk(app, Album(always("en")))
    sign_in(walk.client, member)
    for path in ("", f"cases/{reference}", "dashboard", "search", f"desks/{number}/rotation", "audit"):
        walk.get(f"desk {path}", f"/desk/{path}")
    with served(walk.album.shots, app.test_client()) as url:
        page.goto(f"{url}/shot/0")
        expect(page.locator("body")).to_match_aria_snapshot(
            f"""
            - banner:
              - link "ACCA"
              - navigation "Desk":
                - link "Cases"
              - link "Asel"
              - button "Sign out"
            - main:
              - heading "Cases" [level=1]
              - navigation "Status":
                - link /Not acknowledged 1/
              - table "Cases":
                - rowgroup:
                  - row:
                    - columnheader "Case"
                    - columnheader "Deadline"
                - rowgroup:
                  - row:
                    - cell /{reference}/:
                      - checkbox "Tick {reference}"
                      - link "{reference}"
                    - cell /Kazakhstan/
            """
        )
        page.goto(f"{url}/shot/1")
        expect(page.locator("main")).to_match_aria_snapshot(f'- heading "{reference}" [level=1]')
        expect(page.locator("#text")).to_have_accessible_name(re.compile(r"\w"))
        page.goto(f"{url}/shot/2")
        for chart in page.locator("svg.chart").all():
            expect(chart).to_have_role("img")
            expect(chart).to_have_accessible_name(re.compile(r"\w.*All numbers stand in the table below"))
            expect(chart.locator("xpath=following-sibling::details").locator("table")).to_have_count(1)
        page.goto(f"{url}/shot/3")
        expect(page.locator("#lacking")).to_have_role("status")
        page.goto(f"{url}/shot/5")
        expect(page.get_by_role("table").first).to_be_visible()
        assert page.get_by_role("columnheader").count() > 3
