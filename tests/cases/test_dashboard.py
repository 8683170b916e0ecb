"""The dashboard counts rightly, on SQLite and PostgreSQL, and of other desks nothing."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from math import ceil
from random import Random

from flask.testing import FlaskClient
from sqlalchemy import text

from intake.cases import board, dashboard_filter, queue
from intake.cases.board import Board
from intake.cases.dashboard_filter import Choice
from intake.cases.figures import ANSWERING, WAITING
from intake.cases.queue_filter import Filter
from intake.desks import queries as desks
from intake.extensions import db
from intake.i18n import now
from intake.members.models import EDITOR, Member
from tests.cases.counting import acknowledge_after, arrive, code, rate, talk
from tests.factories import House, make_member, sign_in
from tests.many_cases import insert_cases

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read(house: House, member: Member, **asked: str) -> Board:
    """Return the dashboard as a member sees it."""
    visitor = house.visitors[member.id]
    own = board.own_desks(visitor)
    return board.read(visitor, dashboard_filter.read(asked, [desk.id for desk in own], now().date()), own)


def counted(found: Board, name: str) -> dict[str, int | None]:
    """Return the numbers of a series, those that are not nothing."""
    (series,) = [one for one in (*found.series, *found.ratings) if one.name == name]
    return {bar.key: bar.cell.count for bar in series.bars if bar.cell.count != 0}


def lasted(found: Board, name: str | None, kind: str) -> tuple[int, int | None, int | None]:
    """Return of a desk, or of all together, how many took their time, and how many minutes: median, 90th percentile."""
    (times,) = [one for one in found.times if (one.desk.name if one.desk else None) == name]
    median, high = times.medians.get(kind), times.highs.get(kind)
    return times.counts[kind], median, high


def test_weeks_begin_on_monday_in_utc_whatever_the_clocks_of_the_database(app: object, house: House) -> None:
    member = make_member(house, "KZ")
    sunday, monday = datetime(2026, 11, 22, 23, 50, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    arrive("KZ", sunday, monday, monday + HOUR, monday - 8 * DAY)
    arrive("KZ", monday, status="not_a_complaint")
    arrive("KZ", monday + 14 * DAY)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET TIME ZONE 'Asia/Tashkent'"))  # until this transaction is over
    found = read(house, member, period="own", since="2026-11-09", until="2026-11-29")
    assert counted(found, "weeks") == {"2026-11-09": 1, "2026-11-16": 1, "2026-11-23": 2}
    assert found.total.count == 4
    assert counted(read(house, member, period="own", since="2026-11-23", until="2026-11-23"), "weeks") == {
        "2026-11-23": 2
    }


def test_countries_and_languages_and_what_was_deleted(app: object, house: House) -> None:
    member = make_member(house, "KZ", "KG")
    arrive("KZ", *[now() - HOUR] * 3)
    arrive("KG", now() - HOUR, language="en")
    arrive("KG", now() - HOUR, language="", status="deleted")
    found = read(house, member)
    assert counted(found, "countries") == {"KZ": 3, "KG": 2}
    assert counted(found, "languages") == {"ru": 3, "en": 1, "": 1}


def test_medians_and_percentiles_made_by_hand(app: object, house: House) -> None:
    member = make_member(house, "KZ", "KG", "TJ")
    long_ago = now() - 20 * DAY
    acknowledge_after(arrive("KZ", *[long_ago] * 4), [40, 10, 30, 20])
    acknowledge_after(arrive("KG", long_ago), [600])
    arrive("KG", *[long_ago] * 3)  # nobody has acknowledged them
    acknowledge_after(arrive("KZ", long_ago - 300 * DAY), [9999])
    found = read(house, member)
    assert lasted(found, "KZ", WAITING) == (4, 20, 40)
    assert lasted(found, "KG", WAITING) == (1, 600, 600)
    assert lasted(found, "TJ", WAITING) == (0, None, None)
    assert lasted(found, None, WAITING) == (5, 30, 600)
    assert lasted(found, None, ANSWERING) == (0, None, None)
    kg = read(house, member, desk=str(desks.by_name("KG").id))
    assert [times.desk.name for times in kg.times if times.desk] == ["KG"]


def test_percentiles_are_those_of_the_nearest_rank(app: object, house: House) -> None:
    member, minutes = make_member(house, *house.keys, role=EDITOR), dict[str, list[int]]()
    for country, count in {"KZ": 1, "KG": 2, "TJ": 9, "TM": 10, "UZ": 11}.items():
        dice = Random(count)  # noqa: S311 nothing secret
        minutes[country] = [dice.randrange(10, 15) for _ in range(count)]  # many are equal, at one desk and at several
        acknowledge_after(arrive(country, *[now() - 5 * DAY] * count), minutes[country])
    found = read(house, member)
    together = [one for each in minutes.values() for one in each]
    for name, of in [*minutes.items(), (None, together)]:
        right, count = sorted(of), len(of)
        expected = (count, right[ceil(count / 2) - 1], right[ceil(count * 9 / 10) - 1])
        assert lasted(found, name, WAITING) == expected, name


def test_the_answer_is_the_first_message_of_the_desk(app: object, house: House) -> None:
    member = make_member(house, "KZ")
    talk(house, member.id, [(False, 5), (True, 90), (True, 30), (False, 95)])
    talk(house, member.id, [(True, 60)])
    talk(house, member.id, [(False, 7)])
    assert lasted(read(house, member), "KZ", ANSWERING) == (2, 30, 60)


def test_what_stands_at_the_desks_now(app: object, house: House) -> None:
    member, day_ago = make_member(house, "KZ", "KG"), now() - 30 * HOUR
    arrive("KZ", now() - 400 * DAY, day_ago, now())
    arrive("KZ", day_ago, status="checking", due_at=now() - HOUR)
    arrive("KG", now() - 2 * HOUR, urgent=True)
    found = read(house, member, period="4w")
    told = {one.desk.name if one.desk else "all": (one.queued.count, one.overdue.count) for one in found.standing}
    assert told == {"KZ": (3, 3), "KG": (1, 1), "all": (4, 4)}
    since = {one.desk.name if one.desk else "all": one.since for one in found.standing}
    assert since["KZ"] == since["all"] == min(moment for moment in since.values() if moment)
    visitor = house.visitors[member.id]
    assert len(queue.page(visitor, Filter("overdue")).cases) == 4


def test_violations_and_ratings_are_those_of_the_months(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", "KG")
    code("KZ", {"TORTURE": 3, "LGBTI": 2})
    code("KG", {"TORTURE": 4})
    code("KZ", {"CHILD": 9}, month="2019-01")
    rate("KZ", {5: 2, 1: 1})
    rate("KG", {5: 6})
    found = read(house, member)
    assert counted(found, "violations") == {"TORTURE": 7, "LGBTI": 2}
    assert counted(found, "relevance") == {"5": 8, "1": 1}
    sign_in(client, member)
    assert "LGBTI" not in client.get("/desk/dashboard").text, "whoever passes a screen reads no more than a reason"


def everything(found: Board) -> list[object]:
    """Return every number on a dashboard but those of letters."""
    series = [bar.cell.count for one in (*found.series, *found.ratings) for bar in one.bars]
    times = [number for one in found.times for number in (*one.counts.values(), *one.medians.values())]
    standing = [value for one in found.standing for value in (one.queued.count, one.overdue.count, one.since)]
    return [found.total.count, *series, *times, *standing]


def test_another_desks_numbers_are_in_nothing_whatever_is_asked(client: FlaskClient, house: House) -> None:
    member, admin = make_member(house, "KZ"), make_member(house, role=None, is_admin=True)
    acknowledge_after(arrive("KG", *[now() - 3 * DAY] * 8)[:6], [90] * 6)
    code("KG", {"TORTURE": 11})
    rate("KG", {5: 12})
    foreign = desks.by_name("KG").id
    visitor, own = house.visitors[member.id], [desks.by_name("KZ"), desks.by_name("KG")]
    since = now().date() - 30 * DAY
    for chosen in ("", str(foreign)):  # as if the filter had let it through, and the list of own desks
        found = board.read(visitor, Choice(chosen, "own", since, now().date()), own)
        assert not any(everything(found))
    assert not any(everything(read(house, admin)))
    sign_in(client, member)
    for query in (f"?desk={foreign}", f"?desk={foreign}&for=outside", ""):
        page = client.get(f"/desk/dashboard{query}").text
        assert "Cases that arrived: <b>0</b>" in page
        assert "There is no such desk among yours" in page or not query


def test_whoever_is_seated_nowhere_sees_letters_and_no_case(client: FlaskClient, house: House) -> None:
    arrive("KZ", *[now()] * 7)
    sign_in(client, make_member(house, role=None, is_admin=True))
    page = client.get("/desk/dashboard?for=outside").text
    assert "You are seated at no desk" in page
    assert "Delivery of letters" in page
    assert "<svg" not in page
    assert "Kazakhstan" not in page


def test_what_is_forged_in_the_address_is_left_out_with_a_sentence(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    for query, count in (("desk=2&period=<script>&for=all", 3), ("period=own&since=2026-13-01", 1), ("period=4w", 0)):
        answer = client.get(f"/desk/dashboard?{query}")
        assert answer.status_code == 200
        assert answer.text.count('class="flash warning" role="alert"') == count
        assert "<script>" not in answer.text


def test_what_comes_from_the_database_is_no_markup_in_a_chart(client: FlaskClient, house: House) -> None:
    code("KZ", {"<script>alert(1)</script>": 7, "\u202eevil": 2})
    sign_in(client, make_member(house, "KZ"))
    page = client.get("/desk/dashboard").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "style=" not in page
    assert '<svg class="chart bars" role="img" aria-labelledby="violations-t violations-d"' in page
    assert "No case arrived in this period." in page


def test_more_cases_and_desks_cost_no_statement_more(client: FlaskClient, house: House, statements: list[str]) -> None:
    editor, few = make_member(house, *house.keys, role=EDITOR), make_member(house, "KZ")
    asked = set()
    for count, member in ((4, few), (60, editor)):
        for country in ("KZ", "KG", "TJ"):
            insert_cases(count, country)
        browser = client.application.test_client()
        sign_in(browser, member)
        for query in ("", "?for=outside", "?period=year"):
            browser.get("/desk/dashboard")
            statements.clear()
            assert browser.get(f"/desk/dashboard{query}").status_code == 200
            asked.add(len(statements))
    assert len(asked) == 1
    assert max(asked) <= 16


def test_every_number_of_a_chart_stands_in_its_table(client: FlaskClient, house: House) -> None:
    arrive("KZ", *[now() - number * DAY for number in range(1, 60)])
    sign_in(client, make_member(house, "KZ"))
    page = unescape(client.get("/desk/dashboard").text)
    weeks = page.partition('id="weeks-h"')[2].partition("</section>")[0]
    drawn = re.findall(r'<text class="figure"[^>]*>(\d+)<', weeks)
    told = re.findall(r'<td data-label="Number">(\d+)<', weeks)
    assert drawn == told
    assert sum(map(int, told)) == 59
