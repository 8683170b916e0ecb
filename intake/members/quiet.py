"""Quiet hours: between two minutes of the day, in a time zone, only urgent letters go out."""

import functools
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HOUR = 60  # minutes
DAY = 24 * HOUR


class Quiet(NamedTuple):
    """Quiet hours.

    Attributes:
        from_minute: the minute of the day with which they begin.
        until_minute: that with which they end; a smaller one is of the next morning.
        zone: in which these are meant, by its name in the IANA database.
    """

    from_minute: int
    until_minute: int
    zone: str


class Chooser(Protocol):
    """Whoever has chosen quiet hours, or has not: a member, or what a letter needs to know of one."""

    @property
    def quiet_from(self) -> int | None:
        """With which minute they begin."""

    @property
    def quiet_until(self) -> int | None:
        """With which they end."""

    @property
    def time_zone(self) -> str:
        """In which zone; empty for none in particular."""


def quiet_of(chooser: Chooser) -> Quiet | None:
    """Return the quiet hours that somebody chose, if they chose any."""
    if chooser.quiet_from is None or chooser.quiet_until is None:
        return None
    return Quiet(chooser.quiet_from, chooser.quiet_until, chooser.time_zone)


def due_at(quiet: Quiet | None, moment: datetime, *, urgent: bool) -> datetime:
    """Return when a letter may go out that is owed at a moment: then, or when the quiet hours are over.

    Args:
        quiet: the addressee's quiet hours, if any. Some that end with the minute with which they begin are none.
        moment: when the letter is owed.
        urgent: whether it comes at any hour.
    """
    if urgent or quiet is None:
        return moment
    local = moment.astimezone(zone_of(quiet.zone))
    minute = local.hour * HOUR + local.minute
    began = (minute - quiet.from_minute) % DAY
    if began >= (quiet.until_minute - quiet.from_minute) % DAY:
        return moment
    return next_at(quiet.until_minute, moment, quiet.zone)


def next_at(minute: int, moment: datetime, zone: str) -> datetime:
    """Return the first moment after another at which clocks of a zone show a minute of the day.

    Where clocks go back that may be the second time that they show it; where they leap over it, it is when they would
    have shown it.

    Args:
        minute: the minute of the day.
        moment: after which.
        zone: by its name in the IANA database.
    """
    where = zone_of(zone)
    today = moment.astimezone(where).date()
    shown = time(minute // HOUR, minute % HOUR)
    for later in (0, 1, 2):
        for fold in (0, 1):
            local = datetime.combine(today + timedelta(days=later), shown.replace(fold=fold), where)
            if local.astimezone(UTC) > moment:
                return local.astimezone(UTC)
    message = "no day of any zone lasts so long"
    raise ValueError(message)


@functools.cache
def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name; UTC for none, and for one that this machine does not know."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
