"""What is overdue: a case that nobody acknowledged within its desk's time, or whose deadline or day has passed."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, false, or_, true

from intake.cases.models import RECEIVED, Case
from intake.cases.statuses import OPEN
from intake.desks import queries as desks
from intake.desks.models import Desk
from intake.extensions import Moment
from intake.members.models import Member


class Times(NamedTuple):
    """Within how many minutes a desk is to acknowledge urgent cases, and others."""

    desk_id: int
    urgent: int
    other: int


def times_of(member: Member) -> tuple[Times, ...]:
    """Return the times of the desks where a member is seated, by number."""
    return tuple(Times(*row) for row in desks.times_of(member))


def unacknowledged(times: Collection[Times]) -> ColumnElement[bool]:
    """Return what is true of the cases of desks that were not acknowledged in time, to be bound by ``moments``."""
    alike: dict[tuple[int, int], list[int]] = {}
    for one in times:
        alike.setdefault((one.urgent, one.other), []).append(one.desk_id)
    found = []
    for (urgent, other), desk_ids in alike.items():
        passed = or_(
            and_(Case.urgent == true(), Case.received_at < _bound(urgent)),
            and_(Case.urgent == false(), Case.received_at < _bound(other)),
        )
        found.append(passed if len(alike) == 1 else and_(Case.desk_id.in_(desk_ids), passed))
    return or_(false(), *found)


def moments(moment: datetime, times: Iterable[Times]) -> dict[str, datetime]:
    """Return the moments by which a statement about what is overdue is bound."""
    minutes = {value for one in times for value in (one.urgent, one.other)}
    return {"now": moment, **{f"before_{value}": moment - timedelta(minutes=value) for value in minutes}}


def among(cases: Iterable[Case], of: Iterable[Desk], moment: datetime) -> set[int]:
    """Return the numbers of those of some cases that are overdue.

    Args:
        cases: the cases.
        of: their desks.
        moment: now.
    """
    patience = {desk.id: (desk.other_minutes, desk.urgent_minutes) for desk in of}
    found = set()
    for case in cases:
        passed = [at for at in (case.alarm_at, case.due_at) if at is not None]
        if case.status == RECEIVED and case.desk_id in patience:
            passed.append(case.received_at + timedelta(minutes=patience[case.desk_id][case.urgent]))
        if case.status in OPEN and any(at < moment for at in passed):
            found.add(case.id)
    return found


def _bound(minutes: int) -> ColumnElement[datetime]:
    return bindparam(f"before_{minutes}", type_=Moment())
