"""What goes wrong on a return visit: faults of ours, odd requests, and what must not be undone by a slip."""

import io
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from intake.cases import conversation, deletion, return_code, statements, visits
from intake.cases import queries as cases
from intake.cases.models import Case, ComplainantSession, Message, Statement
from intake.cases.visits import DeadCodeError
from intake.extensions import StaleError, db, settle, transaction
from tests.factories import House, come_back, count_rows, hidden_on, letters, make_case, make_member, token_on

WORDS = "Zanzibar, and more"


def press(client: FlaskClient, path: str, **data: str) -> tuple[int, str]:
    """Post a form of the visit with its token; return status and page."""
    token = token_on(client.get("/en/case").get_data(as_text=True))
    answer = client.post(f"/en/case{path}", data={"csrf_token": token, **data})
    return answer.status_code, answer.get_data(as_text=True)


@pytest.mark.parametrize("fault", [OperationalError("", {}, Exception()), StaleError(), OSError()])
@pytest.mark.parametrize(
    ("verb", "path", "field"),
    [
        (conversation, "/messages", "text"),
        (statements, "/details/witnesses", "witnesses"),
    ],
)
def test_a_fault_of_ours_gives_back_what_was_typed(
    client: FlaskClient,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    verb: object,
    path: str,
    field: str,
    fault: Exception,
) -> None:
    _, _, code = make_case()
    come_back(client, code)

    def fail(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(verb, "write" if verb is conversation else "tell", fail)
        status, page = press(client, path, **{field: WORDS})
    assert status == 503
    assert "this is our fault" in page
    carried = hidden_on(page)
    assert carried[f"kept-{field}"] == WORDS
    with monkeypatch.context() as patch:
        patch.setattr(visits, "begin", fail)
        again = client.post("/en/case", data={**carried, "code": code})
    if not isinstance(fault, StaleError | OSError):
        assert again.status_code == 503
        assert hidden_on(again.get_data(as_text=True)) == carried
    assert client.post("/en/case", data={**carried, "code": code}).status_code == 303
    assert count_rows(Message) + count_rows(Statement) == 2


def test_whoever_must_leave_leaves_whatever_the_database_does(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, code = make_case()
    come_back(client, code)

    gone = OperationalError("", {}, Exception())

    def fail(*_: object) -> None:
        raise gone

    monkeypatch.setattr(visits, "end", fail)
    answer = client.get("/leave")
    assert answer.status_code == 303
    assert "visit=;" in "".join(answer.headers.getlist("Set-Cookie"))


def test_a_threat_told_again_after_urgency_was_lifted_is_told_to_all_again(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    come_back(client, code)
    press(client, "/threatened")
    before = len(letters("further_words"))
    page = client.get("/en/case/details/danger").get_data(as_text=True)
    press(client, "/details/danger", base=hidden_on(page)["base"])
    db.session.rollback()
    assert not db.session.get_one(Case, case.id).urgent
    press(client, "/threatened")
    db.session.rollback()
    assert db.session.get_one(Case, case.id).urgent
    assert len(letters("further_words")) > before


def test_an_old_tab_lifts_no_urgency_that_it_did_not_know_of(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    come_back(client, code)
    old = hidden_on(client.get("/en/case/details/danger").get_data(as_text=True))["base"]
    press(client, "/threatened")
    press(client, "/details/danger", base=old)
    db.session.rollback()
    assert db.session.get_one(Case, case.id).urgent


def test_consent_follows_the_last_save_even_of_an_old_tab(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    come_back(client, code)
    for level in ("never", "with_name", "never"):
        press(client, "/details/publication", pub_level=level, base="0")
    db.session.rollback()
    assert db.session.get_one(Case, case.id).not_for_publication


def test_a_message_that_comes_while_the_page_is_made_stays_unread(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    visitor = house.visitors[member.id]
    for once in "abcde":
        words = conversation.Words(f"Question {once}", once)
        settle(lambda words=words: conversation.seal_message(visitor, case, words), conversation.write)  # type: ignore[misc]  # bound now
    seen = cases.read_messages(case, lambda _: keys.identity)
    visit = visits.Visit(case, keys.identity, keys.digest_key, "")
    with transaction():
        conversation.mark_read(visit, case, [message.id for message in seen[:4]])
    assert cases.unread_count(case, by_desk=False) == 1


def test_the_page_shows_every_message_that_was_not_read(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, code = make_case()
    visitor = house.visitors[member.id]
    for once in "abcde":
        words = conversation.Words(f"Question {once}", once)
        settle(lambda words=words: conversation.seal_message(visitor, case, words), conversation.write)  # type: ignore[misc]  # bound now
    page = come_back(client, code)
    assert all(f"Question {once}" in page for once in "abcde")
    assert "Question a" not in client.get("/en/case").get_data(as_text=True)


def test_a_dead_code_deletes_nothing(client: FlaskClient, house: House) -> None:
    case, keys, code = make_case()
    visit = visits.Visit(case, keys.identity, keys.digest_key, "")
    with transaction():
        deletion.ask(visit)
    with pytest.raises(DeadCodeError), transaction():
        deletion.ask(visit)
    assert len(letters("deletion_asked")) == 1
    assert code


def test_closing_a_visit_that_ran_out_opens_no_other(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    page = come_back(client, code)
    with transaction():
        visits.end_all(case.id)
    answer = client.post("/en/case/close", data={"csrf_token": token_on(page)})
    assert answer.headers["Location"] == "/en/case"
    assert count_rows(ComplainantSession) == 0


def test_the_right_code_is_never_slowed_where_it_confirms(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    for _ in range(15):
        press(client, "/code", code=return_code.mint())
    assert "Too many codes were wrong" in press(client, "/code", code=return_code.mint())[1]
    assert press(client, "/code", code=code)[0] == 200


def test_what_waits_for_a_code_is_shown_where_the_form_is_not_known_to_be_ours(
    client: FlaskClient, house: House
) -> None:
    asked = client.post("/en/case/details/publication", data={"pub_level": "with_name"}).get_data(as_text=True)
    assert "This would be sent." in asked
    assert '<li dir="auto">with_name' in asked


@pytest.mark.parametrize("body", ['{"code": 5}', "[1]", '{"story": 5, "country": 1}', "null", '"x"'])
@pytest.mark.parametrize("path", ["/en/case", "/en/", "/en/voice", "/desk/sign-in"])
def test_what_is_no_form_is_answered_kindly(client: FlaskClient, path: str, body: str) -> None:
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "moment",
    [
        {"deadline-year": "0001"},
        {"deadline-year": "9999"},
        {"deadline-hour": "00099"},
        {"deadline-hour": "0" * 5000},
        {"deadline-hour": "-1"},
        {"deadline-day": "0"},
        {"deadline-day": "٣١", "deadline-month": "٢"},
    ],
)
def test_a_deadline_that_is_none_is_said_kindly(client: FlaskClient, house: House, moment: dict[str, str]) -> None:
    _, _, code = make_case()
    come_back(client, code)
    whole = {"deadline-day": "1", "deadline-month": "2", "deadline-year": "2027", **moment}
    assert press(client, "/details/danger", **whole)[0] == 422


def test_urgency_told_while_an_answer_is_on_its_way_is_not_lifted_by_it(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case(urgent=True)
    visit = visits.Visit(case, keys.identity, keys.digest_key, "")
    calm = statements.Answers("danger", {}, plain={"urgent": False, "alarm_at": None})
    sealed = statements.seal_answers(house.visitors[member.id], case, calm)
    threat = statements.Answers("threat", {"hour": "now"}, plain={"urgent": True}, again=True)
    settle(lambda: statements.seal_answers(visit, case, threat), statements.tell)
    with pytest.raises(StaleError), transaction():
        statements.tell(sealed)
    settle(lambda: statements.seal_answers(house.visitors[member.id], case, calm), statements.tell)
    db.session.rollback()
    assert db.session.get_one(Case, case.id).urgent, "sealed again, it still did not know of the threat"


def test_a_file_under_a_text_fields_name_is_no_text(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    page = come_back(client, code)
    for path, name in (("/en/", "story"), ("/en/case", "code"), ("/en/case/messages", "text")):
        parts = {"csrf_token": token_on(page), name: (io.BytesIO(b"x"), "x.txt")}
        answer = client.post(path, data=parts, content_type="multipart/form-data")
        assert answer.status_code == 422, path


def test_a_new_code_is_taken_with_its_visit_or_not_at_all(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, code = make_case()
    come_back(client, code)
    page = press(client, "/code", code=code)[1]
    carried = hidden_on(page)
    gone = OperationalError("", {}, Exception())

    def fail(*_: object) -> None:
        raise gone

    with monkeypatch.context() as patch:
        patch.setattr(visits, "begin", fail)
        assert press(client, "/code/take", fresh=carried["fresh"], code=carried["fresh"][:24])[0] == 503
    assert client.post("/en/case", data={"code": code}).status_code == 303, "the present code is still good"


def test_who_sends_slowly_holds_no_line_to_the_database(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    body = urlencode({"csrf_token": token_on(client.get("/en/case").get_data(as_text=True)), "text": WORDS}).encode()
    db.session.rollback()
    taken = list[int]()

    class Slow(io.BytesIO):
        def readinto(self, buffer: Any, /) -> int:
            taken.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]
            return super().readinto(buffer)

        def read(self, size: int | None = -1, /) -> bytes:
            taken.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]
            return super().read(size)

    sent = {"content_type": "application/x-www-form-urlencoded", "content_length": len(body)}
    answer = client.post("/en/case/messages", input_stream=Slow(body), **sent)
    assert answer.status_code == 303
    assert set(taken) == {0}
