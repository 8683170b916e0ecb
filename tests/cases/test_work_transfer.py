"""Moving a case to another desk: everything opens there, nothing of it opens here, and nothing is lost on the way."""

from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Table, select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import deletion, dossier, handover, queries, transfer
from intake.cases.models import Case, Note, SearchEntry, SearchPage
from intake.cases.sealed_rows import DESK, sealed_to
from intake.cases.transfer import Transfer
from intake.complaint import submit
from intake.desks import queries as desks
from intake.extensions import StaleError, db, settle, transaction
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, SealError, unseal
from tests.cases import acts, opener, page_of, post, reference, saved, tell, visit_of, write
from tests.cases.rotating import begin, fuller_case, go_on, opened_by, read_by, read_with
from tests.cases.working import give, move, offer
from tests.factories import House, come_back, confirm, count_rows, letters, make_case, make_member, sign_in, sign_off

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def gulnara(house: House) -> Member:
    return make_member(house, "KG", name="Gulnara")


@pytest.fixture
def visitor(house: House, ana: Member) -> Visitor:
    """Return a member of the desk that the case leaves."""
    return house.visitors[ana.id]


def rows_of(case: Case) -> dict[str, int]:
    """Return how many rows of a case are sealed to a desk, by table."""
    counts = {}
    for kind in sealed_to(DESK):
        if "case_id" in kind.table.c:
            found = select(kind.table.c.id).where(kind.table.c.case_id == case.id)
            counts[kind.name] = len(db.session.execute(found).all())
    return counts


def columns_of(table: Table) -> set[str]:
    """Return the names of a table's columns."""
    return set(table.c.keys())


def test_every_kind_of_row_opens_at_the_new_desk_and_none_at_the_old_one(
    house: House, visitor: Visitor, gulnara: Member
) -> None:
    case, code = fuller_case(visitor)
    before = rows_of(case)
    assert all(before.values()), "there is something in every table"
    told = read_with(code, case)
    move(visitor, case)
    more = {"status_change": before["status_change"] + 1, "note": before["note"] + 1, "sign_off": 2}
    moved = {**before, **more, "case_merge": 0}  # it is worked on with no case of another desk
    assert rows_of(case) == moved
    assert opened_by(house.identity("KZ")) == {"signing_key.sealed"}, "what the desk itself signs with"
    there = opened_by(house.identity("KG"))
    assert there == {f"{kind.name}.{name}" for kind in sealed_to(DESK) for name in kind.audiences} - {
        "search_page.sealed",
        "fact_page.sealed",
        "case_merge.sealed",
        "signing_key.sealed",
    }
    words, written, said, files = read_by(house.visitors[gulnara.id], case)
    assert (words, written, files) == (told[0], told[1], told[3])
    assert said == [*told[2], "Over"], "the words beside a status that stays stay, too"
    assert read_with(code, case) == (words, written, said, files)
    (offered,) = handover.read(saved(case), queries.desk_opens(house.visitors[gulnara.id]))
    assert (offered.word, offered.answer) == ("Take it", "Too much")


def test_the_old_desk_reads_it_no_more_and_the_new_one_has_it_among_the_new_ones(
    client: FlaskClient, house: House, ana: Member, gulnara: Member
) -> None:
    case, _, _ = make_case()
    write(house.visitors[ana.id], case, "Hello")
    sign_in(client, ana)
    confirm()
    to = desks.by_name("KG").id
    answer = post(client, case, "transfer", to=str(to), reason="It happened in Osh")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    assert client.get(f"/desk/cases/{reference(case)}").status_code == 404
    with pytest.raises(NotFound):
        dossier.open_for(house.visitors[ana.id], reference(case))
    assert (saved(case).status, saved(case).assignee_id, saved(case).desk_id) == ("received", None, to)
    assert [letter.member_id for letter in letters()[-1:]] == [gulnara.id]
    assert "Osh" not in letters()[-1].body
    sign_in(client, gulnara)
    page = page_of(client, case)
    assert "Came from another desk" in page
    assert "Ana" in page, "the history went along"
    assert page.index("Received") < page.index("Came from another desk")


def test_whoever_is_seated_at_both_goes_on_reading(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", "KG")
    case, _, _ = make_case()
    sign_in(client, member)
    confirm()
    answer = post(client, case, "transfer", to=str(desks.by_name("KG").id), reason="There")
    assert answer.headers["Location"].endswith(reference(case))
    assert client.get(answer.headers["Location"]).status_code == 200


def test_both_desks_have_it_in_their_chains(visitor: Visitor) -> None:
    case, _, _ = make_case()
    old, new = case.desk_id, desks.by_name("KG").id
    move(visitor, case)
    entries = db.session.scalars(select(audit.AuditEntry).where(audit.AuditEntry.act.like("case.moved%"))).all()
    assert {(entry.act, entry.chain) for entry in entries} == {("case.moved_away", old), ("case.moved_here", new)}
    assert [act for act, _ in acts(case)].count("case.moved_here") == 1
    assert all(audit.broken_at(chain) is None for chain in audit.chains())


def test_the_complainant_is_told_in_plain_words_and_writes_on(
    client: FlaskClient, house: House, visitor: Visitor, gulnara: Member
) -> None:
    case, keys, code = make_case()
    move(visitor, case)
    assert "another team of our journalists" in come_back(client, code)
    write(visit_of(saved(case), keys), saved(case), "Are you there?")
    assert "Are you there?" in read_by(house.visitors[gulnara.id], case)[1]
    give(house.visitors[gulnara.id], case, "checking")
    assert "another team of our journalists" in client.get("/en/case").get_data(as_text=True)


def test_where_it_was_published_stays_on_the_complainants_page(
    client: FlaskClient, house: House, visitor: Visitor
) -> None:
    link = "https://acca.media/en/what-happened"
    case, _, code = make_case()
    sign_off(house, case)
    give(visitor, case, "checking")
    give(visitor, case, "published", link)
    move(visitor, case)
    assert saved(case).status == "published"
    assert link in come_back(client, code)


def test_its_search_page_is_gone_with_all_words_on_it(visitor: Visitor) -> None:
    case, _ = fuller_case(visitor)
    move(visitor, case)
    assert (count_rows(SearchPage), count_rows(SearchEntry)) == (0, 0)


def test_a_case_without_a_living_code_is_moved_too(house: House, visitor: Visitor, gulnara: Member) -> None:
    case, _ = fuller_case(visitor)
    with transaction():
        db.session.get_one(Case, case.id).complainant_key_id = None
    move(visitor, case)
    assert read_by(house.visitors[gulnara.id], case)[0]


@pytest.mark.parametrize("to", ["its own", "nowhere", "far too large", "nothing"])
def test_it_goes_nowhere_else(client: FlaskClient, ana: Member, to: str) -> None:
    case, _, _ = make_case()
    sign_in(client, ana)
    confirm()
    chosen = {"its own": str(case.desk_id), "nowhere": "999", "far too large": str(10**30), "nothing": ""}[to]
    assert post(client, case, "transfer", to=chosen, reason="There").status_code == 422
    assert count_rows(Note) == 0


def test_without_a_reason_it_stays(client: FlaskClient, ana: Member) -> None:
    case, _, _ = make_case()
    sign_in(client, ana)
    confirm()
    assert post(client, case, "transfer", to=str(desks.by_name("KG").id), reason=" ").status_code == 422
    assert saved(case).desk_id == desks.by_name("KZ").id


def test_a_case_whose_deletion_was_asked_stays(client: FlaskClient, ana: Member) -> None:
    case, keys, _ = make_case()
    with transaction():
        deletion.ask(visit_of(case, keys))
    sign_in(client, ana)
    confirm()
    answer = post(client, case, "transfer", to=str(desks.by_name("KG").id), reason="There")
    assert answer.status_code == 422
    assert "such a case stays at its desk" in answer.get_data(as_text=True)
    assert saved(case).desk_id == desks.by_name("KZ").id


def test_whoever_is_seated_elsewhere_moves_nothing(house: House, gulnara: Member) -> None:
    case, _, _ = make_case()
    with pytest.raises(NotFound):
        move(house.visitors[gulnara.id], case)


def test_a_row_that_was_altered_stops_it(visitor: Visitor, house: House) -> None:
    case, _ = fuller_case(visitor)
    first = saved(case).desk_id
    with transaction():
        note = db.session.scalars(select(Note)).first()
        assert note is not None
        note.sealed = type(note.sealed)(bytes(note.sealed)[:-1] + b"!")
    with pytest.raises(SealError):
        move(visitor, case)
    assert saved(case).desk_id == first


def send_further(keys: CodeKeys) -> None:
    """Send further words with the complaint page's form."""
    words = submit.Complaint(language="en", story="There is more to tell, and it is new.", urgent=False)
    settle(submit.sealing_of(words, keys), submit.submit)


@pytest.mark.parametrize("what", ["a message", "an answer", "further words", "a status", "an offer"])
def test_what_arrives_meanwhile_makes_it_stale_and_goes_along_at_the_second_try(
    house: House, visitor: Visitor, gulnara: Member, what: str
) -> None:
    case, keys, _ = make_case()
    colleague = make_member(house, "KZ")
    write(visitor, saved(case), "Hello")
    arriving: dict[str, Callable[[], object]] = {
        "a message": lambda: write(visit_of(saved(case), keys), saved(case), "Meanwhile"),
        "an answer": lambda: tell(visit_of(saved(case), keys), saved(case), "danger", note="Meanwhile"),
        "further words": lambda: send_further(keys),
        "a status": lambda: give(visitor, case, "closed", "Meanwhile"),
        "an offer": lambda: offer(visitor, case, colleague, "Meanwhile"),
    }
    tries: list[Transfer] = []

    def save(made: Transfer) -> None:
        tries.append(made)
        transfer.move(made)

    name, desk_id = reference(case), desks.by_name("KG").id
    first = transfer.seal_anew(visitor, name, desk_id, "There")
    arriving[what]()
    with pytest.raises(StaleError), transaction():
        transfer.move(first)
    assert saved(case).desk_id != desk_id
    settle(lambda: transfer.seal_anew(visitor, name, desk_id, "There"), save)
    assert len(tries) == 1
    identity = house.identity("KG")
    for kind in sealed_to(DESK):
        if "case_id" in columns_of(kind.table):
            for row in db.session.execute(select(*kind.columns).where(kind.table.c.case_id == case.id)):
                assert all(unseal(sealed, identity) for sealed in row if isinstance(sealed, bytes))
    assert read_by(house.visitors[gulnara.id], case)


def test_what_was_sealed_to_the_old_desk_is_not_saved_after_the_move(visitor: Visitor, house: House) -> None:
    case, keys, _ = make_case()
    words = submit.Complaint(language="en", story="There is more to tell, and it is new.", urgent=False)
    sealed = submit.seal(words, keys)
    move(visitor, case)
    with pytest.raises(StaleError), transaction():
        submit.submit(sealed)
    send_further(keys)
    assert opened_by(house.identity("KZ")) == set()
    assert len(queries.read_statements(saved(case), opener(house.identity("KG")))) == 2


@pytest.mark.parametrize("rotated", ["KZ", "KG"])
def test_a_desk_that_is_rotated_meanwhile_loses_nothing(
    house: House, visitor: Visitor, gulnara: Member, rotated: str
) -> None:
    case, code = fuller_case(visitor)
    other, _ = fuller_case(visitor)
    assert begin(house.visitors[gulnara.id] if rotated == "KG" else visitor, rotated)
    move(visitor, case)
    go_on(house.visitors[gulnara.id] if rotated == "KG" else visitor, rotated)
    assert read_by(house.visitors[gulnara.id], case) == read_with(code, case)
    assert read_by(visitor, other)


def test_a_new_key_of_the_other_desk_makes_it_stale(house: House, visitor: Visitor, gulnara: Member) -> None:
    case, _ = fuller_case(visitor)
    made = transfer.seal_anew(visitor, reference(case), desks.by_name("KG").id, "There")
    begin(house.visitors[gulnara.id], "KG")
    with pytest.raises(StaleError), transaction():
        transfer.move(made)
    move(visitor, case)
    assert read_by(house.visitors[gulnara.id], case)
