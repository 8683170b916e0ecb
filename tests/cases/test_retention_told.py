"""Who is told of an end, and where it is read: letters, the case's page, the queue, the complainant, the operator."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.cases import holds, retention
from intake.cases.models import Case
from intake.extensions import db, settle, transaction
from intake.i18n import day, now
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.outbox.models import Letter
from tests.cases import page_of, reference, saved
from tests.cases.ending import DAY, WARNING, Worker, done, end_of, give, over, see, warned
from tests.factories import STORY, House, come_back, count_rows, letters, make_case, make_member, sign_in


def test_no_more_are_warned_of_in_a_day_than_a_desk_can_look_at(
    work: Worker, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_WARNED", 2)
    cases = [done(visitor)[0] for _ in range(3)]
    moment = over(cases[-1], 1095).replace(hour=1)
    assert [work.at(moment), work.at(moment + 20 * timedelta(hours=1)), work.at(moment + DAY)] == [
        (2, 0),
        (0, 0),
        (1, 0),
    ]
    assert [letter.body.count("Cases: 2") for letter in letters("ending")] == [1, 0]


def test_each_member_gets_one_letter_a_day_that_tells_of_no_case(work: Worker, house: House, visitor: Visitor) -> None:
    ben = make_member(house, "KZ", language="ru")
    cases = [done(visitor)[0] for _ in range(3)]
    with transaction():  # nobody answers for the last
        db.session.execute(update(Case).where(Case.id == cases[-1].id).values(assignee_id=None))
    assert work.at(over(cases[-1], 1095) - WARNING) == (3, 0)
    found = {letter.address: letter for letter in letters("ending")}
    assert set(found) == {visitor.member.address, ben.address}
    mine = found[visitor.member.address]
    assert "Cases: 3" in mine.body
    assert day(min(map(end_of, cases))) in mine.body
    assert "/desk/?tab=ending" in mine.body
    assert ": 1" in found[ben.address].body
    for letter in found.values():
        assert letter.case_id is None
        assert not any(one.reference in letter.body + letter.subject for one in cases)


def test_where_nobody_hears_of_a_case_the_newsroom_does(work: Worker, visitor: Visitor, house: House) -> None:
    case, _ = done(visitor)
    with transaction():
        db.session.execute(update(Member).values(locked_at=now()))
    assert work.at(over(case, 1095) - WARNING) == (1, 0)
    assert [letter.address for letter in letters("ending")] == ["info@acca.media"]


def test_the_desk_and_the_complainant_read_the_day(
    work: Worker, client: FlaskClient, house: House, ana: Member, visitor: Visitor
) -> None:
    case, _, code = make_case()
    see(visitor, case)
    give(visitor, case, "closed", "Over")
    sign_in(client, ana)
    person = work.app.test_client()
    assert "will be destroyed" not in page_of(client, case)
    assert "3 years" in page_of(client, case)
    assert "will be deleted" not in come_back(person, code)
    end = warned(work, saved(case))
    assert f"will be destroyed on {day(end)}" in page_of(client, case)
    assert f"will be deleted on {day(end)}" in come_back(person, code)
    work.at(end)
    page = page_of(client, case)
    assert "The time for which it was kept was over" in page
    assert "asked for deletion" not in page
    assert STORY not in page
    assert "Destroyed" in client.get(f"/desk/cases/{reference(case)}/history").text
    assert "no: its time was over" in client.get("/desk/?tab=deleted").text
    assert "no case with this code" in person.post("/en/case", data={"code": code}).text


def test_the_tab_shows_what_ends_the_first_of_it_first(
    work: Worker, client: FlaskClient, house: House, ana: Member, visitor: Visitor
) -> None:
    cases = [done(visitor)[0] for _ in range(3)]
    foreign, _ = done(house.visitors[make_member(house, "KG").id], country="KG")
    sign_in(client, ana)
    assert "tab=ending" not in client.get("/desk/").text, "while nothing ends there is no tab"
    work.at(over(foreign, 1095) - WARNING + DAY)
    ends = [end_of(foreign) + number * DAY for number in (2, 3, 1)]
    with transaction():
        for case, end in zip(cases, ends, strict=True):
            db.session.execute(update(Case).where(Case.id == case.id).values(ends_at=end))
    page = client.get("/desk/?tab=ending").text
    order = sorted(cases, key=lambda case: page.index(case.reference))
    assert order == [cases[2], cases[0], cases[1]]
    assert foreign.reference not in page
    assert '<span class="count" id="count-ending">3</span>' in page
    assert f"ends on {day(ends[0])}" in page
    after = client.get(f"/desk/?tab=ending&after={cases[0].reference}").text
    assert [f'data-case="{case.reference}"' in after for case in cases] == [False, True, False]
    newest = client.get("/desk/?tab=ending&sort=newest").text
    assert all(case.reference in newest for case in cases)


def test_a_dry_run_says_how_many_and_does_nothing(work: Worker, visitor: Visitor) -> None:
    ended, near, held = (done(visitor)[0] for _ in range(3))
    settle(lambda: holds.seal_hold(visitor, reference(held), "A court asked"), holds.hold)
    work.patch.setattr(retention, "MOST_WARNED", 1)
    end = warned(work, saved(ended))
    work.patch.setattr("intake.cli.now", lambda: end)
    before = db.session.execute(select(Case.id, Case.ends_at, Case.status)).all(), count_rows(Letter)
    answer = work.app.test_cli_runner().invoke(args=["cases", "retention", "--dry-run"])
    assert answer.output.splitlines() == [
        "to be warned of now: 1",
        "warned of, their day is ahead: 0",
        "to be destroyed now: 1",
        "held: 1",
    ]
    db.session.rollback()
    assert (db.session.execute(select(Case.id, Case.ends_at, Case.status)).all(), count_rows(Letter)) == before
    assert near.reference not in answer.output
