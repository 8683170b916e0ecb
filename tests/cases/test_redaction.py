"""Marking what copies must not show: where it is found, who may, and what becomes of the list."""

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.audit import AuditEntry
from intake.cases import blacking, consent, deletion, export, queries, redaction
from intake.cases.blacking import BAR, Blacking, Passage
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import Redaction
from intake.extensions import db, transaction
from intake.members.models import Member
from intake.sealing import SealError, unseal
from tests.cases import saved, visit_of
from tests.cases.copying import black, layers_of, share, take
from tests.cases.rotating import rotate
from tests.cases.working import move
from tests.factories import (
    House,
    confirm,
    count_rows,
    destroy_due,
    hidden_on,
    make_case,
    make_member,
    make_note,
    sign_in,
)

KINDS = {"name": "name", "place": "place", "contact": "contact", "other": "left out"}
STORY = "My neighbour Quaggova lives in Zebrov Street. QUAGGOVA’s son is missing."


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist."""
    return make_member(house, "KZ")


@pytest.fixture
def case(house: House) -> Case:
    """Return a case of theirs."""
    return make_case("KZ", STORY)[0]


def blacked(passage: str, text: str, **rest: bool) -> str:
    """Return a text without a passage."""
    return Blacking([Passage(passage, "name")] if passage else [], KINDS, **rest).out_of(text)


@pytest.mark.parametrize(
    ("passage", "text"),
    [
        ("Бекова", "БЕКОВА"),
        ("бекова", "Бе\u0301кова"),
        ("Бекова", "Бе\u200bко\u00adва"),
        ("Бекова", "Б е к о в а"),
        ("Бекова", "Bekova"),
        ("Беков", "Бековой"),
        ("Семёнов", "СЕМЕНОВ"),
        ("Семенов", "Семёновым"),
        ("Gʻulom oʻgʻli", "G'ULOM\n  o‘g`li"),
        ("Gʻulom", "Ғулом"),
        ("Қазыбек би", "қазыбек  БИДІҢ"),
        ("Ҷамшед", "ҶАМШЕДРО"),
        ("Şöhrat", "ŞÖHRATYŇ"),
        ("İbrahim", "ibrahim"),
        ("Ли", "ЛИ"),
        ("87011234567", "8 (701) 123-45-67"),
        ("A\u0301lima", "Álima"),
        ("Aigul B.", "AIGUL  B"),
        ("Aigul\nBekova", "Aigul Bekova"),
        ("Ａｉｇｕｌ", "aigul"),
        ("سعید", "سعید"),
    ],
)
def test_a_passage_is_found_however_it_is_written(passage: str, text: str) -> None:
    assert blacked(passage, f"before {text}, after") == f"before {BAR} (name), after"


def test_a_short_name_is_a_word_of_its_own_and_a_word_is_blacked_out_whole() -> None:
    assert blacked("Ли", "Ли реализация") == f"{BAR} (name) реализация"
    assert blacked("Askar", "Askarovich and #FreeAskar") == f"{BAR} (name) and #{BAR} (name)"


def test_the_bar_is_as_long_whatever_it_hides_and_stands_once_where_passages_overlap() -> None:
    both = Blacking([Passage("Aigul Bekova", "name"), Passage("Bekova", "name"), Passage("Osh", "place")], KINDS)
    assert both.out_of("Aigul Bekova, Bekova of Osh") == f"{BAR} (name), {BAR} (name) of {BAR} (place)"
    assert dict(both.count("Aigul Bekova, Bekova of Osh")) == {0: 1, 1: 2, 2: 1}


def test_what_stands_beside_the_bar_never_tells_a_passage() -> None:
    told = Blacking([Passage("Bekova", "name", "the sister of Askar"), Passage("Askar", "name", "her brother")], KINDS)
    assert told.out_of("Bekova and Askar") == f"{BAR} (name) and {BAR} (her brother)"


def test_addresses_and_numbers_go_where_that_is_asked() -> None:
    reach = "a.b+c@mail.example.kz, +7 (701) 123-45-67, 8 701 123 45 67, 00996555123456 and @aigul_b"
    assert blacked("", reach, reaches=True).count(BAR) == 5
    assert not re.search(r"[@\d]", blacked("", reach, reaches=True))
    harmless = "Case 2024/17 of 12.03.2024, at 14:30; article 8 of 1995; 8 people, 800 000 tenge"
    assert blacked("", harmless, reaches=True) == harmless


def test_ten_thousand_characters_and_two_hundred_passages_are_no_burden() -> None:
    many = Blacking([Passage(f"Бекова{number}", "name") for number in range(redaction.MOST)], KINDS, reaches=True)
    text = "+8 +" * 1500 + "слово @ дело 8 " * 300
    assert many.out_of(text) == text


def mark(client: FlaskClient, case: Case, text: str, **fields: str) -> str:
    """Mark a passage on its page; return the page that follows."""
    path = f"/desk/cases/{saved(case).reference}/redactions"
    hidden = hidden_on(client.get(path).get_data(as_text=True))
    wanted = {"csrf_token": hidden["csrf_token"], "base": hidden["base"], "text": text, "kind": "name", **fields}
    return html.unescape(client.post(path, data=wanted, follow_redirects=True).get_data(as_text=True))


def passages(house: House, member: Member, case: Case) -> list[str]:
    """Return what is marked in a case."""
    return [one.text for one in redaction.read(saved(case), queries.desk_opens(house.visitors[member.id])).passages]


def test_the_page_says_how_often_and_where_a_passage_is_found(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    make_note(house, member, case, "Quaggova is real")
    sign_in(client, member)
    page = mark(client, case, "quaggov", instead="the neighbour")
    assert "What was told: 2" in page
    assert "Notes of the desk: 1" in page
    assert f"{BAR} (<bdi>the neighbour</bdi>)" in page
    page = mark(client, case, "Okapi")
    assert "Found nowhere" in page
    page = mark(client, case, "QUAGGOV", kind="other")
    assert passages(house, member, case) == ["Okapi", "QUAGGOV"], "the same passage twice is one"
    acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.case_id == case.id)).all()
    assert acts.count("case.redacted") == 3
    marked_acts = db.session.scalars(select(AuditEntry.detail).where(AuditEntry.act == "case.redacted")).all()
    assert marked_acts == [{}, {}, {}], "what was marked stands in no plain column"


def test_bad_input_is_said_in_a_sentence_and_nothing_typed_is_lost(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    sign_in(client, member)
    for text, fields, words in (
        ("", {}, "Write or paste what shall be blacked out."),
        ("— !", {}, "Write at least two letters or digits."),
        ("a", {}, "Write at least two letters or digits."),
        ("Typed", {"kind": "secret"}, "Choose what it is."),
        ("Typed " * 2000, {}, "and we can take 2,000 at once"),
        ("Typed", {"instead": "x" * 41}, "and we can take 40 at once"),
    ):
        page = mark(client, case, text, **fields)
        assert words in page
        assert text.strip() in page
    assert passages(house, member, case) == []


def test_two_who_mark_at_once_do_not_overwrite_each_other(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    sign_in(client, member)
    path = f"/desk/cases/{saved(case).reference}/redactions"
    hidden = hidden_on(client.get(path).get_data(as_text=True))
    black(house.visitors[member.id], case, "Quaggova")
    stale = {"csrf_token": hidden["csrf_token"], "base": hidden["base"], "text": "Zebrov Street", "kind": "place"}
    answered = client.post(path, data=stale)
    page = html.unescape(answered.get_data(as_text=True))
    assert (answered.status_code, "A colleague changed the list meanwhile" in page, "Zebrov Street" in page) == (
        *(422, True, True),
    )
    assert passages(house, member, case) == ["Quaggova"]
    again = client.post(path, data={**stale, "base": hidden_on(page)["base"]})
    assert (again.status_code, passages(house, member, case)) == (302, ["Quaggova", "Zebrov Street"])
    removing = {"csrf_token": hidden["csrf_token"], "place": "0", "base": hidden["base"]}
    client.post(f"{path}/remove", data=removing)
    assert passages(house, member, case) == ["Quaggova", "Zebrov Street"], "the page that was pressed was an old one"
    client.post(f"{path}/remove", data={**removing, "base": "2"})
    assert passages(house, member, case) == ["Zebrov Street"]
    for odd in ({"place": "99", "base": "3"}, {"place": "-1", "base": "x" * 9999}, {}):
        assert client.post(f"{path}/remove", data={"csrf_token": hidden["csrf_token"], **odd}).status_code == 302
    assert passages(house, member, case) == ["Zebrov Street"]


def test_a_list_that_was_saved_between_sealing_and_saving_is_not_overwritten(
    house: House, member: Member, case: Case
) -> None:
    visitor = house.visitors[member.id]
    late = redaction.seal_with(visitor, saved(case), Passage("Late", "name"), 0)
    black(visitor, case, "Quaggova")
    with pytest.raises(CollisionError), transaction():
        redaction.keep(late)
    assert passages(house, member, case) == ["Quaggova"]


def test_a_list_that_was_moved_here_from_another_case_is_refused(house: House, member: Member, case: Case) -> None:
    other, _, _ = make_case("KZ", STORY)
    visitor = house.visitors[member.id]
    black(visitor, other, "Quaggova")
    with transaction():
        db.session.execute(update(Redaction).values(case_id=case.id))
    with pytest.raises(SealError):
        redaction.read(saved(case), queries.desk_opens(visitor))


def test_a_case_has_a_bounded_list(
    client: FlaskClient, house: House, member: Member, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "MOST", 1)
    sign_in(client, member)
    mark(client, case, "Quaggova")
    page = mark(client, case, "Zebrov Street")
    assert "A case has 1 passages at most" in page
    assert "Zebrov Street" in page
    assert passages(house, member, case) == ["Quaggova"]


def test_the_list_is_sealed_goes_along_with_the_case_and_is_destroyed_with_it(house: House, member: Member) -> None:
    visitor = house.visitors[member.id]
    case, keys, _ = make_case("KZ", STORY)
    black(visitor, case, "Quaggova")
    old = house.identity("KZ")
    sealed = db.session.scalars(select(Redaction.sealed)).one()
    assert b"Quaggova" not in bytes(sealed)
    assert b"Quaggova" in unseal(sealed, old)
    with pytest.raises(SealError):
        unseal(sealed, keys.identity)
    assert any(piece.name == f"{case.reference}-redaction-1.age" for piece in export.pieces(saved(case)))
    rotate(visitor)
    with pytest.raises(SealError):
        unseal(db.session.scalars(select(Redaction.sealed)).one(), old)
    assert passages(house, member, case) == ["Quaggova"]
    there = make_member(house, "KG")
    move(visitor, case)
    assert passages(house, there, case) == ["Quaggova"]
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    due = deletion.destroyed_at(saved(case))
    assert due is not None
    assert (destroy_due(due), count_rows(Redaction)) == (1, 0)


def test_what_was_marked_while_a_copy_was_made_is_blacked_out_in_it(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    share(house.visitors[member.id], case)
    sign_in(client, member)
    confirm()
    assert "Zebrov" in layers_of(take(client, case, "json", consent.LAWYERS).data)
    black(house.visitors[member.id], case, "Zebrov Street")
    assert "Zebrov" not in layers_of(take(client, case, "json", consent.LAWYERS).data)


def test_a_kind_that_is_no_kind_cannot_be_marked() -> None:
    assert set(KINDS) == set(blacking.KINDS)
