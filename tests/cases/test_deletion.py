"""Deleting a case: what the desk sees, what keeps it, and what is left when the days have passed."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from intake import audit
from intake.cases import deletion, queries, queue, visits
from intake.cases.models import Case, ComplainantKey, ComplainantSession, Feedback, Message, Statement, StatusChange
from intake.cases.queue_filter import TABS
from intake.cases.sealed_rows import DESK, sealed_to
from intake.cases.statuses import give, seal_status
from intake.extensions import db, settle, transaction
from intake.i18n import day_and_time, now
from intake.sealing import CodeKeys, seal_document
from tests.cases import acts, page_of, post, reference, saved, tell, visit_of, write
from tests.cases.rotating import keep_papers
from tests.factories import STORY, House, count_rows, destroy_due, letters, make_case, make_member, sign_in

CONTENT = (Statement, Message, StatusChange, Feedback, ComplainantSession, ComplainantKey)


def full_case(house: House, member_id: int) -> tuple[Case, CodeKeys]:
    """Return a case with something in every table that holds content."""
    case, keys, _ = make_case(urgent=True)
    tell(visit_of(case, keys), case, "danger", {"alarm_at": now()}, note="x")
    write(visit_of(case, keys), case, "Is anybody there?")
    write(house.visitors[member_id], saved(case), "Yes.")
    settle(lambda: seal_status(house.visitors[member_id], saved(case), "closed", "Over"), give)
    with transaction():
        visits.begin(case, keys)
        words = {"reference": case.reference, "at": now().isoformat(), "relevance": 4, "good": "Xylophagous"}
        sealed = seal_document(queries.FEEDBACK, words, [house.identity("KZ").recipient])
        key_id = house.keys["KZ"][0]
        db.session.add(Feedback(case_id=case.id, desk_key_id=key_id, sealed=sealed, given_at=now()))
    return saved(case), keys


def ask(case: Case, keys: CodeKeys) -> datetime:
    """Ask for deletion; return when it is due."""
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    due = deletion.destroyed_at(saved(case))
    assert due is not None
    return due


def test_the_desk_sees_until_when_it_can_keep_the_case(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", language="en")
    case, keys, _ = make_case()
    sign_in(client, member)
    assert "asked for deletion" not in page_of(client, case)
    due = ask(case, keys)
    page = page_of(client, case)
    assert "The complainant asked for deletion" in page
    assert day_and_time(due) in page
    assert STORY in page
    assert "Deletion asked" in client.get("/desk/").get_data(as_text=True)
    assert len(letters("deletion_asked")) == 2


def test_nothing_is_destroyed_before_the_days_have_passed_and_everything_after(house: House) -> None:
    member = make_member(house, "KZ")
    case, keys = full_case(house, member.id)
    other, _, _ = make_case(story=f"{STORY} Another.")
    due = ask(case, keys)
    assert destroy_due(due - timedelta(seconds=1)) == 0
    assert count_rows(Message) == 2
    assert destroy_due(due) == 1
    assert destroy_due(due + timedelta(days=1)) == 0
    assert {table.__name__: count_rows(table) for table in CONTENT} == {
        "Statement": 1,
        "Message": 0,
        "StatusChange": 0,
        "Feedback": 0,
        "ComplainantSession": 0,
        "ComplainantKey": 2,  # of the dead code the tag stays, so that it does not come alive again
    }, "what is left is the other case's"
    left = saved(case)
    assert (left.status, left.country, left.language, left.channel) == ("deleted", "KZ", "", "")
    assert (left.urgent, left.alarm_at, left.reachable) == (False, None, False)
    assert saved(other).status == "received"
    assert acts(case)[-1] == ("case.destroyed", None)
    assert [audit.broken_at(chain) for chain in audit.chains()] == [None] * len(audit.chains())


def test_a_tombstone_shows_reference_country_and_dates_under_its_own_tab_alone(
    client: FlaskClient, house: House
) -> None:
    member = make_member(house, "KZ")
    case, keys = full_case(house, member.id)
    sign_in(client, member)
    page = page_of(client, case)
    assert "Xylophagous" in page, "the feedback stands on the page"
    assert "4 of 5" in page
    destroy_due(ask(case, keys))
    page = page_of(client, case)
    assert "was destroyed" in page
    assert "Kazakhstan" in page
    assert "<form" not in page.partition("<main")[2]
    for tab in TABS:
        shown = case.reference in client.get(f"/desk/?tab={tab}").get_data(as_text=True)
        assert shown == (tab == "deleted")
    assert queue.counts(house.visitors[member.id]) == {**dict.fromkeys(TABS, 0), "deleted": 1}


@pytest.mark.parametrize("part", ["messages", "status", "keep", "clock", "code"])
def test_nothing_can_be_done_to_a_tombstone(client: FlaskClient, house: House, part: str) -> None:
    case, keys, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    destroy_due(ask(case, keys))
    answer = post(client, case, part, text="x", status="checking", reason="forced", check="details")
    assert answer.status_code == 404
    assert saved(case).status == "deleted"


@pytest.mark.parametrize("reason", deletion.REASONS)
def test_a_desk_keeps_a_case_and_says_why(client: FlaskClient, house: House, reason: str) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    sign_in(client, member)
    due = ask(case, keys)
    assert post(client, case, "keep", reason=reason).status_code == 302
    assert saved(case).deletion_asked_at is None
    assert destroy_due(due + timedelta(days=365)) == 0
    assert acts(case)[-1] == ("case.kept", member.id)
    page = page_of(client, case)
    assert STORY in page
    assert "Nobody has a code for this case" in page
    assert queries.by_tag(keys.tag) is None, "the code that asked stays dead"


@pytest.mark.parametrize("reason", ["", "because", "deleted"])
def test_without_one_of_the_reasons_the_case_is_not_kept(client: FlaskClient, house: House, reason: str) -> None:
    case, keys, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    ask(case, keys)
    assert post(client, case, "keep", reason=reason).status_code == 422
    assert saved(case).deletion_asked_at is not None


def test_keeping_what_nobody_wants_deleted_leaves_no_trace(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    post(client, case, "keep", reason="forced")
    assert "case.kept" not in {act for act, _ in acts(case)}


def test_the_words_of_a_member_who_writes_while_the_case_is_destroyed_are_refused(
    client: FlaskClient, house: House
) -> None:
    member = make_member(house, "KZ")
    case, keys, _ = make_case()
    destroy_due(ask(case, keys))
    sign_in(client, member)
    assert client.get(f"/desk/cases/{reference(case)}/code").status_code == 404
    assert db.session.scalars(select(Statement.id)).all() == []


def test_of_all_that_a_desk_kept_about_a_case_nothing_stays(house: House) -> None:
    visitor = house.visitors[make_member(house, "KZ").id]
    case, keys, _ = make_case()
    case_id = case.id
    keep_papers(visitor, case)
    kept = [kind.table for kind in sealed_to(DESK) if "case_id" in kind.table.c]
    rows = [select(func.count()).where(table.c.case_id == case_id) for table in kept]
    assert sum(bool(db.session.scalar(one)) for one in rows) > 8, "there is something to destroy"
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    destroy_due(now() + timedelta(days=400))
    assert {table.name for table, one in zip(kept, rows, strict=True) if db.session.scalar(one)} == set()
