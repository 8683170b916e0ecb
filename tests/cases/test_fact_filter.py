"""Filtering the queue by what is sealed: which cases are meant, whose, and what is said where some are not read yet."""

from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from intake.cases import deletion, fact_filter, fact_pages, fact_reading, queue
from intake.cases.fact_pages import Facts
from intake.cases.models import Case, SavedView
from intake.cases.paper_models import FactEntry, FactPage
from intake.cases.queue_filter import SORTS, Filter
from intake.desks.models import Seat
from intake.extensions import StaleError, db, settle, transaction
from intake.i18n import now
from intake.members.models import EDITOR
from intake.members.sessions import Visitor
from intake.sealing import SealedBytes
from tests.cases import saved, tell, visit_of
from tests.cases.coded import code
from tests.cases.rotating import A_WHILE, begin, opened_by, rotate, seat
from tests.cases.working import move
from tests.factories import STORY, House, count_rows, destroy_due, make_case, make_member, sign_in, token

_numbers = count(1)
KZ_10, KZ_11 = "KZ-10", "KZ-11"


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page read all cases first, however busy this machine is."""
    monkeypatch.setattr("intake.cases.queue_views.BEFORE_A_PAGE", A_WHILE)


@pytest.fixture
def visitor(house: House) -> Visitor:
    """Return a journalist of Kazakhstan."""
    return house.visitors[make_member(house, "KZ").id]


def told(country: str = "KZ", **blocks: dict[str, Any]) -> Case:
    """Make a case whose complainant answered these blocks."""
    case, keys, _ = make_case(country, story=f"{STORY} {next(_numbers)}")
    for block, answers in blocks.items():
        tell(visit_of(saved(case), keys), saved(case), block, **answers)
    return saved(case)


def read(visitor: Visitor) -> int:
    """Read all cases; return how many were put on pages."""
    return sum(settle(write, fact_reading.save) for write in fact_reading.turns(visitor, A_WHILE))


def found(visitor: Visitor, **chosen: Any) -> set[str]:
    """Return the references that a filter finds, once all is read."""
    read(visitor)
    narrowed = Filter("all", **chosen)
    meant = fact_filter.meant(visitor, narrowed, fact_filter.lacking(visitor))
    assert (meant.unread, meant.broken) == (0, [])
    return {case.reference for case in queue.page(visitor, narrowed, among=meant.case_ids).cases}


def names(*cases: Case) -> set[str]:
    """Return references."""
    return {case.reference for case in cases}


def test_a_code_finds_what_is_coded_so_and_what_may_be_meant_where_nothing_is(visitor: Visitor) -> None:
    torture = told(kind={"categories": ["TORTURE"]})
    unequal = told(kind={"categories": ["DISCRIMINATION"], "reprisal": True})
    silent, coded = told(), told(kind={"categories": ["TORTURE"]})
    code(visitor, coded, "DEATH", "LGBTI")
    assert found(visitor, code="TORTURE") == names(torture), "the coding counts, not what was ticked"
    assert found(visitor, code="LGBTI") == names(unequal, coded)
    assert found(visitor, code="DEFENDER_REPRISAL") == names(unequal)
    assert found(visitor, code="none") == names(torture, unequal, silent)
    first = code(visitor, silent, "TORTURE")
    assert found(visitor, code="TORTURE") == names(torture, silent)
    code(visitor, silent, "CHILD", replaces=first)
    assert found(visitor, code="TORTURE") == names(torture), "a version that was replaced says nothing any more"


def test_a_region_finds_a_case_while_its_complainant_lets_it_be_kept(visitor: Visitor) -> None:
    here, there = told(when={"region": KZ_10}), told(when={"region": KZ_11})
    told()
    assert found(visitor, region=KZ_10) == names(here)
    code(visitor, here, "DEATH", region=KZ_11)
    assert found(visitor, region=KZ_11) == names(here, there)
    case, keys, _ = make_case(story="They closed the newspaper of our town, and nobody says why.")
    tell(visit_of(case, keys), case, "when", region=KZ_10)
    assert found(visitor, region=KZ_10) == names(case)
    tell(visit_of(saved(case), keys), saved(case), "consent", keep="no")
    assert found(visitor, region=KZ_10) == set()


def test_consent_finds_what_the_complainant_said_last(visitor: Visitor) -> None:
    open_to = told(publication={"pub_level": "with_name"}, sharing={"share_with": ["un", "lawyers"]})
    closed = told(publication={"pub_level": "never"}, sharing={"share_with": []})
    silent = told()
    back = told(publication={"pub_level": "without_name"}, sharing={"share_with": ["un"]}, consent={"keep": "no"})
    assert found(visitor, publish="with_name") == names(open_to)
    assert found(visitor, publish="never") == names(closed, back), "who took it back publishes nothing"
    assert found(visitor, publish="ask_first") == names(silent)
    assert found(visitor, share="un") == found(visitor, share="lawyers") == names(open_to)
    assert found(visitor, share="ngos") == set()
    assert found(visitor, share="nobody") == names(closed, silent, back)


def test_filters_combine_with_each_other_and_with_plain_ones(visitor: Visitor) -> None:
    kind, when = {"categories": ["TORTURE"]}, {"region": KZ_10}
    both = told(kind=kind, when=when)
    told(kind=kind)
    told(when=when)
    right = {"code": "TORTURE", "region": KZ_10, "publish": "ask_first", "share": "nobody", "country": "KZ"}
    assert found(visitor, **right) == names(both)
    for wrong in ({"code": "DEATH"}, {"region": KZ_11}, {"publish": "never"}, {"share": "un"}, {"country": "KG"}):
        assert found(visitor, **{**right, **wrong}) == set()
    assert found(visitor, **right, urgent="yes") == set()


def test_order_and_pages_are_those_of_the_plain_queue(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    for number in range(7):
        make_case(urgent=number % 2 == 0, story=f"{STORY} {next(_numbers)}")
    read(visitor)
    for sort in SORTS:
        for tab in ("all", "received", "overdue"):
            turned: dict[bool, list[str]] = {}
            for narrowed in (False, True):
                chosen = Filter(tab, sort, share="nobody" if narrowed else "")
                among = fact_filter.meant(visitor, chosen, 0).case_ids if narrowed else None
                page = queue.page(visitor, chosen, among=among)
                turned[narrowed] = [case.reference for case in page.cases]
                while page.after:
                    page = queue.page(visitor, chosen, after=page.after, among=among)
                    turned[narrowed] += [case.reference for case in page.cases]
                back = queue.page(visitor, chosen, before=page.before, among=among) if page.before else page
                turned[narrowed] += [case.reference for case in back.cases]
            assert turned[True] == turned[False]
            assert tab == "overdue" or len(set(turned[True])) == 7


def test_nobody_asks_for_what_is_sealed_without_looking_it_up(visitor: Visitor) -> None:
    told()
    with pytest.raises(ValueError, match="look up the cases"):
        queue.page(visitor, Filter("all", code="TORTURE"))
    assert queue.page(visitor, Filter("all", code="TORTURE"), among=[]).cases == []


def test_a_hundred_thousand_cases_may_be_meant(visitor: Visitor) -> None:
    case = told()
    among = [*range(10_000_000, 10_100_000), case.id]
    assert queue.page(visitor, Filter("all", code="none"), among=among).cases[0].reference == case.reference


def test_another_desks_facts_are_neither_read_nor_shown(client: FlaskClient, house: House, visitor: Visitor) -> None:
    elsewhere, mine = told("KG", kind={"categories": ["TORTURE"]}), told(kind={"categories": ["TORTURE"]})
    read(house.visitors[make_member(house, "KG").id])
    assert found(visitor, code="TORTURE") == names(mine)
    page = queue.page(visitor, Filter("all", code="TORTURE"), among=[elsewhere.id, mine.id])
    assert {case.reference for case in page.cases} == names(mine), "permission is in the query"
    sign_in(client, visitor.member)
    shown = client.get("/desk/?code=TORTURE").text
    assert mine.reference in shown
    assert elsewhere.reference not in shown


def test_the_address_carries_the_filter_into_saved_views_and_back_from_changes(
    client: FlaskClient, visitor: Visitor
) -> None:
    case, other = told(kind={"categories": ["TORTURE"]}), told()
    sign_in(client, visitor.member)
    query = "tab=all&code=TORTURE&region=&share=nobody"
    page = client.get(f"/desk/?{query}").text
    assert case.reference in page
    assert other.reference not in page
    assert '<option value="TORTURE" selected>' in page
    own = {"csrf_token": token(client, "/desk/cases/new"), "query": query}
    assert client.post("/desk/queue/views", data={**own, "name": "Torture"}).status_code == 302
    assert db.session.scalars(select(SavedView.query)).one() == "tab=all&code=TORTURE&share=nobody"
    assert "code=TORTURE&amp;share=nobody" in client.get("/desk/").text
    changed = client.post("/desk/queue/change", data={**own, "case": case.reference, "act": "urgent"})
    assert "code=TORTURE" in changed.location
    assert saved(case).urgent
    assert "Something in this address" in client.get("/desk/?code=ONLINE_PRIVACY&region=RU-MOW").text


def test_what_is_not_read_yet_is_said_and_read_with_one_press(
    client: FlaskClient, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.cases.queue_views.BEFORE_A_PAGE", 0)
    cases = [told(kind={"categories": ["TORTURE"]}) for _ in range(2)]
    sign_in(client, visitor.member)
    page = client.get("/desk/?code=TORTURE").text
    assert "2 cases are not looked through yet" in page
    assert cases[0].reference not in page
    monkeypatch.setattr("intake.cases.queue_views.A_STEP", A_WHILE)
    own = {"csrf_token": token(client, "/desk/cases/new"), "query": "code=TORTURE"}
    back = client.post("/desk/queue/read", data=own)
    page = client.get(back.location).text
    assert "not looked through yet" not in page
    assert all(case.reference in page for case in cases)
    assert "not looked through" not in client.get("/desk/").text


def test_a_page_that_was_altered_is_made_anew(client: FlaskClient, visitor: Visitor) -> None:
    case = told(kind={"categories": ["TORTURE"]})
    read(visitor)
    with transaction():
        row = db.session.scalars(select(FactPage)).one()
        row.sealed = SealedBytes(bytes(row.sealed)[:-1] + bytes([bytes(row.sealed)[-1] ^ 1]))
    sign_in(client, visitor.member)
    page = client.get("/desk/?code=TORTURE").text
    assert case.reference in page
    assert "not looked through" not in page


def test_a_page_of_another_desk_says_nothing_here(house: House, visitor: Visitor) -> None:
    told(kind={"categories": ["TORTURE"]})
    read(visitor)
    with transaction():
        row = db.session.scalars(select(FactPage)).one()
        elsewhere = row.desk_id + 1
        row.sealed = fact_pages.sealed(
            elsewhere,
            [Facts(1, 1, is_coded=True, codes="DEATH", region="", publish="never", share="")],
            house.identity("KZ").recipient,
        )
    assert len(fact_filter.meant(visitor, Filter(code="DEATH"), 0).broken) == 1


def test_facts_go_with_a_case_that_moves_or_is_destroyed(house: House, visitor: Visitor) -> None:
    gulnara = house.visitors[make_member(house, "KG").id]
    moved = told(kind={"categories": ["TORTURE"]})
    doomed, keys, _ = make_case(story=f"{STORY} {next(_numbers)}")
    read(visitor)
    move(visitor, moved)
    assert count_rows(FactPage) == count_rows(FactEntry) == 0, "nothing of it is left where the old desk could open it"
    assert found(visitor, code="TORTURE") == set()
    assert found(gulnara, code="TORTURE") == names(moved)
    with transaction():
        deletion.ask(visit_of(saved(doomed), keys))
    destroy_due(deletion.destroyed_at(saved(doomed)) or now())
    assert {entry.case_id for entry in db.session.scalars(select(FactEntry))} == {moved.id}


def test_facts_open_with_the_new_key_alone_once_a_desk_has_one(house: House, visitor: Visitor) -> None:
    case = told(kind={"categories": ["TORTURE"]})
    read(visitor)
    assert "fact_page.sealed" in opened_by(house.identity("KZ"))
    rotate(visitor)
    assert "fact_page.sealed" not in opened_by(house.identity("KZ"))
    assert found(visitor, code="TORTURE") == names(case)


def test_of_a_page_that_a_member_cannot_open_it_is_said_how_many_cases_it_has(house: House, visitor: Visitor) -> None:
    told(kind={"categories": ["TORTURE"]})
    read(visitor)
    begin(visitor)
    newcomer = make_member(house)
    seat(visitor, newcomer.id)
    with transaction():
        old = Seat.desk_key_id == house.keys["KZ"][0]
        db.session.execute(delete(Seat).where(Seat.member_id == newcomer.id, old))
    meant = fact_filter.meant(house.visitors[newcomer.id], Filter(code="TORTURE"), 0)
    assert (meant.case_ids, meant.unread, meant.broken) == ([], 1, [])


def test_two_who_read_at_once_put_a_case_on_one_page(visitor: Visitor) -> None:
    told()
    both = [next(iter(fact_reading.turns(visitor, A_WHILE)))() for _ in range(2)]
    for draft in both:
        with transaction():
            fact_reading.save(draft)
    assert count_rows(FactPage) == count_rows(FactEntry) == 1
    told()
    both = [next(iter(fact_reading.turns(visitor, A_WHILE)))() for _ in range(2)]
    with transaction():
        fact_reading.save(both[0])
    with pytest.raises(StaleError), transaction():
        fact_reading.save(both[1])


def test_ten_times_the_cases_cost_no_statement_more(
    client: FlaskClient, house: House, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_pages.PAGES, "most_cases", 10)
    editor = make_member(house, *house.keys, role=EDITOR)
    sign_in(client, editor)
    asked = {}
    for many in (6, 60):
        while count_rows(Case) < many:
            make_case(("KZ", "KG")[count_rows(Case) % 2], story=f"{STORY} {next(_numbers)}")
        client.get("/desk/?share=nobody")
        statements.clear()
        assert "data-case" in client.get("/desk/?share=nobody").text
        asked[many] = len(statements)
    assert asked[6] == asked[60]
