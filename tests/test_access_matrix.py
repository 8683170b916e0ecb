"""Who gets in where: every route for every kind of visitor, and what stands between a form and a stranger's page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from intake.cases.models import Case
from intake.desks import invitations
from intake.desks.models import Invitation
from intake.evidence import queries as evidence
from intake.extensions import db, transaction
from intake.members.models import EDITOR
from tests.factories import House, fields, make_case, make_member, make_recording, sign_in, token

SIGN_IN = "sign in"  # the answer that sends a visitor to the sign-in page
NOBODY, HERE, ELSEWHERE, EDITORIAL, ADMIN, SEATED_ADMIN = VISITORS = (
    "nobody",
    "journalist of the case's desk",
    "journalist of another desk",
    "editor",
    "admin without a seat",
    "admin seated at the case's desk",
)
Answer = int | str
Route = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """A route: an address of it, what is posted there, and the answer to each visitor."""

    path: str
    answers: tuple[Answer, ...]
    data: dict[str, str] = field(default_factory=dict)


def everybody(answer: Answer) -> tuple[Answer, ...]:
    """Return the same answer for all visitors."""
    return (answer,) * len(VISITORS)


INVITATION = {"address": "new@example.org", "role": EDITOR, "language": "en"}
WRONG_PASSWORD = {"address": "nobody@example.org", "password": "wrong"}
WRONG_INVITATION_CODE = {"code": "wrong", "name": "New", "password": "heron-quartz-91-thistle-bramble-otter"}
MEMBERS = (SIGN_IN, 200, 200, 200, 200, 200)
SEATED_GET = (SIGN_IN, 200, 404, 200, 404, 200)
SEATED_POST = (SIGN_IN, 302, 404, 302, 404, 302)
SEATED_REFUSED = (SIGN_IN, 422, 404, 422, 404, 422)
ADMINS = (SIGN_IN, 404, 404, 404, 200, 200)
VISIT = {
    "messages": "messages",
    "write": "messages",
    "words": "words",
    "details": "details/victim",
    "answer": "details/victim",
    "threatened": "threatened",
    "delete": "delete",
    "renew": "code",
    "take": "code/take",
    "prove": "proof",
    "opine": "feedback",
    "voice": "voice",
    "close": "close",
}
READ, PRESSED = {"messages", "words", "details", "prove"}, {"write", "answer", "threatened", "take", "close"}
# The route's name and method: answers to nobody, journalist here, journalist elsewhere, editor, admin, seated admin.
# What ends something stands after what needs it.
TABLE: dict[Route, Row] = {
    ("static", "GET"): Row("/static/desk.css", everybody(200)),
    ("web.healthz", "GET"): Row("/healthz", everybody(200)),
    ("complaint.start", "GET"): Row("/", everybody(200)),
    ("complaint.page", "GET"): Row("/en/", everybody(200)),
    ("complaint.send", "POST"): Row("/en/", everybody(200), {"complaint": "is filled in"}),
    ("complaint.voice", "GET"): Row("/ru/voice", everybody(200)),
    ("complaint.send_voice", "POST"): Row("/en/voice", everybody(200), {"complaint": "is filled in"}),
    ("complaint.safety", "GET"): Row("/ru/safety", everybody(200)),
    ("complaint.about", "GET"): Row("/ru/about", everybody(200)),
    ("followup.case", "GET"): Row("/en/case", everybody(200)),
    # Members have no code: to a complainant's pages they are strangers, and are asked for one.
    **{
        (f"followup.{name}", "GET"): Row(f"/en/case/{path}", everybody(200))
        for name, path in VISIT.items()
        if name not in PRESSED
    },
    **{
        (f"followup.{name}", "POST"): Row(f"/en/case/{path}", everybody(401))
        for name, path in VISIT.items()
        if name not in READ
    },
    ("followup.close", "POST"): Row("/en/case/close", everybody(303)),  # it is closed already
    ("followup.begin", "POST"): Row("/en/case", everybody(303), {"code": "{code}"}),
    ("cases.queue", "GET"): Row("/desk/", MEMBERS),
    ("cases.case", "GET"): Row("/desk/cases/{case}", SEATED_GET),
    ("evidence.file", "GET"): Row("/desk/cases/{case}/files/{file}", SEATED_GET),
    ("cases.acknowledge", "POST"): Row("/desk/cases/{case}/acknowledge", SEATED_POST),
    ("cases.answer", "POST"): Row("/desk/cases/{case}/messages", SEATED_POST, {"text": "May we call you?"}),
    ("cases.status", "POST"): Row("/desk/cases/{case}/status", SEATED_POST, {"status": "checking"}),
    ("cases.keep", "POST"): Row("/desk/cases/{case}/keep", SEATED_POST, {"reason": "forced"}),
    ("cases.clock", "GET"): Row("/desk/cases/{case}/clock", SEATED_GET),
    ("cases.set_clock", "POST"): Row("/desk/cases/{case}/clock", SEATED_POST),
    ("cases.new_code", "GET"): Row("/desk/cases/{case}/code", SEATED_GET),
    ("cases.renew", "POST"): Row("/desk/cases/{case}/code", SEATED_REFUSED),  # no code of ours comes along
    ("cases.entry", "GET"): Row("/desk/cases/new", MEMBERS),
    ("cases.enter", "POST"): Row("/desk/cases/new", (SIGN_IN, *(422,) * 5)),  # nothing is filled in
    ("desks.people", "GET"): Row("/desk/members", ADMINS),
    ("desks.desks", "GET"): Row("/desk/desks", ADMINS),
    ("desks.seat", "POST"): Row(
        "/desk/desks/{desk}/seats",
        (SIGN_IN, 404, 404, 404, 404, 302),  # who holds no key to a desk can seat nobody at it
        {"member": "{member}"},
    ),
    ("desks.invite", "POST"): Row("/desk/members", ADMINS, INVITATION),
    ("desks.invitation", "GET"): Row("/desk/invitation/{invitation}", everybody(200)),
    ("desks.accept", "POST"): Row("/desk/invitation/{invitation}", everybody(422), WRONG_INVITATION_CODE),
    ("desks.revoke", "POST"): Row("/desk/members/invitations/{invitation}/revoke", (SIGN_IN, 404, 404, 404, 302, 302)),
    ("members.sign_in", "GET"): Row("/desk/sign-in", everybody(200)),
    ("members.begin", "POST"): Row("/desk/sign-in", everybody(422), WRONG_PASSWORD),
    ("members.sign_out", "POST"): Row("/desk/sign-out", everybody(SIGN_IN)),
    ("followup.leave", "GET"): Row("/leave", everybody(303)),
}
POSTS = [route for route in TABLE if route[1] == "POST"]
WITHOUT_TOKEN = {
    ("complaint.send", "POST"): "the signed code in the form is its token, and a visitor has no cookie",
    ("complaint.send_voice", "POST"): "as above",
    ("followup.begin", "POST"): "the code that is typed is the only credential",
}
# To whoever has no visit, these ask for the code and keep what was typed.
CODE_ASKED = {route for route in TABLE if route[0].removeprefix("followup.") in VISIT}
FROM_ANYWHERE = {
    ("complaint.send", "POST"): "a complaint is never refused for how it came, and its signed code is ours",
    ("complaint.send_voice", "POST"): "as above",
}


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
        return self.client.open(path, method=method, data=posted, headers=headers, buffered=True)

    def token(self) -> str:
        """Return the visitor's own token."""
        return token(self.client, "/desk/sign-in")


Scenes = Callable[[str], Scene]


@pytest.fixture
def scene(app: Flask, house: House) -> Scenes:
    """Return what brings a visitor of a kind to the door."""

    def make(visitor: str) -> Scene:
        case, keys, code = make_case("KZ", recording=make_recording())
        (recording,) = evidence.opened_files(case.id, case.reference, lambda _: keys.identity)
        colleague = make_member(house, "KZ")
        with transaction():
            place = invitations.Place(role=EDITOR, is_admin=False, language="en")
            invitation = invitations.invite(place, [], invitations.new_code())
        values = {
            "case": case.reference,
            "code": code,
            "file": recording.name,
            "desk": str(case.desk_id),
            "member": str(colleague.id),
            "invitation": invitation.id,
        }
        made = Scene(app, app.test_client(), values)
        member = {
            HERE: lambda: make_member(house, "KZ"),
            ELSEWHERE: lambda: make_member(house, "KG"),
            EDITORIAL: lambda: make_member(house, *house.keys, role=EDITOR),
            ADMIN: lambda: make_member(house, role=None, is_admin=True),
            SEATED_ADMIN: lambda: make_member(house, "KZ", is_admin=True),
        }.get(visitor)
        if member is not None:
            assert sign_in(made.client, member()).status_code == 302
        return made

    return make


def answer_of(response: TestResponse) -> Answer:
    """Return the status of an answer, or that it is the sign-in page or leads there."""
    path = response.headers.get("Location", "").partition("?")[0]
    asked = response.status_code == 401 and 'action="/desk/sign-in"' in response.get_data(as_text=True)
    return (
        SIGN_IN if asked or (response.status_code == 302 and path.endswith("/desk/sign-in")) else response.status_code
    )


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
    assert {len(row.answers) for row in TABLE.values()} == {len(VISITORS)}


def test_a_route_that_is_not_in_the_table_is_found(app: Flask) -> None:
    app.add_url_rule("/desk/new", "cases.new", lambda: "", methods=["GET", "DELETE"])
    assert routes_of(app) - set(TABLE) == {("cases.new", "GET"), ("cases.new", "DELETE")}


def test_the_table_says_what_the_marks_on_the_routes_say(app: Flask) -> None:
    for (endpoint, method), row in TABLE.items():
        mark = getattr(app.view_functions[endpoint], "access", "public")
        answers = dict(zip(VISITORS, row.answers, strict=True))
        assert (answers[NOBODY] == SIGN_IN) == (mark not in {"public", "complainant"}), (endpoint, method)
        assert ((endpoint, method) in CODE_ASKED) == (mark == "complainant"), (endpoint, method)
        outside = {answers[HERE], answers[ELSEWHERE], answers[EDITORIAL]}
        assert (outside == {404}) == (mark == "admin"), (endpoint, method)


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_route_answers_a_visitor_as_the_table_says(visitor: str, scene: Scenes) -> None:
    made = scene(visitor)
    own = made.token()
    column = VISITORS.index(visitor)
    got = {route: answer_of(made.visit(route, own if route[1] == "POST" else None)) for route in TABLE}
    assert got == {route: row.answers[column] for route, row in TABLE.items()}


@pytest.mark.parametrize("visitor", [ELSEWHERE, ADMIN])
def test_another_desks_case_looks_as_if_it_were_not_there(visitor: str, scene: Scenes) -> None:
    made = scene(visitor)
    before = state()
    there = made.visit(("cases.case", "GET"))
    own = made.token()
    got = {route: made.visit(route, own).status_code for route, row in TABLE.items() if "{case}" in row.path}
    assert set(got.values()) == {404}, got
    made.values["case"] = "KZ-2222-22"
    nowhere = made.visit(("cases.case", "GET"))
    assert there.status_code == nowhere.status_code == 404
    assert without_token(there) == without_token(nowhere)
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
    assert got == {(route, kind): TABLE[route].answers[0] if route in CODE_ASKED else 400 for route, kind in got}
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
