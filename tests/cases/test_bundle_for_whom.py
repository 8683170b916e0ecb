"""Who gets an evidence bundle, of which files, by what the person agreed to and what members marked."""

import pytest
from flask.testing import FlaskClient

from intake.cases import bundle, envelope, file_redaction
from intake.cases.bundle import Wish
from intake.cases.models import Case
from intake.cases.paper_models import FileRedaction
from intake.extensions import StaleError, db, transaction
from intake.i18n import now
from intake.members.models import Member
from tests.cases import saved
from tests.cases.bundling import (
    Told,
    attach,
    entries,
    path_of,
    photo,
    take,
)
from tests.cases.copying import black, share, signed_in
from tests.factories import House, confirm, make_case, make_member, sign_in


@pytest.fixture
def member(house: House) -> Member:
    return make_member(house, "KZ", name="Zarina")


@pytest.fixture
def desk(client: FlaskClient, member: Member) -> FlaskClient:
    """Return the browser of a journalist who typed the password just now."""
    return signed_in(client, member)


@pytest.fixture
def told(member: Member) -> Told:
    """Return a case with a picture, and the picture's name in the storage."""
    case, _, _ = make_case("KZ")
    return case, attach(case, photo())


def mark_place(member_id: int, case: Case, name: str, number: int = 1, *boxes: list[int]) -> None:
    """Keep a version of what is marked in a file."""
    found = saved(case)
    marks = {"name": name, "number": number, "boxes": list(boxes), "passages": [], "goes_out": True}
    sealed = envelope.seal(found, file_redaction.FILE_REDACTION, marks, desk_only=True)
    of_case = {"case_id": found.id, "desk_key_id": sealed.desk_key_id, "member_id": member_id}
    row = FileRedaction(**of_case, name=name, number=number, sealed=sealed.sealed, saved_at=now())
    with transaction():
        db.session.add(row)


def test_nothing_goes_outside_that_the_person_did_not_agree_to_or_that_is_marked(
    desk: FlaskClient, house: House, member: Member, told: Told
) -> None:
    case, name = told
    visitor = house.visitors[member.id]
    assert take(desk, case, name, audience="lawyers").status_code == 422
    assert take(desk, case, name, audience="publication").status_code == 422
    share(visitor, case, "lawyers")
    assert take(desk, case, name, audience="lawyers").status_code == 200
    assert take(desk, case, name, audience="un").status_code == 422
    other = attach(case, photo("blue"))
    mark_place(visitor.member.id, case, other, 1, [0, 10, 10, 100, 100])
    refused = take(desk, case, name, other, audience="lawyers")
    assert refused.status_code == 422
    assert "marked in file 2" in refused.get_data(as_text=True)
    assert take(desk, case, name, audience="lawyers").status_code == 200
    mark_place(visitor.member.id, case, other, 2)
    assert take(desk, case, other, audience="lawyers").status_code == 200, "the mark was taken off"
    black(visitor, case, "brother")
    refused = take(desk, case, name, audience="lawyers")
    assert refused.status_code == 422
    assert "must not be shown to them" in refused.get_data(as_text=True)
    assert take(desk, case, name, other).status_code == 200, "the newsroom keeps what it has"
    assert [detail["audience"] for detail in entries("evidence.exported")] == ["lawyers"] * 3 + ["inside"] * 2


def test_files_of_other_cases_and_none_at_all_are_no_choice(desk: FlaskClient, told: Told) -> None:
    case, name = told
    other, _, _ = make_case("KZ")
    foreign = attach(other, photo())
    for names in ([], [foreign], [name, foreign], ["0" * 32], ["../" + name]):
        answer = take(desk, case, *names)
        assert answer.status_code == 422
        assert "Choose at least one" in answer.get_data(as_text=True)
    assert entries("evidence.exported") == []
    empty, _, _ = make_case("KZ")
    assert "No file has come" in desk.get(path_of(empty)).get_data(as_text=True)


def test_a_bundle_is_made_anew_where_consent_changes_meanwhile(house: House, member: Member, told: Told) -> None:
    case, name = told
    visitor, reference = house.visitors[member.id], saved(case).reference
    share(visitor, case, "lawyers")
    made = bundle.make(visitor, reference, Wish("lawyers", frozenset({name})))
    share(visitor, case, "ngos")
    with pytest.raises(StaleError), transaction():
        bundle.note_taken(visitor, made)
    with pytest.raises(bundle.RefusedError):
        bundle.make(visitor, reference, Wish("lawyers", frozenset({name})))


def test_the_page_asks_the_database_as_often_for_many_files_as_for_one(
    desk: FlaskClient, told: Told, statements: list[str]
) -> None:
    case, _ = told
    asked = []
    for more in (0, 4):
        for number in range(more):
            attach(case, photo(), f"{number}")
        statements.clear()
        assert desk.get(path_of(case)).status_code == 200
        asked.append(len(statements))
    assert asked[0] == asked[1]


def test_a_bundle_asks_for_the_password_again_and_is_made_once_it_was_typed(
    client: FlaskClient, member: Member, told: Told
) -> None:
    case, name = told
    sign_in(client, member)
    assert take(client, case, name).status_code == 401
    assert entries("evidence.exported") == []
    confirm()
    assert take(client, case, name).status_code == 200
