"""Notes of the desk, personal notes, drafts: who reads them, what is kept, and what nothing is saved over."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.audit import AuditEntry
from intake.cases import deletion, export, notes, scribbles
from intake.cases.models import Case, Handover, Message, Note, Presence, Scribble
from intake.cases.notes import CollisionError
from intake.cases.scribbles import DRAFT, PERSONAL
from intake.desks import queries, seats
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import SealError, seal_document, unseal
from tests.cases import acts, opener, page_of, post, saved, texts, visit_of
from tests.cases.rotating import desk_named, rotate
from tests.factories import (
    House,
    come_back,
    count_rows,
    destroy_due,
    hidden_on,
    make_case,
    make_member,
    make_note,
    sign_in,
)

NOTE = "The lawyer of the Zanzibar family says: Monday."


def written(case: Case, house: House) -> list[list[str]]:
    """Return the notes of a case, each with its versions, newest first."""
    db.session.rollback()
    found = notes.read(saved(case), opener(house.identity("KZ")))
    return [[version.text for version in (note.newest, *note.earlier)] for note in found]


def kept(visitor: Visitor, case: Case, kind: str) -> str | None:
    """Return what a member kept for themselves."""
    db.session.rollback()
    found = scribbles.read(visitor, case).get(kind)
    return found.text if found else None


def keep(visitor: Visitor, case: Case, kind: str, text: str, base: str = "", **words: str) -> str:
    """Keep something for oneself without HTTP; return its version."""
    return settle(lambda: scribbles.seal_scribble(visitor, case, kind, {"text": text, **words}, base), scribbles.keep)


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist of the Kazakhstan desk."""
    return make_member(house, "KZ", name="Aigerim")


@pytest.fixture
def case() -> Case:
    """Return a case of the Kazakhstan desk."""
    return make_case()[0]


def test_the_desk_reads_a_note_and_the_complainant_does_not(client: FlaskClient, house: House, member: Member) -> None:
    case, keys, code = make_case()
    sign_in(client, member)
    assert post(client, case, "notes", note=NOTE, once="a").status_code == 302
    colleague = client.application.test_client()
    sign_in(colleague, make_member(house, "KZ"))
    page = page_of(colleague, case)
    assert NOTE in page
    assert "Aigerim" in page
    assert acts(case)[-2:] == [("case.note", member.id), ("case.opened", member.id + 1)]
    assert NOTE not in come_back(client.application.test_client(), code)
    (row,) = db.session.scalars(select(Note)).all()
    with pytest.raises(SealError):
        unseal(row.sealed, keys.identity)


def test_another_desk_finds_no_note_and_cannot_write_one(client: FlaskClient, house: House, member: Member) -> None:
    case, _, _ = make_case()
    other, _, _ = make_case("KG")
    note = make_note(house, member, case, NOTE)
    sign_in(client, make_member(house, "KG"))
    assert post(client, case, "notes", note="Mine").status_code == 404
    assert post(client, case, f"notes/{note.id}", note="Mine").status_code == 404
    assert post(client, case, "personal", personal="Mine").status_code == 404
    assert post(client, case, "draft", text="Mine").status_code == 404
    assert client.get(f"/desk/cases/{case.reference}/notes/{note.id}").status_code == 404
    assert client.get(f"/desk/cases/{other.reference}/notes/{note.id}").status_code == 404, (
        "through a case of one's own"
    )
    assert post(client, other, f"notes/{note.id}", note="Mine").status_code == 404
    assert written(case, house) == [[NOTE]]
    assert count_rows(Scribble) == 0


@pytest.mark.parametrize("part", ["notes", "personal", "draft"])
def test_ten_thousand_characters_are_kept_and_one_more_is_given_back(
    client: FlaskClient, house: House, member: Member, case: Case, part: str
) -> None:
    name = {"notes": "note", "personal": "personal", "draft": "text"}[part]
    sign_in(client, member)
    longest = "ы́" * 10_000  # two code points, one character
    assert post(client, case, part, **{name: longest}).status_code == 302
    assert longest in page_of(client, case)
    version = re.findall(r'name="kept" value="(.*)">', page_of(client, case))[-1 if part == "personal" else 0]
    refused = post(client, case, part, **{name: f"{longest}!", "kept": version})
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert "10,000 characters at most" in page
    assert f"{longest}!" in page, "not a character is lost"
    assert f"{longest}!" not in page_of(client, case)


def test_an_empty_note_is_none(client: FlaskClient, member: Member, case: Case) -> None:
    sign_in(client, member)
    assert post(client, case, "notes", note=" \n ").status_code == 422
    assert count_rows(Note) == 0


def test_a_note_cannot_read_otherwise_than_it_is(client: FlaskClient, house: House, member: Member, case: Case) -> None:
    sign_in(client, member)
    post(client, case, "notes", note="Paid \u202e000,01\u202c to \u2066him\u2069\x00 <script>alert(1)</script>")
    post(client, case, "personal", personal="\u202eevil")
    assert written(case, house) == [["Paid 000,01 to him <script>alert(1)</script>"]]
    page = page_of(client, case)
    assert "\u202e" not in page
    assert "<script>alert" not in page
    make_note(house, member, case, "وکیل می‌گوید")
    assert '<div class="words" dir="rtl">وکیل' in page_of(client, case)


def test_a_double_press_is_one_note(client: FlaskClient, house: House, member: Member, case: Case) -> None:
    sign_in(client, member)
    for text in (NOTE, NOTE, "Other words on the same form"):
        assert post(client, case, "notes", note=text, once="the form").status_code == 302
    assert written(case, house) == [[NOTE], ["Other words on the same form"]]
    first = db.session.scalars(select(Note.id).order_by(Note.id)).all()[0]
    for _ in range(2):
        assert post(client, case, f"notes/{first}", note="Changed", once="another form").status_code == 302
    assert written(case, house) == [["Changed", NOTE], ["Other words on the same form"]]


def test_a_changed_note_keeps_its_earlier_versions_and_who_wrote_them(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    note = make_note(house, member, case, NOTE)
    sign_in(client, make_member(house, "KZ", name="Dilnoza"))
    form = client.get(f"/desk/cases/{case.reference}/notes/{note.id}").get_data(as_text=True)
    assert NOTE in form
    assert post(client, case, f"notes/{note.id}", note="The hearing moved", once="b").status_code == 302
    page = page_of(client, case)
    assert page.index("The hearing moved") < page.index("An earlier version") < page.index(NOTE)
    assert "Dilnoza" in page
    assert "Aigerim" in page
    assert ("case.note_changed", member.id + 1) in acts(case)
    again = client.get(f"/desk/cases/{case.reference}/notes/{note.id}").get_data(as_text=True)
    assert "The hearing moved" in again, "whoever opens an earlier version changes the newest"


def test_a_stale_change_of_a_note_shows_both_and_asks(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    note = make_note(house, member, case, NOTE)
    newer = make_note(house, member, case, "Newer: Tuesday", note.id)
    sign_in(client, make_member(house, "KZ"))
    answer = post(client, case, f"notes/{note.id}", note="Mine: Wednesday", once="stale")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Newer: Tuesday" in page
    assert "Mine: Wednesday" in page
    assert f'action="/desk/cases/{case.reference}/notes/{newer.id}"' in page
    assert written(case, house) == [["Newer: Tuesday", NOTE]]
    again = {"note": "Mine: Wednesday, not Tuesday", "once": hidden_on(page)["once"]}
    assert post(client, case, f"notes/{newer.id}", **again).status_code == 302
    assert written(case, house) == [["Mine: Wednesday, not Tuesday", "Newer: Tuesday", NOTE]]


def test_a_note_that_was_moved_here_from_another_case_is_found_out(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    make_note(house, member, case, NOTE)
    other, _, _ = make_case()
    with transaction():
        db.session.scalars(select(Note)).one().case_id = other.id
    sign_in(client, member)
    assert client.get(f"/desk/cases/{other.reference}").status_code == 500


def test_a_personal_note_opens_for_nobody_else_not_even_with_the_desks_key(
    client: FlaskClient, house: House, member: Member
) -> None:
    case, keys, _ = make_case()
    colleague = house.visitors[make_member(house, "KZ").id]
    visitor = house.visitors[member.id]
    keep(visitor, case, PERSONAL, "Mine alone")
    keep(visitor, case, DRAFT, "For her alone")
    for row in db.session.scalars(select(Scribble)):
        for identity in (house.identity("KZ"), house.rescue, keys.identity, colleague.identity):
            with pytest.raises(SealError):
                unseal(row.sealed, identity)
    assert scribbles.read(colleague, case) == {}
    sign_in(client, colleague.member)
    page = page_of(client, case)
    assert "Mine alone" not in page
    assert "For her alone" not in page
    assert kept(visitor, case, PERSONAL) == "Mine alone"
    assert len(acts(case)) == 2, "received, and opened: that somebody keeps notes for themselves is nobody's business"


def test_a_personal_note_is_never_saved_over_a_newer_one_without_asking(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    visitor = house.visitors[member.id]
    sign_in(client, member)
    first = keep(visitor, case, PERSONAL, "First")
    second = keep(visitor, case, PERSONAL, "Second, from my phone", first)
    answer = post(client, case, "personal", personal="Third", kept=first)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Second, from my phone" in page
    assert "Third" in page
    assert hidden_on(page)["kept"] == second
    assert kept(visitor, case, PERSONAL) == "Second, from my phone"
    for _ in range(2):
        assert post(client, case, "personal", personal="Third", kept=second).status_code == 302, "pressed twice"
    assert kept(visitor, case, PERSONAL) == "Third"
    assert post(client, case, "personal", personal="", kept=second).status_code == 409
    newest = scribbles.read(visitor, case)[PERSONAL].version
    assert post(client, case, "personal", personal="", kept=newest).status_code == 302
    assert count_rows(Scribble) == 0


def test_what_was_sealed_to_keys_that_a_member_lost_does_not_stop_the_page(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    document = {"reference": case.reference, "is": PERSONAL, "words": {"text": "Lost"}}
    sealed = seal_document(scribbles.SCRIBBLE, document, [house.rescue.recipient])
    with transaction():
        db.session.add(Scribble(case_id=case.id, member_id=member.id, kind=PERSONAL, sealed=sealed, saved_at=now()))
    sign_in(client, member)
    version = scribbles.read(house.visitors[member.id], case)[PERSONAL].version
    assert client.get(f"/desk/cases/{case.reference}").status_code == 200
    assert post(client, case, "personal", personal="New", kept=version).status_code == 302
    assert kept(house.visitors[member.id], case, PERSONAL) == "New"


def test_a_draft_comes_back_on_any_device_and_is_gone_once_sent(
    client: FlaskClient, house: House, member: Member
) -> None:
    case, keys, _ = make_case()
    sign_in(client, member)
    draft = {"text": "Half a message", "signed": "name", "asks": "1", "once": "laptop"}
    assert post(client, case, "draft", **draft).status_code == 302
    phone = client.application.test_client()
    sign_in(phone, member)
    page = page_of(phone, case)
    assert "Half a message</textarea>" in page
    assert 'name="signed" value="name" checked' in page
    assert 'name="asks" value="1" checked' in page
    assert count_rows(Message) == 0
    sent = {"text": "A whole message", "kept": re.findall(r'name="kept" value="(.*)">', page)[0], "once": "phone"}
    assert post(phone, case, "messages", **sent).status_code == 302
    assert texts(case, opener(keys.identity)) == ["A whole message"]
    assert kept(house.visitors[member.id], case, DRAFT) is None
    assert "Half a message" not in page_of(client, case)


def test_a_draft_that_arrives_late_does_not_come_back_after_its_message(
    house: House, member: Member, client: FlaskClient, case: Case
) -> None:
    visitor = house.visitors[member.id]
    sign_in(client, member)
    form = {"text": "The message", "once": "the form"}
    version = keep(visitor, case, DRAFT, "The mess", once="the form")
    assert post(client, case, "messages", **form).status_code == 302
    assert kept(visitor, case, DRAFT) is None, "the form that is sent kept it, though it did not hear so"
    assert post(client, case, "draft", **form).status_code == 302
    assert post(client, case, "draft", **{**form, "text": "The messag"}, kept=version).status_code == 409
    assert kept(visitor, case, DRAFT) is None


def test_another_draft_that_was_kept_elsewhere_meanwhile_stays(
    house: House, member: Member, client: FlaskClient, case: Case
) -> None:
    visitor = house.visitors[member.id]
    sign_in(client, member)
    keep(visitor, case, DRAFT, "Long words, written on the phone", once="phone")
    assert post(client, case, "draft", text="Short", once="laptop").status_code == 409
    assert post(client, case, "messages", text="Short", once="laptop").status_code == 302
    assert kept(visitor, case, DRAFT) == "Long words, written on the phone"


def test_a_script_is_answered_in_short(client: FlaskClient, house: House, member: Member, case: Case) -> None:
    sign_in(client, member)
    page = page_of(client, case)
    form = {"csrf_token": hidden_on(page)["csrf_token"], "text": "Typing", "once": "form"}
    path, wants = f"/desk/cases/{case.reference}/draft", {"Accept": "application/json"}
    first = client.post(path, data=form, headers=wants)
    assert first.json == {"kept": scribbles.read(house.visitors[member.id], case)[DRAFT].version, "words": "Draft kept"}
    second = client.post(path, data={**form, "text": "Typing on", "kept": first.json["kept"]}, headers=wants)
    assert second.status_code == 200
    stale = client.post(path, data={**form, "text": "Typing else", "kept": first.json["kept"]}, headers=wants)
    assert (stale.status_code, set(stale.json or {})) == (409, {"words"})
    long = client.post(path, data={**form, "text": "a" * 10_001}, headers=wants)
    assert (long.status_code, "10,000" in (long.json or {})["words"]) == (422, True)
    assert kept(house.visitors[member.id], case, DRAFT) == "Typing on"


def test_after_a_rotation_the_notes_are_read_with_the_new_key_alone(house: House, member: Member, case: Case) -> None:
    note = make_note(house, member, case, NOTE)
    make_note(house, member, case, "Newer", note.id)
    visitor = house.visitors[member.id]
    keep(visitor, case, PERSONAL, "Mine")
    old = house.identity("KZ")
    rotate(visitor)
    for row in db.session.scalars(select(Note)):
        with pytest.raises(SealError):
            unseal(row.sealed, old)
    newest = seats.open_key(visitor, queries.current_key(desk_named().id).id)
    assert [one.newest.text for one in notes.read(saved(case), opener(newest))] == ["Newer"]
    assert kept(visitor, case, PERSONAL) == "Mine"


def test_notes_go_along_when_a_case_is_handed_over_and_personal_ones_do_not(
    house: House, member: Member, case: Case
) -> None:
    make_note(house, member, case, NOTE)
    keep(house.visitors[member.id], case, PERSONAL, "Mine alone")
    opened = [unseal(piece.sealed, house.identity("KZ")) for piece in export.pieces(saved(case))]
    names = [piece.name for piece in export.pieces(saved(case))]
    assert f"{case.reference}-note-1.age" in names
    assert any(NOTE.encode() in text for text in opened)
    assert not any(b"Mine alone" in text for text in opened)


def test_what_was_written_beside_a_case_is_destroyed_with_it(house: House, member: Member) -> None:
    case, keys, _ = make_case()
    other, _, _ = make_case()
    visitor = house.visitors[member.id]
    for one in (case, other):
        note = make_note(house, member, one, NOTE)
        make_note(house, member, one, "Newer", note.id)
        keep(visitor, one, PERSONAL, "Mine")
        keep(visitor, one, DRAFT, "Not sent")
        with transaction():
            db.session.add(Presence(case_id=one.id, member_id=member.id, at=now()))
            sealed = seal_document("handover/1", {"reference": one.reference}, [house.identity("KZ").recipient])
            offer = {"from_id": member.id, "to_id": member.id, "desk_key_id": house.keys["KZ"][0], "sealed": sealed}
            db.session.add(Handover(case_id=one.id, offered_at=now(), **offer))
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    due = deletion.destroyed_at(saved(case))
    assert due is not None
    assert destroy_due(due) == 1
    tables = (Note, Scribble, Presence, Handover)
    assert [count_rows(table) for table in tables] == [2, 2, 1, 1], "what is left is the other case's"
    with pytest.raises(CollisionError):
        keep(visitor, saved(other), PERSONAL, "Stale")
    assert db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id.desc())).all()[0] == "case.destroyed"
