"""Signing off what was checked: who does, what makes it void, and that nothing is published without it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from intake.cases import bulk, sign_off, statuses, verification
from intake.cases.models import PUBLISHED, Case
from intake.cases.paper_models import SignOff
from intake.cases.sign_off import CHANGED, MISSING, MOVED, STANDS, WITHDRAWN
from intake.cases.statuses import NotSignedOffError
from intake.cases.verification import Tick, Version
from intake.extensions import db, settle, transaction
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from tests.cases import acts, opener, page_of, post, saved
from tests.cases.working import give, move, set_status
from tests.factories import House, count_rows, hidden_on, make_case, make_claim, make_member, sign_in
from tests.factories import sign_off as have_signed_off

LINK = "https://acca.media/en/what-happened"
PART = "verification/sign-off"


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist of the Kazakhstan desk, who checks."""
    return make_member(house, "KZ", name="Aigerim")


@pytest.fixture
def editor(house: House) -> Member:
    """Return an editor of all desks."""
    return make_member(house, *house.keys, role=EDITOR, name="Edil")


@pytest.fixture
def case(house: House, member: Member) -> Case:
    """Return a case that is being checked, with one claim."""
    case, _, _ = make_case()
    make_claim(house, member, case)
    set_status(case, "checking")
    return saved(case)


def standing(case: Case, house: House, desk: str = "KZ") -> str:
    """Return how a case stands."""
    found = saved(case)
    signings = sign_off.read(found, opener(house.identity(desk)))
    told = sign_off.standing(signings, verification.number_of(found.id))
    assert sign_off.stands(saved(case)) == (told == STANDS), "the plain columns say the same"
    return told


def tick(visitor: Visitor, case: Case) -> None:
    """Tick an item of the checklist that was never saved before."""
    ticks, nothing = {"consent": Tick(done=True, word="")}, Version(0, verification.OF_CHECKLIST)
    settle(lambda: verification.seal_checklist(visitor, saved(case), ticks, "a", nothing), verification.keep)


def signed(visitor: Visitor, case: Case, up_to: int = 1) -> None:
    """Sign a case off without HTTP."""
    reference = saved(case).reference
    settle(lambda: sign_off.seal_signing(visitor, reference, "Fine", up_to), sign_off.sign)


def test_nothing_is_published_without_and_it_is_with(
    client: FlaskClient, house: House, editor: Member, member: Member, case: Case
) -> None:
    sign_in(client, member)
    assert "not before an editor signed off" in page_of(client, case)
    refused = post(client, case, "status", status="published", words=LINK)
    assert refused.status_code == 422
    assert "No editor has signed off the verification as it stands" in refused.text
    assert LINK in refused.text
    assert saved(case).status == "checking"
    theirs = client.application.test_client()
    sign_in(theirs, editor)
    assert post(theirs, case, PART, word="Without the name of the street", up_to="1").status_code == 302
    page = page_of(client, case, "/verification")
    assert "Without the name of the street" in page
    assert "Edil" in page
    assert ("case.signed_off", editor.id) in acts(case)
    assert "not before an editor signed off" not in page_of(client, case)
    assert post(client, case, "status", status="published", words=LINK).status_code == 302
    assert saved(case).status == "published"


def test_many_at_once_publish_nothing() -> None:
    assert PUBLISHED not in bulk.GIVES.values()


def test_what_changes_while_it_is_published_stops_that(
    house: House, editor: Member, member: Member, case: Case
) -> None:
    signed(house.visitors[editor.id], case)
    ready = statuses.seal_status(house.visitors[member.id], saved(case), PUBLISHED, LINK)
    db.session.rollback()
    make_claim(house, member, case, "Something else")
    with pytest.raises(NotSignedOffError), transaction():
        statuses.give(ready)
    assert saved(case).status == "checking"


@pytest.mark.parametrize("role", ["journalist", "admin", "editor elsewhere"])
def test_only_an_editor_of_the_desk_signs_off(
    client: FlaskClient, house: House, member: Member, case: Case, role: str
) -> None:
    who = {
        "journalist": lambda: member,
        "admin": lambda: make_member(house, "KZ", role=None, is_admin=True),
        "editor elsewhere": lambda: make_member(house, "KG", role=EDITOR),
    }[role]()
    have_signed_off(house, case)
    sign_in(client, who)
    if role != "editor elsewhere":
        assert f'action="/desk/cases/{case.reference}/{PART}' not in page_of(client, case, "/verification")
    assert post(client, case, PART, word="Fine", up_to="1").status_code == 404
    assert post(client, case, f"{PART}/withdraw", reason="Mine").status_code == 404
    assert (count_rows(SignOff), standing(case, house)) == (1, STANDS)


def test_who_is_no_editor_any_more_signs_nothing_off(house: House, editor: Member, case: Case) -> None:
    ready = sign_off.seal_signing(house.visitors[editor.id], case.reference, "Fine", 1)
    db.session.rollback()
    for change in ({"role": "journalist"}, {"role": EDITOR, "locked_at": saved(case).received_at}):
        with transaction():
            db.session.execute(update(Member).where(Member.id == editor.id).values(**change))
        with pytest.raises(Exception, match="404"), transaction():
            sign_off.sign(ready)
    assert standing(case, house) == MISSING


@pytest.mark.parametrize("changed", ["another claim", "the claim", "the checklist"])
def test_any_change_makes_it_void_for_all_to_see(
    client: FlaskClient, house: House, editor: Member, member: Member, case: Case, changed: str
) -> None:
    signed(house.visitors[editor.id], case)
    assert standing(case, house) == STANDS
    if changed == "the checklist":
        tick(house.visitors[member.id], case)
    else:
        base = verification.read(saved(case), opener(house.identity("KZ"))).claims[0]
        make_claim(house, member, case, "Three men", base=base if changed == "the claim" else None)
    assert standing(case, house) == CHANGED
    sign_in(client, member)
    assert "Changed since it was signed off" in page_of(client, case)
    assert "it holds no more" in page_of(client, case, "/verification")
    assert post(client, case, "status", status="published", words=LINK).status_code == 422
    signed(house.visitors[editor.id], case, 2)
    assert post(client, case, "status", status="published", words=LINK).status_code == 302


def test_what_the_editor_did_not_read_is_not_signed_off(
    client: FlaskClient, house: House, editor: Member, member: Member, case: Case
) -> None:
    sign_in(client, editor)
    stood_open = hidden_on(page_of(client, case, "/verification"))["up_to"]
    make_claim(house, member, case, "Three men and a car")
    for up_to in (stood_open, "", "-1", "7", "x", str(10**30)):
        answer = post(client, case, PART, word="Fine for me", up_to=up_to)
        assert answer.status_code == 409, up_to
        assert "Read it as it stands now" in answer.text
        assert "Three men and a car" in answer.text
        assert "Fine for me" in answer.text
    assert standing(case, house) == MISSING
    again = post(client, case, PART, word="Fine for me", up_to=hidden_on(answer.text)["up_to"])
    assert again.status_code == 302
    assert standing(case, house) == STANDS


def test_nobody_signs_off_alone_what_is_their_own_while_there_are_other_eyes(
    client: FlaskClient, house: House, editor: Member, member: Member, case: Case
) -> None:
    second = make_member(house, "KZ", role=EDITOR)
    with transaction():
        db.session.get_one(Case, case.id).assignee_id = editor.id
    sign_in(client, editor)
    assert "another editor of the desk signs it off" in page_of(client, case, "/verification")
    answer = post(client, case, PART, word="Mine is fine", up_to="1")
    assert answer.status_code == 422
    assert "another editor of the desk signs it off" in answer.text
    assert "Mine is fine" in answer.text
    own, _, _ = make_case()
    make_claim(house, editor, own)
    with pytest.raises(sign_off.OwnWorkError):
        signed(house.visitors[editor.id], own)
    make_claim(house, member, own, "A colleague looked, too")
    signed(house.visitors[editor.id], own, 2)
    signed(house.visitors[second.id], case)
    assert (standing(case, house), standing(own, house)) == (STANDS, STANDS)
    assert "with no other editor" not in page_of(client, own, "/verification")


def test_the_only_editor_may_and_it_says_so(client: FlaskClient, house: House, editor: Member) -> None:
    make_member(house, "KG", role=EDITOR)  # of another desk: no help here
    case, _, _ = make_case()
    make_claim(house, editor, case)
    sign_in(client, editor)
    assert "this desk has no other editor" in page_of(client, case, "/verification")
    assert post(client, case, PART, word="I had to", up_to="1").status_code == 302
    assert "with no other editor at the desk" in page_of(client, case, "/verification")
    assert "with no other editor at the desk" in page_of(client, case, "/history")
    assert standing(case, house) == STANDS


def test_it_is_withdrawn_with_a_reason_and_given_again(
    client: FlaskClient, house: House, editor: Member, member: Member, case: Case
) -> None:
    sign_in(client, editor)
    early = post(client, case, f"{PART}/withdraw", reason="Too early")
    assert early.status_code == 409
    assert "No sign-off stands" in early.text
    assert "Too early" in early.text
    signed(house.visitors[editor.id], case)
    give(house.visitors[member.id], case, PUBLISHED, LINK)
    assert post(client, case, f"{PART}/withdraw", reason=" ").status_code == 422
    assert post(client, case, f"{PART}/withdraw", reason="The neighbour was not there").status_code == 302
    assert (standing(case, house), saved(case).status) == (WITHDRAWN, "published")
    assert "The neighbour was not there" in page_of(client, case, "/verification")
    assert acts(case)[-2] == ("case.sign_off_withdrawn", editor.id)
    give(house.visitors[member.id], case, "checking", "A doubt")
    with pytest.raises(NotSignedOffError):
        give(house.visitors[member.id], case, PUBLISHED, LINK)
    for _ in range(2):  # twice is harmless
        signed(house.visitors[editor.id], case)
    assert (standing(case, house), count_rows(SignOff)) == (STANDS, 3)


def test_it_holds_at_the_desk_that_gave_it_and_nowhere_else_after(
    client: FlaskClient, house: House, editor: Member, case: Case
) -> None:
    other, _, _ = make_case()
    signed(house.visitors[editor.id], case)
    both = house.visitors[editor.id]
    move(both, case)
    move(both, other)
    assert (standing(case, house, "KG"), standing(other, house, "KG")) == (MOVED, MISSING)
    sign_in(client, editor)
    assert "Signed off at another desk only" in page_of(client, case)
    assert "Here it needs another sign-off" in page_of(client, case, "/verification")
    set_status(case, "checking")
    with pytest.raises(NotSignedOffError):
        give(both, case, PUBLISHED, LINK)
    move(both, case, "KZ")
    assert standing(case, house) == MOVED, "it does not come back with the case"


def test_an_empty_record_and_a_word_out_of_bounds_are_refused(
    client: FlaskClient, house: House, editor: Member, member: Member
) -> None:
    case, _, _ = make_case()
    sign_in(client, editor)
    nothing = post(client, case, PART, word="Fine", up_to="0")
    assert nothing.status_code == 422
    assert "There is nothing to sign off yet" in nothing.text
    tick(house.visitors[member.id], case)
    assert post(client, case, PART, word="Fine", up_to="1").status_code == 422, "a list without a claim says nothing"
    make_claim(house, member, case)
    for word in ("", "x" * 10_000):
        answer = post(client, case, PART, word=word, up_to="2")
        assert answer.status_code == 422
        assert word in answer.text
    assert count_rows(SignOff) == 0
    assert post(client, case, PART, word="\u202eKeep\u2066 مرحبا", up_to="2").status_code == 302
    (kept,) = sign_off.read(saved(case), opener(house.identity("KZ")))
    assert kept.word == "Keep مرحبا"
