"""Who answers for a case: taken, given by an editor, offered and taken or not, given up; and by whom it is not."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from intake.cases import assignment, handover, queries
from intake.cases.models import Case, Handover, Note
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.outbox.models import Letter
from tests.cases import acts, page_of, post, reference, saved, write
from tests.cases.rotating import rotate
from tests.cases.working import accept, give_up, move, offer, refuse, set_status
from tests.factories import House, count_rows, letters, make_case, make_member, sign_in


@pytest.fixture
def ben(house: House) -> Member:
    return make_member(house, "KZ", name="Ben")


@pytest.fixture
def editor(house: House) -> Member:
    return make_member(house, *house.keys, role=EDITOR, name="Edil")


@pytest.fixture
def case(house: House, ana: Member) -> Case:
    """Return a case that Ana answers for."""
    case, _, _ = make_case()
    write(house.visitors[ana.id], case, "May we call you?")
    return saved(case)


def lock(member: Member) -> None:
    """Lock a member out."""
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(locked_at=now()))


def take(visitor: Visitor, case: Case) -> None:
    """Answer for a case."""
    name = reference(case)
    with transaction():
        assignment.take(visitor, name)


def assign(visitor: Visitor, case: Case, to: int, before: int | None) -> None:
    """Give a case to a colleague."""
    name = reference(case)
    with transaction():
        assignment.assign(visitor, name, to, before)


def told(kind: str) -> list[int | None]:
    """Return the members who got a letter of a kind."""
    return [letter.member_id for letter in letters(kind)]


def test_whoever_acknowledges_or_answers_first_answers_for_the_case(
    client: FlaskClient, house: House, ana: Member, ben: Member
) -> None:
    first, _, _ = make_case()
    second, _, _ = make_case()
    sign_in(client, ana)
    post(client, first, "acknowledge")
    write(house.visitors[ben.id], saved(second), "Hello")
    write(house.visitors[ana.id], saved(second), "Me too")
    assert (saved(first).assignee_id, saved(second).assignee_id) == (ana.id, ben.id)
    assert "that is you" in page_of(client, first)


def test_an_editor_gives_a_case_to_a_colleague_who_is_told(
    client: FlaskClient, house: House, case: Case, ana: Member, ben: Member, editor: Member
) -> None:
    sign_in(client, editor)
    assert post(client, case, "assignee", to=str(ben.id), before=str(ana.id)).status_code == 302
    assert saved(case).assignee_id == ben.id
    assert saved(case).acknowledged_by_id == ana.id, "who took it up first stays written down"
    assert told("assigned") == [ben.id]
    assert ("case.assigned", editor.id) in acts(case)
    (letter,) = letters("assigned")
    assert not {"Ana", "Ben", "Edil"} & set(f"{letter.subject} {letter.body}".split())


def test_of_two_who_assign_at_once_the_second_is_told(
    client: FlaskClient, case: Case, ana: Member, ben: Member, editor: Member
) -> None:
    sign_in(client, editor)
    post(client, case, "assignee", to=str(ben.id), before=str(ana.id))
    post(client, case, "assignee", to=str(editor.id), before=str(ana.id))
    assert saved(case).assignee_id == ben.id
    assert "Somebody else answers for this case by now" in page_of(client, case)


def test_of_two_who_take_an_unassigned_case_one_gets_it(house: House, ana: Member, ben: Member) -> None:
    case, _, _ = make_case()
    take(house.visitors[ana.id], case)
    take(house.visitors[ana.id], case)
    with pytest.raises(assignment.TakenError):
        take(house.visitors[ben.id], case)
    assert saved(case).assignee_id == ana.id


def test_a_case_of_one_who_is_gone_can_be_taken(house: House, case: Case, ana: Member, ben: Member) -> None:
    lock(ana)
    take(house.visitors[ben.id], case)
    assert saved(case).assignee_id == ben.id


@pytest.mark.parametrize("who", ["locked", "of another desk", "nobody", "far too large", "no number"])
def test_nobody_who_cannot_open_a_case_answers_for_it(
    client: FlaskClient, house: House, case: Case, ana: Member, ben: Member, editor: Member, who: str
) -> None:
    lock(ben)
    to = {
        "locked": str(ben.id),
        "of another desk": str(make_member(house, "KG").id),
        "nobody": "",
        "far too large": str(10**30),
        "no number": "Ben",
    }[who]
    sign_in(client, editor)
    assert post(client, case, "assignee", to=to, before=str(ana.id)).status_code == 302
    assert saved(case).assignee_id == ana.id
    assert count_rows(Handover) == 0
    assert told("assigned") == []
    sign_in(client, ana)
    assert post(client, case, "hand-over", to=to, word="Take it").status_code == 422
    assert count_rows(Handover) == 0


def test_a_case_that_was_given_to_a_colleague_stays_theirs_when_another_answers(
    client: FlaskClient, house: House, ana: Member, ben: Member, editor: Member
) -> None:
    case, _, _ = make_case()
    assign(house.visitors[editor.id], case, ana.id, None)
    assert saved(case).status == "received", "it still waits to be acknowledged"
    write(house.visitors[ben.id], saved(case), "Hello")
    assert (saved(case).assignee_id, saved(case).acknowledged_by_id) == (ana.id, ben.id)
    other, _, _ = make_case()
    assign(house.visitors[editor.id], other, ana.id, None)
    sign_in(client, ben)
    post(client, other, "acknowledge")
    assert saved(other).assignee_id == ben.id, "whoever acknowledges takes it"


def test_a_journalist_gives_no_case_to_others(client: FlaskClient, case: Case, ana: Member, ben: Member) -> None:
    sign_in(client, ana)
    assert post(client, case, "assignee", to=str(ben.id), before=str(ana.id)).status_code == 404
    assert saved(case).assignee_id == ana.id


def test_an_offered_case_stays_with_its_giver_until_it_is_taken(
    client: FlaskClient, house: House, case: Case, ana: Member, ben: Member
) -> None:
    sign_in(client, ana)
    post(client, case, "hand-over", to=str(ben.id), word="You know the town")
    assert saved(case).assignee_id == ana.id
    assert told("handover") == [ben.id]
    assert "You know the town" not in letters("handover")[0].body
    sign_in(client, ben)
    assert "You know the town" in page_of(client, case)
    (row,) = db.session.query(Handover).all()
    post(client, case, f"handovers/{row.id}/accept")
    assert saved(case).assignee_id == ben.id
    assert [act for act, _ in acts(case)].count("case.handed_over") == 1


def test_who_does_not_take_it_says_why_and_the_giver_reads_it(
    client: FlaskClient, house: House, case: Case, ana: Member, ben: Member
) -> None:
    row = offer(house.visitors[ana.id], case, ben)
    sign_in(client, ben)
    assert post(client, case, f"handovers/{row.id}/refuse", reason=" ").status_code == 422
    assert post(client, case, f"handovers/{row.id}/refuse", reason="I am a witness").status_code == 302
    assert saved(case).assignee_id == ana.id
    assert told("handover_refused") == [ana.id]
    assert "I am a witness" not in letters("handover_refused")[0].body
    sign_in(client, ana)
    assert "I am a witness" in page_of(client, case, "/hand-over")


def test_an_offer_is_refused_while_its_desk_is_rotated_and_both_words_open(
    house: House, case: Case, ana: Member, ben: Member
) -> None:
    row = offer(house.visitors[ana.id], case, ben, "Take it")
    rotate(house.visitors[ana.id])
    refuse(house.visitors[ben.id], case, row.id, "No")
    (read,) = handover.read(saved(case), queries.desk_opens(house.visitors[ana.id]))
    assert (read.word, read.answer, read.accepted) == ("Take it", "No", False)


def test_there_is_one_open_offer_a_case_and_the_giver_may_take_it_back(
    client: FlaskClient, house: House, case: Case, ana: Member, ben: Member, editor: Member
) -> None:
    visitor = house.visitors[ana.id]
    row = offer(visitor, case, ben)
    with pytest.raises(handover.OfferedError):
        offer(visitor, case, editor)
    sign_in(client, ben)
    post(client, case, f"handovers/{row.id}/take-back")
    with pytest.raises(handover.OfferedError):
        offer(visitor, case, editor)
    sign_in(client, ana)
    post(client, case, f"handovers/{row.id}/take-back")
    with pytest.raises(handover.NoOfferError):
        accept(house.visitors[ben.id], case, row.id)
    assert saved(case).assignee_id == ana.id
    offer(visitor, case, editor)


def test_nobody_offers_what_is_not_theirs_nor_to_themselves(house: House, case: Case, ana: Member, ben: Member) -> None:
    with pytest.raises(handover.NotYoursError):
        offer(house.visitors[ben.id], case, ana)
    with pytest.raises(assignment.NobodyError):
        offer(house.visitors[ana.id], case, ana)


def test_an_offer_is_off_once_somebody_else_answers_for_the_case(
    house: House, case: Case, ana: Member, ben: Member, editor: Member
) -> None:
    row = offer(house.visitors[ana.id], case, ben)
    assign(house.visitors[editor.id], case, editor.id, ana.id)
    with pytest.raises(handover.NoOfferError):
        accept(house.visitors[ben.id], case, row.id)
    assert saved(case).assignee_id == editor.id


def test_an_offer_to_somebody_else_is_not_taken(house: House, case: Case, ana: Member, ben: Member) -> None:
    row = offer(house.visitors[ana.id], case, ben)
    third = make_member(house, "KZ")
    with pytest.raises(handover.NoOfferError):
        accept(house.visitors[third.id], case, row.id)
    with pytest.raises(handover.NoOfferError):
        refuse(house.visitors[third.id], case, row.id)


def test_an_offer_is_off_once_the_case_moved(house: House, case: Case, ana: Member, editor: Member) -> None:
    row = offer(house.visitors[ana.id], case, editor)
    move(house.visitors[ana.id], case)
    with pytest.raises(handover.NoOfferError):
        accept(house.visitors[editor.id], case, row.id)
    assert saved(case).assignee_id is None


def test_a_case_that_is_given_up_waits_visibly_for_somebody(
    client: FlaskClient, house: House, case: Case, ana: Member, ben: Member
) -> None:
    give_up(house.visitors[ana.id], case)
    assert (saved(case).status, saved(case).assignee_id, count_rows(Note)) == ("received", None, 1)
    assert {letter.member_id for letter in letters("given_up")} == {None, ana.id, ben.id}
    sign_in(client, ben)
    assert "Nobody yet" in page_of(client, case)
    assert case.reference in client.get("/desk/").get_data(as_text=True)
    with pytest.raises(handover.NotYoursError):
        give_up(house.visitors[ana.id], case)


def test_what_is_done_is_not_given_up(client: FlaskClient, house: House, case: Case, ana: Member) -> None:
    set_status(case, "closed")
    sign_in(client, ana)
    assert post(client, case, "give-up", reason="Tired").status_code == 422
    assert (saved(case).status, saved(case).assignee_id) == ("closed", ana.id)
    assert count_rows(Letter) == len(letters()) + len(letters("nudge"))
