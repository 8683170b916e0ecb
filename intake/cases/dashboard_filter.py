"""The filter of the dashboard: which desk, which days, and for whom. The page's address says all of it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from intake.cases.queue_filter import EARLIEST, LATEST

OWN, OUTSIDE = "own", "outside"
USUAL = "13w"
WEEKS = {"4w": 4, USUAL: 13, "year": 52}  # of a period: this week and so many before it, from Monday
PERIODS = (*WEEKS, OWN)
MOST_DAYS = 1100  # of own dates: three years; more weeks than that stand in no chart
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Choice:
    """What of the figures is shown.

    Attributes:
        desk: the number of one desk; empty for all where whoever asks is seated.
        period: one of ``PERIODS``.
        since: the first day, in UTC.
        until: the last one.
        outside: whether it is to be shown outside of the house: small numbers are hidden.
        ignored: the names of what stood in the address and means nothing here.
    """

    desk: str
    period: str
    since: date
    until: date
    outside: bool = False
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def given(self) -> dict[str, str]:
        """What an address carries of it, except for whom."""
        days = {"since": self.since.isoformat(), "until": self.until.isoformat()} if self.period == OWN else {}
        return {**({"desk": self.desk} if self.desk else {}), "period": self.period, **days}

    @property
    def begins(self) -> datetime:
        """The moment from which cases are counted."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The moment before which they are counted."""
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)

    @property
    def mondays(self) -> list[date]:
        """The days on which its weeks begin (ISO 8601)."""
        first = monday(self.since)
        return [first + WEEK * number for number in range((monday(self.until) - first).days // 7 + 1)]

    @property
    def months(self) -> tuple[str, str]:
        """The first month of which a day is in the period, and the last one."""
        return f"{self.since:%Y-%m}", f"{self.until:%Y-%m}"


def monday(of: date) -> date:
    """Return the day on which the week of a day begins."""
    return of - timedelta(days=of.weekday())


def read(args: Mapping[str, str], desk_ids: Collection[int], today: date) -> Choice:
    """Return what an address asks for; what means nothing here is left out, and named.

    Args:
        args: the parameters of the address.
        desk_ids: the desks where whoever asks is seated.
        today: the day, in UTC.
    """
    given = {name: value for name in ("desk", "period", "for") if (value := args.get(name))}
    known: dict[str, Collection[str]] = {"desk": [str(number) for number in desk_ids], "period": PERIODS}
    known["for"] = (OUTSIDE,)
    ignored = [name for name, value in given.items() if value not in known[name]]
    good = {name: value for name, value in given.items() if name not in ignored}
    period, last = good.get("period", USUAL), today
    first = monday(today) - WEEK * (WEEKS.get(period, 1) - 1)
    if period == OWN or _typed_days(args, period, (first, last)):
        days = _own_days(args, today)
        if isinstance(days, str):
            ignored.append(days)
            period, first = USUAL, monday(today) - WEEK * (WEEKS[USUAL] - 1)
        else:
            period, first, last = OWN, *days
    return Choice(good.get("desk", ""), period, first, last, "for" in good, tuple(ignored))


def _typed_days(args: Mapping[str, str], period: str, days: tuple[date, date]) -> bool:
    """Return whether days were typed while the choice of a period beside them, ``was``, was left as it stood."""
    typed = args.get("since", ""), args.get("until", "")
    return args.get("was") == period and any(typed) and typed != tuple(day.isoformat() for day in days)


def _own_days(args: Mapping[str, str], today: date) -> tuple[date, date] | str:
    """Return the first and the last day of own dates, or the name of what is wrong with them."""
    since, until = _day(args.get("since", "")), _day(args.get("until") or today.isoformat())
    if since is None or until is None:
        return "since" if since is None else "until"
    return (since, until) if 0 <= (until - since).days < MOST_DAYS else "days"


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST and len(text) == len("2026-01-01") else None
