"""A member enters what was told by phone, on paper or in person: the same path, a code to hand over, one case."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import queries
from intake.cases.models import ENTERED, Case, Statement
from intake.desks.setup import code_salt
from intake.extensions import db
from intake.members.models import Member
from intake.sealing import code_keys
from tests.cases import acts, opener, page_of
from tests.factories import House, count_rows, letters, make_member, sign_in, token_on

STORY = "Her neighbour came to us. They took the house on Tuesday, and gave no paper."
FILLED = {
    "channel": "phone",
    "country": "KZ",
    "language": "ru",
    "story": STORY,
    "contact_mode": "phone",
    "contact_value": "+7 700 000 00 00",
    "consent": "1",
}


def form(client: FlaskClient) -> dict[str, str]:
    """Return the hidden fields of a fresh form."""
    page = client.get("/desk/cases/new").get_data(as_text=True)
    (code,) = re.findall(r'name="code" value="([^"]+)"', page)
    return {"csrf_token": token_on(page), "code": code}


def enter(client: FlaskClient, hidden: dict[str, str] | None = None, **changes: Any) -> TestResponse:
    """Post the form, filled in; None leaves a field out."""
    data = {**FILLED, **(hidden or form(client)), **changes}
    return client.post("/desk/cases/new", data={name: value for name, value in data.items() if value is not None})


def code_on(answer: TestResponse) -> str:
    return "".join(re.findall(r"<span>(\d{4})</span>", answer.get_data(as_text=True)))


@pytest.fixture
def member(client: FlaskClient, house: House) -> Member:
    """Return a journalist of Kazakhstan's desk, signed in."""
    member = make_member(house, "KZ", name="Aigerim")
    sign_in(client, member)
    return member


@pytest.mark.parametrize("channel", ENTERED)
def test_a_case_is_entered_and_its_code_opens_it(
    client: FlaskClient, house: House, member: Member, channel: str
) -> None:
    answer = enter(client, channel=channel, urgent="1")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    code = code_on(answer)
    keys = code_keys(code, code_salt())
    case = queries.by_tag(keys.tag)
    assert case is not None
    assert case.reference in answer.get_data(as_text=True)
    assert (case.channel, case.country, case.language, case.urgent, case.status) == (
        channel,
        "KZ",
        "ru",
        True,
        "received",
    )
    (statement,) = queries.read_statements(case, opener(keys.identity))
    assert statement.member_id == member.id
    assert (statement.words["story"], statement.words["entered_by"], statement.words["consent"]) == (
        STORY,
        member.id,
        "oral",
    )
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.case_id == case.id))
    assert (entry.act, entry.member_id, entry.detail) == ("case.received", member.id, {"channel": channel})
    assert {letter.address for letter in letters()} == {"info@acca.media", member.address}
    page = page_of(client, case)
    assert "Entered by Aigerim" in page
    assert "the person agreed aloud" in page
    assert code not in re.sub(r"\D", "", page)


def test_a_double_press_makes_one_case(client: FlaskClient, member: Member) -> None:
    hidden = form(client)
    first, second = enter(client, hidden), enter(client, hidden)
    assert code_on(first) == code_on(second) == hidden["code"][:24]
    assert (count_rows(Case), count_rows(Statement), len(letters())) == (1, 1, 2)


def test_other_words_on_the_same_form_are_added_to_the_case(client: FlaskClient, member: Member) -> None:
    hidden = form(client)
    enter(client, hidden)
    answer = enter(client, hidden, story=f"{STORY} And the keys.")
    assert "were added" in answer.get_data(as_text=True)
    assert (count_rows(Case), count_rows(Statement)) == (1, 2)
    assert {row.member_id for row in db.session.scalars(select(Statement))} == {member.id}
    assert ("case.added_to", member.id) in acts(db.session.scalars(select(Case)).one())


def test_the_case_goes_to_the_countrys_desk_wherever_its_member_sits(
    client: FlaskClient, house: House, member: Member
) -> None:
    there = make_member(house, "TM")
    page = client.get("/desk/cases/new").get_data(as_text=True)
    assert "Only members seated there, and the editors, can open it." in page
    answer = enter(client, country="TM").get_data(as_text=True)
    case = db.session.scalars(select(Case)).one()
    assert case.reference in answer
    assert "You are not seated there" in answer
    assert "Open the case" not in answer
    assert client.get(f"/desk/cases/{case.reference}").status_code == 404
    assert queries.seen_by(house.visitors[there.id], case.reference) is not None
    assert "Open the case" in enter(client).get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"channel": "web"}, "channel"),
        ({"channel": "demo"}, "channel"),
        ({"country": ""}, "country"),
        ({"country": "FR"}, "country"),
        ({"language": "xx"}, "language"),
        ({"story": "Too short."}, "story"),
        ({"story": "x" * 10_001}, "story"),
        ({"contact_mode": "pigeon"}, "contact_mode"),
        ({"contact_value": ""}, "contact_value"),
        ({"contact_mode": "none"}, "contact_value"),
        ({"consent": None}, "consent"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    client: FlaskClient, member: Member, changes: dict[str, Any], wrong: str
) -> None:
    answer = enter(client, **changes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{wrong}-e"' in page
    assert str(changes.get("story", STORY)) in page
    assert count_rows(Case) == 0


def test_a_code_that_we_did_not_make_is_refused_and_what_was_typed_is_kept(client: FlaskClient, member: Member) -> None:
    answer = enter(client, code="1" * 24 + ".x.y")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert STORY in page
    (fresh,) = re.findall(r'name="code" value="([^"]+)"', page)
    assert enter(client, code=fresh).status_code == 200
    assert count_rows(Case) == 1


def test_nothing_that_was_entered_lies_in_plain(client: FlaskClient, member: Member) -> None:
    enter(client)
    plain = [repr(vars(row)) for table in (Case, Statement) for row in db.session.scalars(select(table))]
    assert not any("neighbour" in row or "700 000" in row for row in plain)
