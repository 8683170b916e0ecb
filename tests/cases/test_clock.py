"""What is urgent, and until when: the desk may set it or lift it, and sees it on the clocks of the case's country."""

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from intake.cases import queries, queue
from intake.i18n import now
from tests.cases import acts, opener, page_of, post, saved, tell, visit_of
from tests.factories import House, letters, make_case, make_member, sign_in

AHEAD = now() + timedelta(days=60)
DEADLINE = {
    "deadline-day": str(AHEAD.day),
    "deadline-month": str(AHEAD.month),
    "deadline-year": str(AHEAD.year),
    "deadline-hour": "9",
}


def test_the_desk_sets_the_clock_in_the_countrys_own_time(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    other, _, _ = make_case()
    case, keys, _ = make_case(story="They told him on the phone that the hearing is soon.")
    sign_in(client, member)
    assert post(client, case, "clock", kinds="trial", base="0", **DEADLINE).status_code == 302
    at_nine_in_almaty = datetime(AHEAD.year, AHEAD.month, AHEAD.day, 4, tzinfo=UTC)
    assert (saved(case).alarm_at, saved(case).urgent) == (at_nine_in_almaty, True)
    page = page_of(client, case)
    assert ", 09:00</b>" in page
    assert "Local time: Kazakhstan" in page
    assert ", 09:00" in client.get("/desk/").get_data(as_text=True)
    assert [found.id for found in queue.page(house.visitors[member.id]).cases] == [case.id, other.id]
    (_, answers) = queries.read_statements(saved(case), opener(keys.identity))
    assert (answers.block, answers.member_id, answers.words["answers"]["kinds"]) == ("danger", member.id, ["trial"])
    assert ("case.added_to", member.id) in acts(case)
    assert letters("further_words") == [], "the desk need not be told what it did itself"


def test_the_desk_lifts_the_alarm_that_the_complainant_set(client: FlaskClient, house: House) -> None:
    case, keys, _ = make_case(urgent=True)
    told = {"now": True, "kinds": ["torture"], "deadline": {"at": f"{AHEAD:%Y-%m-%d}T09", "clock": "KZ"}}
    tell(visit_of(case, keys), case, "danger", {"urgent": True, "alarm_at": AHEAD.replace(minute=0)}, **told)
    sign_in(client, make_member(house, "KZ"))
    page = page_of(client, case, "/clock")
    for shown in ('name="now" value="1" checked', 'value="torture" checked', f'value="{AHEAD.year}"'):
        assert shown in page
    assert post(client, case, "clock", base="2").status_code == 302
    assert (saved(case).urgent, saved(case).alarm_at) == (False, None)
    assert "Not urgent" in page_of(client, case)


def test_what_is_no_day_is_said_and_kept_and_nothing_changes(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    answer = post(client, case, "clock", now="1", **{**DEADLINE, "deadline-day": "45"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="45"' in page
    assert 'id="deadline-e"' in page
    assert (saved(case).urgent, saved(case).alarm_at) == (False, None)
