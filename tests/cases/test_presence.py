"""Colleagues see each other on a case."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from intake import chores
from intake.cases import presence
from intake.cases.models import Presence
from intake.extensions import db, transaction
from intake.i18n import now
from tests.cases import acts, page_of, post
from tests.factories import House, count_rows, make_case, make_member, sign_in


def later(by: timedelta) -> None:
    """Let time pass."""
    with transaction():
        for row in db.session.scalars(select(Presence)):
            row.at -= by


def test_who_has_the_case_open_now_is_shown_at_the_top(app: Flask, client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    other, _, _ = make_case()
    for browser, name in ((client, "Aigerim"), (app.test_client(), "Dilnoza")):
        sign_in(browser, make_member(house, "KZ", name=name))
        page = page_of(browser, case)
    assert "Also open now at:" in page
    assert "<b>Aigerim</b>" in page
    assert "<b>Dilnoza</b>" in page_of(client, case)
    assert "<b>Dilnoza</b>" not in page_of(client, other)
    page_of(client, case)
    assert count_rows(Presence) == 3, "one row for a member and a case"
    later(timedelta(minutes=5))
    page = page_of(client, case)
    assert "<b>Dilnoza</b>" not in page
    assert f'data-presence="/desk/cases/{case.reference}/presence" hidden' in page


def test_a_page_that_stays_open_says_so_and_hears_who_is_there(app: Flask, client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    colleague = app.test_client()
    sign_in(client, make_member(house, "KZ", name="Aigerim"))
    sign_in(colleague, make_member(house, "KZ", name="Dilnoza"))
    page_of(client, case)
    page_of(colleague, case)
    later(timedelta(minutes=6))
    before = acts(case)
    assert post(client, case, "presence").json == {"names": []}
    assert post(colleague, case, "presence").json == {"names": ["Aigerim"]}
    assert acts(case) == before, "that a page stays open is no act"


def test_who_is_not_of_the_desk_is_nowhere(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KG"))
    assert post(client, case, "presence").status_code == 404
    assert client.get(f"/desk/cases/{case.reference}").status_code == 404
    assert count_rows(Presence) == 0


@pytest.mark.parametrize(("age", "left"), [(timedelta(hours=23), 1), (timedelta(hours=25), 0)])
def test_after_a_day_it_is_forgotten(house: House, monkeypatch: pytest.MonkeyPatch, age: timedelta, left: int) -> None:
    case, _, _ = make_case()
    visitor = house.visitors[make_member(house, "KZ").id]
    with transaction():
        presence.note(visitor, case)
    later(age)
    at_the_hour = now().replace(minute=0)
    monkeypatch.setattr(chores, "now", lambda: at_the_hour)
    chores.every_minute()  # one round of the worker
    assert count_rows(Presence) == left
