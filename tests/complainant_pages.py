"""Every page that a complainant meets, and every state of it: what is weighed, read aloud by text browsers, counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from intake.cases.models import CLOSED, Case
from intake.extensions import db, transaction
from intake.followup import queries
from intake.followup.blocks import BLOCKS
from tests.factories import STORY, fields, hidden_code, hidden_on, signed_code, token_on
from tests.followup.asking import EVERYTHING

COMPLAINT_BYTES = 8_192  # TCP segments in flight before the first answer comes back, and a bit to spare
OTHER_BYTES = 14_600  # ten TCP segments, one round trip
COMPLAINT = "complaint"
# What a page shows of what the person told has no bound but their own words'; here they told an ordinary complaint.
TOO_LONG = "x" * 1100  # for any question but the story
_WRONG = {"contact_mode": "email", "contact_value": ""}
_NOT_THE_CODE = "1234"


@dataclass(frozen=True)
class Shown:
    """A page in a state, as somebody asks for it.

    Attributes:
        name: what the page is, and its state.
        path: where it is.
        posted: what is posted there; without it, it is only asked for.
        status: what it is answered with.
        by: who asks; by default somebody who never was here.
        most: how many bytes it may be.
        files: whether the form can bring files.
    """

    name: str
    path: str
    posted: dict[str, Any] | None = None
    status: int = 200
    by: Callable[[], FlaskClient] | None = None
    most: int = OTHER_BYTES
    files: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self, app: Flask, encoding: str = "") -> TestResponse:
        """Ask for it.

        Raises:
            LookupError: it was answered with something else.
        """
        client = self.by() if self.by else app.test_client()
        headers = {"Accept-Encoding": encoding, **self.headers}
        kind = "multipart/form-data" if self.files else None
        with app.app_context():  # a fresh one: the language is kept in it
            if self.posted is None:
                answer = client.get(self.path, headers=headers)
            else:
                answer = client.post(self.path, data=self.posted, headers=headers, content_type=kind)
        if answer.status_code != self.status or answer.headers.get("Content-Encoding", "") != encoding:
            got = f"{answer.status}, encoded as {answer.headers.get('Content-Encoding')}"
            message = f"{self.name} at {self.path} was answered with {got}"
            raise LookupError(message)
        return answer


class Complainant:
    """Somebody who sent a complaint and came back with its code."""

    def __init__(self, app: Flask, **changes: str) -> None:
        """Send an ordinary one."""
        self._app, self.sent = app, fields(**changes)
        self.client = app.test_client()
        with app.app_context():
            app.test_client().post("/en/", data=self.sent)
            self.client.post("/en/case", data={"code": hidden_code(self.sent)})

    def come(self) -> FlaskClient:
        """Return their browser."""
        return self.client

    @cached_property
    def token(self) -> str:
        """The token of their browser's forms."""
        with self._app.app_context():
            return token_on(self.client.get("/en/case").get_data(as_text=True))

    def closed(self) -> "Complainant":
        """Let the journalists have closed the case."""
        with self._app.app_context(), transaction():
            case = queries.case_of(queries.keys_of(hidden_code(self.sent)))
            db.session.execute(update(Case).where(Case.id == (case.id if case else None)).values(status=CLOSED))
        return self


def every_page(app: Flask, lang: str) -> Iterator[Shown]:
    """Yield every page and state in a language."""
    yield from of_a_first_visit(lang)
    yield from _of_a_return(app, lang)
    yield from _of_details(app, lang)


def of_a_first_visit(lang: str) -> Iterator[Shown]:
    """Yield the pages of somebody who never was here, and of who sends, or types a code."""
    here, sent = f"/{lang}/", fields()
    yield Shown(COMPLAINT, here, most=COMPLAINT_BYTES)
    yield Shown("complaint, first page", "/", most=COMPLAINT_BYTES, headers={"Accept-Language": lang})
    for name in ("voice", "safety", "about", "case"):
        yield Shown(name, here + name)
    yield Shown("no such page", f"{here}nothing", status=404)
    yield Shown("complaint, all wrong", here, {"code": signed_code(), **_WRONG}, 422)
    yield Shown("complaint, as a robot", here, fields(website="x"), 422)
    yield Shown("complaint, forged", here, fields(code="forged"), 422)
    yield Shown("voice, all wrong", f"{here}voice", {"code": signed_code(), **_WRONG}, 422, files=True)
    yield Shown("answer", here, sent)
    yield Shown("answer, urgent", here, fields(urgent="1"))
    yield Shown("answer, further words", here, {"code": sent["code"], "story": f"{STORY} And my sister."})
    yield Shown("answer, further words wrong", here, {"code": sent["code"], "story": ""}, 422)
    yield Shown("case, wrong code", f"{here}case", {"code": _NOT_THE_CODE}, 422)
    yield Shown("case, no cookie", f"{here}case?in")
    yield Shown("case, asked for words", f"{here}case/messages", {"text": STORY}, 401)


def _of_a_return(app: Flask, lang: str) -> Iterator[Shown]:
    here, person, done = f"/{lang}/case", Complainant(app), Complainant(app).closed()
    own = {"csrf_token": person.token}
    for name in ("", "messages", "words", "delete", "code", "proof", "proof?qr=1", "files", "voice"):
        yield Shown(f"visit, {name or 'home'}", f"{here}/{name}".rstrip("/"), by=person.come)
    yield Shown("visit, message wrong", f"{here}/messages", {**own, "text": ""}, 422, person.come)
    for name in ("delete", "code"):
        yield Shown(f"visit, {name} wrong", f"{here}/{name}", {**own, "code": _NOT_THE_CODE}, 422, person.come)
    known = {**own, "code": hidden_code(person.sent)}
    offered = Shown("visit, code offered", f"{here}/code", known, by=person.come)
    yield offered
    fresh = hidden_on(offered.answer(app).get_data(as_text=True))["fresh"]
    wrong = {**own, "fresh": fresh, "code": _NOT_THE_CODE}
    yield Shown("visit, code offered wrong", f"{here}/code/take", wrong, 422, person.come)
    yield Shown("visit, files wrong", f"{here}/files", own, 422, person.come, files=True)
    yield Shown("visit, voice wrong", f"{here}/voice", own, 422, person.come, files=True)
    yield Shown("visit, closed", here, by=done.come)
    yield Shown("visit, feedback", f"{here}/feedback", by=done.come)
    yield Shown("visit, feedback wrong", f"{here}/feedback", {"csrf_token": done.token}, 422, done.come)


def _of_details(app: Flask, lang: str) -> Iterator[Shown]:
    person = Complainant(app)
    for block in BLOCKS:
        path = f"/{lang}/case/details/{block}"
        yield Shown(f"details, {block}", path, by=person.come)
        wrong: dict[str, Any] = {"csrf_token": person.token, "base": "0"}
        for name, value in EVERYTHING[block]:
            wrong.setdefault(name, []).append(f"{value}{TOO_LONG}")
        yield Shown(f"details, {block} wrong", path, wrong, 422, person.come)
