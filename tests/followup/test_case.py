"""Coming back with the code: the visit, its cookie, and what is done with it."""

import re
from datetime import timedelta
from ipaddress import ip_network

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from intake.cases import queries, return_code, triage, visits
from intake.cases.models import Case, ComplainantSession, Message, Statement
from intake.extensions import db, transaction
from intake.followup import views
from intake.i18n import now
from tests.factories import (
    House,
    come_back,
    count_rows,
    destroy_due,
    hidden_on,
    letters,
    make_case,
    make_member,
    send,
    token_on,
)

STRANGE = "Zanzibar, and twenty characters more."


def ask(client: FlaskClient, code: str, lang: str = "en", **headers: str) -> tuple[int, str]:
    """Post a code; return status and page."""
    page = client.post(f"/{lang}/case", data={"code": code}, headers=headers)
    return page.status_code, page.get_data(as_text=True)


def ask_from(client: FlaskClient, address: str, **headers: str) -> int:
    """Post an unknown code from a machine; return the status."""
    answer = client.post(
        "/en/case", data={"code": return_code.mint()}, headers=headers, environ_base={"REMOTE_ADDR": address}
    )
    return answer.status_code


def text_of(page: TestResponse) -> str:
    """Return the page as text."""
    return page.get_data(as_text=True)


def press(client: FlaskClient, path: str, **data: str) -> TestResponse:
    """Post a form of the visit, with the token of its home page."""
    return client.post(path, data={"csrf_token": token_on(text_of(client.get("/en/case"))), **data})


def test_the_code_shows_the_status_in_plain_words(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, code = make_case(urgent=True)
    page = come_back(client, " ".join(return_code.groups(code)))
    assert case.reference in page
    assert "A journalist will read it." in page
    with transaction():
        triage.acknowledge(house.visitors[member.id], case.reference)
    assert "Read by a journalist" in text_of(client.get("/en/case"))


def test_the_page_shows_nothing_of_the_story_until_it_is_asked_for(client: FlaskClient, house: House) -> None:
    _, _, code = make_case(story=STRANGE)
    page = come_back(client, code)
    assert "Zanzibar" not in page
    assert code not in page.replace(" ", "")
    assert STRANGE in text_of(client.get("/en/case/words"))


def test_the_visit_is_one_cookie_that_the_browser_forgets(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    answer = client.post("/en/case", data={"code": code})
    (cookie,) = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("visit=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/en/case?in"


def test_the_row_of_a_visit_opens_nothing_without_its_cookie(client: FlaskClient, house: House) -> None:
    _, keys, code = make_case()
    come_back(client, code)
    row = db.session.scalars(select(ComplainantSession)).one()
    assert keys.identity.text.encode() not in bytes(row.sealed)
    assert visits.find(f"{row.id}.{'A' * 43}=") is None
    assert visits.find(f"{row.id}.not base64 at all") is None
    assert visits.find(None) is None


def test_leaving_ends_the_visit_on_the_server_too(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    cookie = client.get_cookie("visit")
    assert cookie is not None
    gone = client.get("/leave")
    assert gone.status_code == 303
    assert "acca" not in gone.headers["Location"]
    assert count_rows(ComplainantSession) == 0
    client.set_cookie("visit", cookie.value)
    assert "Come back with your code" in text_of(client.get("/en/case"))


def test_closing_the_case_on_this_device_ends_the_visit(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    assert press(client, "/en/case/close").status_code == 303
    assert client.get_cookie("visit") is None
    assert client.get_cookie("form") is None
    assert count_rows(ComplainantSession) == 0


@pytest.mark.parametrize(("minutes", "there"), [(25, True), (45, False)])
def test_an_idle_visit_ends_by_itself(client: FlaskClient, house: House, minutes: int, there: bool) -> None:  # noqa: FBT001 a parameter
    case, _, code = make_case()
    come_back(client, code)
    with transaction():
        earlier = now() - timedelta(minutes=minutes)
        db.session.execute(update(ComplainantSession).values(used_at=earlier))
    assert (case.reference in text_of(client.get("/en/case"))) is there


def test_a_browser_that_keeps_no_cookie_is_told_so(client: FlaskClient, house: House) -> None:
    assert "did not keep the visit" in text_of(client.get("/en/case?in"))
    assert "did not keep the visit" not in text_of(client.get("/en/case"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type your code"),
        ("1234", "24 digits, and you typed 4"),
        ("abcd", "digits only"),
        ("1" * 24, "seems to be wrong"),
    ],
)
def test_a_mistyped_code_is_answered_kindly_and_kept(client: FlaskClient, typed: str, words: str) -> None:
    status, page = ask(client, typed)
    assert status == 422
    assert words in page
    assert f'value="{typed}"' in page


def test_an_unknown_code_is_answered_kindly(client: FlaskClient) -> None:
    status, page = ask(client, return_code.mint())
    assert status == 422
    assert "We found no case" in page


def test_many_wrong_codes_from_one_visitor_are_slowed_but_others_and_right_codes_are_not(
    client: FlaskClient, house: House
) -> None:
    _, _, code = make_case()
    client.application.config["PUBLIC_URL"] = "https://write.example"  # behind a proxy, which adds the header
    here, elsewhere = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    answers = [ask(client, return_code.mint(), **here)[0] for _ in range(20)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert ask(client, return_code.mint(), **elsewhere)[0] == 422
    assert ask(client, code, **here)[0] == 303


def test_without_a_proxy_an_invented_header_changes_nothing(client: FlaskClient) -> None:
    answers = [ask(client, return_code.mint(), **{"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in range(20)]
    assert answers[-1] == 429


def test_a_header_is_believed_of_our_own_proxies_alone(client: FlaskClient) -> None:
    client.application.config.update(PUBLIC_URL="https://write.example", PROXIES=(ip_network("10.0.0.0/24"),))
    asked = [({"X-Forwarded-For": f"192.0.2.{n}"}, place) for place in ("127.0.0.1", "10.0.0.9") for n in range(20)]
    answers = [ask_from(client, place, **headers) for headers, place in asked]
    assert (answers[19], answers[39]) == (429, 422)


def test_another_sites_page_cannot_post_a_code(client: FlaskClient) -> None:
    assert ask(client, return_code.mint(), **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert views.WRONG_CODES.kind == "wrong-code"


def test_a_message_reaches_the_journalist_sealed_and_is_told_of_by_letter(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, code = make_case()
    page = come_back(client, code)
    press(client, "/en/case/messages", text=STRANGE, once=once_on(page))
    press(client, "/en/case/messages", text=STRANGE, once=once_on(page))
    (row,) = db.session.scalars(select(Message)).all()
    assert b"Zanzibar" not in bytes(row.sealed)
    opens = queries.desk_opens(house.visitors[member.id])
    (message,) = queries.read_messages(case, opens)
    assert (message.text, message.member_id, message.read_at) == (STRANGE, None, None)
    assert {letter.address for letter in letters("new_message")} == {member.address, "info@acca.media"}
    assert not any("Zanzibar" in letter.body + letter.subject for letter in letters("new_message"))


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001])
def test_a_message_that_cannot_be_sent_is_kept_on_the_page(client: FlaskClient, house: House, text: str) -> None:
    _, _, code = make_case()
    come_back(client, code)
    page = press(client, "/en/case/messages", text=text)
    assert page.status_code == 422
    assert text.strip() in text_of(page)
    assert count_rows(Message) == 0


def test_one_press_says_that_the_person_was_threatened(client: FlaskClient, house: House) -> None:
    make_member(house, "KZ")
    case, _, code = make_case(urgent=True)
    come_back(client, code)
    press(client, "/en/case/threatened")
    press(client, "/en/case/threatened")
    db.session.rollback()
    assert db.session.get_one(Case, case.id).urgent
    assert len(letters("further_words")) == 2, "the newsroom and the journalist, once, although it was urgent already"
    assert count_rows(Statement) == 2


def test_deleting_asks_for_the_whole_code(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    other = make_case(story=STRANGE)[2]
    come_back(client, code)
    for typed in ("", code[:4], return_code.mint(), other):
        assert press(client, "/en/case/delete", code=typed).status_code == 422
    db.session.rollback()
    assert db.session.get_one(Case, case.id).deletion_asked_at is None


def test_deletion_takes_the_view_away_at_once_and_the_content_after_the_days(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    reference = case.reference
    come_back(client, code)
    page = press(client, "/en/case/delete", code=code)
    assert page.status_code == 200
    assert "opens nothing any more" in text_of(page)
    unknown, withdrawn = ask(client, return_code.mint()), ask(client, code)
    assert withdrawn[0] == unknown[0]
    assert re.sub(r'value="\d+"', "", withdrawn[1]) == re.sub(r'value="\d+"', "", unknown[1])
    assert destroy_due(now() + timedelta(days=6)) == 0
    assert count_rows(Statement) == 1
    assert destroy_due(now() + timedelta(days=8)) == 1
    assert count_rows(Statement) == 0
    tombstone = db.session.get_one(Case, case.id)
    assert (tombstone.reference, tombstone.status, tombstone.language) == (reference, "deleted", "")


def test_own_messages_show_only_when_asked_for(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    page = come_back(client, code)
    press(client, "/en/case/messages", text=STRANGE, once=once_on(page))
    assert "Zanzibar" not in text_of(client.get("/en/case"))
    assert STRANGE in text_of(client.get("/en/case/messages"))


def test_what_was_typed_survives_a_visit_that_ran_out(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    page = come_back(client, code)
    form = {"csrf_token": token_on(page), "once": once_on(page), "text": f'{STRANGE} "quoted" <b>'}
    with transaction():
        visits.end_all(case.id)
    asked = client.post("/en/case/messages", data=form)
    assert asked.status_code == 401
    assert count_rows(Message) == 0
    carried = hidden_on(text_of(asked))
    wrong = client.post("/en/case", data={**carried, "code": return_code.mint()})
    assert hidden_on(text_of(wrong)) == carried, "a wrong code loses nothing"
    assert client.post("/en/case", data={**carried, "code": code}).status_code == 303
    assert form["text"].replace('"', "&#34;").replace("<b>", "&lt;b&gt;") in text_of(client.get("/en/case/messages"))
    assert count_rows(Message) == 1


def test_a_form_without_this_browsers_token_asks_for_the_code_and_does_nothing(
    client: FlaskClient, house: House
) -> None:
    _, _, code = make_case()
    come_back(client, code)
    assert client.post("/en/case/threatened", data={"csrf_token": "forged"}).status_code == 401
    assert client.post("/en/case/threatened").status_code == 401
    assert count_rows(Statement) == 1


def test_going_on_after_the_code_never_leads_elsewhere(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    for path in ("https://evil.example/", "//evil.example", "/desk/", "/en/case/../desk", "/leave", "/en/case/none"):
        for typed in ({}, {"kept-text": "x"}):
            answer = client.post("/en/case", data={"code": code, "next": path, **typed})
            assert answer.headers["Location"] == "/en/case?in", path


def test_the_answer_page_leads_to_the_details_with_one_press(client: FlaskClient, house: House) -> None:
    page = text_of(send(client))
    (path,) = re.findall(r'name="next" value="([^"]+/when)"', page)
    answer = client.post("/en/case", data={"code": hidden_on(page)["code"][:24], "next": path})
    assert answer.headers["Location"] == path
    assert client.get(path).status_code == 200


def test_the_proof_names_what_was_received_but_neither_story_nor_code(client: FlaskClient, house: House) -> None:
    case, _, code = make_case(story=STRANGE)
    come_back(client, code)
    page = text_of(client.get("/en/case/proof"))
    assert case.reference in page
    assert "a text of 37 characters" in page
    assert "Zanzibar" not in page
    assert code not in page
    assert 'class="segno"' not in page
    drawn = text_of(client.get("/en/case/proof?qr=1"))
    assert 'class="segno"' in drawn
    assert "/en/case" in drawn


def once_on(page: str) -> str:
    """Return the random word of the message form on a page."""
    return hidden_on(page)["once"]


def test_two_tabs_that_save_the_same_block_are_both_kept(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, code = make_case()
    come_back(client, code)
    for words in ("A. K. saw it", "B. L. saw it", "A. K. saw it"):
        press(client, "/en/case/details/witnesses", witnesses=words, base="0")
    told = queries.read_statements(case, queries.desk_opens(house.visitors[member.id]))
    said = [one.words["answers"]["witnesses"] for one in told[1:]]
    assert said == ["A. K. saw it", "B. L. saw it", "A. K. saw it"], "back to the first words is a new save"
    assert "A. K. saw it" in text_of(client.get("/en/case/details/witnesses"))
    press(client, "/en/case/details/witnesses", witnesses="A. K. saw it", base="0")
    assert count_rows(Statement) == 4, "a double press is one"


def test_a_block_that_there_is_not_is_not_there(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    for block in ("story", "threat", "no-such", "..%2f..", "victim%00"):
        assert client.get(f"/en/case/details/{block}").status_code == 404
        assert press(client, f"/en/case/details/{block}", story="x").status_code == 404
    assert count_rows(Statement) == 1
