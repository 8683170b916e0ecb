"""How long a case may wait to be acknowledged before others are called to it.

The wait begins when a case comes, or comes back into the queue. Its first step is due after the time of its desk for
urgent cases, or for others; the steps after that in the same time again where it is urgent, in half of it where it is
not. Where a deadline is ahead, half of what is left until then is enough, if that is sooner. At last the newsroom is
told once a day. Arrivals are kept to ten minutes, so a step may come up to ten minutes early, and never late.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from intake.cases.models import RECEIVED, Case
from intake.cases.paper_models import Escalation
from intake.desks import queries as desks
from intake.extensions import core, db, table

BEGAN = 0  # not a step: a case that came back into the queue waits again
COLLEAGUE, EDITORS, NEWSROOM = 1, 2, 3  # who is called at each step; at those after the last, the newsroom again
AGAIN = timedelta(days=1)


class Patient(Protocol):
    """A desk, or what a letter knows of one: within how many minutes its cases are to be acknowledged."""

    @property
    def urgent_minutes(self) -> int:
        """The urgent ones."""

    @property
    def other_minutes(self) -> int:
        """The others."""


class Wait(NamedTuple):
    """How far a wait has gone: since when, and the last step; ``BEGAN`` before the first."""

    since: datetime
    step: int


def patience(desk: Patient, *, urgent: bool) -> timedelta:
    """Return within which time a desk is to acknowledge a case."""
    return timedelta(minutes=desk.urgent_minutes if urgent else desk.other_minutes)


def due(moment: datetime, within: timedelta, alarm_at: datetime | None) -> datetime:
    """Return when somebody is called: after a time, or after half of what is left until a deadline that is ahead."""
    if alarm_at is None or alarm_at <= moment:
        return moment + within
    return moment + min(within, (alarm_at - moment) / 2)


def due_after(case: Case, desk: Patient, step: int, moment: datetime) -> datetime:
    """Return when the step after one that was taken at a moment is due."""
    if step >= NEWSROOM:
        return moment + AGAIN
    within = patience(desk, urgent=case.urgent)
    return due(moment, within if case.urgent else within / 2, case.alarm_at)


def so_far(case: Case) -> Wait:
    """Return how far the wait of a case has gone."""
    rows = select(Escalation.waiting_since, Escalation.step).where(Escalation.case_id == case.id)
    found = db.session.execute(rows.order_by(Escalation.id.desc()).limit(1)).first()
    return Wait(*found) if found else Wait(case.received_at, BEGAN)


def follow(case: Case, moment: datetime) -> None:
    """Let a case that has a new status wait from now on, or no longer."""
    if case.status == RECEIVED:
        expect(case, moment)
    else:
        case.escalates_at = None


def expect(case: Case, moment: datetime) -> None:
    """Let a case wait that came back into the queue: somebody is to acknowledge it within its desk's time.

    Args:
        case: the case, its row held.
        moment: now.
    """
    rows = table(Escalation)
    dialect = postgresql if core().dialect.name == "postgresql" else sqlite
    began = dialect.insert(rows).values(case_id=case.id, waiting_since=moment, step=BEGAN, at=moment)
    core().execute(began.on_conflict_do_nothing(index_elements=[rows.c.case_id, rows.c.waiting_since, rows.c.step]))
    case.escalates_at = _first(case, moment)
    db.session.flush()


def hasten(case: Case, moment: datetime) -> None:
    """Bring the next step forward for a case that became urgent, or has a deadline now; nothing puts it off."""
    if case.status != RECEIVED:
        return
    sooner = _first(case, moment)
    if case.escalates_at is None or sooner < case.escalates_at:
        case.escalates_at = sooner
        db.session.flush()


def weigh(case: Case, moment: datetime) -> None:
    """Let the next step fit the urgency that a member gave a case, or took from it: the time for that begins now."""
    if case.urgent:
        hasten(case, moment)
    elif case.status == RECEIVED:
        case.escalates_at = _first(case, moment)
        db.session.flush()


def _first(case: Case, moment: datetime) -> datetime:
    desk = desks.known(case.desk_id)
    return due(moment, patience(desk, urgent=case.urgent), case.alarm_at)
