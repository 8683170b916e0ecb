"""Marking a file at the desk: two presses or numbers, who may, and what becomes of the marks."""

import html

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.exceptions import NotFound

from intake.cases import deletion, export, file_redaction, marking, queries
from intake.cases.blacking import Passage
from intake.cases.file_redaction import Box, Marks
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import FileRedaction
from intake.evidence import queries as evidence
from intake.extensions import db, transaction
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import SealError, unseal
from tests.cases import saved, visit_of
from tests.cases.copying import share, signed_in
from tests.cases.enclosing import (
    acts,
    attach,
    face,
    has_secret,
    mark,
    marks,
    page_path,
    photo,
    post,
    release,
    seen,
)
from tests.cases.rotating import rotate
from tests.cases.working import move
from tests.factories import (
    House,
    count_rows,
    destroy_due,
    hidden_on,
    make_case,
    make_member,
    make_recording,
    sign_in,
    token_on,
)

STORY = "My neighbour Quaggova lives in Zebrov Street. QUAGGOVA’s son is missing."


@pytest.fixture
def case(house: House, visitor: Visitor) -> Case:
    """Return a case that may be shown to lawyers."""
    made = make_case("KZ", STORY)[0]
    share(visitor, made)
    return saved(made)


@pytest.fixture
def desk(client: FlaskClient, ana: Member) -> FlaskClient:
    """Return the browser of the journalist, who typed the password just now."""
    return signed_in(client, ana)


def test_two_presses_on_a_picture_mark_a_box_without_a_script(desk: FlaskClient, visitor: Visitor, case: Case) -> None:
    name = seen(visitor, case)
    page = desk.get(page_path(case, name))
    assert "img-src 'self'" in page.headers["Content-Security-Policy"]
    assert 'width="640" height="480" alt="Press a corner"' in page.get_data(as_text=True)
    first = post(desk, case, name, "/press", **{"press.x": "480", "press.y": "400"})
    assert first.status_code == 302
    again = desk.get(first.location).get_data(as_text=True)
    hidden = hidden_on(again)
    assert hidden["corner"] == "750-833"
    assert "Now press the opposite corner" in again
    assert marks(visitor, case, name) == Marks(), "one corner is no box"
    second = post(desk, case, name, "/press", corner=hidden["corner"], **{"press.x": "320", "press.y": "240"})
    assert second.status_code == 302
    assert marks(visitor, case, name).boxes == [Box(0, 500, 500, 250, 333)]
    shown = desk.get(page_path(case, name)).get_data(as_text=True)
    assert '<rect x="500" y="500" width="250" height="333"/>' in shown
    assert "1 place is marked" in shown
    as_it_is, as_it_leaves = (desk.get(page_path(case, name, f"/0{query}")) for query in ("", "?leaves=1"))
    assert (has_secret(as_it_is.data), has_secret(as_it_leaves.data)) == (True, False)
    assert as_it_leaves.headers["Cache-Control"] == "no-store"
    assert [act for act, _ in acts(case)].count("evidence.viewed") == 1, "once in ten minutes"
    assert acts(case)[-1] == ("evidence.redacted", {"file": name})


def test_presses_and_numbers_that_are_no_place_are_refused_in_a_sentence(
    desk: FlaskClient, visitor: Visitor, case: Case
) -> None:
    name = seen(visitor, case)
    for fields, words in (
        ({"press.x": "0", "press.y": "0"}, "Nobody knows where that was"),
        ({}, "Nobody knows where that was"),
        ({"press.x": "9" * 5000, "press.y": "-1"}, "Nobody knows where that was"),
        ({"press.x": "٣", "press.y": "5"}, "Nobody knows where that was"),
        ({"press.x": "5", "press.y": "5", "part": "7"}, "Nobody knows where that was"),
        ({"press.x": "64", "press.y": "90", "corner": "100-500"}, "press the opposite corner"),
    ):
        answered = post(desk, case, name, "/press", **fields)
        assert (answered.status_code, words in answered.get_data(as_text=True)) == (422, True), fields
    wide = post(desk, case, name, "/press", **{"press.x": "9000", "press.y": "9000", "corner": "900-900"})
    assert wide.status_code == 302
    assert marks(visitor, case, name).boxes == [Box(0, 900, 900, 100, 100)], "beyond the edge is the edge"
    good = {"x": "0", "y": "0", "w": "1000", "h": "1000"}
    for wrong in ({"x": "1"}, {"w": "0"}, {"h": ""}, {"y": "½"}, {"x": "-5"}, {"x": "\u202e" * 10_000}, {"part": "9"}):
        answered = post(desk, case, name, "", **{**good, **wrong})
        assert answered.status_code == 422, wrong
        assert "part" in wrong or "Give four whole numbers" in answered.get_data(as_text=True), wrong
    assert post(desk, case, name, "", **good).status_code == 302
    assert marks(visitor, case, name).boxes[-1] == Box(0, 0, 0, 1000, 1000)
    assert post(desk, case, name, "/passages", text="Words", kind="name").status_code == 422, "it is no text"


def test_two_who_mark_at_once_do_not_overwrite_each_other(desk: FlaskClient, visitor: Visitor, case: Case) -> None:
    name = seen(visitor, case)
    old = hidden_on(desk.get(page_path(case, name)).get_data(as_text=True))
    mark(visitor, case, name, face())
    late = {**{one: old[one] for one in ("csrf_token", "base", "part", "width")}}
    number = {"x": "1", "y": "2", "w": "3", "h": "4"}
    answered = desk.post(page_path(case, name), data={**late, **number})
    page = html.unescape(answered.get_data(as_text=True))
    assert (answered.status_code, "A colleague changed the marks meanwhile" in page, 'value="3"' in page) == (
        *(422, True, True),
    )
    for verb, more in (("/remove", {"place": "0"}), ("/release", {"leaves": "1"})):
        desk.post(page_path(case, name, verb), data={**late, **more})
    assert marks(visitor, case, name) == Marks([face()], [], goes_out=False, number=1)
    again = desk.post(page_path(case, name), data={**late, **number, "base": hidden_on(page)["base"]})
    assert (again.status_code, marks(visitor, case, name).boxes) == (302, [face(), Box(0, 1, 2, 3, 4)])
    sealed = file_redaction.seal_without(visitor, saved(case), name, 0, 2)
    release(visitor, case, name)
    with pytest.raises(CollisionError), transaction():
        file_redaction.keep(sealed)
    for odd in ({"place": "99"}, {"place": "x" * 9999}, {}):
        assert post(desk, case, name, "/remove", **odd).status_code == 302
    assert marks(visitor, case, name).boxes == [face(), Box(0, 1, 2, 3, 4)], "there is nothing at such a place"


def test_another_desks_files_are_not_there_and_neither_are_another_cases(
    client: FlaskClient, house: House, visitor: Visitor, case: Case
) -> None:
    name, other = seen(visitor, case), make_case("KZ", STORY, recording=make_recording())[0]
    (recording,) = evidence.opened_files(other.id, other.reference, queries.desk_opens(visitor))
    sign_in(client, make_member(house, "KG"))
    token = token_on(client.get("/desk/").get_data(as_text=True))
    box_of = {"csrf_token": token, "x": "0", "y": "0", "w": "9", "h": "9", "base": "0", "part": "0", "leaves": "1"}
    for more in ("", "/0", "/0?leaves=1"):
        assert client.get(page_path(case, name, more)).status_code == 404
    for more in ("", "/press", "/passages", "/remove", "/release"):
        assert client.post(page_path(case, name, more), data=box_of).status_code == 404
    for foreign in (name, recording.name, "0" * 32, "x", "\u202e"):
        with pytest.raises(NotFound):
            marking.open_for(visitor, saved(other).reference, foreign, 0)
    assert count_rows(FileRedaction) == 0


def test_marks_are_sealed_go_along_with_the_case_and_are_destroyed_with_it(house: House, visitor: Visitor) -> None:
    case, keys, _ = make_case("KZ", STORY)
    name = attach(case, photo())
    mark(visitor, case, name, Passage("Quaggova", "name"))
    old = house.identity("KZ")
    sealed = db.session.scalars(select(FileRedaction.sealed)).one()
    assert b"Quaggova" in unseal(sealed, old)
    with pytest.raises(SealError):
        unseal(sealed, keys.identity)
    assert any(piece.name == f"{case.reference}-file-redaction-1.age" for piece in export.pieces(saved(case)))
    rotate(visitor)
    with pytest.raises(SealError):
        unseal(db.session.scalars(select(FileRedaction.sealed)).one(), old)
    there = house.visitors[make_member(house, "KG").id]
    move(visitor, case)
    assert [one.text for one in marks(there, case, name).passages] == ["Quaggova"]
    mark(there, case, name, face())
    assert marks(there, case, name).number == 2
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    due = deletion.destroyed_at(saved(case))
    assert due is not None
    assert (destroy_due(due), count_rows(FileRedaction)) == (1, 0)


def test_marks_that_were_moved_here_are_refused(visitor: Visitor, case: Case) -> None:
    opens = queries.desk_opens(visitor)
    one, two = attach(case, photo()), attach(case, photo())
    mark(visitor, case, one, face())
    mark(visitor, case, one, Box(0, 0, 0, 5, 5))
    with transaction():
        db.session.execute(update(FileRedaction).where(FileRedaction.number == 1).values(name=two))
    with pytest.raises(SealError):
        file_redaction.read(saved(case), two, opens)
    with transaction():
        db.session.execute(update(FileRedaction).where(FileRedaction.name == two).values(name=one, number=3))
    with pytest.raises(SealError):
        file_redaction.read_all(saved(case), opens)


def test_a_file_has_a_bounded_number_of_marks(
    desk: FlaskClient, visitor: Visitor, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = seen(visitor, case)
    monkeypatch.setattr(file_redaction, "MOST", 1)
    mark(visitor, case, name, face())
    mark(visitor, case, name, face())
    answered = post(desk, case, name, "", x="1", y="1", w="1", h="1")
    assert (answered.status_code, "A file has 1 marks at most" in answered.get_data(as_text=True)) == (422, True)
    with pytest.raises(ValueError, match="lie on the picture"):
        file_redaction.seal_with(visitor, saved(case), name, Box(0, 999, 0, 2, 1), 1)
