"""Desk and complainant write to each other: what each sees, what is told by letter, what an attacker cannot do."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.cases import conversation, dossier, queries, queue, statements, triage
from intake.cases.models import Message
from intake.cases.statements import Answers
from intake.extensions import db, settle, transaction
from intake.sealing import SealedBytes, SealError
from tests.cases import acts, opener, page_of, post, reference, saved, tell, texts, visit_of, write
from tests.factories import House, count_rows, letters, make_case, make_member, message_ids, sign_in


def test_a_member_answers_and_the_complainant_reads_it(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    sign_in(client, member)
    assert post(client, case, "messages", text="May we\r\ncall you?", once="a").status_code == 302
    (message,) = queries.read_messages(saved(case), opener(keys.identity))
    assert (message.text, message.signed, message.member_id) == ("May we\ncall you?", "", member.id)
    page = page_of(client, case)
    assert "May we\ncall you?" in page
    assert "signed ACCA journalist" in page
    assert "Not read by the complainant yet" in page
    assert ("case.message", member.id) in acts(case)


def test_whoever_answers_has_taken_the_case_up(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    sign_in(client, member)
    post(client, case, "messages", text="We read it.")
    assert (saved(case).status, saved(case).acknowledged_by_id) == ("acknowledged", member.id)
    post(client, case, "messages", text="When was it?", asks="1")
    assert saved(case).status == "needs_answer"
    assert acts(case).count(("case.acknowledged", member.id)) == 1


def test_a_member_may_sign_with_their_own_name_and_with_no_other(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", name="Aigerim")
    case, keys, _ = make_case()
    sign_in(client, member)
    assert post(client, case, "messages", text="It is me.", signed="name").status_code == 302
    assert post(client, case, "messages", text="It is not me.", signed="Somebody else").status_code == 422
    assert [m.signed for m in queries.read_messages(saved(case), opener(keys.identity))] == ["Aigerim"]
    assert "signed Aigerim" in page_of(client, case)


def test_a_double_press_is_one_message_and_other_words_on_the_same_form_are_another(
    client: FlaskClient, house: House
) -> None:
    case, keys, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    once = re.findall(r'name="once" value="([^"]+)"', page_of(client, case))[0]
    for text in ("One", "One", "Two"):
        assert post(client, case, "messages", text=text, once=once).status_code == 302
    assert texts(case, opener(keys.identity)) == ["One", "Two"]
    for _ in range(2):
        post(client, case, "messages", text="Without the word of a form")
    assert count_rows(Message) == 4, "two forms are two messages"
    assert once not in {row.once for row in db.session.scalars(select(Message))}


@pytest.mark.parametrize("text", ["", "  \n ", "á" * 10_001])
def test_what_cannot_be_sent_is_kept_and_the_page_says_why(client: FlaskClient, house: House, text: str) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    answer = post(client, case, "messages", text=text, signed="name", asks="1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="text-e" role="alert"' in page
    assert text.strip() in page
    assert 'value="name" checked' in page
    assert count_rows(Message) == 0


def test_ten_thousand_characters_that_a_person_sees_are_taken(client: FlaskClient, house: House) -> None:
    case, keys, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    long = "g\u0303" * 10_000  # two code points each, in no normal form one
    assert post(client, case, "messages", text=long).status_code == 302
    assert texts(case, opener(keys.identity)) == [long]


def test_the_complainants_messages_are_new_until_a_member_opens_the_case(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    write(visit_of(case, keys), case, "Is anybody there?")
    sign_in(client, member)
    assert "tag unread" in client.get("/desk/").get_data(as_text=True)
    assert saved(case).status == "received"
    first, second = page_of(client, case), page_of(client, case)
    assert "Is anybody there?" in first
    assert "New message" in first
    assert "New message" not in second
    assert "tag unread" not in client.get("/desk/").get_data(as_text=True)


def test_opening_the_page_marks_nothing_of_the_desks_own_as_read(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    write(house.visitors[member.id], case, "Are you well?")
    sign_in(client, member)
    page_of(client, case)
    assert queries.unread_count(saved(case), by_desk=False) == 1


def test_an_answer_that_was_asked_for_ends_the_asking(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    write(house.visitors[member.id], case, "When?", asks=True)
    write(visit_of(saved(case), keys), case, "On Monday.")
    assert saved(case).status == "checking"
    assert [letter.address for letter in letters("new_message")] == [member.address]


def test_a_message_that_was_altered_is_refused(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    write(house.visitors[member.id], case, "Meet us at noon.")
    sealed = bytearray(db.session.scalars(select(Message.sealed)).one())
    sealed[-1] ^= 1
    with transaction():
        db.session.execute(update(Message).values(sealed=SealedBytes(sealed)))
    with pytest.raises(SealError):
        texts(case, opener(keys.identity))
    sign_in(client, member)
    assert client.get(f"/desk/cases/{reference(case)}").status_code == 500


def test_a_message_that_was_moved_to_another_case_is_refused(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, other = make_case()[0], make_case(story="Another story, of more than twenty characters.")[0]
    write(house.visitors[member.id], other, "Xylophagous")
    with transaction():
        db.session.execute(update(Message).values(case_id=case.id))
    sign_in(client, member)
    answer = client.get(f"/desk/cases/{reference(case)}")
    assert answer.status_code == 500
    assert "Xylophagous" not in answer.get_data(as_text=True)


def test_hostile_words_in_a_message_are_text_and_nothing_else(client: FlaskClient, house: House) -> None:
    case, keys, _ = make_case()
    write(visit_of(case, keys), case, '<script>alert(1)</script><img src=x> {{ 7*7 }} "><b>')
    sign_in(client, make_member(house, "KZ"))
    page = page_of(client, case)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page


def test_the_newest_answers_stand_open_and_earlier_ones_are_folded(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", name="Aigerim")
    case, keys, _ = make_case()
    tell(visit_of(case, keys), case, "danger", note="Xylophagous")
    tell(house.visitors[member.id], case, "danger", note="Quokkafish")
    sign_in(client, member)
    page = page_of(client, case)
    assert page.index("Quokkafish") < page.index("An earlier version") < page.index("Xylophagous")
    assert "Written by Aigerim" in page


def test_a_visit_that_reads_marks_the_desks_words_as_read(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    write(house.visitors[member.id], case, "Are you well?")
    with transaction():
        conversation.mark_read(visit_of(case, keys), case, message_ids())
    sign_in(client, member)
    assert "Read by the complainant" in page_of(client, case)


def test_what_was_added_is_marked_until_somebody_of_the_desk_opens_the_case(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    sign_in(client, member)
    assert "tag unread" not in client.get("/desk/").get_data(as_text=True), (
        "a case that nobody opened is new as a whole"
    )
    visit = visit_of(case, keys)
    answers = Answers("witnesses", {"witnesses": "A. K. saw it"})
    settle(lambda: statements.seal_answers(visit, saved(case), answers), statements.tell)
    assert "tag unread" in client.get("/desk/").get_data(as_text=True)
    assert "tag unread" in page_of(client, case), "shown as new this once"
    assert "tag unread" not in client.get("/desk/").get_data(as_text=True)
    assert "tag unread" not in page_of(client, case)


def test_what_is_added_while_a_page_is_made_stays_new(app: Flask, house: House) -> None:
    member = make_member(house, "KZ")
    visitor = house.visitors[member.id]
    case, keys, _ = make_case()
    opened = dossier.open_for(visitor, case.reference)
    visit = visit_of(case, keys)
    answers = Answers("witnesses", {"witnesses": "A. K. saw it"})
    settle(lambda: statements.seal_answers(visit, saved(case), answers), statements.tell)
    with transaction():
        triage.note_opened(visitor, saved(case), opened.statement_numbers, opened.message_ids)
    assert queries.unread_among(queue.page(visitor).cases) == {case.id}
