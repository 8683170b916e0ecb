"""A session that will end says so in time, and a press keeps it open; a page that is left alone does not."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.guards import BY_ITSELF
from intake.members.models import MemberSession
from tests.factories import House, make_member, sign_in, token


@pytest.fixture
def signed_in(client: FlaskClient, house: House) -> FlaskClient:
    """Return the browser of a member."""
    assert sign_in(client, make_member(house, "KZ")).status_code == 302
    return client


def lay_idle(minutes: float, began: float = 0) -> None:
    """Let all sessions lie idle for some minutes, and have begun some hours ago."""
    used, since = now() - timedelta(minutes=minutes), now() - timedelta(hours=began, minutes=minutes)
    with transaction():
        db.session.execute(update(MemberSession).values(used_at=used, began_at=since))


def used_ago() -> float:
    """Return how many seconds ago a session was used."""
    db.session.rollback()
    return (now() - db.session.scalars(select(MemberSession.used_at)).one()).total_seconds()


def test_to_ask_how_long_it_lasts_makes_it_no_longer(signed_in: FlaskClient) -> None:
    lay_idle(28)
    answer = signed_in.get("/desk/session", headers={BY_ITSELF: "1"})
    assert 100 < answer.get_json()["left"] <= 120
    assert answer.get_json()["more"] is True
    assert used_ago() > 27 * 60


def test_a_press_makes_it_longer(signed_in: FlaskClient) -> None:
    lay_idle(28)
    own = token(signed_in, "/desk/sign-in")
    assert signed_in.post("/desk/session", data={"csrf_token": own}).get_json()["left"] > 29 * 60
    assert used_ago() < 60


def test_a_form_of_another_page_makes_it_no_longer(signed_in: FlaskClient) -> None:
    own = token(signed_in, "/desk/sign-in")
    lay_idle(28)
    assert signed_in.post("/desk/session").status_code == 400
    elsewhere = signed_in.post("/desk/session", data={"csrf_token": own}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    assert used_ago() > 27 * 60


def test_what_cannot_last_longer_says_so(signed_in: FlaskClient) -> None:
    lay_idle(1, began=11.97)
    told = signed_in.get("/desk/session", headers={BY_ITSELF: "1"}).get_json()
    assert told["more"] is False
    assert told["left"] < 120


def test_a_session_that_is_over_is_over_for_the_script_too(signed_in: FlaskClient) -> None:
    own = token(signed_in, "/desk/sign-in")
    lay_idle(31)
    assert signed_in.get("/desk/session", headers={BY_ITSELF: "1"}).status_code == 302
    assert signed_in.post("/desk/session", data={"csrf_token": own}).status_code == 401


def test_every_page_says_how_long_it_stays_open(signed_in: FlaskClient, app: Flask) -> None:
    said = "You stay signed in for 30 minutes after your last press."
    assert said in signed_in.get("/desk/").get_data(as_text=True)
    app.config["SESSION_IDLE_MINUTES"] = 60
    assert "for 60 minutes after" in signed_in.get("/desk/account").get_data(as_text=True)
