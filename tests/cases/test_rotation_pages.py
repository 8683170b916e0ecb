"""The pages on which a member makes a new key for their desk, and sees how far it is."""

import re
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from intake.cases import rotation, rotation_views
from intake.cases.models import Statement
from intake.desks import queries
from intake.desks.models import DeskKey
from intake.extensions import db, transaction
from intake.members.models import EDITOR, MemberSession
from intake.members.sessions import Visitor
from intake.sealing import new_identity, seal
from tests.cases import page_of
from tests.cases.rotating import EVERYTHING, begin, desk_named, full_case, go_on, read_by, read_with
from tests.factories import PASSWORD, House, confirm, hidden_on, make_case, make_member, sign_in, token_on


@pytest.fixture
def visitor(client: FlaskClient, house: House) -> Visitor:
    """Return a member of the desk, signed in, whose password was just typed."""
    member = make_member(house, "KZ", name="Aigerim")
    sign_in(client, member)
    confirm()
    return house.visitors[member.id]


def path(part: str = "", name: str = "KZ") -> str:
    return f"/desk/desks/{desk_named(name).id}/rotation{part}"


def page(client: FlaskClient, query: str = "") -> str:
    return client.get(path() + query).get_data(as_text=True)


def press(client: FlaskClient, part: str = "", **fields: str) -> TestResponse:
    """Press a button of the page as a browser without JavaScript does."""
    shown = hidden_on(page(client))
    return client.post(path(part), data={**shown, **fields})


def generations() -> list[int]:
    db.session.rollback()
    of = select(DeskKey.generation).where(DeskKey.desk_id == desk_named().id)
    return list(db.session.scalars(of.order_by(DeskKey.generation)))


def test_a_journalist_rotates_their_desk_by_pressing_buttons(
    client: FlaskClient, house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, code = full_case(visitor)
    first = page(client)
    assert "Aigerim" in first
    assert "Copies of the database that were made earlier" in first
    assert press(client).headers["Location"] == path()
    shown = page(client)
    assert "0 of 7 pieces: 0\u00a0%" in shown
    assert '<progress id="progress" max="100" value="0">' in shown
    assert read_by(visitor, case) == EVERYTHING
    assert press(client, "/step").headers["Location"] == path()
    assert "All is sealed anew" in page(client)
    assert "Make a new key" in page(client)
    assert "7 of 7" not in page(client)
    assert read_by(visitor, case) == read_with(code, case) == EVERYTHING
    assert EVERYTHING[0][0] in page_of(client, case)
    assert generations() == [1, 2]


def test_a_step_ends_when_its_time_is_up_and_the_next_goes_on(
    client: FlaskClient, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [make_case()[0] for _ in range(3)]
    press(client)
    monkeypatch.setattr(rotation, "AT_ONCE", 1)
    ticks = iter(range(1000))
    monkeypatch.setattr(rotation, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    assert press(client, "/step").headers["Location"] == path()
    shown = page(client)
    assert "2 of 3 pieces: 66\u00a0%" in shown
    assert "data-steps" in shown
    press(client, "/step")
    assert queries.desks_of(visitor.member)[0].is_rotating is False
    assert all(read_by(visitor, case)[0] == EVERYTHING[0][:1] for case in cases)


def test_pressed_twice_it_is_one_new_key_and_a_newer_one_takes_another_press(
    client: FlaskClient, visitor: Visitor
) -> None:
    full_case(visitor)
    shown = hidden_on(page(client))
    for _ in range(2):
        assert client.post(path(), data=shown).status_code == 302
    assert generations() == [1, 2]
    assert press(client).status_code == 302
    assert generations() == [1, 2, 3]


@pytest.mark.parametrize("generation", ["", "0", "7", "x", "99999999999999", "-1"])
def test_a_generation_that_is_none_is_a_page_that_is_not_there(
    client: FlaskClient, visitor: Visitor, generation: str
) -> None:
    assert press(client, generation=generation).status_code == 404
    assert generations() == [1]


def test_making_a_key_asks_for_the_password_again_and_then_it_is_made(client: FlaskClient, visitor: Visitor) -> None:
    with transaction():
        db.session.execute(update(MemberSession).values(confirmed_at=None))
    asked = press(client)
    assert asked.status_code == 401
    assert generations() == [1]
    again = client.post("/desk/confirm", data={**hidden_on(asked.get_data(as_text=True)), "password": PASSWORD})
    assert again.headers["Location"] == path()
    assert generations() == [1, 2]


def test_the_queue_says_what_is_not_finished_to_who_is_seated_there_and_to_nobody_else(
    client: FlaskClient, house: House, visitor: Visitor
) -> None:
    neighbour, editor = make_member(house, "KG"), make_member(house, *house.keys, role=EDITOR)
    full_case(visitor)
    words = "not all sealed to the new key yet"
    assert words not in client.get("/desk/").get_data(as_text=True)
    begin(visitor)
    queue = client.get("/desk/").get_data(as_text=True)
    assert words in queue
    assert queue.count(f'href="{path()}"') == 1
    for member, expected in ((neighbour, False), (editor, True)):
        other = client.application.test_client()
        sign_in(other, member)
        assert (words in other.get("/desk/").get_data(as_text=True)) is expected
        assert other.get(path()).status_code == (200 if expected else 404)
    go_on(visitor)
    assert words in client.get("/desk/").get_data(as_text=True)
    press(client, "/step")
    assert words not in client.get("/desk/").get_data(as_text=True)


def test_where_nothing_moves_the_page_says_so_and_presses_nothing_by_itself(
    client: FlaskClient, visitor: Visitor
) -> None:
    broken, sound = make_case()[0], make_case()[0]
    with transaction():
        sealed = seal(b"{}", [new_identity().recipient])
        db.session.execute(update(Statement).where(Statement.case_id == broken.id).values(sealed=sealed))
    press(client)
    assert press(client, "/step").headers["Location"] == path()
    assert "data-steps" in page(client)
    assert press(client, "/step").headers["Location"] == f"{path()}?paused=1"
    shown = page(client, "?paused=1")
    assert "Nothing more could be sealed anew just now" in shown
    assert "data-steps" not in shown
    assert "1 of 2 pieces: 50\u00a0%" in shown
    assert read_by(visitor, sound)[0] == EVERYTHING[0][:1]


def test_the_script_comes_from_us_and_the_policy_of_the_desk_lets_no_other_in(
    client: FlaskClient, visitor: Visitor
) -> None:
    full_case(visitor)
    begin(visitor)
    answer = client.get(path())
    addresses = re.findall(r'<script src="([^"]+)" defer></script>', answer.get_data(as_text=True))
    assert len(addresses) == 3
    assert answer.headers["Content-Security-Policy"].count("script-src 'self'") == 1
    for address in addresses:
        with client.get(address) as script:
            assert script.status_code == 200
            assert script.mimetype == "text/javascript"
    assert "'self'" not in client.get("/en/").headers["Content-Security-Policy"].partition("script-src")[2]


def test_an_editor_rotates_any_desk_and_an_admin_without_a_seat_none(client: FlaskClient, house: House) -> None:
    editor, admin = make_member(house, *house.keys, role=EDITOR), make_member(house, role=None, is_admin=True)
    for member, status in ((editor, 302), (admin, 404)):
        browser = client.application.test_client()
        sign_in(browser, member)
        confirm()
        token = token_on(browser.get("/desk/cases/new").get_data(as_text=True))
        answer = browser.post(path(name="TJ"), data={"csrf_token": token, "generation": "1"})
        assert answer.status_code == status
        assert browser.post(path("/step", "TJ"), data={"csrf_token": token}).status_code == status
    assert rotation_views.SECONDS <= 2
