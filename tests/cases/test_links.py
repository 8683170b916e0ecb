"""Links between cases, and cases that are worked on together: who sees them, what ends them, what nobody can forge."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake.audit import AuditEntry
from intake.cases import deletion, export, links, merges, queue_rows
from intake.cases.links import GoneError, ItselfError, LinkedError, NoCaseError, TooManyError
from intake.cases.merges import LeadsError, LedError, LoopError, OtherDeskError
from intake.cases.models import Case
from intake.cases.paper_models import CaseLink, CaseMerge
from intake.extensions import StaleError, db, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import unseal
from tests.cases import acts, page_of, post, reference, saved, tell, visit_of, write
from tests.cases.rotating import begin, go_on, opened_by, rotate
from tests.cases.tying import led_by, link, linked, main_of, merge, ties_of, unlink, unmerge
from tests.cases.working import give, move
from tests.factories import House, count_rows, destroy_due, make_case, make_member, sign_in

HOSTILE = "<script>alert(1)</script> \u202edrowkcab قازاقستان"


@pytest.fixture
def visitor(house: House, ana: Member) -> Visitor:
    """Return a member of Kazakhstan's desk."""
    return house.visitors[ana.id]


@pytest.fixture
def both_desks(house: House) -> Visitor:
    """Return a member of two desks."""
    return house.visitors[make_member(house, "KZ", "KG", name="Bea").id]


def cases(*countries: str) -> list[Case]:
    """Return a case for each of some countries."""
    return [make_case(country)[0] for country in countries]


def test_a_link_is_on_both_cases_until_it_is_taken_off(client: FlaskClient, ana: Member, visitor: Visitor) -> None:
    one, other = cases("KZ", "KZ")
    sign_in(client, ana)
    said = {"other": reference(other).lower(), "kind": "same_event", "reason": HOSTILE}
    assert post(client, one, "links", **said).headers["Location"].endswith("/links")
    seen = HOSTILE.replace("\u202e", "")
    assert linked(visitor, one) == [(reference(other), "same_event", seen)]
    assert linked(visitor, other) == [(reference(one), "same_event", seen)]
    page = page_of(client, other, "/links")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; drowkcab" in page
    assert "<script>alert" not in page
    assert reference(other) in page_of(client, one), "the case's own page has it too"
    (found,) = ties_of(visitor, other).links
    for _ in range(2):  # the second press finds nothing to do
        assert post(client, other, f"links/{found.id}/remove").status_code == 302
    assert linked(visitor, one) == linked(visitor, other) == []
    assert [act for act, _ in acts(one)].count("case.linked") == 1
    assert [act for act, _ in acts(one)].count("case.unlinked") == 1


def test_what_cannot_be_linked_is_refused_kindly_and_nothing_typed_is_lost(
    client: FlaskClient, ana: Member, visitor: Visitor
) -> None:
    one, other, elsewhere = cases("KZ", "KZ", "KG")
    gone, keys, _ = make_case("KZ")
    with transaction():
        deletion.ask(visit_of(gone, keys))
    destroy_due(now() + timedelta(days=30))
    link(visitor, one, other)
    sign_in(client, ana)
    refused = {
        reference(other): "linked already",
        reference(one): "the same case",
        reference(gone): "no such case",
        reference(elsewhere): "no such case",
        "KZ-0000-00": "no such case",
        "": "Write the reference",
        "x" * 10_000: "Write the reference",
        "' OR 1=1 --": "no such case",
    }
    pages = {}
    for named, why in refused.items():
        answer = post(client, one, "links", other=named, kind="related", reason="Kept words")
        pages[named] = answer.get_data(as_text=True)
        assert (answer.status_code, why in pages[named], "Kept words" in pages[named]) == (422, True, True), named
    blank = {name: page.replace(name, "") for name, page in pages.items()}
    assert blank[reference(elsewhere)].count("no such case") == blank["KZ-0000-00"].count("no such case") == 1
    long = post(client, one, "links", other=reference(gone), kind="related", reason="й" * 10_000)
    assert (long.status_code, "й" * 10_000 in long.get_data(as_text=True)) == (422, True)
    for forged in ({"kind": "enemies", "reason": "x"}, {"kind": "related", "reason": " "}):
        assert post(client, one, "links", other=reference(other), **forged).status_code == 422
    assert count_rows(CaseLink) == 2


def test_nobody_links_or_unlinks_with_a_case_that_is_not_theirs(
    house: House, visitor: Visitor, both_desks: Visitor
) -> None:
    one, other, elsewhere = cases("KZ", "KZ", "KG")
    stranger = house.visitors[make_member(house, "KG").id]
    with pytest.raises(NoCaseError):
        link(visitor, one, elsewhere)
    with pytest.raises(NotFound):
        link(stranger, one, elsewhere)
    with pytest.raises(NoCaseError):
        merge(visitor, one, elsewhere)
    link(both_desks, one, elsewhere)
    link(visitor, one, other)
    (across,) = db.session.scalars(
        select(CaseLink.id).where(CaseLink.case_id == one.id, CaseLink.other_id == elsewhere.id)
    )
    (within,) = db.session.scalars(select(CaseLink.id).where(CaseLink.case_id == other.id))
    with pytest.raises(GoneError):
        unlink(visitor, one, across)  # they may open one end alone
    with pytest.raises(GoneError):
        unlink(visitor, one, within)  # of another case than the page's
    with pytest.raises(NotFound):
        unlink(stranger, one, across)
    assert count_rows(CaseLink) == 4


def test_a_link_across_desks_is_there_for_who_may_open_both_and_leaves_no_trace_for_others(
    client: FlaskClient, house: House, ana: Member, visitor: Visitor, both_desks: Visitor
) -> None:
    one, elsewhere = cases("KZ", "KG")
    link(both_desks, one, elsewhere, reason="Xylophagous")
    assert linked(both_desks, one) == [(reference(elsewhere), "related", "Xylophagous")]
    assert linked(both_desks, elsewhere) == [(reference(one), "related", "Xylophagous")]
    assert linked(visitor, one) == []
    sign_in(client, ana)
    for page in (page_of(client, one), page_of(client, one, "/links"), page_of(client, one, "/history")):
        assert reference(elsewhere) not in page
        assert "Xylophagous" not in page
        assert "Linked to" not in page
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "case.linked")).all()
    assert {(entry.chain, entry.case_id) for entry in entries} == {(one.desk_id, None), (elsewhere.desk_id, None)}
    rows = {row.case_id: row for row in db.session.scalars(select(CaseLink))}
    assert b"Xylophagous" in unseal(rows[one.id].sealed, house.identity("KZ"))
    assert b"Xylophagous" in unseal(rows[elsewhere.id].sealed, house.identity("KG"))


def test_there_is_an_end_to_links(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST", 1)
    monkeypatch.setattr(merges, "MOST", 1)
    one, other, third = cases("KZ", "KZ", "KZ")
    link(visitor, one, other)
    with pytest.raises(TooManyError):
        link(visitor, third, other)
    merge(visitor, one, other)
    with pytest.raises(TooManyError):
        merge(visitor, third, other)


def test_a_merged_case_keeps_its_own_and_its_main_one_lists_it_with_what_is_unread(
    client: FlaskClient, ana: Member, visitor: Visitor
) -> None:
    main, _, _ = make_case("KZ")
    case, keys, _ = make_case("KZ")
    sign_in(client, ana)
    page_of(client, main)
    page_of(client, case)
    answer = post(client, main, "links", other=reference(case), kind="leads", reason="One story")
    assert answer.status_code == 302
    write(visit_of(saved(case), keys), saved(case), "Is anybody there?")
    tell(visit_of(saved(case), keys), saved(case), "danger", note="At noon")
    assert (main_of(visitor, case), led_by(visitor, main)) == (reference(main), [reference(case)])
    assert (main_of(visitor, main), led_by(visitor, case)) == (None, [])
    assert ties_of(visitor, main).led[0].unread == 2
    page = page_of(client, main)
    assert "New: 2" in page
    assert f'/desk/cases/{reference(case)}#conversation"' in page
    give(visitor, main, "checking")
    assert saved(case).status == "received", "what its complainant sees stays true"
    of_case = page_of(client, case)
    assert "Worked on with" in of_case
    assert "Is anybody there?" in of_case
    assert ties_of(visitor, main).led[0].unread == 0
    assert "One story" in page_of(client, main, "/links")
    assert "One story" in page_of(client, case, "/links")


@pytest.mark.parametrize("side", ["the case", "the main one"])
def test_one_press_takes_a_case_out_again_on_either_page(
    client: FlaskClient, ana: Member, visitor: Visitor, side: str
) -> None:
    case, main = cases("KZ", "KZ")
    link(visitor, case, main)
    merge(visitor, case, main)
    found = ties_of(visitor, case).main
    assert found is not None
    sign_in(client, ana)
    for _ in range(2):
        assert post(client, case if side == "the case" else main, f"merges/{found.id}/undo").status_code == 302
    assert (main_of(visitor, case), led_by(visitor, main)) == (None, [])
    assert linked(visitor, case), "the link is another thing, and stays"
    for one in (case, main):
        assert [act for act, _ in acts(one)].count("case.unmerged") == 1
    assert merge(visitor, case, main), "and it can be merged again"


def test_twice_is_once_and_there_are_no_chains_and_no_loops(visitor: Visitor, both_desks: Visitor) -> None:
    case, main, third, elsewhere = cases("KZ", "KZ", "KZ", "KG")
    with pytest.raises(ItselfError):
        merge(visitor, case, case)
    with pytest.raises(OtherDeskError):
        merge(both_desks, case, elsewhere)
    assert merge(visitor, case, main)
    assert not merge(visitor, case, main)
    with pytest.raises(LoopError):
        merge(visitor, main, case)
    with pytest.raises(LedError):
        merge(visitor, case, third)
    with pytest.raises(LeadsError):
        merge(visitor, main, third)
    assert merge(visitor, third, case), "into a merged case is into its main one"
    assert main_of(visitor, third) == reference(main)
    assert count_rows(CaseMerge) == 2
    assert [act for act, _ in acts(main)].count("case.leads") == 2


def test_a_merge_that_was_prepared_before_things_changed_is_prepared_again(visitor: Visitor) -> None:
    case, main, third = cases("KZ", "KZ", "KZ")
    early = merges.seal(visitor, reference(case), reference(main), "Early", leads=False)
    merge(visitor, main, third)
    with pytest.raises(StaleError), transaction():
        merges.keep(early)
    merge(visitor, case, main)
    assert main_of(visitor, case) == reference(third)
    one = links.seal(visitor, reference(case), reference(main), "related", "Early")
    begin(visitor)
    with pytest.raises(StaleError), transaction():
        links.keep(one)
    link(visitor, case, main)
    go_on(visitor)
    with pytest.raises(LinkedError):
        link(visitor, main, case)


def test_nobody_takes_a_case_out_with_a_forged_number(house: House, visitor: Visitor) -> None:
    case, main, third = cases("KZ", "KZ", "KZ")
    merge(visitor, case, main)
    found = ties_of(visitor, case).main
    assert found is not None
    stranger = house.visitors[make_member(house, "KG").id]
    for who, page, error in ((visitor, third, GoneError), (stranger, case, NotFound)):
        with pytest.raises(error):
            unmerge(who, page, found.id)
    with pytest.raises(GoneError):
        unmerge(visitor, case, found.id + 1)
    assert main_of(visitor, case) == reference(main)


def test_a_new_key_of_the_desk_opens_links_and_reasons(house: House, visitor: Visitor) -> None:
    case, main = cases("KZ", "KZ")
    link(visitor, case, main)
    merge(visitor, case, main)
    rotate(visitor)
    assert {"case_link.sealed", "case_merge.sealed"}.isdisjoint(opened_by(house.identity("KZ")))
    assert linked(visitor, main) == [(reference(case), "related", "Alike")]
    assert main_of(visitor, case) == reference(main)


@pytest.mark.parametrize("moved", ["the case", "the main one"])
def test_moving_a_case_ends_the_merge_and_keeps_the_link_for_who_sees_both(
    house: House, visitor: Visitor, both_desks: Visitor, moved: str
) -> None:
    case, main = cases("KZ", "KZ")
    link(visitor, case, main)
    merge(visitor, case, main)
    leaving, staying = (case, main) if moved == "the case" else (main, case)
    move(visitor, leaving)
    assert count_rows(CaseMerge) == 0
    assert linked(visitor, staying) == []
    assert linked(both_desks, staying) == [(reference(leaving), "related", "Alike")]
    assert linked(both_desks, leaving) == [(reference(staying), "related", "Alike")]
    gulnara = house.visitors[make_member(house, "KG").id]
    assert linked(gulnara, leaving) == []
    assert [act for act, _ in acts(staying)][-1] == "case.unmerged"


def test_a_destroyed_case_is_linked_to_nothing_and_leads_nothing(visitor: Visitor) -> None:
    main, keys, _ = make_case("KZ")
    (case,) = cases("KZ")
    link(visitor, case, main)
    merge(visitor, case, main)
    with transaction():
        deletion.ask(visit_of(saved(main), keys))
    destroy_due(now() + timedelta(days=30))
    assert count_rows(CaseLink) == count_rows(CaseMerge) == 0
    assert (linked(visitor, case), main_of(visitor, case)) == ([], None)


def test_they_go_with_an_export_sealed(visitor: Visitor) -> None:
    case, main = cases("KZ", "KZ")
    link(visitor, case, main)
    merge(visitor, case, main)
    names = [piece.name for piece in export.pieces(saved(case))]
    assert {f"{reference(case)}-link-1.age", f"{reference(case)}-merge-1.age"} <= set(names)


def test_the_queue_marks_merged_cases_in_one_statement(
    client: FlaskClient, ana: Member, visitor: Visitor, statements: list[str]
) -> None:
    main, case, third, _ = cases("KZ", "KZ", "KZ", "KZ")
    merge(visitor, case, main)
    sign_in(client, ana)
    page = client.get("/desk/").get_data(as_text=True)
    assert page.count(f"with {reference(main)}") == 1
    assert page.count('class="tag merged"') == 1
    asked = []
    for led in (case, third):
        merge(visitor, led, main)
        rows = list(db.session.scalars(select(Case).order_by(Case.id)))
        statements.clear()
        assert queue_rows.beside(visitor, rows).mains[led.id] == main.reference
        asked.append(len(statements))
    assert asked[0] == asked[1]


def test_a_page_of_a_case_costs_the_same_however_many_links_it_has(visitor: Visitor, statements: list[str]) -> None:
    main, *others = cases(*["KZ"] * 4)
    link(visitor, main, others[0])
    merge(visitor, others[0], main)
    ties_of(visitor, main)
    statements.clear()
    ties_of(visitor, main)
    first = len(statements)
    for other in others[1:]:
        link(visitor, main, other)
        merge(visitor, other, main)
    ties_of(visitor, main)
    statements.clear()
    assert len(ties_of(visitor, main).links) == 3
    assert len(statements) == first
