"""Every form on every page, posted as a browser would with what a stranger types: answered in words, nothing lost.

The pages are those of the access table, and the forms are those that stand on them: a new one is tried by itself.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

from intake.members.models import EDITOR
from intake.web.forms import clean_line, clean_text
from tests.access_table import SEATED_ADMIN, TABLE
from tests.complainant_pages import Complainant, every_page
from tests.factories import House, confirm, make_member, sign_in
from tests.strategies import HTML, MARK, ODD, WORDS
from tests.test_access_matrix import Scenes, scene

__all__ = ["scene"]
TYPED = {"text", "search", "email", "tel", "url", "number", "date", "textarea", "password"}
FORGOTTEN = {"password", "code", "one_time", "recovery", "website"}  # what a page does not show again: secrets, a trap
ENDS_THE_VISIT = ("/sign-out", "/sessions/", "/lock", "/leave", "/close", "/remove", "/members/")
BROKEN = 500
ANSWERS = {200, 302, 303, 404, 409, 413, 422}  # a case may have moved away meanwhile
SEEDS = pytest.mark.parametrize("seed", [9, *(pytest.param(one, marks=pytest.mark.slow) for one in range(8))])


@dataclass
class Form:
    """A form on a page.

    Attributes:
        action: where it is sent.
        kept: its hidden fields.
        typed: the names of what a person types or chooses, each with whether it has many lines.
    """

    action: str
    kept: dict[str, str] = field(default_factory=dict)
    typed: dict[str, bool] = field(default_factory=dict)

    @property
    def stays(self) -> bool:
        """Whether something is typed into it, and nobody's visit ends by it."""
        return bool(self.typed) and not any(part in self.action for part in ENDS_THE_VISIT)


class Forms(HTMLParser):
    """The forms of a page, and what stands in their fields."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.found: list[Form] = []
        self.values: dict[str, str] = {}
        self._inside: Form | None = None
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up a form, or a field."""
        said = {name: value or "" for name, value in attrs}
        name = said.get("name", "")
        if tag == "form" and said.get("method", "").lower() == "post":
            self._inside = Form(said.get("action", ""))
            self.found.append(self._inside)
        elif self._inside is None or not name:
            return
        elif tag == "textarea":
            self._area, self.values[name], self._inside.typed[name] = name, "", True
        elif tag == "input" and said.get("type") == "hidden":
            self._inside.kept[name] = said.get("value", "")
        elif tag == "input" and said.get("type", "text") in TYPED:
            self._inside.typed[name], self.values[name] = False, said.get("value", "")
        elif tag in {"select", "input"} and said.get("type") != "submit":
            self._inside.typed.setdefault(name, False)

    def handle_endtag(self, tag: str) -> None:
        """Leave a form, or a field."""
        if tag == "form":
            self._inside = None
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Take what stands in a field of many lines; a line feed after its mark is none of it."""
        if self._area:
            self.values[self._area] += data


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: what PostgreSQL takes otherwise, the tests of each form ask."""
    return str(request.param)


def posted(client: FlaskClient, form: Form, here: str, chance: random.Random) -> int:
    """Post a form with what a stranger types, look at the answer, and return its status."""
    typed = {name: chance.choice((*HTML, *ODD, *WORDS[:-2])) for name in form.typed}
    typed = {name: value.encode(errors="replace").decode() for name, value in typed.items()}
    answer = client.post(form.action or here, data={**form.kept, **typed}, follow_redirects=False, buffered=True)
    assert answer.status_code < BROKEN, (form, typed)
    if "html" not in answer.content_type:
        return answer.status_code
    page = answer.get_data(as_text=True)
    assert f"<script>{MARK}" not in page, (form.action, typed)
    assert f"<svg/onload={MARK}" not in page, (form.action, typed)
    assert f"<img src=x onerror={MARK}" not in page, (form.action, typed)
    if answer.status_code == 422:
        shown = Forms(page).values
        for name in set(form.typed) & set(shown) - FORGOTTEN:
            clean = clean_text if form.typed[name] else clean_line
            lost = not shown[name].strip() and clean(typed[name])
            assert not lost or clean(typed[name]) != typed[name], (form.action, name, typed[name])
    return answer.status_code


def forms_at(client: FlaskClient, paths: Iterator[str]) -> list[tuple[str, Form]]:
    """Return the forms of pages, those that are on all of them once."""
    found: dict[tuple[str, ...], tuple[str, Form]] = {}
    for path in paths:
        answer = client.get(path, buffered=True)
        if answer.status_code == 200 and "html" in answer.content_type:
            for form in Forms(answer.get_data(as_text=True)).found:
                found.setdefault((form.action, *sorted(form.typed)), (path, form))
    return list(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_every_form_of_the_desk_answers_in_words(scene: Scenes, house: House, seed: int) -> None:
    made = scene(SEATED_ADMIN)
    member = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    assert sign_in(made.client, member).status_code == 302
    confirm()
    paths = (row.path.format(**made.values) for route, row in TABLE.items() if route[1] == "GET")
    found = forms_at(made.client, paths)
    assert len(found) > 50
    chance = random.Random(seed)  # noqa: S311 no secret
    answers = Counter(posted(made.client, form, path, chance) for path, form in found if form.stays)
    assert set(answers) <= ANSWERS
    assert answers[422] > 20, "hardly anything was refused, so hardly anything was looked at"


@SEEDS
def test_every_form_of_a_complainant_answers_in_words(app: Flask, house: House, seed: int) -> None:
    person = Complainant(app)
    shown = [page for page in every_page(app, "en") if page.posted is None]
    found = forms_at(person.client, (page.path for page in shown))
    assert len(found) > 15
    chance = random.Random(seed)  # noqa: S311 no secret
    answers = Counter(posted(person.client, form, path, chance) for path, form in found if form.stays)
    assert set(answers) <= ANSWERS
    assert answers[422] > 10
