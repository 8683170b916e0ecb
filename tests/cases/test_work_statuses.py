"""The graph of statuses: what may come after what, what asks for words, and what the complainant reads."""

import pytest
from flask.testing import FlaskClient

from intake.cases import statuses
from intake.cases.models import DELETED, RECEIVED, STATUSES, StatusChange
from intake.cases.statuses import GIVEN, NEXT
from intake.followup.words import MEANINGS
from tests.cases import page_of, post, saved, visit_of, write
from tests.cases.working import give, set_status
from tests.factories import House, come_back, count_rows, make_case, make_member, sign_in, sign_off

LINK = "https://acca.media/en/what-happened"


def test_every_status_has_its_row_and_its_plain_words() -> None:
    assert set(NEXT) == set(STATUSES)
    assert set(MEANINGS) == set(STATUSES) - {DELETED}


def test_every_pair_is_allowed_or_refused_as_the_table_says(house: House) -> None:
    visitor = house.visitors[make_member(house, "KZ").id]
    case, _, _ = make_case()
    sign_off(house, case)
    for before in set(STATUSES) - {DELETED}:
        for after in GIVEN:
            set_status(case, before)
            rows = count_rows(StatusChange)
            if after in NEXT[before]:
                give(visitor, case, after, LINK)
                assert saved(case).status == after, (before, after)
            else:
                with pytest.raises(statuses.NotAllowedError):
                    give(visitor, case, after, LINK)
                assert (saved(case).status, count_rows(StatusChange)) == (before, rows), (before, after)


@pytest.mark.parametrize("before", ["published", "passed_on", "closed", "not_a_complaint"])
def test_nothing_that_is_done_is_taken_up_again_without_saying_why(
    client: FlaskClient, house: House, before: str
) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    set_status(case, before)
    with pytest.raises(statuses.NotAllowedError):
        give(house.visitors[member.id], case, "checking")
    sign_in(client, member)
    assert post(client, case, "status", status="checking", words="").status_code == 422
    assert saved(case).status == before
    assert "Take it up again" in page_of(client, case)
    assert post(client, case, "status", status="checking", words="New evidence").status_code == 302
    assert saved(case).status == "checking"


@pytest.mark.parametrize("before", STATUSES)
def test_the_form_offers_what_is_allowed_now_and_nothing_else(client: FlaskClient, house: House, before: str) -> None:
    case, _, _ = make_case()
    set_status(case, before)
    sign_in(client, make_member(house, "KZ"))
    page = page_of(client, case)
    shown = {status for status in GIVEN if f'name="status" value="{status}"' in page}
    assert shown == set(statuses.offered(before))


def test_a_form_that_stood_open_meanwhile_is_refused_with_a_sentence(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    give(house.visitors[member.id], case, "closed", "Over")
    sign_in(client, member)
    answer = post(client, case, "status", status="published", words=LINK)
    assert answer.status_code == 422
    assert "cannot get this status now" in answer.get_data(as_text=True)
    assert saved(case).status == "closed"


def test_who_is_no_complainant_reads_that_it_is_closed_and_why(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    give(house.visitors[make_member(house, "KZ").id], case, "not_a_complaint", "This was a test of ours")
    page = come_back(client, code)
    assert "Closed" in page
    assert "This was a test of ours" in page
    assert "Not a complaint" not in page


def test_an_answer_to_a_question_after_a_case_went_back_does_not_leave_it_waiting(house: House) -> None:
    visitor = house.visitors[make_member(house, "KZ").id]
    case, keys, _ = make_case()
    give(visitor, case, "needs_answer")
    set_status(case, RECEIVED)
    write(visitor, saved(case), "When was it?", asks=True)
    assert saved(case).status == "needs_answer"
    write(visit_of(saved(case), keys), saved(case), "On Monday.")
    assert saved(case).status == "checking"
