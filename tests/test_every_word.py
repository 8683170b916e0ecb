"""Every word on every page, in every letter and every paper comes out of the catalogues.

Here every text that goes through gettext is put into brackets. What a reader sees outside of brackets must be
somebody's own words, a name, or something that Babel writes: so words in templates, in Python, of WTForms and Flask, in
scripts and in papers are all found, by whatever way they come.
"""

import functools
import io
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.support import NullTranslations
from flask import Flask
from flask.testing import FlaskClient

from intake.cases import bundle_words, consent, detection
from intake.desks import times
from intake.i18n import LANGUAGES
from intake.members import reads, time_zones
from intake.outbox import previews
from intake.reference.countries import COUNTRIES, regions_of
from intake.web import pseudo
from tests.access_table import COMPLAINANT, NOBODY, SEATED_ADMIN, TABLE
from tests.cases import bundling, copying
from tests.factories import STORY, House, make_case, make_member
from tests.test_access_matrix import Scene, Scenes
from tests.test_access_matrix import scene as scene  # noqa: PLC0414 a fixture

STATIC = Path(__file__).resolve().parent.parent / "intake" / "static"
OPEN, CLOSE = "⟦", "⟧"
SHOWN = frozenset({"title", "aria-label", "placeholder", "alt", "label", "aria-description", "aria-roledescription"})
UNSEEN = frozenset({"script", "style"})
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December|[A-Z][a-z]{2,3}"
# What is nobody's to translate, besides what Babel and the lists of regions and zones say in the reader's language.
ALLOWED = re.compile(
    "|".join(
        [
            re.escape(STORY),
            *(re.escape(language.own_name) for language in LANGUAGES),
            r"\S+@\S+",  # addresses
            r"https?://\S+",
            r"\b[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{2}\b",  # references
            r"\b(?:[0-9a-f]{4} )+[0-9a-f]{4}\b",  # fingerprints
            r"\b[0-9a-f]{32,64}\b(?: +[0-9a-f]{1,32}\b)?",  # sums, one cut by the end of a line
            r"\b(?:[0-9A-Z]{4} ){7}[0-9A-Z]{4}\b",  # secrets for an app
            r"\b(?:[0-9a-z]{4}-){4}[0-9a-z]{4}\b",  # passwords made for somebody
            r"\b(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}\b",  # codes
            r"-----(?:BEGIN|END) PUBLIC KEY-----|[A-Za-z0-9+/]{40,}=*",
            r"\bMember \d+\b|(?m:^\s*(?:North|South)\s*$)",  # members and desks of the tests
            rf"\b\d{{1,2}} (?:{MONTHS})(?: \d{{4}})?\b",
            r"\b\w+\.(?:jpg|webm)\b",  # files of the tests
            r"\bThey took my brother from his home on\b|\band nobody tells us where he is\b|\bMonday\b",  # found words
            r"\bAsk the lawyer\b|\bTwo men in plain clothes took him\b|\bReceived\b|\bno key\b",  # typed by the tests
            r"\bACCA(?: Desk)?\b|\bUTC\b|\b(?:Signal|Telegram|WhatsApp)\b",
            *map(re.escape, bundle_words.COMMANDS),  # typed into a terminal as they are
            r"\bSHA-256\b|\bimage/jpeg\b|\boriginals/\d\d-|\bdesk KZ(?=: \d)",  # as custody.json has them
            r"\{reference\}",  # a place in a canned reply
            r"\b(?:From|List-Id|Auto-Submitted|X-Auto-Response-Suppress|auto-generated|All)\b|<letters\.acca\.media>",
            r"(?m:^\s*(?:[a-z]|Enter)\s*$)",  # keys
        ]
    )
)


NOT_READ = {
    *("members.sign_out", "followup.leave", "followup.close", "static", "account.speak", "security_txt.page"),
    *("components.page", "components.complainant"),  # they speak two languages, and one that nobody does
}


class Marked(NullTranslations):
    """A catalogue that puts every text into brackets."""

    longest = -1  # what tells it from the languages of longer words

    def ugettext(self, message: object) -> str:
        return f"{OPEN}{message}{CLOSE}"

    gettext = ugettext

    def ungettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{OPEN}{msgid1 if n == 1 else msgid2}{CLOSE}"

    ngettext = ungettext


DATA = re.compile(r"data-(?:t|said|label|[a-z]+-words)")  # what scripts say
SAID_BY_SCRIPTS = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|`([^`]*)`")
PROSE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}|^\W*[A-Z][a-z]+\W*$|[^\W\d_a-zA-Z]")
NO_PROSE = frozenset({"use strict", "Escape", "Content-Type", "Enter", "no answer to a script"})


class Reader(HTMLParser):
    """What a person sees of a page, or hears."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.texts: list[str] = [""]
        self.said: list[str] = []
        self._unseen = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._unseen += tag in UNSEEN
        self.said += [value or "" for name, value in attrs if name in SHOWN or DATA.fullmatch(name)]
        if tag == "input" and given.get("type") in {"submit", "button"}:
            self.said.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.texts.append(data)


@functools.cache
def known() -> frozenset[str]:
    """Return what Babel, and the lists of regions, say in English."""
    regions = [name for country in COUNTRIES for _, name in regions_of(country, "en")]
    zones = [zone.label for zone in time_zones.labelled(time_zones.known() | set(times.other_zones()), "en")]
    tongues = [detection.name(tag) for tag in detection.TONGUES]
    return frozenset((*regions, *zones, *tongues, *reads.OWN_NAMES.values(), "Desk"))  # the sender's name


def left(text: str) -> list[str]:
    """Return what stands outside of brackets and has letters, without what is allowed."""
    outside, depth = "", 0
    for character in text:
        depth += character == OPEN
        if not depth:
            outside += character
        depth -= character == CLOSE
    parts = [part.strip(" .,:;·–") for part in ALLOWED.sub("\n", outside).splitlines()]
    return [part for part in parts if any(character.isalpha() for character in part) and part not in known()]


def words_outside(page: str) -> list[str]:
    """Return what a reader sees, or hears, that came out of no catalogue."""
    reader = Reader(page)
    return sorted({*left("\n".join(reader.texts)), *(part for text in reader.said for part in left(text))})


class Brackets(pseudo.Pseudo):
    """What Flask-Babel asks for texts: a language that nobody speaks, as the one of longer words is."""

    def __init__(self) -> None:
        """Speak in brackets."""
        super().__init__()
        self.texts: Any = Marked()


@pytest.fixture
def brackets(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every text stand in brackets."""
    monkeypatch.setattr(app.extensions["babel"].instance, "domain_instance", Brackets())


def pages(made: Scene) -> Iterator[tuple[str, str]]:
    """Return every page that a visitor can come to, with its address."""
    own = made.token()
    for route in TABLE:
        method = route[1]
        if route[0] in NOT_READ:
            continue
        answer = made.visit(route, own if method == "POST" else None)
        if answer.status_code in range(300, 400):
            continue  # no browser shows it
        if answer.mimetype in {"text/html", "text/plain"}:
            yield f"{method} {TABLE[route].path}", answer.get_data(as_text=True)


@pytest.mark.parametrize("visitor", [SEATED_ADMIN, NOBODY, COMPLAINANT])
def test_every_page_speaks_through_the_catalogues(brackets: None, visitor: str, scene: Scenes) -> None:
    found = {}
    for address, page in pages(scene(visitor)):
        if outside := words_outside(page):
            found[address] = outside
    assert not found, "\n".join(f"{address}: {words}" for address, words in found.items())


def test_every_letter_speaks_through_the_catalogues(brackets: None, app: Flask, house: House) -> None:
    with app.test_request_context("/desk/"):
        letters = previews.all_of("en")
    found = {one.kind: [part for said in one.forms for part in left(f"{said.subject}\n{said.body}")] for one in letters}
    assert len(found) > 20
    assert not {kind: words for kind, words in found.items() if words}


def test_papers_that_leave_the_house_speak_through_the_catalogues(
    brackets: None, client: FlaskClient, house: House
) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    name = bundling.attach(case, bundling.photo(), "photo.jpg")
    copying.signed_in(client, member)
    with zipfile.ZipFile(io.BytesIO(bundling.take(client, case, name).data)) as bundle:
        papers = {path: bundle.read(path).decode() for path in bundle.namelist() if path.endswith(".txt")}
    papers["copy.pdf"] = copying.text_of(copying.take(client, case, "pdf", consent.INSIDE).data)
    assert {path.rpartition("/")[2] for path in papers} == {"custody-en.txt", "VERIFY.txt", "copy.pdf"}
    assert not {path: words for path, text in papers.items() if (words := left(text))}


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_scripts_say_what_the_page_gave_them(path: Path) -> None:
    code = re.sub(r"//[^\n]*", "", path.read_text())
    said = ["".join(found) for found in SAID_BY_SCRIPTS.findall(code)]
    assert not [text for text in said if PROSE.search(text) and text not in NO_PROSE]


@pytest.mark.parametrize(
    "page",
    [
        "<p>⟦Kept⟧ by us</p>",
        "<p>⟦One⟧ <b>word</b></p>",
        '<button aria-label="Close">⟦x⟧</button>',
        '<input placeholder="Your name">',
        '<img alt="A red square">',
        '<p title="Сейчас">',
        '<optgroup label="Others">',
        '<input type="submit" value="Send">',
        "<title>⟦Desk⟧ of Kazakhstan</title>",
        "<p>⟦3 files⟧(s) left</p>",
    ],
)
def test_a_word_outside_is_found(page: str) -> None:
    assert words_outside(page)


def test_a_page_that_speaks_through_the_catalogues_is_sound() -> None:
    page = "<p>⟦Kept by <b>⟦Member⟧</b> of⟧ Member 12, 12 Oct: 34 · ⟦UTC⟧<script>say('Not this')</script><p>Қазақша</p>"
    assert not words_outside(page)
