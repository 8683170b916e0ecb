"""Searching: what is found, by whom, and where it is shown."""

import re

import pytest
from flask.testing import FlaskClient

from tests.cases import saved, write
from tests.factories import House, make_case, make_member, sign_in, token


def look(client: FlaskClient, words: str, **fields: str) -> str:
    """Search; return the page."""
    answer = client.post("/desk/search", data={"words": words, "csrf_token": token(client, "/desk/search"), **fields})
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def references(page: str) -> list[str]:
    """Return the references of the cases that a page shows."""
    return re.findall(r'class="reference" href="/desk/cases/([^"]+)"', page)


def test_a_word_of_a_story_finds_its_case(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case("KZ", story="Ўзбекистонда Xylophagous деган одам олиб кетилди.")
    make_case("KZ")
    sign_in(client, member)
    page = look(client, "oʻzbek xylo")
    assert references(page) == [case.reference]
    assert "<mark>Ўзбекистонда</mark> <mark>Xylophagous</mark>" in page
