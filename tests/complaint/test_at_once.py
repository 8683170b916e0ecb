"""A double tap, a lost answer, twenty taps at once: one case, one page."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from intake.cases.models import Case, ComplainantKey, Statement
from tests.factories import House, count_rows, fields, letters, make_member

TAPS = 20


def post_at_once(app: Flask, answers: list[dict[str, str]]) -> list[tuple[int, bytes]]:
    """Post these forms at the same moment, each from its own thread."""
    start = Barrier(len(answers))

    def post(form: dict[str, str]) -> tuple[int, bytes]:
        start.wait()
        page = app.test_client().post("/en/", data=form)
        return page.status_code, page.data

    with ThreadPoolExecutor(len(answers)) as pool:
        return list(pool.map(post, answers))


def test_the_same_post_twenty_times_at_once_gives_one_case_and_one_page(app: Flask, house: House) -> None:
    make_member(house, "KZ")
    pages = post_at_once(app, [fields()] * TAPS)
    assert {status for status, _ in pages} == {200}
    assert len({page for _, page in pages}) == 1
    assert count_rows(Case) == count_rows(Statement) == count_rows(ComplainantKey) == 1
    assert len(letters()) == 2


def test_different_words_under_one_code_at_once_are_one_case_and_none_is_lost(app: Flask, house: House) -> None:
    form = fields()
    pages = post_at_once(app, [{**form, "story": f"{form['story']} {number}"} for number in range(8)])
    assert {status for status, _ in pages} == {200}
    assert count_rows(Case) == 1
    assert count_rows(Statement) == 8
    assert len(letters("new_case")) == 1
    assert len(letters("further_words")) == 7


def test_twenty_people_at_once_open_twenty_cases(app: Flask, house: House) -> None:
    pages = post_at_once(app, [fields() for _ in range(TAPS)])
    assert {status for status, _ in pages} == {200}
    assert count_rows(Case) == count_rows(Statement) == TAPS
    assert len(letters()) == TAPS
