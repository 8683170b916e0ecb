"""Dates that are known in part, and the clock of urgency. In Kazakhstan it is 23 November 2026, 00:30."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from intake.cases.statements import Answers
from intake.followup import blocks
from tests.followup.asking import Filled, fault, page_of, post

DEADLINE = {"deadline-day": "3", "deadline-month": "12", "deadline-year": "2026"}


@pytest.fixture
def database() -> str:
    """Nothing here asks a database."""
    return "sqlite"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("", "", "2024"), "2024"),
        (("", "3", "2024"), "2024-03"),
        (("29", "2", "2024"), "2024-02-29"),
        (("", "", "1900"), "1900"),
        (("", "", "2026"), "2026"),
        (("23", "11", "2026"), "2026-11-23"),
        (("٣", "١٢", "٢٠٢٤"), "2024-12-03"),
        ((" 3 ", "12\0", "2024"), "2024-12-03"),
    ],
)
def test_a_date_may_be_known_in_part(asked: Flask, typed: tuple[str, str, str], kept: str) -> None:
    form = post(asked, "when", zip(("date_from-day", "date_from-month", "date_from-year"), typed, strict=True))
    assert form.errors == {}
    assert form.words()["date_from"] == kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("31", "2", "2024"), "no such date"),
        (("29", "2", "2023"), "no such date"),
        (("0", "1", "2024"), "no such date"),
        (("1", "13", "2024"), "no such date"),
        (("1", "", "2024"), "add the month"),
        (("1", "1", ""), "add the year"),
        (("", "1", ""), "add the year"),
        (("", "", "0"), "from 1900 to 2026"),
        (("", "", "0000"), "from 1900 to 2026"),
        (("", "", "1899"), "from 1900 to 2026"),
        (("", "", "2027"), "from 1900 to 2026"),
        (("", "", "24"), "from 1900 to 2026"),
        (("", "", "-2024"), "from 1900 to 2026"),
        (("", "May", "2024"), "in numbers"),
        (("1e1", "5", "2024"), "in numbers"),
        (("24", "11", "2026"), "still to come"),
        (("", "12", "2026"), "still to come"),
        (("9" * 5000, "1", "2024"), "in numbers"),
    ],
)
def test_a_date_that_cannot_be_is_answered_kindly_and_kept(
    asked: Flask, typed: tuple[str, str, str], words: str
) -> None:
    names = ("date_from-day", "date_from-month", "date_from-year")
    form = post(asked, "when", zip(names, typed, strict=True))
    assert words in fault(form, "date_from")
    fields = Filled(page_of(form)).fields
    assert all(pair in fields for pair in zip(names, typed, strict=True))


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        ("2024-06", "2024", True),
        ("2024", "2024-01-01", True),
        ("2024-06-10", "2024-06", True),
        ("2024-06-10", "2024-06-10", True),
        ("2024-06-10", "2024-06-09", False),
        ("2024-06", "2024-05-31", False),
        ("2024", "2023", False),
    ],
)
def test_partial_dates_are_compared_fairly(asked: Flask, start: str, end: str, *, fits: bool) -> None:
    fields: dict[str, str] = {}
    for name, text in (("date_from", start), ("date_to", end)):
        parts = [*text.split("-"), "", ""]
        fields |= {f"{name}-year": parts[0], f"{name}-month": parts[1], f"{name}-day": parts[2]}
    form = post(asked, "when", fields)
    assert ("date_to" in form.errors) is not fits


@pytest.mark.parametrize(
    ("country", "hour", "alarm"),
    [
        ("KZ", "14", datetime(2026, 12, 3, 9, tzinfo=UTC)),
        ("KZ", "", datetime(2026, 12, 2, 19, tzinfo=UTC)),
        ("KG", "0", datetime(2026, 12, 2, 18, tzinfo=UTC)),
        ("TJ", "5", datetime(2026, 12, 3, tzinfo=UTC)),
        ("TM", "23", datetime(2026, 12, 3, 18, tzinfo=UTC)),
        ("UZ", "14", datetime(2026, 12, 3, 9, tzinfo=UTC)),
        ("other", "14", datetime(2026, 12, 3, 14, tzinfo=UTC)),
    ],
)
def test_the_alarm_is_set_to_the_hour_by_the_clock_of_the_country(
    asked: Flask, country: str, hour: str, alarm: datetime
) -> None:
    form = post(asked, "danger", {**DEADLINE, "deadline-hour": hour}, country)
    assert form.errors == {}
    assert form.answers(0).plain == {"urgent": True, "alarm_at": alarm}
    july = post(
        asked, "danger", {**DEADLINE, "deadline-month": "7", "deadline-year": "2027", "deadline-hour": hour}, country
    )
    assert july.plain()["alarm_at"].hour == alarm.hour, "no clock of ours is put forward in summer"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deadline-day": ""}, "day, month and year"),
        ({"deadline-year": ""}, "day, month and year"),
        ({"deadline-day": "31", "deadline-month": "11"}, "no such date"),
        ({"deadline-year": "27"}, "four digits"),
        ({"deadline-year": "0000"}, "four digits"),
        ({"deadline-year": "9999"}, "two years ahead"),
        ({"deadline-year": "2029"}, "two years ahead"),
        ({"deadline-hour": "24"}, "0 to 23"),
        ({"deadline-hour": "noon"}, "0 to 23"),
        ({"deadline-year": "2025"}, "passed already"),
    ],
)
def test_a_deadline_that_cannot_be_is_answered_kindly(asked: Flask, changes: dict[str, str], words: str) -> None:
    form = post(asked, "danger", {**DEADLINE, **changes})
    assert words in fault(form, "deadline")
    assert ("deadline-year", {**DEADLINE, **changes}["deadline-year"]) in Filled(page_of(form)).fields


def test_an_hour_alone_is_no_deadline(asked: Flask) -> None:
    assert "day, month and year" in fault(post(asked, "danger", {"deadline-hour": "14"}), "deadline")


def test_a_moment_that_has_passed_is_asked_back_once(asked: Flask) -> None:
    past = {**DEADLINE, "deadline-month": "11", "deadline-day": "22", "deadline-hour": "9"}
    assert 'name="passed"' not in page_of(blocks.empty("danger", "KZ", {}))
    form = post(asked, "danger", past)
    assert "deadline" in form.errors
    assert 'name="passed"' in page_of(form)
    kept = post(asked, "danger", past, passed="1")
    assert kept.errors == {}
    assert kept.plain() == {"urgent": False, "alarm_at": datetime(2026, 11, 22, 4, tzinfo=UTC)}
    assert kept.words()["passed"] is True
    assert post(asked, "danger", past, passed="1", now="1").plain()["urgent"] is True
    assert "passed" not in post(asked, "danger", DEADLINE, passed="1").words()


def test_the_hour_that_runs_now_has_not_passed(asked: Flask) -> None:
    """In Kazakhstan it is half past midnight of the 23rd."""
    today = {**DEADLINE, "deadline-month": "11", "deadline-day": "23"}
    assert post(asked, "danger", today).errors == {}
    assert post(asked, "danger", {**today, "deadline-hour": "0"}).errors == {}
    assert "deadline" in post(asked, "danger", {**today, "deadline-day": "22"}).errors


def test_clearing_everything_lifts_urgency_and_alarm(asked: Flask) -> None:
    assert post(asked, "danger").answers(3) == Answers("danger", {}, 3, {"urgent": False, "alarm_at": None})
    told = post(asked, "danger", now="1").answers(3)
    assert told.again
    assert told.plain == {"urgent": True, "alarm_at": None}


def test_who_opens_the_questions_of_an_urgent_case_finds_danger_ticked_and_lifts_nothing_unawares(asked: Flask) -> None:
    unsaid = blocks.empty("danger", "KZ", {}, urgent=True)
    assert post(asked, "danger", Filled(page_of(unsaid)).fields).plain()["urgent"] is True
    explained = blocks.empty("danger", "KZ", {"kinds": ["trial"]}, urgent=True)
    assert explained.words() == {"kinds": ["trial"]}
    assert blocks.empty("danger", "KZ", {}).words() == {}
    assert blocks.empty("consent", "KZ", {}, urgent=True).words() == {}


def test_it_is_said_whose_clock_is_meant(asked: Flask) -> None:
    assert "local time: Kazakhstan" in page_of(blocks.empty("danger", "KZ", {}))
    assert "universal time, UTC" in page_of(blocks.empty("danger", "other", {}))
