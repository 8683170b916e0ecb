"""While members are away, letters reach somebody who can act: the stand-in, the others, or the editors. Once each."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from intake.cases import deletion, triage
from intake.cases.models import Case
from intake.complaint import submit
from intake.desks import routing, setup
from intake.desks.routing import destination_at, destination_for, destination_seen
from intake.extensions import StaleError, db, settle, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.sealing import CodeKeys, code_keys
from tests.cases import page_of, tell, visit_of, write
from tests.factories import STORY, House, count_rows, go_away, letters, make_case, make_member, sign_in

NEWSROOM = "info@acca.media"
AWAY = "are all away, so this letter goes to the editors"
NONE = "No journalist is seated"


def told(kind: str = "new_case") -> list[str]:
    """Return the names of who is told, the newsroom left out; an address twice would show twice."""
    names = {member.address: member.name for member in db.session.query(Member)}
    return sorted(names[letter.address] for letter in letters(kind) if letter.address != NEWSROOM)


def acknowledged(house: House, member: Member, country: str = "KZ") -> tuple[Case, CodeKeys]:
    case, keys, _ = make_case(country)
    with transaction():
        triage.acknowledge(house.visitors[member.id], case.reference)
    return case, keys


@pytest.fixture
def ana(house: House) -> Member:
    """Return a journalist of Kazakhstan's desk."""
    return make_member(house, "KZ", name="Ana")


@pytest.fixture
def ben(house: House) -> Member:
    """Return a journalist of Kazakhstan's and Kyrgyzstan's desks."""
    return make_member(house, "KZ", "KG", name="Ben")


@pytest.fixture
def eda(house: House) -> Member:
    """Return an editor."""
    return make_member(house, *house.keys, role=EDITOR, name="Eda")


def test_the_stand_in_gets_one_letter_not_two(house: House, ana: Member, ben: Member) -> None:
    go_away(ana, ben)
    make_case()
    assert told() == ["Ben"]


def test_without_a_stand_in_the_others_of_the_desk_hear(house: House, ana: Member, ben: Member) -> None:
    go_away(ana)
    make_case()
    assert told() == ["Ben"]


def test_an_absence_to_come_or_over_changes_nothing(house: House, ana: Member, ben: Member, eda: Member) -> None:
    absence = go_away(ana, eda, first=1, last=2)
    make_case()
    assert told() == ["Ana", "Ben"]
    with transaction():
        absence = db.session.merge(absence)
        absence.from_at, absence.until_at = now() - timedelta(days=2), now() - timedelta(seconds=1)
    assert [one.id for one in destination_for("KZ", "en").journalists] == [ana.id, ben.id]


def test_who_hears_changes_at_the_very_moment(
    house: House, ana: Member, ben: Member, eda: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    absence = go_away(ana, eda, first=3, last=4)
    for at, expected in (
        (absence.from_at - timedelta(microseconds=1), [ana.id, ben.id]),
        (absence.from_at, [ben.id, eda.id]),
        (absence.until_at - timedelta(microseconds=1), [ben.id, eda.id]),
        (absence.until_at, [ana.id, ben.id]),
    ):
        monkeypatch.setattr(routing, "now", lambda at=at: at)
        assert [one.id for one in destination_for("KZ", "en").journalists] == expected


def test_an_editor_may_stand_in_for_a_journalist(house: House, ana: Member, eda: Member) -> None:
    make_member(house, *house.keys, role=EDITOR, name="Fay")
    go_away(ana, eda)
    make_case()
    assert told() == ["Eda"]
    assert not any(AWAY in letter.body or NONE in letter.body for letter in letters())


def test_a_stand_in_who_is_not_seated_at_the_desk_hears_nothing_of_it(
    house: House, ana: Member, ben: Member, eda: Member
) -> None:
    go_away(ben, ana)
    make_case("KG")
    assert told() == ["Eda"]
    assert all(AWAY in letter.body for letter in letters())


def test_who_is_locked_out_gets_no_letter_as_a_stand_in(house: House, ana: Member, ben: Member, eda: Member) -> None:
    go_away(ana, ben)
    with transaction():
        db.session.execute(update(Member).where(Member.id == ben.id).values(locked_at=now()))
    make_case()
    assert told() == ["Eda"]


def test_when_all_are_away_the_editors_who_are_here_hear_and_are_told_why(
    house: House, ana: Member, ben: Member, eda: Member
) -> None:
    fay = make_member(house, *house.keys, role=EDITOR, name="Fay")
    go_away(ana)
    go_away(ben)
    go_away(fay)
    make_case()
    assert told() == ["Eda"]
    assert all(AWAY in letter.body and NONE not in letter.body for letter in letters())


def test_when_the_editors_are_away_too_all_of_them_hear(house: House, ana: Member, eda: Member) -> None:
    go_away(ana)
    go_away(eda)
    make_case()
    assert told() == ["Eda"]


def test_an_editor_who_is_away_is_replaced_only_by_one_who_is_seated_at_the_desk(
    house: House, ben: Member, eda: Member
) -> None:
    seated = make_member(house, "TJ", role=None, is_admin=True, name="Gul")
    make_member(house, *house.keys, role=EDITOR, name="Fay")
    go_away(eda, seated)
    make_case("TJ", story=f"{STORY} 1")
    assert told() == ["Fay", "Gul"]
    make_case("TM", story=f"{STORY} 2")
    assert told() == ["Fay", "Fay", "Gul"]
    assert all(NONE in letter.body for letter in letters())


def test_a_desk_where_nobody_is_seated_says_so_and_not_that_all_are_away(house: House, eda: Member) -> None:
    make_case()
    assert all(NONE in letter.body and AWAY not in letter.body for letter in letters())


def test_two_who_stand_in_for_each_other_leave_the_desk_to_the_editors(
    house: House, ana: Member, ben: Member, eda: Member
) -> None:
    go_away(ana, ben)
    go_away(ben, ana)
    make_case()
    assert told() == ["Eda"]


def test_the_others_desks_complaints_go_to_the_editors_who_are_here(house: House, ana: Member, eda: Member) -> None:
    make_member(house, *house.keys, role=EDITOR, name="Fay")
    go_away(eda)
    make_case("other")
    assert told() == ["Fay"]
    assert not any(AWAY in letter.body or NONE in letter.body for letter in letters())


def test_what_is_added_goes_to_the_stand_in_of_who_took_the_case_up(
    house: House, ana: Member, ben: Member, eda: Member
) -> None:
    case, keys = acknowledged(house, ana)
    go_away(ana, ben)
    tell(visit_of(case, keys), case, "victim", age="30")
    write(visit_of(case, keys), case, "Are you there?")
    assert told("further_words") == ["Ben"]
    assert told("new_message") == ["Ben"]
    assert not any(letter.address == NEWSROOM for letter in letters("new_message"))


def test_a_holder_who_is_here_hears_alone(house: House, ana: Member, ben: Member) -> None:
    case, keys = acknowledged(house, ana)
    go_away(ben, ana)
    write(visit_of(case, keys), case, "Are you there?")
    assert told("new_message") == ["Ana"]


def test_where_nobody_stands_in_for_the_holder_the_desk_hears(
    house: House, ana: Member, ben: Member, eda: Member
) -> None:
    case, keys = acknowledged(house, ana)
    go_away(ana)
    tell(visit_of(case, keys), case, "victim", age="30")
    write(visit_of(case, keys), case, "Are you there?")
    for kind in ("further_words", "new_message"):
        assert told(kind) == ["Ben"]
        assert any(letter.address == NEWSROOM for letter in letters(kind))


def test_where_the_holder_is_locked_out_the_desk_hears(house: House, ana: Member, ben: Member) -> None:
    case, keys = acknowledged(house, ana)
    with transaction():
        db.session.execute(update(Member).where(Member.id == ana.id).values(locked_at=now()))
    tell(visit_of(case, keys), case, "victim", age="30")
    assert told("further_words") == ["Ben"]


def test_a_holders_stand_in_of_another_desk_is_not_told(house: House, ana: Member, ben: Member, eda: Member) -> None:
    case, keys = acknowledged(house, ben, "KG")
    go_away(ben, ana)
    write(visit_of(case, keys), case, "Are you there?")
    tell(visit_of(case, keys), case, "victim", age="30")
    assert told("new_message") == ["Eda"]
    assert told("further_words") == ["Eda"]
    assert all(AWAY in letter.body for letter in letters("further_words"))


def test_deletion_is_told_to_who_is_here(house: House, ana: Member, ben: Member) -> None:
    case, keys, _ = make_case()
    go_away(ana)
    with transaction():
        deletion.ask(visit_of(case, keys))
    assert told("deletion_asked") == ["Ben"]


def test_an_absence_that_begins_while_a_complaint_is_sealed_does_no_harm(
    house: House, ana: Member, ben: Member, eda: Member
) -> None:
    keys = code_keys("123456789012345678901231", setup.code_salt())
    complaint = submit.Complaint("en", STORY, urgent=False, country="KZ", contact_mode="code", consent=True)
    prepare = submit.sealing_of(complaint, keys)
    sealed = [prepare()]
    db.session.rollback()
    go_away(ana, eda)
    with pytest.raises(StaleError), transaction():
        submit.submit(sealed[0])
    settle(lambda: sealed.pop() if sealed else prepare(), submit.submit)
    assert count_rows(Case) == 1
    assert told() == ["Ben", "Eda"]
    assert destination_seen("KZ", "en") == destination_at(destination_for("KZ", "en").desk_id)


def test_the_case_page_shows_who_took_it_up_and_who_stands_in(
    client: FlaskClient, house: House, ana: Member, ben: Member
) -> None:
    case, _ = acknowledged(house, ana)
    sign_in(client, ben)
    assert "stands in" not in page_of(client, case)
    absence = go_away(ana, ben, last=0)
    page = page_of(client, case)
    assert "<b>Ana</b>" in page
    assert f"away until {absence.from_at.day} " in page
    assert "Ben stands in" in page


def test_the_case_page_says_when_nobody_stands_in(client: FlaskClient, house: House, ana: Member, ben: Member) -> None:
    case, _ = acknowledged(house, ana)
    go_away(ana)
    sign_in(client, ben)
    assert "nobody in particular stands in" in page_of(client, case)


def test_a_case_that_nobody_took_up_names_nobody(client: FlaskClient, house: House, ana: Member) -> None:
    case, _, _ = make_case()
    sign_in(client, ana)
    assert "Nobody yet" in page_of(client, case)
