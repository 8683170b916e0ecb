"""What a desk checked: claims with their sources and a checklist; who reads them, what is kept, and what is refused."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.cases import deletion, export, verification
from intake.cases.models import Case
from intake.cases.paper_models import SignOff, Verification
from intake.cases.verification import OF_CHECKLIST, Record
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.reference.verification_checklists import CHECKLISTS, ITEMS, items_for
from intake.reference.violations import GROUPS, VIOLATIONS
from intake.sealing import SealError, unseal
from tests.cases import acts, opener, page_of, post, saved, tell, visit_of
from tests.cases.coded import code
from tests.factories import (
    House,
    come_back,
    count_rows,
    destroy_due,
    hidden_on,
    make_case,
    make_claim,
    make_member,
    make_source,
    sign_in,
    sign_off,
    token_on,
)

CLAIM = "Two men in plain clothes took him on Zanzibar Street."
SOURCE = {
    "source0-kind": "witness",
    "source0-who": "A. K., a neighbour",
    "source0-how": "She described the car",
    "source0-reliability": "fairly",
    "source0-day": "2026-01-02",
}
CLAIMS = "verification/claims"


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist of the Kazakhstan desk."""
    return make_member(house, "KZ", name="Aigerim")


@pytest.fixture
def case() -> Case:
    """Return a case of the Kazakhstan desk."""
    return make_case()[0]


@pytest.fixture
def desk(client: FlaskClient, member: Member) -> FlaskClient:
    """Return the browser of the journalist, signed in."""
    sign_in(client, member)
    return client


def record(case: Case, house: House) -> Record:
    """Return what was checked about a case."""
    return verification.read(saved(case), opener(house.identity("KZ")))


def claims(case: Case, house: House) -> list[tuple[str, str]]:
    """Return the claims of a case with their states."""
    return [(one.claim.text, one.claim.state) for one in record(case, house).claims]


def test_the_desk_reads_what_is_claimed_and_how_it_was_checked_and_the_complainant_does_not(
    client: FlaskClient, house: House, desk: FlaskClient, member: Member
) -> None:
    case, keys, code = make_case()
    answer = post(desk, case, CLAIMS, text=CLAIM, state="partly", **SOURCE)
    assert answer.headers["Location"].endswith("/verification#claim-1")
    colleague = client.application.test_client()
    sign_in(colleague, make_member(house, "KZ"))
    page = page_of(colleague, case, "/verification")
    for words in (
        CLAIM,
        "Confirmed in part",
        "A. K., a neighbour",
        "She described the car",
        "2 January 2026",
        "Aigerim",
    ):
        assert words in page
    assert "Confirmed: 0 of 1 claims" in page_of(colleague, case)
    assert ("case.claim", member.id) in acts(case)
    assert "Zanzibar" not in come_back(client.application.test_client(), code)
    (row,) = db.session.scalars(select(Verification)).all()
    with pytest.raises(SealError):
        unseal(row.sealed, keys.identity)


def test_another_desk_finds_nothing_and_changes_nothing(client: FlaskClient, house: House, member: Member) -> None:
    case, (own, _, _) = make_case()[0], make_case("KG")
    make_claim(house, member, case, CLAIM)
    make_claim(house, member, case, "He was beaten.")
    stranger = make_member(house, "KG")
    make_claim(house, stranger, own, "Hers")
    sign_in(client, stranger)
    for part in ("", "/claims/new", "/claims/1"):
        assert client.get(f"/desk/cases/{saved(case).reference}/verification{part}").status_code == 404
    for part in ("claims", "claims/1", "checklist", "sign-off", "sign-off/withdraw"):
        assert post(client, case, f"verification/{part}", text="Mine", word="Mine", reason="Mine").status_code == 404
    through_ones_own = post(client, own, f"{CLAIMS}/2", text="Mine", kept="2")
    assert through_ones_own.status_code == 404
    assert (record(case, house).number, count_rows(Verification)) == (2, 3)


def test_a_claim_that_is_not_there_is_not_found(desk: FlaskClient, house: House, member: Member, case: Case) -> None:
    make_claim(house, member, case)
    own = f"/desk/cases/{saved(case).reference}/{CLAIMS}"
    press = {"text": "Mine", "kept": "1", "csrf_token": token_on(desk.get(f"{own}/new").text)}
    for number in ("0", "2", "999", str(10**30), "-1", "x"):
        assert desk.get(f"{own}/{number}").status_code == 404, number
        assert desk.post(f"{own}/{number}", data=press).status_code in {404, 405}, number
    assert count_rows(Verification) == 1


def test_who_changes_a_source_answers_for_it_and_for_no_other(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    make_claim(house, member, case, CLAIM, make_source("A neighbour"), make_source("A lawyer", kind="lawyer"))
    colleague = make_member(house, "KZ", name="Botagoz")
    sign_in(client, colleague)
    typed = dict.fromkeys(("source0-reliability", "source1-reliability"), "fairly")
    typed |= {"source0-key": "1", "source0-kind": "witness", "source0-who": "A neighbour"}
    typed |= {"source1-key": "2", "source1-kind": "lawyer", "source1-who": "A lawyer", "source1-how": "Saw the papers"}
    typed |= {"source0-how": "Told us on the phone", "source7-key": "1", "source7-kind": "document"}
    typed |= {"source7-who": "A forged twin of the first", "source7-how": "", "source3-who": " ", "source3-kind": ""}
    assert post(client, case, f"{CLAIMS}/1", text=CLAIM, state="confirmed", kept="1", **typed).status_code == 302
    (newest,) = record(case, house).claims
    known = {source.who: (source.key, source.member_id) for source in newest.claim.sources}
    assert known == {
        "A neighbour": (1, member.id),
        "A lawyer": (2, colleague.id),
        "A forged twin of the first": (3, colleague.id),
    }


def test_every_version_stays_with_who_and_when(desk: FlaskClient, house: House, member: Member, case: Case) -> None:
    make_claim(house, make_member(house, "KZ", name="Botagoz"), case, "He was taken.", state="unchecked")
    post(desk, case, f"{CLAIMS}/1", text="He was taken at noon.", state="confirmed", kept="1")
    post(desk, case, f"{CLAIMS}/1", text="He was taken at one.", state="refuted", kept="2")
    page = page_of(desk, case, "/verification/claims/1")
    assert "2 earlier versions" in page
    assert page.index("He was taken at one.") < page.index("He was taken at noon.") < page.index("He was taken.")
    assert "Botagoz" in page
    assert claims(case, house) == [("He was taken at one.", "refuted")]
    assert acts(case)[-3:-1] == [("case.claim_changed", member.id)] * 2


def test_nothing_is_saved_over_a_newer_claim_and_both_are_shown(
    desk: FlaskClient, house: House, member: Member, case: Case
) -> None:
    make_claim(house, member, case, CLAIM)
    stood_open = hidden_on(page_of(desk, case, "/verification/claims/1"))
    post(desk, case, f"{CLAIMS}/1", text="Newer", state="confirmed", kept="1")
    mine = {"text": "Mine <b>", "state": "refuted", **SOURCE}
    answer = post(desk, case, f"{CLAIMS}/1", **mine, kept=stood_open["kept"], once=stood_open["once"])
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert all(words in page for words in ("A newer version", "Newer", "Mine &lt;b&gt;", "She described the car"))
    assert claims(case, house) == [("Newer", "confirmed")]
    again = post(desk, case, f"{CLAIMS}/1", **mine, kept=hidden_on(page)["kept"])
    assert again.status_code == 302
    assert claims(case, house) == [("Mine <b>", "refuted")]


def test_a_forged_version_saves_nothing(desk: FlaskClient, house: House, member: Member, case: Case) -> None:
    make_claim(house, member, case, CLAIM)
    for kept in ("", "0", "-1", "nothing", "7", str(10**30)):
        assert post(desk, case, f"{CLAIMS}/1", text="Mine", state="refuted", kept=kept).status_code == 409, kept
    assert claims(case, house) == [(CLAIM, "confirmed")]


def test_what_cannot_be_kept_is_given_back_with_every_letter(desk: FlaskClient, case: Case) -> None:
    for wrong in (
        {"text": ""},
        {"text": "x" * 1001},
        {"state": "true"},
        {"state": ""},
        {"source0-kind": "rumour"},
        {"source0-reliability": "certain"},
        {"source0-who": ""},
        {"source0-who": "y" * 501},
        {"source0-how": "ы" * 10_001},
        {"source0-day": "yesterday"},
        {"source0-day": "2999-01-01"},
        {"source0-day": "0001-01-01"},
    ):
        typed = {"text": CLAIM, "state": "confirmed", **SOURCE, "source4-kind": "official", "source4-who": "Z", **wrong}
        answer = post(desk, case, CLAIMS, **typed)
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text, wrong
        words = (typed[name] for name in ("text", "source0-who", "source0-how", "source0-day", "source4-who"))
        assert all(word in answer.text for word in words), wrong
    assert count_rows(Verification) == 0


def test_ten_thousand_letters_are_kept_and_no_trick_of_direction(desk: FlaskClient, house: House, case: Case) -> None:
    longest, tricky = "ы́" * 10_000, "\u202eпятница\u2066 مرحبا"
    sources = {**SOURCE, "source0-how": longest, "source0-who": "مرحبا \u202e<i>"}
    assert post(desk, case, CLAIMS, text=tricky, state="confirmed", **sources).status_code == 302
    assert claims(case, house) == [("пятница مرحبا", "confirmed")]
    page = page_of(desk, case, "/verification")
    assert longest in page
    assert '<div class="words" dir="rtl">مرحبا &lt;i&gt;</div>' in page
    assert "\u202e" not in page


def test_a_double_press_is_one_claim_and_what_changes_nothing_is_no_version(
    desk: FlaskClient, house: House, case: Case
) -> None:
    once = hidden_on(page_of(desk, case, "/verification/claims/new"))["once"]
    for _ in range(2):
        assert post(desk, case, CLAIMS, text=CLAIM, state="confirmed", once=once, **SOURCE).status_code == 302
    same = {**SOURCE, "source0-key": "1"}
    assert post(desk, case, f"{CLAIMS}/1", text=CLAIM, state="confirmed", kept="1", **same).status_code == 302
    assert post(desk, case, "verification/checklist", kept="0", **{"consent-word": ""}).status_code == 302
    assert (record(case, house).number, count_rows(Verification)) == (1, 1)


def test_a_source_is_taken_out_and_another_is_asked_for(desk: FlaskClient, house: House, case: Case) -> None:
    answer = post(desk, case, CLAIMS, text=CLAIM, state="confirmed", more="1", **SOURCE)
    assert answer.headers["Location"].endswith("/claims/1#new-source")
    assert 'name="source1-who"' in page_of(desk, case, "/verification/claims/1")
    post(desk, case, f"{CLAIMS}/1", text=CLAIM, state="confirmed", kept="1", **SOURCE, **{"source0-gone": "1"})
    assert record(case, house).claims[0].claim.sources == ()
    assert "A. K., a neighbour" in page_of(desk, case, "/verification/claims/1"), "an earlier version keeps it"


def test_the_checklist_is_asked_by_what_the_case_is_about(desk: FlaskClient) -> None:
    case, keys, _ = make_case()
    assert "Istanbul Protocol" not in page_of(desk, case, "/verification")
    tell(visit_of(case, keys), case, "kind", categories=["TORTURE"])
    assert "Istanbul Protocol" in page_of(desk, case, "/verification")
    post(desk, case, "verification/checklist", kept="0", **{"injuries-done": "1", "injuries-word": "Dr. Numbat"})
    tell(visit_of(saved(case), keys), saved(case), "kind", categories=["RELIGION"])
    page = page_of(desk, case, "/verification")
    assert 'name="injuries-word"' not in page
    assert "Ticked when the case was thought to be about something else" in page
    assert "Dr. Numbat" in page
    assert "Checklist: 0 of 7 done" in page_of(desk, case)


def test_a_journalists_codes_go_before_what_the_complainant_ticked(
    desk: FlaskClient, house: House, member: Member
) -> None:
    case, keys, _ = make_case()
    tell(visit_of(case, keys), case, "kind", categories=["RELIGION"])
    code(house.visitors[member.id], saved(case), "TORTURE")
    page = page_of(desk, saved(case), "/verification")
    assert "Istanbul Protocol" in page
    assert "Checklist: 0 of 8 done" in page_of(desk, saved(case))


def test_the_lists_are_short_and_complete() -> None:
    assert set(CHECKLISTS) == set(GROUPS)
    assert {item for code in VIOLATIONS for item in items_for([code])} == set(ITEMS)
    assert all(4 <= len(items_for([code])) <= 8 for code in VIOLATIONS)
    assert items_for(["ELECTIONS"]) == items_for(["RELIGION"]), "a code of the journalists counts with its group"
    assert items_for([]) == items_for(["NOBODY KNOWS IT"]) == items_for(["OTHER"])
    both = items_for(["RELIGION", "TORTURE", "OTHER"])
    assert len(both) == len(set(both))
    assert set(both) == {*items_for(["TORTURE"]), *items_for(["RELIGION"])}


def test_each_tick_says_who_and_when_and_a_colleagues_stays(
    client: FlaskClient, desk: FlaskClient, house: House, member: Member, case: Case
) -> None:
    first = {"consent-done": "1", "consent-word": "By telephone", "comment-word": ""}
    assert post(desk, case, "verification/checklist", kept="0", **first).status_code == 302
    other = client.application.test_client()
    colleague = make_member(house, "KZ", name="Botagoz")
    sign_in(other, colleague)
    second = {**first, "comment-done": "1", "comment-word": "\u202eAsked on Monday"}
    assert post(other, case, "verification/checklist", kept="1", **second).status_code == 302
    ticks = record(case, house).checklist.ticks
    assert {item: (tick.done, tick.word, tick.member_id) for item, tick in ticks.items()} == {
        "consent": (True, "By telephone", member.id),
        "comment": (True, "Asked on Monday", colleague.id),
    }
    assert all(tick.at and (now() - tick.at).days == 0 for tick in ticks.values())
    page = page_of(desk, case, "/verification")
    assert "Botagoz" in page
    assert "An earlier version" in page
    stale = post(desk, case, "verification/checklist", kept="1", **{"consent-word": "Mine"})
    assert stale.status_code == 409
    assert "A newer version was kept meanwhile" in stale.text
    assert "Mine" in stale.text
    assert record(case, house).checklist.ticks == ticks
    again = post(desk, case, "verification/checklist", kept="2", **{"consent-word": "Mine"})
    assert again.status_code == 302
    assert not record(case, house).checklist.ticks["consent"].done
    assert acts(case)[-1] == ("case.checklist", member.id)


def test_a_word_that_is_too_long_and_an_item_that_nobody_asked(desk: FlaskClient, house: House, case: Case) -> None:
    long = "x" * 10_000
    answer = post(desk, case, "verification/checklist", kept="0", **{"consent-done": "1", "consent-word": long})
    assert answer.status_code == 422
    assert long in answer.text
    forged = {"__class__-done": "1", "__class__-word": "x", "nothing-done": "1", "nothing-word": "x"}
    assert post(desk, case, "verification/checklist", kept="0", **forged).status_code == 302
    assert count_rows(Verification) == 0


def test_the_page_asks_the_database_no_more_for_many_claims(
    desk: FlaskClient, house: House, member: Member, case: Case, statements: list[str]
) -> None:
    def asked(part: str) -> int:
        page_of(desk, case, part)
        statements.clear()
        assert "claims" in page_of(desk, case, part)
        return len(statements)

    make_claim(house, member, case, "First", make_source())
    few = [asked(part) for part in ("", "/verification", "/verification/claims/1")]
    for number in range(8):
        make_claim(house, member, case, f"Further {number}", make_source())
    assert [asked(part) for part in ("", "/verification", "/verification/claims/1")] == few


def test_it_goes_with_the_case_out_of_the_house_and_is_destroyed_with_it(house: House, member: Member) -> None:
    case, keys, _ = make_case()
    other, _, _ = make_case()
    for one in (case, other):
        make_claim(house, member, one, CLAIM)
        sign_off(house, one)
    opened = {piece.name: unseal(piece.sealed, house.identity("KZ")) for piece in export.pieces(saved(case))}
    reference = saved(case).reference
    assert CLAIM.encode() in opened[f"{reference}-verification-1.age"]
    assert b"Checked by two of us" in opened[f"{reference}-sign-off-1.age"]
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    due = deletion.destroyed_at(saved(case))
    assert due is not None
    assert destroy_due(due) == 1
    assert [count_rows(table) for table in (Verification, SignOff)] == [1, 1], "what is left is the other case's"


def test_a_claim_that_was_moved_here_from_another_case_is_noticed(house: House, member: Member, case: Case) -> None:
    other, _, _ = make_case()
    make_claim(house, member, case, CLAIM)
    make_claim(house, member, other, "Another")
    with transaction():
        first, second = db.session.scalars(select(Verification).order_by(Verification.id)).all()
        first.sealed, second.sealed = second.sealed, first.sealed
    with pytest.raises(SealError):
        record(case, house)


def test_a_case_without_anything_checked_says_so(desk: FlaskClient, case: Case) -> None:
    page = page_of(desk, case)
    assert "No claim was written down yet" in page
    assert "Not signed off" in page
    assert re.search(r"Checklist: 0 of \d done", page)
    assert verification.shown([], OF_CHECKLIST, 3).number == 0
