"""axe-core finds nothing to complain of, on a phone and on a desk, in light and in dark."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, current_app
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.datastructures import MultiDict

from intake.cases import assignment, conversation, labels, statements
from intake.cases.models import Case
from intake.cases.visits import Visit
from intake.desks import routes
from intake.extensions import settle, transaction
from intake.followup import blocks
from intake.i18n import TAGS
from intake.members.models import EDITOR
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys
from tests.cases import saved
from tests.cases.tying import link, merge
from tests.evidence.sending import arrive, begin, photo
from tests.factories import (
    confirm,
    make_case,
    make_claim,
    make_desk,
    make_house,
    make_member,
    make_note,
    make_promise,
    make_reply,
    make_source,
    sign_off,
    signed_code,
)
from tests.followup.answers import ANSWERS
from tests.journeys.site import Site, type_secrets
from tests.servers import browser


def faults(page: Page) -> list[str]:
    """Return what axe-core complains of on a page, and whether it is wider than its window."""
    found = [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in Axe().run(page).response["violations"]]
    width = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"{page.url} {fault}" for fault in [*found, *(["wider than its window"] if width[0] > width[1] else [])]]


ALWAYS = ("ru", "tk", "en")  # the languages whose pages are walked by default; Turkmen has the longest words
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
WRONG = {"date_from-day": "31", "date_from-month": "2", "date_from-year": "2024"}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [browser.phone, browser.desktop], ids=["360 px", "1280 px"])
@pytest.mark.parametrize("lang", [tag if tag in ALWAYS else pytest.param(tag, marks=pytest.mark.slow) for tag in TAGS])
def test_the_complainants_pages(
    chromium: Browser, app: Flask, site: Site, lang: str, size: Callable[..., BrowserContext], *, dark: bool
) -> None:
    make_house()
    context = size(chromium, dark=dark)
    page = context.new_page()
    found = []
    for path in ("", "voice", "case", "safety", "about", "nothing"):
        page.goto(f"{site.url}/{lang}/{path}")
        found += faults(page)
    page.goto(f"{site.url}/{lang}/")
    page.locator("form > button").click()
    page.wait_for_selector(".es")
    found += faults(page)
    page.check('input[value="KZ"]')
    page.check("#consent")
    page.fill("#story", "A story of more than twenty characters.")
    page.evaluate("code => { document.querySelector('[name=code]').value = code }", signed_code())
    page.locator("form > button").click()
    page.wait_for_selector(".code")
    found += faults(page)
    code = "".join(page.locator(".code span").all_inner_texts())
    page.goto(f"{site.url}/{lang}/case")
    page.fill("#code", code)
    page.locator("form > button").click()
    page.wait_for_selector("#messages")
    found += faults(page)
    page.fill("#text", "A message")
    page.locator("#messages button").click()
    page.wait_for_selector(".talk")
    found += faults(page)
    for path in (*VISIT, *(f"details/{block}" for block in blocks.BLOCKS)):
        page.goto(f"{site.url}/{lang}/case/{path}")
        found += faults(page)
    page.goto(f"{site.url}/{lang}/case/details/when")
    for name, value in WRONG.items():
        page.fill(f'[name="{name}"]', value)
    page.locator("form > button").click()
    page.wait_for_selector(".es")
    found += faults(page)
    assert found == []
    context.close()


def tell_everything(case: Case, keys: CodeKeys) -> None:
    """Answer every block, and write a message, as the complainant."""
    visit = Visit(case, keys.identity, keys.digest_key, "")
    with current_app.test_request_context("/en/case"):
        for block, answers in ANSWERS.items():
            told = blocks.BLOCKS[block].form(MultiDict(answers), case.country).answers(0)
            settle(lambda told=told: statements.seal_answers(visit, case, told), statements.tell)  # type: ignore[misc]  # bound now, not when it is called
    words = conversation.Words("Is there anything new?", "once")
    settle(lambda: conversation.seal_message(visit, case, words), conversation.write)


def tied(visitor: Visitor, case: Case) -> str:
    """Link a case, and let it lead another of the same words; return the reference of the one that is linked."""
    twin, led = make_case()[0], make_case()[0]
    link(visitor, case, twin)
    merge(visitor, led, case)
    return saved(twin).reference


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [browser.phone, browser.desktop], ids=["360 px", "1280 px"])
def test_the_desks_pages(
    chromium: Browser, app: Flask, site: Site, size: Callable[..., BrowserContext], *, dark: bool
) -> None:
    house = make_house()
    admin = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    case, keys, _ = make_case(urgent=True, story="برادرم را از خانه بردند و خبری از او نیست")
    tell_everything(case, keys)
    note, reply = make_note(house, admin, case, "The lawyer asks for the protocol"), make_reply(admin)
    make_note(house, admin, case, "وکیل می‌گوید", note.id)
    north, newcomer = make_desk(house, "North"), make_member(house)
    make_promise(newcomer, "KZ", by=admin)
    make_claim(house, admin, case, "آنها او را بردند", make_source())
    sign_off(house, case, admin)
    make_claim(house, admin, case, "Three men")
    begin(house.visitors[admin.id], case, photo(), "نامه.jpg")
    arrive(house.visitors[admin.id], case, photo(seed=2), "court.jpg")
    with transaction():
        routes.lead("KZ", "ru", north.id, admin.id)
    with transaction():
        labels.put(house.visitors[admin.id], case.reference, labels.make("prison", admin.id).id)
        assignment.take(house.visitors[admin.id], case.reference)
    of_desks = ["members", "desks", "promises", "routes", f"members/{newcomer.id}/languages", f"desks/{north.id}/name"]
    address, reference, alike = admin.address, case.reference, tied(house.visitors[admin.id], case)
    context = size(chromium, dark=dark)
    page = context.new_page()
    page.goto(f"{site.url}/desk/invitation/{house.first_admin.invitation_id}")
    found = faults(page)
    page.goto(f"{site.url}/desk/sign-in")
    found += faults(page)
    type_secrets(page, address)
    page.wait_for_selector(".queue")
    of_case = [f"cases/{reference}{part}" for part in (*OF_WORK, f"?reply={reply.id}", f"/notes/{note.id}")]
    page.goto(f"{site.url}/desk/account/password")
    found += faults(page)  # the password again
    confirm()
    for path in ("", "?status=done", "?share=nobody", *of_case, *of_desks, *OF_THE_HOUSE):
        page.goto(f"{site.url}/desk/{path}")
        found += faults(page)
    page.goto(f"{site.url}/desk/cases/{alike}/links")
    page.get_by_role("button", name="Look for cases like this").click()
    page.wait_for_selector(".suggested")
    found += faults(page)
    page.goto(f"{site.url}/desk/cases/{reference}/contact")
    page.get_by_role("button", name="I have read this").click()
    page.wait_for_selector("#details")
    found += faults(page)
    page.goto(f"{site.url}/desk/cases/{reference}")
    page.fill("#personal", "Mine")
    page.evaluate("document.querySelector('#personal-note [name=kept]').value = 'stale'")
    page.get_by_role("button", name="Keep for myself").click()
    page.wait_for_selector("#newer")
    found += faults(page)
    assert found == []
    context.close()
