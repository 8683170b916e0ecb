"""Giving a case a status: what each asks for, who reads it, and where the case stands in the queue then."""

import pytest
from flask.testing import FlaskClient

from intake.cases import queries, queue
from intake.cases.models import StatusChange
from intake.cases.queue_filter import Filter
from tests.cases import acts, opener, page_of, post, saved
from tests.factories import House, count_rows, make_case, make_member, sign_in, sign_off

LINK = "https://acca.media/en/what-happened"


@pytest.mark.parametrize(
    ("before", "status", "words", "tab"),
    [
        ("received", "checking", "", "open"),
        ("received", "needs_answer", "", "needs_answer"),
        ("checking", "published", LINK, "done"),
        ("received", "passed_on", "To a lawyer in Almaty", "done"),
        ("received", "closed", "It happened to nobody:\nthe paper was forged.", "done"),
        ("received", "not_a_complaint", "This is advertising", "not_a_complaint"),
        ("closed", "checking", "There is a new witness", "open"),
    ],
)
def test_a_status_is_sealed_to_both_and_moves_the_case(
    client: FlaskClient, house: House, before: str, status: str, words: str, tab: str
) -> None:
    member = make_member(house, "KZ", name="Aigerim")
    case, keys, _ = make_case()
    sign_in(client, member)
    if before != "received":
        post(client, case, "status", status=before, words="Over" if before == "closed" else "")
    if status == "published":
        sign_off(house, case)
    assert post(client, case, "status", status=status, words=words).status_code == 302
    assert (saved(case).status, saved(case).acknowledged_by_id, saved(case).assignee_id) == (
        status,
        member.id,
        member.id,
    )
    *_, given = queries.read_statuses(saved(case), opener(keys.identity))
    assert (given.status, given.words, given.member_id) == (status, words, member.id)
    assert words in page_of(client, case)
    assert ("case.status", member.id) in acts(case)
    visitor = house.visitors[member.id]
    assert queue.counts(visitor)[tab] == 1
    assert [found.id for found in queue.page(visitor, Filter(tab)).cases] == [case.id]
    assert case.reference in client.get(f"/desk/?tab={tab}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("", ""),
        ("received", ""),
        ("deleted", ""),
        ("published", ""),
        ("published", "acca.media/en/what-happened"),
        ("published", "http://acca.media/en/what-happened"),
        ("published", "javascript:alert(1)"),
        ("published", "https://"),
        ("published", "https://acca.media/ and more"),
        ("published", "https://[acca.media/"),
        ("passed_on", " "),
        ("closed", ""),
        ("closed", "x" * 1001),
        ("checking", "These words would be read by nobody"),
    ],
)
def test_a_status_without_what_it_asks_for_changes_nothing_and_keeps_what_was_typed(
    client: FlaskClient, house: House, status: str, words: str
) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    answer = post(client, case, "status", status=status, words=words)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert "<details open>" in page
    assert words.strip() in page
    assert saved(case).status == "received"
    assert count_rows(StatusChange) == 0


def test_every_status_that_was_given_stands_on_the_page_newest_first(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    for status, words in (("passed_on", "Xylophagous"), ("checking", "Quokkafish")):
        post(client, case, "status", status=status, words=words)
    page = page_of(client, case)
    assert page.index("Quokkafish") < page.index("Xylophagous")
