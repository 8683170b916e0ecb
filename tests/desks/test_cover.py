"""Saying who is away: for oneself, for whom one answers for; who may stand in; and that everybody concerned sees it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.exceptions import NotFound
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.desks import cover
from intake.desks.models import Desk
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.cover import Days
from intake.members.models import EDITOR, Absence, Member
from intake.reference.countries import COUNTRIES, zone_of
from tests.factories import House, count_rows, go_away, letters, make_member, sign_in, token

TODAY = now().date()


def day(after_today: int) -> str:
    return (now().date() + timedelta(days=after_today)).isoformat()


def enter(client: FlaskClient, path: str = "/desk/away", **changes: str) -> TestResponse:
    """Enter an absence: tomorrow and the day after, with nobody in particular."""
    answers = {"first": day(1), "last": day(2), "stand_in": "", "csrf_token": token(client, "/desk/away"), **changes}
    return client.post(path, data=answers)


def of(member: Member) -> str:
    return f"/desk/members/{member.id}/away"


def queue(client: FlaskClient, member: Member) -> str:
    sign_in(client, member)
    return client.get("/desk/").get_data(as_text=True)


@pytest.fixture
def ana(house: House) -> Member:
    """Return a journalist of Kazakhstan's desk."""
    return make_member(house, "KZ", name="Ana")


@pytest.fixture
def ben(house: House) -> Member:
    """Return a journalist of Kazakhstan's desk who reads Russian."""
    return make_member(house, "KZ", name="Ben", language="ru")


@pytest.fixture
def kim(house: House) -> Member:
    """Return a journalist of Kyrgyzstan's desk."""
    return make_member(house, "KG", name="Kim")


@pytest.fixture
def eda(house: House) -> Member:
    """Return an editor."""
    return make_member(house, *house.keys, role=EDITOR, name="Eda")


def test_a_member_says_when_they_are_away_and_who_stands_in(client: FlaskClient, ana: Member, ben: Member) -> None:
    sign_in(client, ana)
    assert enter(client, stand_in=str(ben.id)).status_code == 302
    absence = db.session.scalars(select(Absence)).one()
    assert (absence.member_id, absence.stand_in_id) == (ana.id, ben.id)
    assert absence.from_at.date() == date.fromisoformat(day(1))
    assert absence.until_at - absence.from_at == timedelta(days=2), "the last day is part of it"
    page = client.get("/desk/away").get_data(as_text=True)
    assert "Ben" in page
    assert "Strike out" in page


def test_an_absence_from_today_begins_at_once(client: FlaskClient, ana: Member) -> None:
    sign_in(client, ana)
    enter(client, first=day(0), last=day(0))
    page = client.get("/desk/away").get_data(as_text=True)
    assert "I am back" in page
    assert cover.holder(ana.id, 1, now()).away is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first": day(2), "last": day(1)}, "before the first"),
        ({"first": day(-1)}, "This day is over"),
        ({"first": "2020-01-01", "last": "2020-01-02"}, "This day is over"),
        ({"last": day(368)}, "longer than a year"),
        ({"first": day(400), "last": day(401)}, "more than a year ahead"),
        ({"last": "9999-12-31"}, "longer than a year"),
        ({"first": "9999-12-31", "last": "9999-12-31"}, "more than a year ahead"),
        ({"first": ""}, "Choose a day"),
        ({"last": ""}, "Choose a day"),
        ({"last": "tomorrow"}, "Choose a day"),
        ({"first": "2027-02-30"}, "Choose a day"),
        ({"last": "1" * 10_000}, "Choose a day"),
    ],
)
def test_days_that_make_no_sense_are_refused_with_a_reason(
    client: FlaskClient, ana: Member, changes: dict[str, str], words: str
) -> None:
    sign_in(client, ana)
    answer = enter(client, **changes)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert count_rows(Absence) == 0


def test_a_whole_year_is_taken(client: FlaskClient, ana: Member) -> None:
    sign_in(client, ana)
    assert enter(client, last=day(366)).status_code == 302


def test_days_that_are_entered_already_are_refused_and_what_was_typed_stays(
    client: FlaskClient, ana: Member, ben: Member
) -> None:
    sign_in(client, ana)
    enter(client)
    page = enter(client, first=day(2), last=day(5), stand_in=str(ben.id))
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert "is entered already" in text
    assert f'value="{day(5)}"' in text
    assert f'<option value="{ben.id}" selected>' in text
    assert count_rows(Absence) == 1


@pytest.mark.parametrize("forged", ["99999", "0", "-1", "99999999999999999999", "Ben", "1 OR 1=1", "1" * 10_000])
def test_a_forged_stand_in_is_refused(client: FlaskClient, ana: Member, forged: str) -> None:
    sign_in(client, ana)
    answer = enter(client, stand_in=forged)
    assert answer.status_code == 422
    assert "Choose one of these colleagues" in answer.get_data(as_text=True)
    assert count_rows(Absence) == 0


def test_only_a_working_colleague_who_shares_a_desk_may_stand_in(
    client: FlaskClient, house: House, ana: Member, ben: Member, kim: Member, eda: Member
) -> None:
    locked, gone = make_member(house, "KZ", name="Lou"), make_member(house, "KZ", name="Max")
    admin = make_member(house, role=None, is_admin=True, name="Ada")
    with transaction():
        db.session.execute(update(Member).where(Member.id == locked.id).values(locked_at=now()))
        db.session.execute(update(Member).where(Member.id == gone.id).values(left_at=now()))
    sign_in(client, ana)
    for nobody in (kim, locked, gone, admin, ana):
        assert enter(client, stand_in=str(nobody.id)).status_code == 422, nobody.name
    assert [colleague.name for colleague in cover.colleagues_of(ana)] == ["Ben", "Eda"]
    assert enter(client, stand_in=str(eda.id)).status_code == 302
    assert count_rows(Absence) == 1


def test_an_editor_enters_it_for_who_fell_ill(client: FlaskClient, ana: Member, ben: Member, eda: Member) -> None:
    sign_in(client, eda)
    page = client.get("/desk/away").get_data(as_text=True)
    assert f'href="{of(ana)}"' in page
    assert "Absence: Ana" in client.get(of(ana)).get_data(as_text=True)
    assert enter(client, of(ana), first=day(0), stand_in=str(ben.id)).status_code == 302
    absence = db.session.scalars(select(Absence)).one()
    assert (absence.member_id, absence.stand_in_id) == (ana.id, ben.id)
    by = db.session.scalars(select(AuditEntry.member_id).where(AuditEntry.act == "member.away")).one()
    assert by == eda.id


def test_a_journalist_enters_it_for_nobody_else(client: FlaskClient, ana: Member, ben: Member) -> None:
    absence = go_away(ben)
    sign_in(client, ana)
    assert f'href="{of(ben)}"' not in client.get("/desk/away").get_data(as_text=True)
    assert client.get(of(ben)).status_code == enter(client, of(ben)).status_code == 404
    ended = client.post(f"/desk/away/{absence.id}/end", data={"csrf_token": token(client, "/desk/away")})
    assert ended.status_code == 404
    assert count_rows(Absence) == 1
    assert client.get(of(ana)).status_code == 200


def test_an_editor_answers_for_those_of_their_desks_alone(house: House, ana: Member, kim: Member) -> None:
    half = make_member(house, "KZ", role=EDITOR)
    visitor, days = house.visitors[half.id], Days(TODAY, TODAY)
    assert cover.member_for(visitor, ana.id).id == ana.id
    assert cover.others_for(visitor) == [ana]
    absence = go_away(kim)
    with pytest.raises(NotFound), transaction():
        cover.set_away(visitor, kim.id, days, None)
    with pytest.raises(NotFound), transaction():
        cover.end(visitor, absence.id)


@pytest.mark.parametrize("column", ["locked_at", "left_at"])
def test_nothing_is_entered_for_who_is_locked_out_or_gone(house: House, ana: Member, eda: Member, column: str) -> None:
    with transaction():
        db.session.execute(update(Member).where(Member.id == ana.id).values({column: now()}))
    with pytest.raises(NotFound):
        cover.member_for(house.visitors[eda.id], ana.id)
    assert cover.others_for(house.visitors[eda.id]) == []


def test_who_does_not_exist_is_not_found(client: FlaskClient, eda: Member) -> None:
    sign_in(client, eda)
    assert client.get("/desk/members/99999/away").status_code == 404
    assert client.get(f"/desk/members/{2**70}/away").status_code == 404
    assert client.post("/desk/away/99999/end", data={"csrf_token": token(client, "/desk/away")}).status_code == 404


def test_an_absence_ends_with_one_press(client: FlaskClient, ana: Member, ben: Member) -> None:
    absence = go_away(ana, ben)
    sign_in(client, ana)
    for _ in range(2):  # a double tap is harmless
        press = client.post(f"/desk/away/{absence.id}/end", data={"csrf_token": token(client, "/desk/away")})
        assert press.status_code == 302
    assert "No absence is entered" in client.get("/desk/away").get_data(as_text=True)
    assert count_rows(Absence) == 1, "what was stays known"
    acts = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "member.back")
    assert db.session.scalar(acts) == 1
    assert len(letters("stand_in")) == 1


def test_the_stand_in_is_told_in_their_language_and_not_for_whom(client: FlaskClient, ana: Member, ben: Member) -> None:
    sign_in(client, ana)
    enter(client, stand_in=str(ben.id))
    (letter,) = letters("stand_in")
    assert (letter.address, letter.member_id, letter.language) == (ben.address, ben.id, "ru")
    assert letter.body.rstrip().endswith("/desk/")
    assert "Ana" not in letter.subject + letter.body
    assert "\x02" not in letter.subject + letter.body


def test_the_letter_names_the_first_day_and_the_last(house: House, ana: Member, eda: Member) -> None:
    visitor = house.visitors[ana.id]
    first = TODAY + timedelta(days=3)
    with transaction():
        cover.set_away(visitor, ana.id, Days(first, first + timedelta(days=4)), eda.id)
    absence = db.session.scalars(select(Absence)).one()
    with transaction():
        cover.end(visitor, absence.id)
    began, over = letters("stand_in")
    days = [f"{one.day} {one:%B} {one.year}" for one in (first, first + timedelta(days=4))]
    assert f"from {days[0]} to {days[1]}" in began.body
    assert f"from {days[0]} to {days[1]}" in over.body
    assert "no longer" in over.subject
    assert "no longer" not in began.subject + began.body


def test_with_nobody_in_particular_nobody_is_told(client: FlaskClient, ana: Member, ben: Member) -> None:
    sign_in(client, ana)
    enter(client)
    assert letters("stand_in") == []


def test_the_stand_in_sees_on_the_queue_for_whom_and_until_when(
    client: FlaskClient, house: House, ana: Member, ben: Member, eda: Member
) -> None:
    assert "stand in for" not in queue(client, eda)
    until = go_away(ana, eda, last=3).until_at - timedelta(days=1)
    assert f"You stand in for Ana until {until.day} {until:%B} {until.year}." in queue(client, eda)
    go_away(make_member(house, "KZ", name="Cem"), eda, first=1)
    assert queue(client, eda).count("You stand in for") == 1


def test_who_is_away_is_reminded_of_it(client: FlaskClient, house: House, ana: Member, eda: Member) -> None:
    assert "You are away" not in queue(client, ana)
    go_away(ana, eda)
    page = queue(client, ana)
    assert "You are away until" in page
    assert "letters go to Eda" in page
    fay = make_member(house, *house.keys, role=EDITOR, name="Fay")
    go_away(eda, fay)
    assert "letters go to Fay" in client.get("/desk/").get_data(as_text=True)


BANNER = "All journalists of this desk are away: Kazakhstan."


def test_a_desk_whose_journalists_are_all_away_is_seen_by_its_members_and_the_editors(
    client: FlaskClient, house: House, ana: Member, kim: Member, eda: Member
) -> None:
    cem = make_member(house, "KZ", name="Cem")
    go_away(ana, last=9)
    assert BANNER not in queue(client, eda)
    first_back = go_away(cem, last=3).until_at - timedelta(days=1)
    for member in (eda, ana):
        page = queue(client, member)
        assert BANNER in page
        assert f"come to the editors until {first_back.day} {first_back:%B}" in page
    assert BANNER not in queue(client, kim)


def test_an_editor_without_a_seat_sees_it_too(client: FlaskClient, house: House, ana: Member) -> None:
    unseated = make_member(house, role=EDITOR)
    go_away(ana)
    assert BANNER in queue(client, unseated)


def test_a_desk_for_which_somebody_seated_stands_in_does_not_fall(
    client: FlaskClient, house: House, ana: Member, eda: Member
) -> None:
    go_away(ana, eda)
    assert BANNER not in queue(client, eda)


def test_a_desk_without_journalists_is_not_one_whose_journalists_are_away(
    client: FlaskClient, house: House, ana: Member, eda: Member
) -> None:
    go_away(ana)
    assert queue(client, eda).count("All journalists of this desk") == 1


def test_what_the_queue_says_is_what_routing_does(house: House, ana: Member, kim: Member, eda: Member) -> None:
    go_away(ana, eda)
    go_away(kim)
    (fallen,) = cover.outlook(house.visitors[eda.id], now()).fallen
    assert db.session.get_one(Desk, fallen.desk.id).name == "KG"
    assert fallen.first_back.member_id == kim.id


def test_beside_the_names_stands_who_is_away(client: FlaskClient, house: House, ana: Member, ben: Member) -> None:
    admin = make_member(house, "KZ", is_admin=True)
    until = go_away(ana).until_at - timedelta(days=1)
    sign_in(client, admin)
    page = client.get("/desk/desks").get_data(as_text=True)
    assert page.count("away until") == 1
    tag = f'<span class="tag">away until {until.day} {until:%B} {until.year}</span>'
    assert f'Ana</b> <span class="tag">Journalist</span> {tag}' in page


def test_days_change_at_night_in_central_asia() -> None:
    midnight = datetime(2027, 1, 1, tzinfo=UTC)
    assert {midnight.astimezone(zone_of(country)).hour for country in COUNTRIES} == {5, 6}, "the page says so"
