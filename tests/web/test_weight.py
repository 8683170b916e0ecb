"""What the complainant's pages weigh, in every language and state: one flight, one request, no cookie until needed."""

import gzip

import brotli  # type: ignore[import-untyped]
import pytest
from flask import Flask

from intake.i18n import TAGS
from tests.bench.measures.page_bytes import References
from tests.complainant_pages import COMPLAINT, every_page
from tests.factories import House

HEAVY = ("kk", "uz-Cyrl", "tg")  # whose words weigh most; the complaint page is weighed in every language
MANY = 10  # the code on a page is random, and so is what compression makes of it


@pytest.mark.parametrize("lang", [tag if tag in HEAVY else pytest.param(tag, marks=pytest.mark.slow) for tag in TAGS])
def test_every_page_and_state_is_one_flight_and_one_request(app: Flask, house: House, lang: str) -> None:
    weights, references = {}, {}
    for page in every_page(app, lang):
        answer = page.answer(app, "gzip")  # brotli makes them smaller still, see the test below
        weights[page.name] = (len(answer.data), page.most)
        reader = References()
        reader.feed(gzip.decompress(answer.data).decode())
        references[page.name] = reader.found
    assert {name: weight for name, weight in weights.items() if weight[0] > weight[1]} == {}
    assert {name: found for name, found in references.items() if found} == {}
    assert len(weights) > 50


@pytest.mark.parametrize("lang", [TAGS[0], *(pytest.param(tag, marks=pytest.mark.slow) for tag in TAGS[1:])])
def test_brotli_makes_every_page_smaller_still(app: Flask, house: House, lang: str) -> None:
    for page in every_page(app, lang):
        small, large = page.answer(app, "br").data, page.answer(app, "gzip").data
        assert len(small) < len(large), page.name
        assert brotli.decompress(small).startswith(b"<!doctype html>")


@pytest.mark.parametrize("lang", TAGS)
def test_no_code_makes_the_complaint_page_too_large(app: Flask, house: House, lang: str) -> None:
    for page in every_page(app, lang):
        if not page.name.startswith(COMPLAINT):
            break
        for encoding in ("br", "gzip"):
            assert max(len(page.answer(app, encoding).data) for _ in range(MANY)) <= page.most, page.name


def test_only_who_came_back_with_a_code_is_given_a_cookie(app: Flask, house: House) -> None:
    given = {}
    for page in every_page(app, "en"):
        if page.by is None:
            given[page.name] = page.answer(app).headers.getlist("Set-Cookie")
    assert {name for name, cookies in given.items() if cookies} == set()
