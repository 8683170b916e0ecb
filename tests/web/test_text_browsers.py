"""The complainant's pages in a text browser, and in browsers of a decade ago: every word is there, and a form works."""

import gzip
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from intake.cases import return_code
from intake.i18n import LANGUAGES, TAGS
from intake.web.inlined import STATIC
from tests.complainant_pages import Shown, every_page, of_a_first_visit
from tests.factories import STORY, House, fields, reference_on, signed_code
from tests.journeys.site import Site
from tests.servers import browser, programs

TRAP = "website"
ALWAYS = ("tk",)  # the longest words; the others wait for ``make test-all``
IN_EACH_LANGUAGE = pytest.mark.parametrize(
    "lang", [tag if tag in ALWAYS else pytest.param(tag, marks=pytest.mark.slow) for tag in TAGS]
)
TOLD = {"h1", "h2", "legend", "label", "button", "summary", "a", "li", "p", "dt", "dd"}
CODE_SHOWN = re.compile(r"[{}<>]|function|var\(|&#|@media|!important")
FIELD_MARK = r"(?:\([*]?\)|\[[*]?\])"


class Told(HTMLParser):
    """What a page tells: its words by the element they stand in, its fields, and where its form goes."""

    def __init__(self, html: str) -> None:
        """Read a page."""
        super().__init__()
        self.words: list[tuple[str, str]] = []
        self.ticked: list[str] = []  # the labels that a box stands before
        self.traps: list[str] = []  # the label of what only a robot fills
        self.sent: dict[str, str] = {}
        self.action = ""
        self._open: list[tuple[str, list[str]]] = []
        self._hidden, self._field = False, ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note fields; words are gathered until the element's end."""
        given = {name: value or "" for name, value in attrs}
        self._hidden = tag in {"style", "script", "title", "option"}
        if tag == "form" and given.get("id") == "f":
            self.action = given["action"]
        if tag == "input" and "name" in given:
            if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
                self.sent[given["name"]] = given.get("value", "")
            self._field = TRAP if given["name"] == TRAP else given.get("type", "")
        if tag in TOLD:
            self._close_unended(tag)
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        """Keep what an element said."""
        self._hidden = False
        if any(tag == opened for opened, _ in self._open):
            while self._end() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Gather words."""
        if not self._hidden:
            for _, said in self._open:
                said.append(data)

    def _close_unended(self, tag: str) -> None:
        if tag == "li" and self._open and self._open[-1][0] == "li":
            self._end()

    def _end(self) -> str:
        tag, said = self._open.pop()
        self.words.append((tag, "".join(said)))
        if tag == "label":
            kept = {"radio": self.ticked, "checkbox": self.ticked, TRAP: self.traps}.get(self._field, [])
            kept.append("".join(said))
            self._field = ""
        return tag


def dumped(html: bytes, folder: Path) -> str:
    """Return what a text browser shows of a page."""
    w3m, screen = programs.require("w3m"), ("-cols", "80", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8")
    done = subprocess.run(
        [w3m, "-dump", *screen], input=html, capture_output=True, check=True, env={"HOME": str(folder), "TERM": "dumb"}
    )
    return done.stdout.decode()


def squeezed(text: str) -> str:
    """Return a text without the spaces and line breaks, which a browser puts where it likes."""
    return "".join(text.split())


def unreadable(page: Shown, app: Flask, folder: Path) -> list[str]:
    """Return what a text browser does not show of a page as it should."""
    html = page.answer(app).data
    told, shown = Told(html.decode()), dumped(html, folder)
    dense = squeezed(shown)
    faults = [f"{page.name}: it shows {found[0]!r}" for found in CODE_SHOWN.finditer(shown)]
    faults += [
        f"{page.name}: no {tag} {words!r}" for tag, words in told.words if tag != "li" and squeezed(words) not in dense
    ]
    faults += [
        f"{page.name}: no box before {words!r}"
        for words in told.ticked
        if not re.search(FIELD_MARK + re.escape(squeezed(words)), dense)
    ]
    if 'hreflang="' in html.decode():
        faults += [f"{page.name}: no {name}" for name in (one.own_name for one in LANGUAGES) if name not in shown]
    faults += [f"{page.name}: no name at the trap" for words in told.traps if squeezed(words) + "[" not in dense]
    return faults


@IN_EACH_LANGUAGE
def test_a_text_browser_shows_every_word_and_field_of_a_first_visit(
    app: Flask, house: House, tmp_path: Path, lang: str
) -> None:
    assert [fault for page in of_a_first_visit(lang) for fault in unreadable(page, app, tmp_path)] == []


@IN_EACH_LANGUAGE
def test_a_text_browser_shows_every_word_and_field_of_a_return_visit(
    app: Flask, house: House, tmp_path: Path, lang: str
) -> None:
    pages = [page for page in every_page(app, lang) if page.by]
    assert [fault for page in pages for fault in unreadable(page, app, tmp_path)] == []


def test_a_text_browser_shows_the_code_in_six_groups(client: FlaskClient, tmp_path: Path) -> None:
    sent = fields()
    shown = dumped(client.post("/tg/", data=sent).data, tmp_path)
    assert " ".join(return_code.groups(sent["code"][: return_code.LENGTH])) in " ".join(shown.split())


def test_a_text_browser_itself_asks_for_a_page_and_sends_a_complaint(app: Flask, house: House, tmp_path: Path) -> None:
    w3m, body, code = programs.require("w3m"), tmp_path / "body", signed_code()
    body.write_text(urlencode({**fields(code=code), "story": f"{STORY} Ўзбекистон"}))
    with Site(app) as site:

        def run(*words: str) -> str:
            screen = ("-cols", "80", "-I", "UTF-8", "-O", "UTF-8", *words, f"{site.url}/ky/")
            environ = {"HOME": str(tmp_path), "TERM": "dumb"}
            return subprocess.run([w3m, *screen], capture_output=True, check=True, env=environ).stdout.decode()

        page = run("-header", "Accept-Encoding: gzip", "-dump")
        answer = run("-post", str(body), "-dump")
    assert page == dumped(app.test_client().get("/ky/").data, tmp_path)
    assert reference_on(answer)
    assert " ".join(return_code.groups(code[: return_code.LENGTH])) in " ".join(answer.split())


@pytest.mark.parametrize("lang", TAGS)
def test_a_form_filled_as_old_and_text_browsers_do_is_taken(client: FlaskClient, lang: str) -> None:
    headers = {"Accept-Encoding": "gzip", "User-Agent": "Lynx/2.8.9"}  # and nothing of where the form stood
    page = Told(gzip.decompress(client.get(f"/{lang}/", headers=headers).data).decode())
    sent = {**page.sent, "country": "TM", "story": STORY, "consent": "1"}
    assert page.sent["contact_mode"] == "code", "the safest is chosen"
    assert sent["website"] == ""
    for _ in range(2):  # who is that quick is asked for one press more
        answer = client.post(page.action, data=sent, headers=headers)
        text = gzip.decompress(answer.data).decode()
        if answer.status_code == 200:
            break
        page = Told(text)
        assert page.sent["consent"] == "1"
        sent = {**page.sent, "story": STORY}
    assert reference_on(text)


@pytest.mark.parametrize("name", ["exit.js", "complaint.js", "recorder.js"])
def test_the_scripts_of_a_first_visit_are_read_by_browsers_of_a_decade_ago(name: str) -> None:
    script = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|(?<=[(,=])/[^/\n]+/[gimu]*", "''", (STATIC / name).read_text())
    newer = r"=>|`|\?\.|\?\?|\.\.\.|\*\*|\b(?:const|let|class|async|await|yield|of|import|export)\b"
    assert re.findall(newer, script) == []


def test_what_an_old_browser_does_not_know_hides_nothing() -> None:
    """No own look of a box without colours to draw it, nothing hidden that only newer selectors show again."""
    for name in ("public.css", "visit.css"):
        style = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(), flags=re.DOTALL)
        unguarded = re.sub(r"@supports[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", style)
        assert "appearance:none" not in unguarded
        for selectors, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", unguarded):
            told = [":has(" in selector for selector in re.split(r",(?![^(]*\))", selectors)]
            if "display:none" in rules:
                assert all(told) or not any(told), selectors
        shown_again = re.findall(r":has\([^{}]*\{[^{}]*display:block", unguarded)
        assert not shown_again or "@supports selector(:has(a)){" in style


def test_without_what_a_decade_brought_the_page_counts_and_sends(chromium: Browser, app: Flask, house: House) -> None:
    context = browser.phone(chromium)
    page = context.new_page()
    page.add_init_script(
        "delete Intl.Segmenter; delete Array.from; delete String.prototype.normalize; "
        "delete NodeList.prototype.forEach; history.replaceState = function () { throw new Error('not here') }"
    )
    with Site(app) as site:
        page.goto(f"{site.url}/ru/")
        page.fill("#story", f"{'🦓' * 21}")
        expect(page.locator("#left")).to_have_text(re.compile(r"9\D?979"))
        page.check("[value=TM]")
        page.check("#consent")
        page.evaluate("code => { document.getElementById('f').elements.code.value = code }", signed_code())
        page.click("form > button")
        expect(page.locator(".code span")).to_have_count(6)
    assert browser.seen(context).errors == []
    context.close()
