"""Calling others to a case that nobody acknowledged in time: a colleague, the editors, the newsroom; each step once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Select, select

from intake import audit
from intake.audit import AuditEntry
from intake.cases import notices, waiting
from intake.cases.models import RECEIVED, Case
from intake.cases.paper_models import Escalation
from intake.cases.waiting import COLLEAGUE, EDITORS, NEWSROOM, Wait
from intake.desks import cover
from intake.desks import queries as desks
from intake.desks.models import Desk
from intake.desks.routing import destination_at
from intake.extensions import db
from intake.members import queries as members
from intake.members import quiet
from intake.members.models import Member
from intake.outbox import alarms
from intake.outbox.models import Letter

MOST = 100  # cases of one round: the next one comes within a minute
OPENED = "case.opened"


@dataclass(frozen=True)
class Step:
    """A step that was taken: which, when, and the name of whom it called, where it was one member."""

    step: int
    at: datetime
    name: str | None


@dataclass(frozen=True)
class Called:
    """What a desk sees of who was called to a case.

    Attributes:
        steps: the steps that were taken, the newest first.
        next_at: when the next one is due, unless somebody acknowledges the case.
        zone: in which the desk's clocks run.
    """

    steps: list[Step]
    next_at: datetime | None
    zone: tzinfo


@dataclass(frozen=True)
class _Knows:
    """Who has to do with a case since it waits, by number.

    Attributes:
        told: who was told of it by letter.
        opened: who opened it, and did not acknowledge it.
        called: who was called to it alone.
        bouncing: whose letters come back, as alarms say it.
    """

    told: frozenset[int]
    opened: frozenset[int]
    called: frozenset[int]
    bouncing: frozenset[str]


def come(moment: datetime) -> list[int]:
    """Return the numbers of the cases to which somebody is to be called now, the longest due first."""
    return list(db.session.scalars(_come(moment).order_by(Case.escalates_at, Case.id).limit(MOST)))


def call(case_id: int, moment: datetime) -> int:
    """Take the next step of a case: call somebody to it who was not called yet.

    Where a step would call nobody else than who was told before, the one after it is taken at once.

    Args:
        case_id: the case.
        moment: now.

    Returns:
        How many letters are owed by it: none where another worker was quicker, or somebody acknowledged the case.
    """
    held = _come(moment).where(Case.id == case_id).with_for_update(skip_locked=True)
    if db.session.scalar(held) is None:
        return 0
    case = db.session.get_one(Case, case_id, populate_existing=True)
    desk, wait = desks.known(case.desk_id), waiting.so_far(case)
    within = (case.escalates_at or moment) - wait.since
    step, called = _next(case, desk, wait, moment)
    alone = called[0].id if step == COLLEAGUE else None
    db.session.add(Escalation(case_id=case.id, waiting_since=wait.since, step=step, member_id=alone, at=moment))
    case.escalates_at = waiting.due_after(case, desk, step, moment)
    db.session.flush()
    audit.record("case.escalated", desk_id=desk.id, case_id=case.id, step=min(step, NEWSROOM), to=alone)
    to = [notices.called(one, _from(one, desk, moment, urgent=case.urgent)) for one in called]
    return notices.overdue(case, moment, to, step=min(step, NEWSROOM), within=within)


def beside(case: Case) -> Called:
    """Return what the page of a case shows of who was called to it."""
    return Called(_steps_of(case), case.escalates_at, quiet.zone_of(desks.known(case.desk_id).time_zone))


def _steps_of(case: Case) -> list[Step]:
    rows = select(Escalation).where(Escalation.case_id == case.id, Escalation.step > waiting.BEGAN)
    found = db.session.scalars(rows.order_by(Escalation.id.desc())).all()
    names = members.names({row.member_id for row in found}) if found else {}
    return [Step(min(row.step, NEWSROOM), row.at, names.get(row.member_id or 0)) for row in found]


def _come(moment: datetime) -> Select[int]:
    return select(Case.id).where(Case.escalates_at <= moment, Case.status == RECEIVED)


def _next(case: Case, desk: Desk, wait: Wait, moment: datetime) -> tuple[int, list[Member]]:
    """Return the step to be taken, and whom it calls beside the newsroom at the last."""
    knows = _knows(case, wait)
    if wait.step < COLLEAGUE and (colleague := _colleague(case, desk, knows, moment)):
        return COLLEAGUE, [colleague]
    editors = _editors(case, knows, moment)
    if wait.step < EDITORS and editors:
        return EDITORS, editors
    return max(wait.step + 1, NEWSROOM), editors if alarms.NEWSROOM in knows.bouncing else []


def _colleague(case: Case, desk: Desk, knows: _Knows, moment: datetime) -> Member | None:
    """Return another member of a case's desk who is not away, and has not opened it: rather one who is not resting."""
    hear = {one.id for one in destination_at(desk.id).journalists}
    hearing = _reached([member for member in desks.seated_at(desk.id) if member.id in hear], knows)
    if _is_the_same(hearing, knows):
        return None
    passed = knows.opened | knows.called | {case.assignee_id}
    turn = case.id % len(hearing) if hearing else 0  # so that it is not always the same who is called
    free = [member for member in hearing[turn:] + hearing[:turn] if member.id not in passed]

    def rank(member: Member) -> tuple[bool, bool]:
        return _from(member, desk, moment, urgent=case.urgent) > moment, member.id in knows.told

    return min(free, key=rank, default=None)


def _editors(case: Case, knows: _Knows, moment: datetime) -> list[Member]:
    """Return the editors who hear of a case and were not called to it alone."""
    hear = [one.id for one in cover.editors_hearing(case.desk_id, moment)]
    hearing = _reached(members.working_among(hear), knows)
    if _is_the_same(hearing, knows):
        return []
    return [member for member in hearing if member.id not in knows.called]


def _reached(hearing: list[Member], knows: _Knows) -> list[Member]:
    return [member for member in hearing if str(member.id) not in knows.bouncing]


def _is_the_same(hearing: Collection[Member], knows: _Knows) -> bool:
    """Return whether there is nobody to call but the one who was told before: the same one is no other person."""
    return len(hearing) == 1 and all(member.id in knows.told for member in hearing)


def _knows(case: Case, wait: Wait) -> _Knows:
    told = select(Letter.member_id).where(Letter.case_id == case.id, Letter.owed_at >= wait.since)
    opened = select(AuditEntry.member_id).where(AuditEntry.case_id == case.id, AuditEntry.act == OPENED)
    called = select(Escalation.member_id).where(Escalation.case_id == case.id, Escalation.waiting_since == wait.since)
    return _Knows(
        _numbers(told.where(Letter.withdrawn_at.is_(None))),
        _numbers(opened.where(AuditEntry.at >= wait.since)),
        _numbers(called),
        frozenset(alarms.about(alarms.ADDRESS_BOUNCES)),
    )


def _numbers(rows: Select[int | None]) -> frozenset[int]:
    return frozenset(number for number in db.session.scalars(rows) if number is not None)


def _from(member: Member, desk: Desk, moment: datetime, *, urgent: bool) -> datetime:
    """Return from when on a member may get a letter, by the clocks of their own zone, or else of the desk."""
    quiet_hours = quiet.quiet_of(member)
    if quiet_hours is not None and not quiet_hours.zone:
        quiet_hours = quiet_hours._replace(zone=desk.time_zone)
    return quiet.due_at(quiet_hours, moment, urgent=urgent)
