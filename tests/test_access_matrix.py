"""Who gets in where: every route for every kind of visitor, and what stands between a form and a stranger's page."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from intake.cases.models import Case
from intake.desks import invitations
from intake.desks.models import Invitation
from intake.evidence import queries as evidence
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import codes, cover
from intake.members.cover import Days
from intake.members.models import EDITOR, Member, MemberSession
from intake.outbox import alarms
from tests.access_table import (
    ADMIN,
    CODE_ASKED,
    COLUMNS,
    COMPLAINANT,
    EDITORIAL,
    ELSEWHERE,
    EXPIRED,
    FROM_ANYWHERE,
    GRAVE,
    GUARDED_FIRST,
    HERE,
    LOCKED,
    NOBODY,
    PASSWORD_AGAIN,
    POSTS,
    SEATED_ADMIN,
    SIGN_IN,
    TABLE,
    VISITORS,
    WITHOUT_TOKEN,
    Answer,
    Route,
)
from tests.evidence.looking import attach, make_copy
from tests.evidence.sending import arrive, photo
from tests.factories import (
    House,
    confirm,
    fields,
    letters,
    make_case,
    make_claim,
    make_desk,
    make_member,
    make_note,
    make_promise,
    make_recording,
    make_reply,
    sign_in,
    token,
)
from tests.sweep import wire


@dataclass
class Scene:
    """A house with a case, an invitation and a visitor at the door."""

    app: Flask
    client: FlaskClient
    values: dict[str, str]

    def visit(self, route: Route, with_token: str | None = None, **headers: str) -> TestResponse:
        """Go to a route, with what is posted there, and a token if one is given."""
        row, method = TABLE[route], route[1]
        data = {name: value.format(**self.values) for name, value in row.data.items()}
        if "complaint" in data:
            data = fields()
        if with_token is not None:
            data["csrf_token"] = with_token
        path = row.path.format(**self.values)
        posted = data if method == "POST" else None
        answer = self.client.open(path, method=method, data=posted, headers=headers, buffered=True)
        assert wire.faults(path, answer.status_code, [*answer.headers]) == [], (route, answer.status)
        return answer

    def token(self) -> str:
        """Return the visitor's own token."""
        return token(self.client, "/desk/sign-in")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: the whole matrix runs on the second one with ``make test-all``."""
    return str(request.param)


Scenes = Callable[[str], Scene]


@pytest.fixture
def scene(app: Flask, house: House) -> Scenes:
    """Return what brings a visitor of a kind to the door."""

    def make(visitor: str) -> Scene:
        case, keys, code = make_case("KZ", recording=make_recording())
        (recording,) = evidence.opened_files(case.id, case.reference, lambda _: keys.identity)
        make_copy(recording)
        attached = attach(case)
        make_copy(evidence.opened_file(attached, case.id, case.reference, lambda _: house.identity("KZ")))
        colleague, newcomer, other = make_member(house, "KZ"), make_member(house), make_member(house)
        promise, other_promise = make_promise(newcomer, "KZ"), make_promise(other, "KZ")
        own_desk = make_desk(house, "North")
        make_promise(newcomer, own_desk.name)
        with transaction():
            place = invitations.Place(role=EDITOR, is_admin=False, language="en")
            invitation = invitations.invite(place, [], codes.new())
            today = now().date()
            absence = cover.set_away(colleague, Days(today, today), None, colleague.id)
            alarms.raised(alarms.ADDRESS_BOUNCES, now(), str(colleague.id))
        make_claim(house, colleague, case)
        values = {
            "case": case.reference,
            "code": code,
            "file": recording.name,
            "attached": attached,
            "desk": str(case.desk_id),
            "own_desk": str(own_desk.id),
            "member": str(colleague.id),
            "newcomer": str(newcomer.id),
            "promise": str(promise.id),
            "other_promise": str(other_promise.id),
            "invitation": invitation.id,
            "absence": str(absence.id),
            "alarm": str(alarms.standing()[0].id),
            "added": arrive(house.visitors[colleague.id], case, photo()),
            "note": str(make_note(house, colleague, case, "Ask the lawyer").id),
            "reply": str(make_reply(colleague).id),
            "letter": str(letters()[0].id),
        }
        made = Scene(app, app.test_client(), values)
        member = {
            HERE: lambda: make_member(house, "KZ"),
            ELSEWHERE: lambda: make_member(house, "KG"),
            EDITORIAL: lambda: make_member(house, *house.keys, role=EDITOR),
            ADMIN: lambda: make_member(house, role=None, is_admin=True),
            LOCKED: lambda: make_member(house, "KZ", is_admin=True),
            EXPIRED: lambda: make_member(house, "KZ", is_admin=True),
            SEATED_ADMIN: lambda: make_member(house, "KZ", is_admin=True),
        }.get(visitor)
        if member is not None:
            entered = member()
            assert sign_in(made.client, entered).status_code == 302
            confirm()
            shut_out(visitor, entered)
        if visitor == COMPLAINANT:
            assert made.visit(("followup.begin", "POST")).status_code == 303
        return made

    return make


def shut_out(visitor: str, member: Member) -> None:
    """Let a member who is signed in be locked out, or their session run out."""
    with transaction():
        if visitor == LOCKED:
            db.session.execute(update(Member).where(Member.id == member.id).values(locked_at=now()))
        if visitor == EXPIRED:
            db.session.execute(update(MemberSession).values(used_at=now() - timedelta(hours=1)))


def expected(route: Route, visitor: str) -> Answer | None:
    """Return what the table says; None where the holder of a code gets their own case, see below."""
    row = TABLE[route]
    if visitor == COMPLAINANT and (route in CODE_ASKED or route == ("followup.case", "GET")):
        return None
    return row.answers[COLUMNS.index(visitor) if visitor in COLUMNS else COLUMNS.index(NOBODY)]


def answer_of(response: TestResponse) -> Answer:
    """Return the status of an answer, or that it is the sign-in page or leads there, or asks for the password.

    A script is told where to sign in.
    """
    if response.status_code == 401 and 'action="/desk/confirm"' in response.get_data(as_text=True):
        return PASSWORD_AGAIN
    path = response.headers.get("Location", "").partition("?")[0]
    asked = response.status_code == 401 and '"/desk/sign-in"' in response.get_data(as_text=True)
    return (
        SIGN_IN if asked or (response.status_code == 302 and path.endswith("/desk/sign-in")) else response.status_code
    )


def without_own_token(route: Route, visitor: str) -> Answer | None:
    """Return what a POST is answered that does not bring the visitor's own token."""
    if route in GUARDED_FIRST and (answer := expected(route, visitor)) in {SIGN_IN, 404}:
        return answer
    return TABLE[route].answers[0] if route in CODE_ASKED else 400


def routes_of(app: Flask) -> set[Route]:
    """Return every route of an application."""
    return {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def state() -> dict[str, Any]:
    """Return how many rows every table has, and how far the cases are."""
    db.session.rollback()
    counts = {
        table.name: db.session.scalar(select(func.count()).select_from(table)) for table in db.metadata.sorted_tables
    }
    statuses = db.session.scalars(select(Case.status).order_by(Case.id)).all()
    closed = db.session.scalars(select(Invitation.revoked_at)).all()
    db.session.rollback()
    return {**counts, "statuses": statuses, "closed": closed}


def test_every_route_is_in_the_table(app: Flask) -> None:
    assert routes_of(app) == set(TABLE)
    assert {len(row.answers) for row in TABLE.values()} == {len(COLUMNS)}


def test_a_route_that_is_not_in_the_table_is_found(app: Flask) -> None:
    app.add_url_rule("/desk/new", "cases.new", lambda: "", methods=["GET", "DELETE"])
    assert routes_of(app) - set(TABLE) == {("cases.new", "GET"), ("cases.new", "DELETE")}


def test_the_table_says_what_the_marks_on_the_routes_say(app: Flask) -> None:
    for (endpoint, method), row in TABLE.items():
        mark = getattr(app.view_functions[endpoint], "access", "public")
        answers = dict(zip(COLUMNS, row.answers, strict=True))
        assert (answers[NOBODY] == SIGN_IN) == (mark not in {"public", "complainant"}), (endpoint, method)
        assert ((endpoint, method) in CODE_ASKED) == (mark == "complainant"), (endpoint, method)
        outside = {answers[HERE], answers[ELSEWHERE], answers[EDITORIAL]}
        admins_alone = outside == {404} and answers[NOBODY] != 404  # some pages are there for nobody without a token
        assert admins_alone == (mark == "admin"), (endpoint, method)


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_route_answers_a_visitor_as_the_table_says(visitor: str, scene: Scenes) -> None:
    made = scene(visitor)
    own = made.token()
    wanted = {route: expected(route, visitor) for route in TABLE}
    got = {
        route: answer_of(made.visit(route, own if route[1] == "POST" else None))
        for route, answer in wanted.items()
        if answer is not None
    }
    assert got == {route: answer for route, answer in wanted.items() if answer is not None}


@pytest.mark.parametrize("visitor", [HERE, EDITORIAL, ADMIN, SEATED_ADMIN])
def test_what_is_grave_asks_for_the_password_again(visitor: str, scene: Scenes) -> None:
    made = scene(visitor)
    with transaction():
        db.session.execute(update(MemberSession).values(confirmed_at=None))
    own, before = made.token(), state()
    grave = [route for route in TABLE if route[0] in GRAVE and expected(route, visitor) != 404]
    got = {route: answer_of(made.visit(route, own if route[1] == "POST" else None)) for route in grave}
    assert got == dict.fromkeys(grave, PASSWORD_AGAIN)
    assert state() == before


def test_these_are_grave(app: Flask) -> None:
    assert {name for name, view in app.view_functions.items() if hasattr(view, "asks_password")} == GRAVE


@pytest.mark.parametrize("visitor", [ELSEWHERE, ADMIN])
def test_another_desks_case_looks_as_if_it_were_not_there(visitor: str, scene: Scenes) -> None:
    made = scene(visitor)
    before = state()
    there = made.visit(("cases.case", "GET"))
    own = made.token()
    got = {route: made.visit(route, own).status_code for route, row in TABLE.items() if "{case}" in row.path}
    assert set(got.values()) == {404}, got
    asked, made.values["case"] = made.values["case"], "KZ-2222-22"
    nowhere = made.visit(("cases.case", "GET"))
    assert there.status_code == nowhere.status_code == 404
    assert without_token(there).replace(asked, "KZ-2222-22") == without_token(nowhere), (
        "it repeats what was asked alone"
    )
    assert state() == before, "nothing changed, and nobody is said to have opened it"


@pytest.mark.parametrize("visitor", VISITORS)
def test_a_post_without_the_visitors_own_token_changes_nothing(visitor: str, scene: Scenes, app: Flask) -> None:
    made = scene(visitor)
    made.token()
    tokens = {"none": None, "empty": "", "forged": "forged", "a stranger's": token(app.test_client(), "/desk/sign-in")}
    before = state()
    got = {
        (route, kind): answer_of(made.visit(route, value))
        for route in POSTS
        if route not in WITHOUT_TOKEN
        for kind, value in tokens.items()
    }
    assert got == {(route, kind): without_own_token(route, visitor) for route, kind in got}
    assert state() == before


def test_the_forms_that_carry_a_code_go_without_a_token(scene: Scenes) -> None:
    made = scene(NOBODY)
    assert {route: made.visit(route).status_code for route in WITHOUT_TOKEN} == {
        ("complaint.send", "POST"): 200,
        ("complaint.send_voice", "POST"): 200,
        ("followup.begin", "POST"): 303,
    }


def test_the_holder_of_a_code_gets_into_their_case_and_nowhere_else(scene: Scenes) -> None:
    made = scene(NOBODY)
    made.visit(("followup.begin", "POST"))
    token_of_visit = token(made.client, "/en/case")
    got = {
        route: answer_of(made.visit(route, token_of_visit if route[1] == "POST" else None))
        for route in TABLE
        if route[0] not in {"followup.leave", "followup.close"}
    }
    inside = {route: got.pop(route) for route in list(got) if route in CODE_ASKED}
    assert set(inside.values()) <= {200, 303, 422}, inside
    assert got == {route: row.answers[0] for route, row in TABLE.items() if route in got}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("visitor", VISITORS)
def test_a_post_from_a_page_of_another_site_is_refused(visitor: str, site: str, scene: Scenes) -> None:
    made = scene(visitor)
    own = made.token()
    before = state()
    got = {
        route: answer_of(made.visit(route, own, **{"Sec-Fetch-Site": site}))
        for route in POSTS
        if route not in FROM_ANYWHERE
    }
    assert got == dict.fromkeys(got, 403)
    assert state() == before
    for route in FROM_ANYWHERE:
        assert made.visit(route, **{"Sec-Fetch-Site": site}).status_code == 200


def test_a_post_from_our_own_page_is_not(scene: Scenes) -> None:
    made = scene(HERE)
    own = made.token()
    for site in ("same-origin", "none"):
        answer = made.visit(("cases.acknowledge", "POST"), own, **{"Sec-Fetch-Site": site})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/desk/cases/{made.values['case']}")


def test_a_link_in_webmail_reloads_itself_once_and_then_asks_who_it_is(scene: Scenes) -> None:
    made = scene(NOBODY)
    webmail = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/desk/", f"/desk/cases/{made.values['case']}", "/desk/members"):
        page = made.client.get(path, headers=webmail)
        assert page.status_code == 200
        text = page.get_data(as_text=True)
        assert len(text.splitlines()) == 1
        assert f'<meta http-equiv="refresh" content="0;url={path}?again=1">' in text
        assert page.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in page.headers
        again = made.client.get(f"{path}?again=1", headers=webmail)
        assert answer_of(again) == SIGN_IN
        assert answer_of(made.client.get(path)) == SIGN_IN
        assert answer_of(made.client.get(path, headers={"Sec-Fetch-Site": "same-origin"})) == SIGN_IN


def test_the_reload_brings_the_cookie_and_the_page(scene: Scenes) -> None:
    made = scene(HERE)
    case = made.values["case"]
    stranger = made.app.test_client()
    page = stranger.get(f"/desk/cases/{case}", headers={"Sec-Fetch-Site": "cross-site"}).get_data(as_text=True)
    (address,) = re.findall(r"content=\"0;url=([^\"]+)\"", page)
    assert case in made.client.get(address, headers={"Sec-Fetch-Site": "same-origin"}).get_data(as_text=True)
    assert made.client.get("/desk/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_the_page_that_reloads_itself_holds_nothing_that_the_address_smuggles_in(scene: Scenes) -> None:
    made = scene(NOBODY)
    smuggled = "/desk/cases/%22%3E%3Cscript%3Ealert(1)"
    page = made.client.get(smuggled, headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 200
    assert "<script" not in page.get_data(as_text=True)
    assert page.get_data(as_text=True).count('"') == 6


def without_token(answer: TestResponse) -> str:
    """Return a page without the token that it carries."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", answer.get_data(as_text=True))
