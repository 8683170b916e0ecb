"""Quiet hours hold letters back until a member's morning, wherever the member is and whatever the clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from intake.members.quiet import Quiet, due_at, next_at, zone_of

ZONES = {  # of the region, and one whose clocks change
    "Asia/Almaty": 5,
    "Asia/Bishkek": 6,
    "Asia/Dushanbe": 5,
    "Asia/Samarkand": 5,
    "Europe/Berlin": 1,
}
NIGHT = (22 * 60, 7 * 60)


def at(zone: str, *moment: int, fold: int = 0) -> datetime:
    year, month, day, hour, minute = moment
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(("zone", "hours"), ZONES.items())
def test_the_night_is_that_of_the_members_zone(zone: str, hours: int) -> None:
    quiet = Quiet(*NIGHT, zone)
    evening = datetime(2026, 1, 14, 22, 0, tzinfo=UTC) - timedelta(hours=hours)
    morning = datetime(2026, 1, 15, 7, 0, tzinfo=UTC) - timedelta(hours=hours)
    assert due_at(quiet, evening - timedelta(seconds=1), urgent=False) == evening - timedelta(seconds=1)
    assert due_at(quiet, evening, urgent=False) == morning
    assert due_at(quiet, morning - timedelta(hours=5), urgent=False) == morning
    assert due_at(quiet, morning - timedelta(seconds=1), urgent=False) == morning
    assert due_at(quiet, morning, urgent=False) == morning


def test_urgent_letters_come_at_any_hour_and_so_do_all_without_quiet_hours() -> None:
    midnight = at("Asia/Tashkent", 2026, 1, 15, 0, 0)
    assert due_at(Quiet(*NIGHT, "Asia/Tashkent"), midnight, urgent=True) == midnight
    assert due_at(None, midnight, urgent=False) == midnight
    assert due_at(Quiet(0, 0, "Asia/Tashkent"), midnight, urgent=False) == midnight


def test_quiet_hours_within_a_day_end_that_day() -> None:
    quiet = Quiet(12 * 60, 13 * 60 + 30, "Asia/Ashgabat")
    assert due_at(quiet, at("Asia/Ashgabat", 2026, 5, 1, 12, 5), urgent=False) == at(
        "Asia/Ashgabat", 2026, 5, 1, 13, 30
    )
    for outside in ((11, 59), (13, 30), (23, 0)):
        assert due_at(quiet, at("Asia/Ashgabat", 2026, 5, 1, *outside), urgent=False).minute == outside[1]


def test_the_night_in_which_clocks_change_ends_in_the_morning_as_they_show_it() -> None:
    quiet = Quiet(*NIGHT, "Europe/Berlin")
    spring, autumn = at("Europe/Berlin", 2026, 3, 28, 23, 0), at("Europe/Berlin", 2026, 10, 24, 23, 0)
    assert due_at(quiet, spring, urgent=False) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)  # seven, in summer time
    assert due_at(quiet, autumn, urgent=False) == datetime(2026, 10, 25, 6, 0, tzinfo=UTC)  # seven, in winter time
    leapt = due_at(Quiet(22 * 60, 150, "Europe/Berlin"), spring, urgent=False)  # half past two is never shown
    assert spring < leapt <= at("Europe/Berlin", 2026, 3, 29, 3, 30)


def test_an_hour_that_comes_twice_never_sends_a_letter_into_the_past() -> None:
    quiet = Quiet(22 * 60, 150, "Europe/Berlin")
    second = at("Europe/Berlin", 2026, 10, 25, 2, 10, fold=1)
    due = due_at(quiet, second, urgent=False)
    assert due == at("Europe/Berlin", 2026, 10, 25, 2, 30, fold=1)
    assert due > second


@pytest.mark.parametrize("zone", [*ZONES, "America/St_Johns", "Pacific/Apia", "nowhere/at-all", ""])
def test_a_letter_is_due_within_a_day_of_its_moment_and_never_before(zone: str) -> None:
    moment = datetime(2026, 10, 24, 0, 7, tzinfo=UTC)
    while moment < datetime(2026, 10, 27, tzinfo=UTC):
        for minute in (0, 150, 480, 1439):
            due = next_at(minute, moment, zone)
            local = due.astimezone(zone_of(zone))
            assert moment < due <= moment + timedelta(hours=25)
            assert (local.hour, local.minute) == divmod(minute, 60)
        moment += timedelta(minutes=53)
