"""Within which time a desk is to acknowledge its cases, and in which time zone its clocks run."""

import functools
from typing import NamedTuple
from zoneinfo import available_timezones

from werkzeug.exceptions import NotFound

from intake import audit
from intake.desks import queries
from intake.desks.models import Desk
from intake.extensions import db
from intake.members import queries as members
from intake.members.models import EDITOR
from intake.members.sessions import Visitor
from intake.reference.countries import TIME_ZONES

HOUR = 60  # minutes
# Arrivals are kept to ten minutes: less than a quarter of an hour would be over before a letter is read.
LEAST_URGENT, MOST_URGENT = 15, 24 * HOUR  # minutes
LEAST_OTHER, MOST_OTHER = 1, 14 * 24  # hours
OF_REGION = ("UTC", *sorted(TIME_ZONES.values()))


class Times(NamedTuple):
    """Within how many minutes urgent cases and others are to be acknowledged, and the zone by its IANA name."""

    urgent_minutes: int
    other_minutes: int
    time_zone: str


@functools.cache
def other_zones() -> tuple[str, ...]:
    """Return the other time zones that this machine knows by the names of places."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return tuple(sorted(set(places) - set(OF_REGION)))


def is_zone(name: str) -> bool:
    """Return whether a time zone can be chosen."""
    return name in OF_REGION or name in other_zones()


def desk_for(visitor: Visitor, desk_id: int) -> Desk:
    """Return a desk whose times the visitor may set: an editor of one where they are seated, an admin of every one.

    Raises:
        werkzeug.exceptions.NotFound: there is no such desk, or it is none of the visitor's business.
    """
    member = visitor.member
    desk = queries.desk(desk_id)
    if desk is None or not (member.is_admin or member.role == EDITOR):
        raise NotFound
    return desk if member.is_admin else queries.desk_for(member, desk_id)


def change(visitor: Visitor, desk_id: int, times: Times) -> Desk:
    """Set a desk's times. A case that waits keeps the time that it came with.

    Raises:
        werkzeug.exceptions.NotFound: there is no such desk, or it is none of the visitor's business any more.
        ValueError: the times are not within their bounds, or there is no such zone.
    """
    members.hold_working(visitor.member.id)
    desk = desk_for(visitor, desk_id)
    if not _is_within_bounds(times):
        message = f"no desk has times such as {times}"
        raise ValueError(message)
    if times == Times(desk.urgent_minutes, desk.other_minutes, desk.time_zone):
        return desk
    desk.urgent_minutes, desk.other_minutes, desk.time_zone = times
    db.session.flush()
    audit.record(
        "desk.times_changed",
        desk_id=desk.id,
        member_id=visitor.member.id,
        urgent=times.urgent_minutes,
        other=times.other_minutes,
        zone=times.time_zone,
    )
    return desk


def _is_within_bounds(times: Times) -> bool:
    urgent = LEAST_URGENT <= times.urgent_minutes <= MOST_URGENT
    other = LEAST_OTHER * HOUR <= times.other_minutes <= MOST_OTHER * HOUR
    return urgent and other and times.urgent_minutes <= times.other_minutes and is_zone(times.time_zone)
