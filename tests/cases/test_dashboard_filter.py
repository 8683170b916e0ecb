"""What the address of the dashboard may ask for."""

from datetime import date

import pytest

from intake.cases import dashboard_filter

TODAY = date(2026, 11, 25)  # a Wednesday


@pytest.mark.parametrize(
    ("asked", "ignored"),
    [
        ({"desk": "2"}, ("desk",)),
        ({"desk": "1 OR 1=1"}, ("desk",)),
        ({"desk": "１"}, ("desk",)),
        ({"period": "<script>"}, ("period",)),
        ({"period": "own"}, ("since",)),
        ({"period": "own", "since": "2026-02-30"}, ("since",)),
        ({"period": "own", "since": "20260101"}, ("since",)),
        ({"period": "own", "since": "2026-01-01", "until": "99999-01-01"}, ("until",)),
        ({"period": "own", "since": "2026-01-02", "until": "2026-01-01"}, ("days",)),
        ({"period": "own", "since": "2019-01-01", "until": "2026-01-01"}, ("days",)),
        ({"for": "everybody"}, ("for",)),
    ],
)
def test_what_is_forged_is_left_out_and_named(asked: dict[str, str], ignored: tuple[str, ...]) -> None:
    found = dashboard_filter.read(asked, [1], TODAY)
    assert found.ignored == ignored
    assert (found.desk, found.period, found.outside) == ("", "13w", False)
    assert (found.since, found.until) == (date(2026, 8, 31), TODAY)


def test_days_that_were_typed_count_without_another_press() -> None:
    typed = {"period": "13w", "was": "13w", "since": "2026-11-02", "until": "2026-11-08"}
    found = dashboard_filter.read(typed, [], TODAY)
    assert (found.period, found.since, found.until) == ("own", date(2026, 11, 2), date(2026, 11, 8))
    assert found.given == {"period": "own", "since": "2026-11-02", "until": "2026-11-08"}
    assert dashboard_filter.read({**typed, "was": "own"}, [], TODAY).period == "13w", "the period was chosen anew"
    four = dashboard_filter.read({"period": "4w"}, [], TODAY)
    assert (four.since, len(four.mondays)) == (date(2026, 11, 2), 4)
    assert len(dashboard_filter.read({"period": "year"}, [], TODAY).mondays) == 52
