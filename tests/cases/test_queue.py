"""The queue: what stands where, in which order, on which page, and what its address may say."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from intake.audit import AuditEntry
from intake.cases import queue
from intake.cases import statements as telling
from intake.cases.models import DELETED, STATUSES, Case, CaseLabel, Label, Statement
from intake.cases.queue_filter import SORTS, TABS, Filter
from intake.cases.statements import Answers
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import EDITOR, MemberSession
from intake.members.sessions import Visitor
from tests.cases.coded import code
from tests.factories import STORY, House, count_rows, make_case, make_member, make_recording, sign_in


def change(case: Case, **values: Any) -> Case:
    """Change columns of a case."""
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(**values))
    db.session.expire_all()
    return db.session.get_one(Case, case.id)


def some(count: int, country: str = "KZ") -> list[Case]:
    """Make plain cases, whose first words differ."""
    return [make_case(country, story=f"{STORY} {number}")[0] for number in range(count)]


def references(visitor: Visitor, chosen: Filter | None = None, *, backwards: bool = False) -> list[str]:
    """Return the references on all pages of a queue: turned forwards, or from the last page back to the first."""
    seen: list[str] = []
    page = queue.page(visitor, chosen)
    while page.after:
        seen += [case.reference for case in page.cases]
        page = queue.page(visitor, chosen, after=page.after)
    if not backwards:
        return seen + [case.reference for case in page.cases]
    seen = [case.reference for case in page.cases]
    while page.before:
        page = queue.page(visitor, chosen, before=page.before)
        seen = [case.reference for case in page.cases] + seen
    return seen


def scattered(moment: datetime) -> list[Case]:
    """Make cases of which many are equal in what they are ordered by."""
    found = []
    for number in range(24):
        case = make_case("UZ", urgent=number % 2 == 0, story=f"{STORY} {number}")[0]
        alarm, due = [None, None, 5, 5, 2, 9][number % 6], [None, 2, None, 7][number % 4]
        found.append(
            change(
                case,
                received_at=moment - timedelta(days=number % 4),
                alarm_at=moment + timedelta(hours=alarm) if alarm else None,
                due_at=moment + timedelta(hours=due) if due else None,
            )
        )
    return found


def expected(cases: list[Case], sort: str) -> list[str]:
    """Return references in an order, found without the database."""
    far = now() + timedelta(days=9999)

    def key(case: Case) -> tuple[Any, ...]:
        arrived = (case.received_at, case.id)
        if sort == "urgency":
            return (not case.urgent, case.alarm_at or far, *arrived)
        return (min(case.alarm_at or far, case.due_at or far), *arrived) if sort == "deadline" else arrived

    return [case.reference for case in sorted(cases, key=key, reverse=sort == "newest")]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_holds_on_whatever_page_forwards_and_backwards(
    house: House, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    visitor = house.visitors[make_member(house, "UZ").id]
    right = expected(scattered(now().replace(minute=0, second=0, microsecond=0)), sort)
    for size in (1, 5, 25):
        monkeypatch.setattr(queue, "PAGE", size)
        for backwards in (False, True):
            assert references(visitor, Filter(sort=sort), backwards=backwards) == right
            assert references(visitor, Filter("all", sort), backwards=backwards) == right
            assert references(visitor, Filter("open", sort, status="closed"), backwards=backwards) == []


def test_each_status_stands_under_the_tabs_that_name_it(client: FlaskClient, house: House) -> None:
    visitor = house.visitors[make_member(house, "KZ").id]
    sign_in(client, visitor.member)
    cases = {status: change(case, status=status) for status, case in zip(STATUSES, some(len(STATUSES)), strict=True)}
    counts = queue.counts(visitor)
    for tab, statuses in TABS.items():
        if tab in {"mine", "overdue", "ending"}:
            assert counts[tab] == 0
            continue
        page = client.get(f"/desk/?tab={tab}").text
        assert {status for status, case in cases.items() if case.reference in page} == set(statuses)
        assert counts[tab] == len(statuses)
    assert set(TABS["all"]) == set(STATUSES) - {DELETED}


def test_counts_stop_where_counting_would_cost(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_COUNTED", 3)
    sign_in(client, make_member(house, "KZ"))
    some(2)
    assert '<span class="count" id="count-received">2</span>' in client.get("/desk/").text
    some(2)
    assert '<span class="count" id="count-received">2+</span>' in client.get("/desk/").text


def test_overdue_is_what_was_promised_and_not_done(house: House) -> None:
    visitor = house.visitors[make_member(house, "KZ").id]
    late, soon = now() - timedelta(minutes=1), now() + timedelta(minutes=30)
    urgent, plain, fresh, urgent_fresh, alarm, due, done, later = some(8)
    change(urgent, urgent=True, received_at=now() - timedelta(minutes=61))
    change(plain, received_at=now() - timedelta(hours=25))
    change(fresh, received_at=now() - timedelta(hours=23))
    change(urgent_fresh, urgent=True, received_at=now() - timedelta(minutes=59))
    change(alarm, alarm_at=late, status="checking")
    change(due, due_at=late, status="needs_answer")
    change(done, due_at=late, alarm_at=late, status="closed", received_at=now() - timedelta(days=9))
    change(later, due_at=soon, alarm_at=soon, status="acknowledged", received_at=now() - timedelta(days=9))
    for sort in SORTS:
        found = references(visitor, Filter("overdue", sort))
        assert sorted(found) == sorted(case.reference for case in (urgent, plain, alarm, due))
    assert queue.counts(visitor)["overdue"] == 4


def test_filters_combine(house: House) -> None:
    member, other = make_member(house, "KZ", "KG"), make_member(house, "KZ")
    visitor = house.visitors[member.id]
    with transaction():
        db.session.add(label := Label(name="press"))
    wanted = make_case("KZ", urgent=True, recording=make_recording())[0]
    day = wanted.received_at.date().isoformat()
    change(wanted, assignee_id=other.id, language="ru", detected="tg", channel="phone")
    with transaction():
        db.session.add(CaseLabel(case_id=wanted.id, label_id=label.id))
    right: dict[str, Any] = {
        "desk": str(wanted.desk_id),
        "country": "KZ",
        "status": "received",
        "urgent": "yes",
        "assignee": str(other.id),
        "language": "ru",
        "detected": "tg",
        "label": str(label.id),
        "since": day,
        "until": day,
        "files": "yes",
        "channel": "phone",
    }
    wrong: dict[str, Any] = {
        "desk": str(make_case("KG")[0].desk_id),
        "country": "KG",
        "status": "closed",
        "urgent": "no",
        "assignee": "nobody",
        "language": "en",
        "detected": "unknown",
        "label": "999",
        "since": "2099-01-01",
        "until": "2020-01-01",
        "files": "no",
        "channel": "web",
    }
    for sort in SORTS:
        assert references(visitor, Filter("all", sort, **right)) == [wanted.reference]
        for name, value in wrong.items():
            assert references(visitor, Filter("all", sort, **{**right, name: value})) == [], (name, sort)
    for name, value in wrong.items():
        assert wanted.reference in references(visitor, Filter("all", **{name: right[name]}))
        assert wanted.reference not in references(visitor, Filter("all", **{name: value}))


def test_the_address_says_all_of_it_and_links_keep_it(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    sign_in(client, make_member(house, "KZ"))
    some(5)
    page = client.get("/desk/?tab=open&country=KZ&sort=newest&urgent=no").text
    assert page.count("data-case=") == 2
    assert '<option value="newest" selected>' in page
    assert "tab=mine&amp;sort=newest&amp;country=KZ&amp;urgent=no" in page
    assert "tab=open&amp;sort=newest&amp;country=KZ&amp;urgent=no" in page.partition('rel="next"')[2]
    assert 'rel="prev"' not in page


@pytest.mark.parametrize(
    ("forged", "named"),
    [
        ("desk=999", "Desk"),
        ("desk={foreign}", "Desk"),
        ("country=XX", "Country"),
        ("status=deleted", "Status"),
        ("tab=needs_answer&status=closed", "Status"),
        ("urgent=perhaps", "Urgency"),
        ("assignee=0", "Who answers for it"),
        ("assignee=1%20OR%201=1", "Who answers for it"),
        ("language=<script>", "Language of the form"),
        ("label=7", "Label"),
        ("since=2026-02-30", "Received from"),
        ("until=99999999999", "Received until"),
        ("since=20260101", "Received from"),
        ("files=1", "Files"),
        ("channel=%00", "How it came"),
        ("sort=random()", "Order"),
        ("tab=secrets", "Tab"),
    ],
)
def test_what_is_forged_in_the_address_is_left_out_with_a_sentence(
    client: FlaskClient, house: House, forged: str, named: str
) -> None:
    foreign = make_case("KG")[0]
    case = make_case()[0]
    sign_in(client, make_member(house, "KZ"))
    answer = client.get(f"/desk/?{forged.format(foreign=foreign.desk_id)}")
    assert answer.status_code == 200
    assert f"left out: {named}." in " ".join(answer.text.split())
    assert foreign.reference not in answer.text
    assert "<script>" not in answer.text.partition("<main")[2].replace("<script src", "")
    assert case.reference in answer.text or "needs_answer" in forged
    assert "left out" not in client.get("/desk/?country=KZ").text


def test_another_desks_case_never_shows_whatever_the_address_says(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    foreign, own = change(make_case("KG")[0], assignee_id=member.id), make_case()[0]
    sign_in(client, member)
    for tab in TABS:
        for rest in (
            *("", f"&desk={foreign.desk_id}", "&country=KG", f"&assignee={member.id}", "&assignee=nobody"),
            *(f"&after={foreign.reference}", f"&before={foreign.reference}", "&after=%00", "&before=x"),
            f"&country=KG&after={foreign.reference}",
        ):
            answer = client.get(f"/desk/?tab={tab}{rest}")
            assert answer.status_code == 200
            assert f'data-case="{foreign.reference}"' not in answer.text
    assert own.reference in client.get(f"/desk/?after={foreign.reference}").text
    admin = make_member(house, role=None, is_admin=True)
    assert queue.page(house.visitors[admin.id], Filter("all")).cases == []
    assert set(queue.counts(house.visitors[admin.id]).values()) == {0}


def test_ten_times_the_cases_cost_no_statement_more(client: FlaskClient, house: House, statements: list[str]) -> None:
    editor = make_member(house, *house.keys, role=EDITOR)
    sign_in(client, editor)
    asked: dict[int, list[int]] = {}
    for count in (30, 300):
        for number in range(count - count_rows(Case)):
            make_case(("KZ", "KG")[number % 2], urgent=number % 3 == 0, story=f"{STORY} {number}")
        asked[count] = []
        second = queue.page(house.visitors[editor.id], Filter("all")).after
        for rest in ("", "?tab=overdue", "?sort=deadline&country=KZ", f"?tab=all&after={second}"):
            client.get(f"/desk/{rest}")
            statements.clear()
            assert client.get(f"/desk/{rest}").status_code == 200
            asked[count].append(len(statements))
    assert asked[30] == asked[300]
    assert max(asked[30]) < 26


def told_of_kind(case: Case, house: House, **answers: Any) -> None:
    """Write of what kind of violation a case is, as its desk would."""
    visitor = house.visitors[max(house.visitors)]
    settle(lambda: telling.seal_answers(visitor, case, Answers("kind", answers)), telling.tell)


def test_the_first_line_shows_unless_the_kind_is_sensitive_and_nothing_counts_as_read(
    client: FlaskClient, house: House
) -> None:
    member = make_member(house, "KZ")
    sign_in(client, member)
    plain = make_case(story="Zebra was beaten at the station.\nSecond line.")[0]
    shy = make_case(story="Okapi was hurt at home.")[0]
    told_of_kind(plain, house, categories=["TORTURE"])
    told_of_kind(shy, house, categories=["TORTURE", "SEXUAL_VIOLENCE"])
    page = client.get("/desk/").text
    assert "Zebra was beaten at the station." in page
    assert "Second line." not in page
    assert "Torture or cruel treatment" in page
    assert "Okapi" not in page
    assert "Open the case to read it" in page
    told_of_kind(shy, house, categories=["LABOUR_SOCIAL"])
    assert "Okapi" in client.get("/desk/").text, "the newest answer counts"
    for _ in range(13):
        told_of_kind(plain, house, categories=["CHILD"])
    assert "Zebra" not in client.get("/desk/").text
    db.session.rollback()
    assert {row.read_at for row in db.session.query(Statement)} == {None}
    assert not any("opened" in act for act in acts())


def acts() -> list[str]:
    """Return all acts that were written down."""
    return [entry.act for entry in db.session.query(AuditEntry)]


def test_where_not_all_could_be_looked_through_no_line_shows(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.cases.queue_rows.MOST_OPENED", 1)
    sign_in(client, make_member(house, "KZ"))
    case = make_case(story="Okapi was hurt at home.")[0]
    assert "Okapi" in client.get("/desk/").text
    told_of_kind(case, house, categories=["SEXUAL_VIOLENCE"])

    visitor = house.visitors[max(house.visitors)]
    settle(lambda: telling.seal_answers(visitor, case, Answers("witnesses", {"witnesses": "A."})), telling.tell)
    assert "Okapi" not in client.get("/desk/").text


def test_a_statement_that_does_not_open_costs_its_line_and_not_the_page(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    one, other = make_case(story="Zebra was beaten.")[0], make_case(story="Okapi was hurt.")[0]
    with transaction():
        moved = db.session.query(Statement).filter_by(case_id=other.id).one().sealed
        db.session.execute(update(Statement).where(Statement.case_id == one.id).values(sealed=moved))
    page = client.get("/desk/").text
    assert one.reference in page
    assert "Zebra" not in page
    assert page.count("Okapi") == 1


def test_a_page_that_asks_by_itself_keeps_no_session_alive(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    sign_in(client, member)
    before = now() - timedelta(minutes=5)
    with transaction():
        db.session.execute(update(MemberSession).values(used_at=before))
    assert client.get("/desk/", headers={"X-By-Itself": "1"}).status_code == 200
    db.session.rollback()
    assert db.session.query(MemberSession).one().used_at == before
    client.get("/desk/")
    db.session.rollback()
    assert db.session.query(MemberSession).one().used_at > before


def test_a_sensitive_coding_hides_the_first_words(client: FlaskClient, house: House) -> None:
    visitor = house.visitors[make_member(house, "KZ").id]
    case = make_case()[0]
    sign_in(client, visitor.member)
    assert "They took my brother" in client.get("/desk/").text
    code(visitor, case, "LGBTI")
    page = client.get("/desk/").text
    assert "They took my brother" not in page
    assert '<span class="tag">Unequal treatment: another reason</span>' in page
    assert "LGBTI people" not in page, "neither there nor among the choices of the filter"
