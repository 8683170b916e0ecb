"""What every request shares: headers, error pages, and a log that tells nothing of anybody."""

import logging
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from intake.cases import queue
from intake.complaint import pages
from intake.web import inlined
from intake.web.access import check_every_route_is_marked, public
from tests.factories import House, confirm, fields, make_member, send, sign_in, token


@pytest.mark.parametrize("path", ["/", "/en/", "/en/case", "/desk/sign-in", "/nothing", "/healthz", "/leave"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers, "a trial over http must not bind the browser to https"


@pytest.mark.parametrize(
    ("path", "words"), [("/en/nothing", "This page is not here"), ("/desk/nothing", "To the cases")]
)
def test_a_page_that_is_not_there_says_so_in_the_readers_language(client: FlaskClient, path: str, words: str) -> None:
    page = client.get(path, headers={"Accept-Language": "en"})
    assert page.status_code == 404
    assert words in page.get_data(as_text=True)


def test_a_wrong_method_is_answered_kindly(client: FlaskClient) -> None:
    assert client.post("/en/safety").status_code == 405
    assert client.delete("/en/").status_code == 405


def test_a_fault_is_logged_by_kind_and_place_without_a_word_of_the_story(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("Zanzibar " + str(fields()))

    monkeypatch.setattr(pages, "answer_page", broken)
    with caplog.at_level(logging.DEBUG):
        page = send(client, story="Zanzibar, and more than twenty characters.")
    assert page.status_code == 500
    assert "This is our fault" in page.get_data(as_text=True)
    assert "Zanzibar" not in page.get_data(as_text=True)
    assert "ZeroDivisionError at complaint.send" in caplog.text
    assert "Zanzibar" not in caplog.text


def test_a_database_that_is_away_delays_and_shows(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, make_member(house, "KZ"))

    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))  # noqa: EM101 an SQL statement

    with monkeypatch.context() as patch:
        patch.setattr(Session, "execute", away)
        assert client.get("/healthz").status_code == 503
    with monkeypatch.context() as patch:
        patch.setattr(queue, "counts", away)
        page = client.get("/desk/")
        assert page.status_code == 503
        assert "busy" in page.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200
    assert client.get("/desk/").status_code == 200


def test_a_route_that_does_not_say_who_may_enter_stops_the_start(app: Flask) -> None:
    app.view_functions["forgotten"] = lambda: ""
    with pytest.raises(RuntimeError, match="forgotten"):
        check_every_route_is_marked(app)
    app.view_functions["forgotten"] = public(lambda: "")
    check_every_route_is_marked(app)


def test_a_form_of_the_desk_without_its_token_is_refused(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    page = client.post("/desk/sign-in", data={"address": member.address, "password": "x"})
    assert page.status_code == 400
    assert "too old" in page.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/desk/static", "/static/desk.css"])
def test_style_of_the_desk_is_served(client: FlaskClient, path: str) -> None:
    expected = 200 if path.endswith("css") else 404
    with client.get(path) as answer:
        assert answer.status_code == expected


@pytest.mark.parametrize("part", ["%00", "KZ-%00", "%ED%A0%80", "99999999999999999999", "' OR 1=1 --", "x" * 3000])
def test_nonsense_in_an_address_is_a_page_that_is_not_there(client: FlaskClient, house: House, part: str) -> None:
    sign_in(client, make_member(house, "KZ", is_admin=True))
    confirm()
    assert client.get(f"/desk/cases/{part}").status_code == 404
    assert client.get(f"/desk/?after={part}").status_code in {200, 404}
    assert client.get(f"/desk/invitation/{part}").status_code in {404, 410}
    csrf = token(client, "/desk/desks")
    confirm()
    for path in (f"/desk/desks/{part}/seats", "/desk/desks/1/seats"):
        assert client.post(path, data={"csrf_token": csrf, "member": part.replace("%00", "\0")}).status_code == 404


@pytest.mark.parametrize("script", sorted(inlined.STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_makes_a_page_out_of_text(script: Path) -> None:
    """The policy forbids it in browsers that know trusted types; in the others nothing may ask for it either."""
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|DOMParser|document\.write|createContextualFragment|\beval\b|srcdoc"
    assert not re.findall(sinks, script.read_text())
