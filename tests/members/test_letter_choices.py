"""A member says how letters come, and they come so: at once, together, by day alone; urgent ones at once always."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import notices
from intake.desks.routing import destination_for
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import time_zones
from intake.members.letter_choices import Choice, choice_of
from intake.members.models import DAILY, HOURLY, Member
from intake.members.queries import correspondent
from intake.members.quiet import Quiet
from intake.outbox import deliver
from intake.outbox.models import TEST, Letter
from intake.outbox.worker import Tally, deliver_due
from tests.cases import saved
from tests.factories import House, letters, make_case, make_member, send, sign_in, token

NIGHT = (22 * 60, 7 * 60)
PAGE, TRY, NEWSROOM = "/desk/account/letters", "/desk/account/letters/test", "/desk/letters/test"
ZONES = ("Asia/Almaty", "Asia/Bishkek", "Asia/Dushanbe", "Asia/Tashkent", "Europe/Berlin")
CHOSEN = {
    "language": "ru",
    "rhythm": "daily",
    "quiet_from": "22:00",
    "quiet_until": "07:30",
    "time_zone": "Asia/Bishkek",
}


@pytest.fixture
def member(house: House) -> Member:
    return make_member(house, "KZ")


def again(member: Member) -> Member:
    db.session.rollback()
    return db.session.get_one(Member, member.id, populate_existing=True)


def choose(client: FlaskClient, **changes: str) -> TestResponse:
    return client.post(PAGE, data={"csrf_token": token(client, PAGE), **CHOSEN, **changes})


def write_down(member: Member, **values: Any) -> None:
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(values))


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_digest_comes_at_eight_where_the_member_is_and_not_in_quiet_hours(zone: str) -> None:
    here = ZoneInfo(zone)
    for day in (datetime(2026, 3, 28, 12, 0, tzinfo=here), datetime(2026, 10, 24, 12, 0, tzinfo=here)):
        morning = day.replace(day=day.day + 1, hour=8)
        daily = Choice(DAILY, None, zone)
        assert daily.due_at(day.astimezone(UTC), urgent=False) == morning
        assert daily.due_at(morning.astimezone(UTC), urgent=False) == morning.replace(day=morning.day + 1)
        late = Choice(DAILY, Quiet(22 * 60, 9 * 60, zone), zone)
        assert late.due_at(day.astimezone(UTC), urgent=False) == morning.replace(hour=9)
        assert late.due_at(day.astimezone(UTC), urgent=True) == day


def test_an_hourly_digest_comes_at_full_hours_of_the_members_clock() -> None:
    moment = datetime(2026, 5, 4, 10, 40, 30, tzinfo=UTC)
    assert Choice(HOURLY, None, "Asia/Almaty").due_at(moment, urgent=False) == datetime(2026, 5, 4, 11, tzinfo=UTC)
    kolkata = Choice(HOURLY, None, "Asia/Kolkata").due_at(moment, urgent=False)
    assert kolkata == datetime(2026, 5, 4, 11, 30, tzinfo=UTC)
    at_full_hour = moment.replace(minute=0, second=0)
    assert Choice(HOURLY, None, "Asia/Almaty").due_at(at_full_hour, urgent=False) == at_full_hour + timedelta(hours=1)
    night = Choice(HOURLY, Quiet(*NIGHT, "Asia/Almaty"), "Asia/Almaty")
    assert night.due_at(moment + timedelta(hours=8), urgent=False) == datetime(2026, 5, 5, 2, tzinfo=UTC)


def test_what_is_chosen_is_kept_shown_again_and_written_down(client: FlaskClient, member: Member) -> None:
    sign_in(client, member)
    assert choose(client).status_code == 302
    found = again(member)
    assert (found.language, found.rhythm, found.quiet_from, found.quiet_until, found.time_zone) == (
        *("ru", "daily", 22 * 60, 7 * 60 + 30, "Asia/Bishkek"),
    )
    page = client.get(PAGE).text
    assert '<html lang="ru">' in page
    for shown in ('value="daily" checked', 'value="22:00"', 'value="07:30"', 'value="Asia/Bishkek" selected'):
        assert shown in page
    assert "member.letters_chosen" in db.session.scalars(select(AuditEntry.act)).all()
    assert choose(client, quiet_from="", quiet_until="", rhythm="at_once").status_code == 302
    assert choice_of(again(member)) is None


def test_before_a_choice_the_zone_of_a_desk_of_the_members_stands_there(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, *house.keys, role="editor"))
    page = client.get(PAGE).text
    chosen = re.findall(r'<option value="([^"]+)" selected', page)
    assert len(chosen) == 1
    assert chosen[0] in ZONES
    assert page.index("Asia/Ashgabat") < page.index("Europe/Berlin"), "the region comes first"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rhythm": "never"}, "Choose how often letters come."),
        ({"language": "xx"}, "Choose one of the languages."),
        ({"time_zone": "Mars/Olympus"}, "Choose one of the time zones."),
        ({"time_zone": "../../etc/passwd"}, "Choose one of the time zones."),
        ({"quiet_from": "25:00"}, "Write the time like this: 22:00."),
        ({"quiet_until": "\u202e7 in the morning"}, "Write the time like this: 22:00."),
        ({"quiet_until": "9" * 10_000}, "Write the time like this: 22:00."),
        ({"quiet_until": ""}, "Say when they begin and when they end, or leave both empty."),
        ({"quiet_from": "7:30"}, "These begin and end at once. Leave both empty for no quiet hours."),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_typed_is_lost(
    client: FlaskClient, member: Member, wrong: dict[str, str], said: str
) -> None:
    sign_in(client, member)
    answer = choose(client, **{"quiet_from": "21:15", **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert "21:15" in answer.text or "quiet_from" in wrong
    assert 'value="daily" checked' in answer.text or "rhythm" in wrong
    assert again(member).rhythm == "at_once"


def test_letters_of_a_complaint_wait_for_who_chose_so_and_the_newsroom_and_urgent_ones_do_not(
    client: FlaskClient, house: House, statements: list[str]
) -> None:
    daily, quick = make_member(house, "KZ"), make_member(house, "KZ")
    send(client)  # what is made once is made
    asked = []
    for rhythm in ("at_once", DAILY):
        write_down(daily, rhythm=rhythm, time_zone="Asia/Almaty")
        statements.clear()
        send(client)
        asked.append(len(statements))
    assert asked[0] == asked[1], "it costs no statement"
    newest = letters()[-3:]
    due = {letter.address: letter.due_at - letter.owed_at for letter in newest}
    assert due[quick.address] == due["info@acca.media"] == timedelta(0)
    assert timedelta(0) < due[daily.address] <= timedelta(days=1)
    assert {letter.address for letter in newest if letter.is_held} == {daily.address}
    make_case("KZ", urgent=True)
    urgent = letters()[-3:]
    assert {letter.due_at - letter.owed_at for letter in urgent} == {timedelta(0)}
    assert all(letter.urgent and not letter.is_held for letter in urgent)


def test_letters_to_who_answers_for_a_case_wait_too(house: House, member: Member) -> None:
    write_down(member, rhythm=DAILY, time_zone="Asia/Almaty")
    case, _, _ = make_case("KZ")
    with transaction():
        notices.to_member("assigned", saved(case), now(), again(member))
    (letter,) = letters("assigned")
    chosen = choice_of(again(member))
    assert chosen is not None
    assert letter.due_at == chosen.due_at(letter.owed_at, urgent=False) > letter.owed_at


def test_whoever_chooses_anew_gets_what_waits_as_if_it_were_owed_now(client: FlaskClient, member: Member) -> None:
    write_down(member, rhythm=DAILY, time_zone="Asia/Almaty")
    make_case("KZ")
    sign_in(client, member)
    assert choose(client, rhythm="at_once", quiet_from="", quiet_until="").status_code == 302
    (letter,) = [letter for letter in letters() if letter.member_id == member.id]
    assert letter.due_at <= now()


def test_a_member_is_known_to_routing_as_to_letters(app: Flask, house: House, member: Member) -> None:
    write_down(member, rhythm=HOURLY, quiet_from=1, quiet_until=2, time_zone="Asia/Almaty")
    with transaction():
        assert destination_for("KZ", "en").journalists == (correspondent(again(member)),)


def test_a_test_letter_goes_to_whoever_asks_and_the_page_says_what_became_of_it(
    client: FlaskClient, member: Member
) -> None:
    write_down(member, rhythm=DAILY, quiet_from=0, quiet_until=24 * 60 - 1, time_zone="Asia/Almaty")
    sign_in(client, member)
    assert "Refresh" not in client.get(PAGE).headers
    assert client.post(TRY, data={"csrf_token": token(client, PAGE)}).status_code == 302
    waiting = client.get(PAGE)
    assert waiting.headers["Refresh"] == "3"
    assert "on its way" in waiting.text
    assert deliver_due() == Tally(delivered=1), "at any hour, whatever was chosen"
    done = client.get(PAGE)
    assert "Refresh" not in done.headers
    assert "written into a folder" in done.text
    soon = client.post(TRY, data={"csrf_token": token(client, PAGE)})
    assert soon.status_code == 429
    assert "One test in a minute is enough." in soon.text
    assert [letter.address for letter in letters(TEST)] == [member.address]


def test_an_admin_tries_the_newsrooms_address_and_members_see_nothing_of_it(
    client: FlaskClient, house: House, member: Member
) -> None:
    sign_in(client, make_member(house, is_admin=True))
    assert client.post(NEWSROOM, data={"csrf_token": token(client, NEWSROOM)}).status_code == 302
    deliver_due()
    assert "written into a folder" in client.get(NEWSROOM).text
    assert client.post(NEWSROOM, data={"csrf_token": token(client, NEWSROOM)}).status_code == 429
    other = client.application.test_client()
    sign_in(other, member)
    assert other.get(NEWSROOM).status_code == 404
    assert "The last test" not in other.get(PAGE).text
    assert "/desk/letters/test" not in other.get("/desk/account").text
    assert db.session.scalars(select(Letter.address).where(Letter.kind == TEST)).all() == ["info@acca.media"]


def test_what_a_mail_server_says_is_shown_as_it_said_it_and_does_nothing(client: FlaskClient, member: Member) -> None:
    sign_in(client, member)
    client.post(TRY, data={"csrf_token": token(client, PAGE)})
    (letter,) = letters(TEST)
    refused = deliver.Outcome(accepted=False, smtp_code=554, answer="<script>", conversation="← 554 <script>x</script>")
    with transaction():
        deliver.record(letter, now(), refused, now())
    page = client.get(PAGE).text
    assert "The mail server refused the letter." in page
    assert "554 &lt;script&gt;" in page
    assert "<script>x" not in page


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_zone_has_a_name_of_its_own_and_those_of_the_region_are_all_there(language: str) -> None:
    ours, others = time_zones.choices(language)
    assert {"Asia/Almaty", "Asia/Bishkek", "Asia/Dushanbe", "Asia/Ashgabat", "Asia/Tashkent"} <= {
        one.name for one in ours
    }
    labels = [zone.label for zone in (*ours, *others)]
    assert len(labels) == len(set(labels))
    assert {zone.name for zone in (*ours, *others)} == time_zones.known()
