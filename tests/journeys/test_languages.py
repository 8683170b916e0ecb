"""The whole walk of a complaint in each language: every word that is looked for is the language's own."""

import re
from typing import NamedTuple

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake.complaint import robots
from intake.i18n import TAGS, day, now, speaking
from intake.outbox import worker
from tests.cases.copying import text_of
from tests.factories import confirm, make_house, make_member
from tests.invented import TOLD, Told
from tests.journeys.site import Site, type_secrets
from tests.journeys.test_main_job import code_on
from tests.servers import browser
from tests.servers.smtp import SmtpServer
from tests.spoken import Spoken

ALWAYS = ("kk",)  # the others wait for ``make test-all``
ADDRESS = "member@example.org"
WHEN = {"day": "9", "month": "3", "year": "2026"}
WRITTEN = {
    "ru": "9 марта 2026",
    "kk": "2026 ж. 9 наурыз",
    "ky": "2026-ж. 9-март",
    "uz": "2026-yil 9-mart",
    "uz-Cyrl": "2026-йил 9-март",
    "tg": "9 марти 2026",
    "tk": "9 mart 2026",
    "en": "9 March 2026",
}
ALPHABETS = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "ky": "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя",
    "uz": "abdefghijklmnopqrstuvxyzʻʼ",
    "uz-Cyrl": "абвгдеёжзийклмнопрстуфхцчшъьэюяўқғҳ",
    "tg": "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшъэюя",
    "tk": "abçdeäfghijžklmnňoöprsştuüwyýz",
    "en": "abcdefghijklmnopqrstuvwxyz",
}


class Walk(NamedTuple):
    """Who speaks which words, and where."""

    say: Spoken
    told: Told
    site: Site

    @property
    def at(self) -> str:
        """The address of the language's pages."""
        return f"{self.site.url}/{self.say.lang}"


@pytest.mark.parametrize("lang", TAGS)
def test_every_invented_story_has_all_letters_of_its_alphabet(lang: str) -> None:
    assert set(ALPHABETS[lang]) - set(TOLD[lang].story.lower()) == set()


@pytest.mark.parametrize("lang", [tag if tag in ALWAYS else pytest.param(tag, marks=pytest.mark.slow) for tag in TAGS])
def test_from_the_first_page_to_goodbye_in_every_language(
    chromium: Browser, app: Flask, site: Site, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(robots, "SHORTEST_TIME", 0)  # nobody in this walk writes as slowly as a person
    walk, house = Walk(Spoken(lang), TOLD[lang], site), make_house()
    make_member(house, walk.told.country, address=ADDRESS, language=lang)
    phone = browser.phone(chromium, locale=lang)
    page = phone.new_page()
    code = complain(page, walk)
    assert browser.seen(phone).errors.pop().endswith("422 (UNPROCESSABLE ENTITY)")
    reference = page.locator(".h b").inner_text()
    link = read_letter(smtp, walk, reference)

    desk = browser.desktop(chromium, locale=lang)
    work = desk.new_page()
    take_up(work, walk, link)
    take_copy(work, walk, link)
    assert browser.seen(desk).errors == []

    come_back(page, walk, code)
    tell_more(page, walk)
    look_around(page, walk)
    delete(page, walk, code)
    assert browser.seen(phone).errors == []
    assert browser.seen(phone).blocked == []
    phone.close()
    desk.close()


def complain(page: Page, walk: Walk) -> str:
    """Leave everything empty, be told what is missing, tell it; return the code."""
    say, told = walk.say, walk.told
    page.goto(f"{walk.at}/")
    expect(page.locator("html")).to_have_attribute("lang", say.lang)
    expect(page.get_by_role("heading", name=say("Tell us what happened"))).to_be_visible()
    send = page.get_by_role("button", name=say("Send to the journalists"), exact=True)
    send.click()
    summary = page.locator(".es")
    expect(summary.get_by_role("heading")).to_have_text(
        say.counted("Please check one answer", "Please check %(num)s answers", 3)
    )
    expect(summary.get_by_role("link")).to_have_text(
        [
            say("Choose the country where it happened."),
            say("Tell us what happened: at least 20 characters."),
            say("Tick the box that lets our journalists read what you send: else nobody may."),
        ]
    )
    page.check(f'input[name="country"][value="{told.country}"]')
    page.fill("#story", told.story)
    page.check("#consent")
    send.click()
    expect(page.get_by_role("heading", name=say("We have your message"))).to_be_visible()
    expect(page.get_by_role("heading", name=say("What happens next"))).to_be_visible()
    return code_on(page)


def read_letter(smtp: SmtpServer, walk: Walk, reference: str) -> str:
    """Deliver the letters; return the link of the member's, which speaks the member's language."""
    say, told = walk.say, walk.told
    worker.deliver_due()
    letter = next(one for one in smtp.wait_for(2) if ADDRESS in one.recipients)
    words = letter.message.get_content()
    assert letter.message["Subject"] == say("New case %(reference)s", reference=reference)
    assert say("A new case has arrived.") in words
    assert told.story[:20] not in words
    link = re.search(r"http\S+/desk/cases/\S+", words)
    assert link
    return link[0]


def take_up(work: Page, walk: Walk, link: str) -> None:
    """Sign in from the letter, read the story, acknowledge it, ask back, and say that it is being checked."""
    say, told = walk.say, walk.told
    work.goto(link)
    expect(work.get_by_role("heading", name=say("Sign in"))).to_be_visible()
    type_secrets(work, ADDRESS)
    expect(work.locator(".story")).to_have_text(told.story)
    assert work.locator(".story").inner_text() == told.story, "every letter arrived unchanged"
    work.get_by_role("link", name=say("Cases")).first.click()
    expect(work.locator("nav.tabs [aria-current]")).to_contain_text(say("Not acknowledged"))
    work.locator(".reference").click()
    work.get_by_role("button", name=say("Acknowledge"), exact=True).click()
    expect(work.locator(".tag.acknowledged").first).to_have_text(say("Acknowledged"))
    work.fill("#text", told.question)
    work.get_by_role("button", name=say("Send to the complainant")).click()
    expect(work.locator("#conversation")).to_contain_text(told.question)
    status = work.locator("#case-status")
    status.get_by_text(say("Give another status")).click()
    status.get_by_text(say("Being checked"), exact=True).last.click()
    status.get_by_role("button", name=say("Give this status")).click()
    expect(work.locator(".head .tag")).to_have_text([say("Being checked")])


def take_copy(work: Page, walk: Walk, link: str) -> None:
    """Take the case along as a PDF."""
    confirm()
    work.goto(f"{link}/export")
    expect(work.get_by_role("heading", name=walk.say("Take a copy"))).to_be_visible()
    work.check('input[name="audience"][value="inside"]')
    with work.expect_download() as downloading:
        work.get_by_role("button", name=walk.say("Take the copy")).click()
    printed = text_of(downloading.value.path().read_bytes())
    assert walk.told.story in printed, "every letter is on the paper"
    assert walk.say("Conversation") in printed
    with speaking(walk.say.lang):
        assert day(now()) in printed


def come_back(page: Page, walk: Walk, code: str) -> None:
    """Return with the code, read the status and the question, answer it."""
    say, told = walk.say, walk.told
    page.goto(f"{walk.at}/case")
    expect(page.get_by_role("heading", name=say("Come back with your code"))).to_be_visible()
    page.fill("#code", code)
    page.get_by_role("button", name=say("Show my case")).click()
    expect(page.get_by_role("heading", name=say("Your case"))).to_be_visible()
    expect(page.get_by_role("heading", name=say("Being checked"))).to_be_visible()
    expect(page.locator(".talk")).to_contain_text(told.question)
    page.fill("#text", told.message)
    page.get_by_role("button", name=say("Send"), exact=True).click()
    expect(page.get_by_role("status")).to_have_text(say("Your message was sent."))


def tell_more(page: Page, walk: Walk) -> None:
    """Say when it was, and read it again with the month in words."""
    say = walk.say
    page.get_by_role("link", name=say("When and where")).click()
    for part, value in WHEN.items():
        page.fill(f'[name="date_from-{part}"]', value)
    page.get_by_role("button", name=say("Save")).click()
    expect(page.get_by_role("status")).to_have_text(say("Saved: %(title)s", title=say("When and where")))
    expect(page.locator(".blocks .filled")).to_contain_text(say("answered"))
    page.get_by_role("link", name=say("Show what I wrote")).click()
    expect(page.get_by_text(WRITTEN[say.lang], exact=True)).to_be_visible()
    expect(page.locator(".told")).to_have_text(walk.told.story)


def look_around(page: Page, walk: Walk) -> None:
    """See the other pages by their headings."""
    headings = {
        "case/files": "Add photos, videos or papers",
        "about": "Who reads this",
        "safety": "How to write to us safely",
    }
    for path, heading in headings.items():
        page.goto(f"{walk.at}/{path}")
        expect(page.get_by_role("heading", level=1)).to_have_text(walk.say(heading))


def delete(page: Page, walk: Walk, code: str) -> None:
    """Delete the case, and read goodbye."""
    say = walk.say
    page.goto(f"{walk.at}/case")
    page.get_by_role("link", name=say("Delete my case")).click()
    page.fill("#code", code)
    page.get_by_role("button", name=say("Delete my case")).click()
    expect(page.get_by_role("heading", name=say("Your code opens nothing any more"))).to_be_visible()
    expect(page.get_by_text(say("Close this window and delete the browser history."))).to_be_visible()
