"""No page is a dead end: whatever happens, a complainant can go on, go home, leave, and be told what happens next."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from intake.cases.models import Case
from intake.complaint import pages, submit
from intake.extensions import db, transaction
from intake.followup import queries
from intake.followup.words import MEANINGS
from intake.web.inlined import STATIC
from tests.complainant_pages import every_page
from tests.factories import (
    House,
    come_back,
    fields,
    hidden_code,
    make_case,
    send,
    signed_code,
    token_on,
)

ASIDE = {"nav", "footer", "details"}
HOLDS = {"a", "button", "label", "h2", "summary", "p", "div"}
NEXT = "What happens next"
Pages = Iterator[tuple[str, TestResponse]]


class Ways(HTMLParser):
    """The ways that a page offers, and the signs that stand without words."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.on: list[str] = []  # in the midst of the page: forms to send and links
        self.home: list[str] = []
        self.leave = self.headings = 0
        self.wordless: list[str] = []
        self._open: list[str] = []
        self._with: list[tuple[str, bool, bool]] = []  # tags that may hold a sign: has one, has words
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a way."""
        found = {name: value or "" for name, value in attrs}
        href = found.get("href", "")
        if tag in {"main", *ASIDE}:
            self._open.append(tag)
        if tag in HOLDS:
            self._with.append((tag, False, False))
        self.headings += tag == "h1"
        self.leave += found.get("id") == "exit"
        if re.fullmatch(r"/en/(case)?", href) and "nav" not in self._open:
            self.home.append(href)
        aside = not self._open or ASIDE.intersection(self._open)
        if not aside and ((tag == "a" and href.startswith("/")) or (tag == "button" and found.get("type") != "button")):
            self.on.append(href or "button")
        if tag == "svg" and found.get("aria-hidden") == "true":
            self._with[-1] = (self._with[-1][0], True, self._with[-1][2])

    def handle_data(self, data: str) -> None:
        """Note words."""
        if data.strip():
            self._with = [(tag, sign, True) for tag, sign, _ in self._with]

    def handle_endtag(self, tag: str) -> None:
        """Note an end."""
        if self._open and tag == self._open[-1]:
            self._open.pop()
        if self._with and tag == self._with[-1][0]:
            holder, sign, words = self._with.pop()
            self.wordless += [holder] if sign and not words else []


def look(name: str, answer: TestResponse) -> None:
    """Fail unless a page leaves nobody alone."""
    text = answer.get_data(as_text=True)
    ways = Ways(text)
    assert ways.headings == 1, f"{name}: one heading says what this is"
    assert ways.on, f"{name} offers nothing to do next"
    assert ways.home, f"{name} has no way home"
    assert ways.leave == 1, f"{name} cannot be left at once"
    assert ways.wordless == [], f"{name}: a sign without words"


def broken(*_: object) -> None:
    """Be the database that is away."""
    raise OperationalError("", {}, Exception())  # noqa: EM101 an SQL statement


def complaint_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Pages:
    """Walk what goes wrong before a complaint is sent."""
    yield "too fast", send(client, code=signed_code(age=0))
    yield "wrong method", client.post("/en/safety")
    yield "too large", client.post("/en/", data={"story": "x" * 2_000_000, "code": signed_code()})
    with monkeypatch.context() as patch:
        patch.setattr(submit, "submit", broken)
        yield "database away", send(client)
    with monkeypatch.context() as patch:
        patch.setattr(pages, "answer_page", lambda *_: 1 // 0)
        yield "our fault", send(client)
    with monkeypatch.context() as patch:
        patch.setattr(queries, "keys_of", broken)
        yield "code, database away", client.post("/en/case", data={"code": hidden_code(fields())})


def wrong_codes(client: FlaskClient) -> Pages:
    """Type wrong codes until we ask to wait."""
    for code in ("", "12", "x", *[hidden_code(fields()) for _ in range(12)]):
        yield f"code {code}", client.post("/en/case", data={"code": code})


def visit_pages(client: FlaskClient, case: Case, code: str) -> Pages:
    """Walk what else may happen in a visit, to the deletion of the case."""
    for status in MEANINGS:
        with transaction():
            db.session.execute(update(Case).where(Case.id == case.id).values(status=status))
        yield f"case {status}", client.get("/en/case")
    token = token_on(client.get("/en/case").get_data(as_text=True))

    def press(path: str, **data: str) -> TestResponse:
        return client.post(f"/en/case{path}", data={"csrf_token": token, **data})

    yield "no such file", press("/files/x/drop")
    yield "typed by a stranger's page", client.post("/en/case/messages", data={"text": "x", "csrf_token": "x"})
    yield "deleted", press("/delete", code=code)
    yield "after deletion", client.get("/en/case/messages")
    yield "typed too late", press("/messages", text="x")
    yield "deleted code", client.post("/en/case", data={"code": code})


def test_no_page_is_a_dead_end(app: Flask, house: House) -> None:
    for shown in every_page(app, "en"):
        look(shown.name, shown.answer(app))


def test_nothing_that_goes_wrong_until_the_complaint_is_sent_is_a_dead_end(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = set()
    for name, answer in complaint_pages(client, monkeypatch):
        look(name, answer)
        statuses.add(answer.status_code)
    assert statuses == {405, 413, 422, 500, 503}


def test_who_types_wrong_codes_is_told_what_to_do_without_the_code(client: FlaskClient, house: House) -> None:
    statuses = set()
    for name, answer in wrong_codes(client):
        look(name, answer)
        page = answer.get_data(as_text=True)
        assert 'href="#lost"' in page
        assert 'id="lost"' in page
        assert "a journalist makes sure that it is you and gives you a new code" in page
        statuses.add(answer.status_code)
    assert statuses == {422, 429}


def test_wherever_the_code_is_asked_for_it_says_what_to_do_without_it(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    for path in ("delete", "code"):
        assert 'id="lost"' in client.get(f"/en/case/{path}").get_data(as_text=True)


def test_nothing_that_happens_in_a_visit_is_a_dead_end(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    come_back(client, code)
    for name, answer in visit_pages(client, case, code):
        if answer.status_code != 303:
            look(name, answer)


def test_what_happens_next_is_said_before_anything_is_sent(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    for path in ("", "voice", "case", "case/files", "case/voice", "case/details/when"):
        page = client.get(f"/en/{path}").get_data(as_text=True)
        assert 0 < page.find(NEXT) < page.find("<button>"), path


def test_the_answer_says_what_happens_next_and_tells_who_is_in_danger_what_to_do(
    client: FlaskClient, house: House
) -> None:
    calm, urgent = (send(client, urgent=urgent).get_data(as_text=True) for urgent in (None, "1"))
    assert NEXT in calm
    assert NEXT in urgent
    assert "Go to a safe place first" not in calm
    assert "Go to a safe place first" in urgent
    assert "/en/safety#danger" in urgent
    assert 'id="danger"' in client.get("/en/safety").get_data(as_text=True)


def test_how_many_questions_there_are_is_said_before(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    for block, said in (
        ("danger", "are 3 questions"),
        ("witnesses", "is 1 question"),
        ("publication", "are 2 questions"),
    ):
        assert f"There {said}. You can skip" in client.get(f"/en/case/details/{block}").get_data(as_text=True)


@pytest.mark.parametrize("name", ["tokens.css", "public.css", "visit.css"])
def test_nothing_on_a_complainants_page_moves_or_blinks(name: str) -> None:
    assert not re.search("animation|transition|blink|scroll-behavior", (STATIC / name).read_text())


def test_pictures_tell_how_it_is_done_and_have_words_for_who_does_not_see(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    asked, sent = client.get("/en/case"), send(client)
    come_back(client, code)
    for answer, words in (
        (asked, "write the code down"),
        (sent, "write the code down"),
        (client.get("/en/case/files"), "choose a photo"),
    ):
        page = answer.get_data(as_text=True)
        assert re.search(rf'<div class="how" role="img"[^>]* aria-label="In pictures: {words}', page)
        assert "</text>" not in page  # a text browser would show its figures, which look like a code
