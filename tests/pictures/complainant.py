"""What a complainant sees on a phone, page by page: whoever makes a new page or state adds it here."""

from collections.abc import Callable
from functools import partial
from unittest.mock import patch

from playwright.sync_api import Page

from intake.cases import conversation, statuses
from intake.cases import queries as cases
from intake.cases.models import CHECKING, CLOSED, NOT_A_COMPLAINT, PASSED_ON, PUBLISHED
from intake.extensions import db, settle
from intake.followup import blocks
from tests.evidence.sending import photo
from tests.factories import make_case, make_claim, sign_off
from tests.invented import TOLD
from tests.pictures.camera import Camera
from tests.pictures.stage import Clock, Stage
from tests.servers import browser

OPEN = {
    "voice": "complaint-by-voice",
    "case": "code-page",
    "safety": "safety",
    "about": "about",
    "nothing": "not-found",
}
OF_A_CASE = ("messages", "words", "proof?qr=1", "voice", "files", "delete", "code")
ADDRESS = "https://example.org"
LINK = f"{ADDRESS}/invented"
WRONG = {"date_from-day": "31", "date_from-month": "2", "date_from-year": "2024"}
ANSWERS = {"when": {"date_from-day": "16", "date_from-month": "11", "date_from-year": "2026"}}


def pictures(stage: Stage, camera: Camera, lang: str, *, dark: bool = False) -> None:
    """Take a picture of every page, in the order in which a person meets them."""
    context = browser.phone(stage.chromium, dark=dark, locale=lang)
    page = context.new_page()
    take, at = partial(camera.take, page, lang), f"{stage.site.url}/{lang}"
    for path, name in OPEN.items():
        page.goto(f"{at}/{path}")
        take(name)
    code = _complain(page, at, lang, take)
    _come_back(page, at, code, take)
    _details(page, at, take)
    _talk(stage, page, at, lang, take)
    for path in OF_A_CASE:
        with patch.dict(
            stage.app.config, PUBLIC_URL=ADDRESS
        ):  # the proof shows it, and ours has another port each time
            page.goto(f"{at}/case/{path}")
        take(f"case-{path.partition('?')[0]}")
    page.fill("#code", code)
    _press(page)
    take("case-new-code")
    page.goto(f"{at}/case/delete")
    page.fill("#code", code)
    _press(page)
    take("deleted")
    context.clear_cookies()
    _statuses(stage, page, at, lang, take)
    context.close()


def _complain(page: Page, at: str, lang: str, take: Callable[[str], None]) -> str:
    """Leave all empty, then fill the page and send it; return the code."""
    told = TOLD[lang]
    page.goto(f"{at}/")
    take("complaint")
    page.locator("details summary").first.click()
    page.check('input[name="contact_mode"][value="signal"]')
    _press(page)
    take("complaint-errors")
    page.check(f'input[name="country"][value="{told.country}"]')
    page.fill("#story", told.story)
    page.fill("#contact_value", "@invented")
    page.check('input[name="urgent"]')
    page.check("#consent")
    take("complaint-filled")
    _press(page)
    take("complaint-too-fast")
    Clock.go(minutes=3)
    page.locator(".es button").click()
    page.wait_for_selector(".code")
    take("answer")
    return "".join(page.locator(".code span").all_inner_texts())


def _come_back(page: Page, at: str, code: str, take: Callable[[str], None]) -> None:
    Clock.go(minutes=30)
    page.goto(f"{at}/case")
    page.fill("#code", code[:-2])
    _press(page)
    take("code-page-error")
    page.fill("#code", code)
    _press(page)
    page.wait_for_selector("#messages")
    take("case-received")


def _details(page: Page, at: str, take: Callable[[str], None]) -> None:
    for block in blocks.BLOCKS:
        page.goto(f"{at}/case/details/{block}")
        take(f"details-{block}")
    page.goto(f"{at}/case/details/when")
    for name, value in WRONG.items():
        page.fill(f'[name="{name}"]', value)
    _press(page)
    take("details-when-error")
    for name, value in ANSWERS["when"].items():
        page.fill(f'[name="{name}"]', value)
    _press(page)
    page.wait_for_selector(".done")
    take("case-saved")


def _talk(stage: Stage, page: Page, at: str, lang: str, take: Callable[[str], None]) -> None:
    """Let a journalist ask, and the person answer; a file comes too."""
    db.session.rollback()  # what the browser did meanwhile shall be seen
    case = cases.by_reference(page.locator("h1 .nowrap").inner_text())
    assert case
    visitor = stage.house.visitors[stage.editor.id]
    asked = conversation.Words(TOLD[lang].question, "once", signed="", asks=True)
    settle(lambda: conversation.seal_message(visitor, case, asked), conversation.write)
    db.session.rollback()
    Clock.go(minutes=20)
    page.goto(f"{at}/case")
    take("case-needs-answer")
    page.fill("#text", TOLD[lang].message)
    page.locator("#messages form button").click()
    page.wait_for_selector(".talk .own")
    take("case-answered")
    page.goto(f"{at}/case/files")
    take("case-no-files")
    page.set_input_files("#files", {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo(90_000)})
    _press(page)
    page.get_by_text("✓").wait_for()


def _statuses(stage: Stage, page: Page, at: str, lang: str, take: Callable[[str], None]) -> None:
    """Show a case in each status that the walk did not meet."""
    house, told = stage.house, TOLD[lang]
    for status in (CHECKING, PUBLISHED, PASSED_ON, CLOSED, NOT_A_COMPLAINT):
        case, _, code = make_case(told.country, told.story, language=lang)
        visitor = house.visitors[stage.editor.id]
        for step in dict.fromkeys((CHECKING, status)):
            if step == PUBLISHED:
                make_claim(house, stage.editor, case)
                sign_off(house, case, stage.colleague)
            words = "" if step == CHECKING else LINK if step == PUBLISHED else told.why
            case = cases.case_for(visitor, case.reference)
            settle(partial(statuses.seal_status, visitor, case, step, words), statuses.give)
        db.session.rollback()
        page.goto(f"{at}/case")
        page.fill("#code", code)
        _press(page)
        page.wait_for_selector("#messages")
        take(f"case-{status.replace('_', '-')}")
        if status == CLOSED:
            page.goto(f"{at}/case/feedback")
            take("case-feedback")
        page.context.clear_cookies()


def _press(page: Page) -> None:
    page.locator("#f > button, #f form > button").first.click()
    page.wait_for_load_state()
