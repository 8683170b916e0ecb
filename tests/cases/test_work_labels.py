"""Urgency with a reason, labels, and the day a case is due."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from intake import chores
from intake.cases import due, labels
from intake.cases.models import Case, CaseLabel, Label, Note
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from tests.cases import acts, page_of, post, saved, write
from tests.factories import House, count_rows, go_away, letters, make_case, make_member, sign_in, token


@pytest.fixture
def case(house: House, ana: Member) -> Case:
    """Return a case that Ana answers for."""
    case, _, _ = make_case()
    write(house.visitors[ana.id], case, "May we call you?")
    return saved(case)


def change(case: Case, **values: object) -> None:
    """Change a case in the database."""
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(**values))


def make_label(name: str = "prison") -> Label:
    """Put a label on the list."""
    with transaction():
        return labels.make(name, 1)


def test_urgency_is_raised_and_lowered_with_a_reason_and_never_in_silence(
    client: FlaskClient, case: Case, ana: Member
) -> None:
    sign_in(client, ana)
    assert post(client, case, "urgency", urgent="1", reason="").status_code == 422
    assert not saved(case).urgent
    post(client, case, "urgency", urgent="1", reason="They watch the house")
    assert saved(case).urgent
    post(client, case, "urgency", urgent="0", reason="They left")
    post(client, case, "urgency", urgent="0", reason="They left")
    assert not saved(case).urgent
    assert [act for act, _ in acts(case) if "urgent" in act] == ["case.made_urgent", "case.made_not_urgent"]
    assert count_rows(Note) == 2
    assert len(letters("urgency_changed")) == 4, "the newsroom and the desk, twice"
    assert "house" not in letters("urgency_changed")[0].body


def test_a_deadline_ahead_is_lifted_first(client: FlaskClient, case: Case, ana: Member) -> None:
    change(case, urgent=True, alarm_at=now() + timedelta(hours=3))
    sign_in(client, ana)
    answer = post(client, case, "urgency", urgent="0", reason="They left")
    assert answer.status_code == 422
    assert "A deadline is still ahead" in answer.get_data(as_text=True)
    assert saved(case).urgent


@pytest.mark.parametrize("urgent", ["", "2", "yes"])
def test_urgency_is_yes_or_no(client: FlaskClient, case: Case, ana: Member, urgent: str) -> None:
    sign_in(client, ana)
    assert post(client, case, "urgency", urgent=urgent, reason="Why").status_code == 422
    assert count_rows(Note) == 0


def test_editors_keep_the_list_and_members_put_labels_on(client: FlaskClient, house: House, case: Case) -> None:
    editor = make_member(house, *house.keys, role=EDITOR)
    sign_in(client, editor)
    own = token(client, "/desk/labels")
    for name in ("prison", "Prison", "", "x" * 41):
        client.post("/desk/labels", data={"name": name, "csrf_token": own})
    (label,) = labels.every()
    sign_in(client, make_member(house, "KZ"))
    assert client.get("/desk/labels").status_code == 404
    for _ in range(2):
        assert post(client, case, "labels", to=str(label.id)).status_code == 302
    assert [one.name for one in labels.on(saved(case))] == ["prison"]
    assert [act for act, _ in acts(case)].count("case.labelled") == 1
    assert "Take off: prison" in page_of(client, case)
    for _ in range(2):
        post(client, case, "labels/remove", to=str(label.id))
    assert labels.on(saved(case)) == []
    assert [act for act, _ in acts(case)].count("case.unlabelled") == 1


def test_a_label_that_goes_off_the_list_goes_off_every_case(client: FlaskClient, house: House, case: Case) -> None:
    label_id = make_label().id
    sign_in(client, make_member(house, "KZ", *(set(house.keys) - {"KZ"}), role=EDITOR))
    post(client, case, "labels", to=str(label_id))
    assert "on 1 case" in client.get("/desk/labels").get_data(as_text=True)
    own = token(client, "/desk/labels")
    client.post(f"/desk/labels/{label_id}/remove", data={"csrf_token": own})
    assert (count_rows(Label), count_rows(CaseLabel)) == (0, 0)
    post(client, case, "labels", to=str(label_id))
    assert "on the list no longer" in page_of(client, case)


def test_the_day_is_set_by_who_answers_for_it_or_an_editor(client: FlaskClient, house: House, case: Case) -> None:
    day = (now() + timedelta(days=3)).date()
    sign_in(client, make_member(house, "KZ"))
    post(client, case, "due", day=day.isoformat())
    assert saved(case).due_at is None
    sign_in(client, make_member(house, *house.keys, role=EDITOR))
    post(client, case, "due", day=day.isoformat())
    due_at = saved(case).due_at
    assert due_at is not None
    assert due_at.date() == day
    post(client, case, "due", day="")
    assert saved(case).due_at is None


@pytest.mark.parametrize("day", ["tomorrow", "2020-01-01", "9999-12-31", "2027-02-30"])
def test_no_day_that_cannot_be(client: FlaskClient, case: Case, ana: Member, day: str) -> None:
    sign_in(client, ana)
    assert post(client, case, "due", day=day).status_code == 302
    assert saved(case).due_at is None
    assert "Choose a day" in page_of(client, case)


def test_one_letter_when_the_day_has_come(app: Flask, case: Case, ana: Member) -> None:
    change(case, due_at=now() + timedelta(hours=1))
    chores.every_minute()  # what the worker does between letters
    assert letters("due") == []
    change(case, due_at=now() - timedelta(hours=1))
    for _ in range(2):
        chores.every_minute()  # as above
    assert [letter.member_id for letter in letters("due")] == [ana.id]
    change(case, due_at=now() - timedelta(minutes=1))
    chores.every_minute()  # as above
    assert len(letters("due")) == 2, "another day is told of anew"


def test_the_stand_in_hears_of_it_and_a_destroyed_case_is_not_due(house: House, case: Case, ana: Member) -> None:
    ben = make_member(house, "KZ")
    go_away(ana, ben)
    change(case, due_at=now() - timedelta(hours=1))
    with transaction():
        due.remind(case.id, now())
    assert [letter.member_id for letter in letters("due")] == [ben.id]
    change(case, due_at=now() - timedelta(hours=2), status="deleted")
    assert due.come(now()) == []
