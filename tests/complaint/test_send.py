"""Sending a complaint: one case, sealed, routed, and told of to the right people."""

from html import unescape
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.cases.models import Case, ComplainantKey, Statement
from intake.cases.return_code import check_digit
from intake.complaint import submit
from intake.desks.models import Desk
from intake.desks.setup import code_salt
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR
from intake.sealing import SealError, code_keys, unseal_document
from tests.factories import (
    STORY,
    House,
    count_rows,
    fields,
    letters,
    make_member,
    reference_on,
    send,
    signed_code,
)


def test_a_complaint_for_kazakhstan_tells_the_newsroom_and_each_journalist_seated_there_once(
    client: FlaskClient, house: House
) -> None:
    first = make_member(house, "KZ")
    second = make_member(house, "KZ", language="ru")
    make_member(house, "KG")
    make_member(house, *house.keys, role=EDITOR)
    assert send(client).status_code == 200
    owed = letters()
    assert sorted(letter.address for letter in owed) == sorted(["info@acca.media", first.address, second.address])
    by_address = {letter.address: letter for letter in owed}
    assert by_address[second.address].language == "ru"
    assert by_address["info@acca.media"].member_id is None
    assert by_address[first.address].member_id == first.id


def test_a_member_who_left_hears_nothing(client: FlaskClient, house: House) -> None:
    gone, here = make_member(house, "KZ"), make_member(house, "KZ")
    with transaction():
        gone.left_at = now()
    send(client)
    assert {letter.address for letter in letters()} == {"info@acca.media", here.address}


def test_without_a_journalist_the_editors_hear_and_the_letter_says_so_but_the_case_stays(
    client: FlaskClient, house: House
) -> None:
    editor = make_member(house, *house.keys, role=EDITOR)
    make_member(house, "KG")
    send(client, country="TM")
    owed = letters()
    assert {letter.address for letter in owed} == {"info@acca.media", editor.address}
    assert all("No journalist is seated" in letter.body for letter in owed)
    case = db.session.scalars(select(Case)).one()
    assert db.session.get_one(Desk, case.desk_id).name == "TM"


def test_another_country_goes_to_the_editors_desk(client: FlaskClient, house: House) -> None:
    editor = make_member(house, *house.keys, role=EDITOR)
    send(client, country="other")
    case = db.session.scalars(select(Case)).one()
    assert db.session.get_one(Desk, case.desk_id).name == "editors"
    assert {letter.address for letter in letters()} == {"info@acca.media", editor.address}
    assert not any("No journalist is seated" in letter.body for letter in letters())


def test_letters_carry_reference_country_urgency_and_link_and_nothing_else_of_the_complaint(
    client: FlaskClient, house: House
) -> None:
    make_member(house, "KZ")
    page = send(
        client, urgent="1", story=f"Zanzibar {STORY}", contact_mode="email", contact_value="quagga@example.org"
    ).get_data(as_text=True)
    reference = reference_on(page)
    for letter in letters():
        assert reference in letter.subject
        assert reference in letter.body
        assert "Kazakhstan" in letter.body
        assert "Urgent" in letter.subject
        assert f"http://127.0.0.1:8000/desk/cases/{reference}" in letter.body
        for secret in ("Zanzibar", "brother", "quagga"):
            assert secret not in letter.body + letter.subject


def test_the_story_is_sealed_to_the_desk_and_to_the_code_and_to_nobody_else(client: FlaskClient, house: House) -> None:
    signed = signed_code()
    send(client, code=signed, country="TJ")
    statement = db.session.scalars(select(Statement)).one()
    words = unseal_document("statement/1", statement.sealed, house.identity("TJ"))
    assert words["story"] == STORY
    keys = code_keys(signed[:24], code_salt())
    assert unseal_document("statement/1", statement.sealed, keys.identity) == words
    for desk in ("KZ", "KG", "TM", "UZ", "editors"):
        with pytest.raises(SealError):
            unseal_document("statement/1", statement.sealed, house.identity(desk))


def test_the_answer_page_shows_reference_and_code_in_groups_of_four(client: FlaskClient) -> None:
    digits = "12341234123412341234123"
    signed = signed_code(digits + check_digit(digits))
    page = send(client, code=signed)
    text = page.get_data(as_text=True)
    assert text.count("<span>1234</span>") == 5
    assert reference_on(text).startswith("KZ-")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers


def test_signs_that_base64_reads_over_make_no_signature_and_are_not_shown_again(client: FlaskClient) -> None:
    signed = signed_code()
    page = send(client, code=f"{signed}!<b>")
    assert page.status_code == 422
    assert STORY in unescape(page.get_data(as_text=True))
    assert count_rows(Case) == 0
    assert send(client, code=signed).status_code == 200
    again = send(client, code=f"{signed}!<b>")
    assert again.status_code == 200, "a code that finds its case is accepted whatever its signature"
    assert "!<b>" not in unescape(again.get_data(as_text=True))
    assert count_rows(Case) == 1


def test_the_same_post_again_gives_one_case_and_the_same_page(client: FlaskClient) -> None:
    answers = fields()
    first, second = (client.post("/en/", data=answers) for _ in range(2))
    assert first.data == second.data
    assert count_rows(Case) == count_rows(Statement) == count_rows(ComplainantKey) == 1
    assert len(letters()) == 1


def test_other_words_under_the_same_code_become_a_further_statement(client: FlaskClient, house: House) -> None:
    code = signed_code()
    reference = reference_on(send(client, code=code).get_data(as_text=True))
    page = send(client, code=code, story="He was seen in the temporary detention centre.").get_data(as_text=True)
    assert reference in page
    assert "Your words were added" in page
    assert count_rows(Case) == 1
    assert count_rows(Statement) == 2
    assert len(letters("further_words")) == 1
    again = send(client, code=code, story="He was seen in the temporary detention centre.").get_data(as_text=True)
    assert again == page
    assert count_rows(Statement) == 2


def test_further_words_may_raise_urgency_and_then_everybody_is_told(client: FlaskClient, house: House) -> None:
    journalist = make_member(house, "KZ")
    code = signed_code()
    send(client, code=code)
    page = client.post("/en/", data={"code": code, "story": "He is being beaten.", "urgent": "1"})
    assert page.status_code == 200
    db.session.rollback()
    assert db.session.scalars(select(Case)).one().urgent
    assert {letter.address for letter in letters("further_words")} == {"info@acca.media", journalist.address}
    client.post("/en/", data={"code": code, "story": "Nothing new."})
    db.session.rollback()
    assert db.session.scalars(select(Case)).one().urgent, "urgency is never lowered by silence"


def test_do_not_contact_me_reaches_the_queue(client: FlaskClient) -> None:
    code = signed_code()
    send(client, code=code, contact_mode="email", contact_value="a@example.org")
    assert db.session.scalars(select(Case.reachable)).one()
    send(client, code=code, contact_mode="none")
    db.session.rollback()
    assert not db.session.scalars(select(Case.reachable)).one()
    client.post("/en/", data={"code": code, "story": "More words."})
    db.session.rollback()
    assert not db.session.scalars(select(Case.reachable)).one(), "further words that do not say change nothing"


def test_the_box_for_further_words_refuses_nothing_but_emptiness(client: FlaskClient) -> None:
    code = signed_code()
    send(client, code=code)
    empty = client.post("/en/", data={"code": code, "story": "  "})
    assert empty.status_code == 422
    assert "Write what you want to add" in empty.get_data(as_text=True)
    assert client.post("/en/", data={"code": code, "story": "He"}).status_code == 200


def test_times_of_the_complainant_are_kept_to_ten_minutes(client: FlaskClient) -> None:
    send(client)
    case, statement = db.session.scalars(select(Case)).one(), db.session.scalars(select(Statement)).one()
    for moment in (case.received_at, statement.received_at, *(letter.owed_at for letter in letters())):
        assert (moment.minute % 10, moment.second, moment.microsecond) == (0, 0, 0)


def test_a_reference_that_is_taken_is_drawn_again(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["KZ-AAAA-22", "KZ-AAAA-22", "KZ-AAAA-22", "KZ-BBBB-33"])
    monkeypatch.setattr(submit, "draw_reference", lambda _country: next(drawn))
    assert "KZ-AAAA-22" in send(client).get_data(as_text=True)
    assert "KZ-BBBB-33" in send(client).get_data(as_text=True)
    assert count_rows(Case) == count_rows(ComplainantKey) == 2


def test_a_complaint_that_was_cut_off_on_its_way_does_not_count_as_told(client: FlaskClient) -> None:
    body = urlencode(fields()).encode()
    half = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body) + 40)}  # as the web server says it
    told = {"data": body, "content_type": "application/x-www-form-urlencoded"}
    assert client.post("/en/", **told, environ_overrides=half).status_code == 400
    assert count_rows(Case) == 0
    assert client.post("/en/", **told).status_code == 200
    assert count_rows(Case) == 1
