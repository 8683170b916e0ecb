"""Holding a case: for a reason that its desk reads, lifted by who holds it or an editor, never against a wish."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.exceptions import NotFound

from intake.cases import deletion, export, holds
from intake.cases.models import Case
from intake.cases.paper_models import Hold
from intake.extensions import db, settle, transaction
from intake.i18n import day, now
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.sealing import SealError, unseal_document
from tests.cases import acts, page_of, post, reference, saved, visit_of
from tests.cases.ending import DAY, WARNING, Worker, done, end_of, over, warned
from tests.cases.working import move
from tests.factories import House, count_rows, destroy_due, letters, make_member, sign_in

REASON = "Quokkafish: the court asked for it"


def hold(visitor: Visitor, case: Case, reason: str = REASON) -> None:
    settle(lambda: holds.seal_hold(visitor, reference(case), reason), holds.hold)


def lift(visitor: Visitor, case: Case) -> None:
    name = reference(case)
    with transaction():
        holds.lift(visitor, name)


def test_a_held_case_outlives_its_day_and_the_desk_reads_why(
    work: Worker, client: FlaskClient, house: House, ana: Member, visitor: Visitor
) -> None:
    case, _ = done(visitor)
    end = warned(work, case)
    ben = make_member(house, "KZ", name="Ben")
    sign_in(client, ben)
    assert "Keep it longer" in page_of(client, case)
    assert f"will be destroyed on {day(end)}" in page_of(client, case, "/hold")
    assert post(client, case, "hold", reason=REASON).status_code == 302
    assert ("case.held", ben.id) in acts(case)
    assert REASON.encode() not in bytes(db.session.scalars(select(Hold.sealed)).one())
    for page in (page_of(client, case), page_of(client, case, "/hold")):
        assert REASON in page
        assert "Ben" in page
        assert "will be destroyed" not in page
    assert work.at(end + 100 * DAY) == (0, 0)
    assert saved(case).status == "closed"
    assert "tab=ending" not in client.get("/desk/").text


def test_a_lifted_hold_begins_a_new_warning_with_all_its_days(work: Worker, visitor: Visitor) -> None:
    case, _ = done(visitor)
    hold(visitor, case)
    late = over(case, 1095) + 100 * DAY
    assert work.at(late) == (0, 0)
    lift(visitor, case)
    assert acts(case)[-1] == ("case.hold_lifted", visitor.member.id)
    assert work.at(late) == (1, 0)
    assert end_of(case) >= late + WARNING
    hold(visitor, case)
    lift(visitor, case)
    assert work.at(end_of_first := late + WARNING + DAY) == (1, 0), "warned again, not destroyed"
    assert work.at(end_of_first + WARNING + DAY) == (0, 1)
    assert count_rows(Hold) == 0


def test_whoever_holds_a_case_or_an_editor_lifts_the_hold_and_nobody_else(
    client: FlaskClient, house: House, ana: Member, visitor: Visitor
) -> None:
    case, _ = done(visitor)
    hold(visitor, case)
    ben = make_member(house, "KZ")
    sign_in(client, ben)
    assert "Lift the hold" not in page_of(client, case) + page_of(client, case, "/hold")
    post(client, case, "hold/lift")
    assert "an editor, lifts the hold. Nothing was changed" in page_of(client, case)
    assert [row.ended_at for row in db.session.scalars(select(Hold))] == [None]
    editor = make_member(house, "KZ", role=EDITOR, name="Ed")
    sign_in(client, editor)
    assert "Lift the hold" in page_of(client, case)
    post(client, case, "hold/lift")
    page = page_of(client, case, "/hold")
    assert "Holds that were lifted" in page
    assert "Ed" in page
    assert REASON in page
    post(client, case, "hold/lift")
    assert "Nobody holds this case any more" in page_of(client, case)
    with transaction():
        db.session.execute(update(Hold).values(ended_at=None, ended_by_id=None))
    lift(visitor, case)


def test_a_second_hold_is_refused_and_what_was_typed_is_kept(
    client: FlaskClient, ana: Member, visitor: Visitor
) -> None:
    case, _ = done(visitor)
    hold(visitor, case)
    sign_in(client, ana)
    answer = post(client, case, "hold", reason="Another reason")
    assert answer.status_code == 422
    assert "Somebody holds this case already" in answer.text
    assert "Another reason" in answer.text
    assert count_rows(Hold) == 1


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "Write why"),
        ("   ", "Write why"),
        ("x" * 10_000, "This text has"),
        ("ж" * 1_001, "This text has"),
    ],
)
def test_without_a_reason_of_some_length_nothing_is_held(
    client: FlaskClient, ana: Member, visitor: Visitor, reason: str, said: str
) -> None:
    case, _ = done(visitor)
    sign_in(client, ana)
    answer = post(client, case, "hold", reason=reason)
    assert answer.status_code == 422
    assert said in answer.text
    assert reason.strip() in answer.text
    assert count_rows(Hold) == 0


def test_hostile_words_of_a_reason_stay_words(client: FlaskClient, ana: Member, visitor: Visitor) -> None:
    case, _ = done(visitor)
    hold(visitor, case, "<script>alert(1)</script> \u202egnirts \u05e9\u05dc\u05d5\u05dd")
    sign_in(client, ana)
    for page in (page_of(client, case), page_of(client, case, "/hold")):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_another_desk_neither_holds_nor_lifts_nor_reads(house: House, visitor: Visitor) -> None:
    case, _ = done(visitor)
    hold(visitor, case)
    stranger = house.visitors[make_member(house, "KG", role=EDITOR).id]
    with pytest.raises(NotFound):
        hold(stranger, case)
    with pytest.raises(NotFound):
        lift(stranger, case)
    with pytest.raises(NotFound):
        holds.kept(stranger, saved(case))


def test_a_hold_does_not_stand_against_a_complainants_wish(
    client: FlaskClient, house: House, ana: Member, visitor: Visitor
) -> None:
    case, keys = done(visitor)
    hold(visitor, case)
    sign_in(client, ana)
    assert "stands above the hold" in page_of(client, done(visitor)[0], "/hold")
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    assert destroy_due(now() + 7 * DAY) == 1
    assert saved(case).status == "deleted"
    assert count_rows(Hold) == 0
    assert post(client, case, "hold", reason="Too late").status_code == 404
    assert client.get(f"/desk/cases/{reference(case)}/hold").status_code == 404


def test_an_open_case_can_be_held_before_it_is_done(work: Worker, visitor: Visitor, house: House) -> None:
    case, _ = done(visitor)
    hold(visitor, case)
    assert work.at(over(case, 5000)) == (0, 0)
    assert letters("ending") == []


def test_a_hold_goes_with_the_case_to_another_desk_and_into_an_export(
    house: House, visitor: Visitor, tmp_path: Path
) -> None:
    case, _ = done(visitor)
    hold(visitor, case)
    piece = next(piece for piece in export.pieces(saved(case)) if "-hold-" in piece.name)
    assert unseal_document(holds.HOLD, piece.sealed, house.identity("KZ"))["text"] == REASON
    move(visitor, case)
    there = house.visitors[make_member(house, "KG").id]
    kept = holds.kept(there, saved(case))
    assert kept.hold is not None
    assert (kept.hold.reason, kept.hold.member_id, kept.may_lift) == (REASON, visitor.member.id, False)


def test_a_reason_that_was_moved_here_from_another_case_is_found_out(visitor: Visitor) -> None:
    (case, _), (other, _) = done(visitor), done(visitor)
    hold(visitor, case)
    with transaction():
        db.session.execute(update(Hold).values(case_id=other.id))
    with pytest.raises(SealError):
        holds.kept(visitor, saved(other))


def test_how_many_statements_a_page_asks_does_not_grow_with_its_holds(
    client: FlaskClient, ana: Member, visitor: Visitor, statements: list[str]
) -> None:
    case, _ = done(visitor)
    sign_in(client, ana)
    counts = []
    for _ in range(2):
        hold(visitor, case)
        lift(visitor, case)
        statements.clear()
        page_of(client, case)
        counts.append(len(statements))
    assert counts[0] == counts[1]
