"""One press for many cases, taking it back, and saved views: what is done, and what is left as it is."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import bulk, queries, saved_views, statements, statuses, triage
from intake.cases.models import BulkChange, Case, CaseLabel, Label, SavedView, StatusChange
from intake.cases.statements import Answers
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import Member
from tests.factories import STORY, House, make_case, make_member, sign_in, token

NO_LONGER = "This can be taken back no longer."


def some(count: int, country: str = "KZ") -> list[Case]:
    """Make plain cases, whose first words differ."""
    return [make_case(country, story=f"{STORY} {number}")[0] for number in range(count)]


def saved(case: Case) -> Case:
    """Return a case as it is kept now."""
    db.session.rollback()
    return db.session.get_one(Case, case.id, populate_existing=True)


def press(client: FlaskClient, act: str, *cases: Case, **more: Any) -> TestResponse:
    """Tick cases and press the button; follow to the page that tells of it."""
    data = {"act": act, "case": [case.reference for case in cases], "csrf_token": token(client, "/desk/"), **more}
    return client.post("/desk/queue/change", data=data, follow_redirects=True)


def take_back(client: FlaskClient, change_id: int | None = None) -> TestResponse:
    """Take the last change back."""
    number = change_id or last_change()
    data = {"csrf_token": token(client, "/desk/")}
    return client.post(f"/desk/queue/{number}/undo", data=data, follow_redirects=True)


def last_change() -> int:
    """Return the number of the last change of many cases."""
    db.session.rollback()
    return db.session.scalars(select(BulkChange.id).order_by(BulkChange.id.desc())).first() or 0


def labels_of(case: Case) -> list[int]:
    """Return the labels on a case."""
    db.session.rollback()
    return list(db.session.scalars(select(CaseLabel.label_id).where(CaseLabel.case_id == case.id)))


@pytest.fixture
def member(client: FlaskClient, house: House) -> Member:
    """Return a journalist of Kazakhstan, signed in."""
    member = make_member(house, "KZ", name="Aigerim")
    sign_in(client, member)
    return member


@pytest.fixture
def label(house: House) -> Label:
    """Return a label."""
    with transaction():
        db.session.add(label := Label(name="press"))
    return label


def test_each_act_is_done_and_taken_back(client: FlaskClient, house: House, member: Member, label: Label) -> None:
    colleague = make_member(house, "KZ")
    one, two = some(2)
    acts: dict[str, Any] = {
        f"assign:{colleague.id}": lambda: [saved(case).assignee_id for case in (one, two)],
        f"label:{label.id}": lambda: [labels_of(case) for case in (one, two)],
        "urgent": lambda: [saved(case).urgent for case in (one, two)],
        "check": lambda: [(saved(case).status, saved(case).acknowledged_by_id) for case in (one, two)],
        "put_aside": lambda: [saved(case).status for case in (one, two)],
    }
    done = [[colleague.id] * 2, [[label.id]] * 2, [True] * 2, [("checking", member.id)] * 2, ["not_a_complaint"] * 2]
    for (act, state), expected in zip(acts.items(), done, strict=True):
        before = state()
        assert "2 cases were changed." in press(client, act, one, two).text, act
        assert state() == expected
        assert "2 cases are as they were." in take_back(client).text, act
        assert state() == before
    assert db.session.scalars(select(StatusChange)).all() == []
    written = db.session.scalars(select(AuditEntry.act).where(AuditEntry.case_id == one.id)).all()
    assert written.count("case.taken_back") == len(acts)


def test_what_is_taken_off_comes_back(client: FlaskClient, house: House, member: Member, label: Label) -> None:
    (case,) = some(1)
    press(client, f"label:{label.id}", case)
    press(client, "urgent", case)
    press(client, f"unlabel:{label.id}", case)
    assert labels_of(case) == []
    take_back(client)
    assert labels_of(case) == [label.id]
    press(client, "calm", case)
    assert not saved(case).urgent
    take_back(client)
    assert saved(case).urgent


def test_a_status_given_to_many_is_sealed_to_each_complainant(
    client: FlaskClient, house: House, member: Member
) -> None:
    made = [make_case(story=f"{STORY} {number}") for number in range(3)]
    press(client, "check", *(case for case, _, _ in made))
    for case, keys, _ in made:
        (given,) = queries.read_statuses(saved(case), lambda _, keys=keys: keys.identity)  # type: ignore[misc]  # bound now
        assert (given.status, given.words, given.member_id) == ("checking", "", member.id)


def test_foreign_cases_and_those_that_do_not_allow_it_are_left_and_counted(
    client: FlaskClient, house: House, member: Member
) -> None:
    one, closed = some(2)
    (foreign,) = some(1, "KG")
    with transaction():
        db.session.execute(update(Case).where(Case.id == closed.id).values(status="closed"))
    page = press(client, "check", one, closed, foreign, shown=["nonsense", "KZ-\0"]).text
    assert "1 case was changed." in page
    assert "2 cases were left as they are." in page
    assert (saved(one).status, saved(closed).status, saved(foreign).status) == ("checking", "closed", "received")
    for act in ("urgent", f"assign:{member.id}", "put_aside"):
        assert "0 cases were changed." in press(client, act, foreign).text
    kept = saved(foreign)
    assert (kept.urgent, kept.assignee_id, kept.status) == (False, None, "received")


def test_nobody_is_given_cases_of_a_desk_where_they_have_no_seat(
    client: FlaskClient, house: House, member: Member
) -> None:
    (case,) = some(1)
    elsewhere, gone = make_member(house, "KG"), make_member(house, "KZ")
    with transaction():
        db.session.execute(update(Member).where(Member.id == gone.id).values(locked_at=now()))
    assert "1 case was left as it is." in press(client, f"assign:{elsewhere.id}", case).text
    assert press(client, f"assign:{gone.id}", case).status_code == 404
    assert press(client, "assign:99999", case).status_code == 404
    assert press(client, "label:99999", case).status_code == 404
    assert saved(case).assignee_id is None


def test_all_on_this_page_needs_no_tick(client: FlaskClient, house: House, member: Member) -> None:
    cases = some(3)
    shown = [case.reference for case in cases]
    assert "Tick the cases first." in press(client, "urgent", shown=shown).text
    assert "3 cases were changed." in press(client, "urgent", shown=shown, all="1").text


@pytest.mark.parametrize("act", ["", "delete", "assign", "assign:", "assign:x", "assign:-1", "label:99999999999", "\0"])
def test_what_is_no_act_changes_nothing(client: FlaskClient, house: House, member: Member, act: str) -> None:
    (case,) = some(1)
    assert "Choose what to do with the cases." in press(client, act, case).text
    assert last_change() == 0


def test_the_page_comes_back_as_it_was(client: FlaskClient, house: House, member: Member) -> None:
    (case,) = some(1)
    data = {"act": "urgent", "case": case.reference, "csrf_token": token(client, "/desk/")}
    query = "tab=open&country=KZ&next=//evil.example"
    answer = client.post("/desk/queue/change", data={**data, "query": query})
    assert answer.location == "/desk/?tab=open&country=KZ"


def test_what_was_done_meanwhile_is_not_taken_back(client: FlaskClient, house: House, member: Member) -> None:
    colleague = house.visitors[make_member(house, "KZ").id]
    read, acknowledged, given, told = made = some(4)
    press(client, "urgent", *made)
    with transaction():
        triage.note_opened(colleague, read, [1], [])
    with transaction():
        triage.acknowledge(colleague, acknowledged.reference)
    settle(lambda: statuses.seal_status(colleague, saved(given), "closed", "why"), statuses.give)
    danger = Answers("danger", {}, plain={"urgent": True})
    settle(lambda: statements.seal_answers(colleague, saved(told), danger), statements.tell)
    page = take_back(client).text
    assert "1 case is as it was." in page
    assert "3 cases were left as they are." in page
    assert [saved(case).urgent for case in made] == [False, True, True, True]


def test_only_ones_own_change_is_taken_back_once_and_in_time(client: FlaskClient, house: House, member: Member) -> None:
    (case,) = some(1)
    assert "Take it back" in press(client, "urgent", case).text
    number = last_change()
    other = client.application.test_client()
    sign_in(other, make_member(house, "KZ"))
    assert "Take it back" not in other.get("/desk/").text
    assert NO_LONGER in take_back(other, number).text
    with transaction():
        db.session.execute(update(BulkChange).values(at=now() - bulk.TAKEN_BACK_WITHIN))
    assert "Take it back" not in client.get("/desk/").text
    assert NO_LONGER in take_back(client).text
    with transaction():
        db.session.execute(update(BulkChange).values(at=now() - bulk.TAKEN_BACK_WITHIN + timedelta(minutes=1)))
    assert "1 case is as it was." in take_back(client).text
    assert NO_LONGER in take_back(client).text
    assert not saved(case).urgent


def test_a_case_that_went_to_another_desk_is_not_taken_back(client: FlaskClient, house: House, member: Member) -> None:
    (case,), (foreign,) = some(1), some(1, "KG")
    press(client, "urgent", case)
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(desk_id=foreign.desk_id))
    assert "1 case was left as it is." in take_back(client).text
    assert saved(case).urgent


def keep(client: FlaskClient, name: str, query: str, **more: str) -> TestResponse:
    """Save a view."""
    data = {"name": name, "query": query, "csrf_token": token(client, "/desk/"), **more}
    return client.post("/desk/queue/views", data=data, follow_redirects=True)


def test_views_are_ones_own_or_shared_and_only_ones_own_are_removed(
    client: FlaskClient, house: House, member: Member
) -> None:
    keep(client, "Phone", "tab=open&channel=phone&evil=1&country=XX")
    keep(client, "Ours", "tab=done", shared="1")
    assert [(view.name, view.query) for view in saved_views.seen_by(house.visitors[member.id])] == [
        ("Ours", "tab=done"),
        ("Phone", "tab=open&channel=phone"),
    ]
    other = client.application.test_client()
    sign_in(other, make_member(house, "KG"))
    page = other.get("/desk/").text
    assert ">Ours</a>" in page
    assert ">Phone</a>" not in page
    for view in db.session.scalars(select(SavedView)).all():
        data = {"csrf_token": token(other, "/desk/")}
        other.post(f"/desk/queue/views/{view.id}/remove", data=data)
        db.session.rollback()
        assert view.name in client.get("/desk/").text
        data = {"csrf_token": token(client, "/desk/")}
        assert client.post(f"/desk/queue/views/{view.id}/remove", data=data).status_code == 302
    db.session.rollback()
    assert db.session.scalars(select(SavedView)).all() == []


def test_a_view_of_the_same_name_is_replaced_and_there_are_not_too_many(
    client: FlaskClient, house: House, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_views, "MOST", 2)
    for query in ("tab=mine", "tab=all"):
        keep(client, "A", query)
    keep(client, "B", "")
    assert "Remove one first." in keep(client, "C", "").text
    assert "Give the view a name." in keep(client, " ", "").text
    views = saved_views.seen_by(house.visitors[member.id])
    assert [(view.name, view.query) for view in views] == [("A", "tab=all"), ("B", "")]
