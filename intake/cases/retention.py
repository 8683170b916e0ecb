"""What a case tells ends once its time has come: the desk is warned, may hold it, and then it is destroyed.

The worker does it, which opens nothing: by plain columns alone. Its clock may be wrong, and it may have slept: nothing
is destroyed unless the warning was written down days before, and after a long silence every warning is given anew.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, update

from intake import audit
from intake.cases import deletion, notices
from intake.cases.models import Case, Handover, Message, Statement
from intake.cases.outcome import OUTCOMES
from intake.cases.paper_models import Hold
from intake.desks.models import DeskKey, House, Seat
from intake.evidence.models import File
from intake.extensions import db
from intake.members.models import Member
from intake.outbox.models import Letter

MOST_WARNED = 500  # cases a day
MOST_DESTROYED = 25  # cases in one round of the worker
MOST_AT_ONCE = 500  # rows in one statement
LOOKS_NOTED_EVERY = timedelta(hours=1)
LONGEST_SILENCE = timedelta(days=2)  # between two looks of the worker, before it trusts its clock no more
LETTER = "ending"


@dataclass(frozen=True)
class Tally:
    """How many cases wait for what.

    Attributes:
        to_warn: their end is near, and nobody was warned.
        warned: somebody was, and their day is ahead.
        to_destroy: their day has come.
        held: somebody holds them.
    """

    to_warn: int
    warned: int
    to_destroy: int
    held: int


def look(moment: datetime) -> int:
    """Note that the worker looks at what ends, and void the warnings that are good no longer.

    All are void if it did not look for long: it slept, or its clock jumped, and nobody knows how long desks knew.

    Returns:
        How many are void.
    """
    seen = db.session.execute(select(House.watched_at)).first()
    if seen is None:
        return 0  # nobody made the desks yet
    if seen.watched_at is None or abs(moment - seen.watched_at) >= LOOKS_NOTED_EVERY:
        db.session.execute(update(House).values(watched_at=moment))
    warned = select(Case.id).where(Case.ends_at.is_not(None))
    if seen.watched_at is not None and abs(moment - seen.watched_at) <= LONGEST_SILENCE:
        still_good = warned.where(_is_over(moment + _warning()), ~_holder_is_gone(), *_rests(moment))
        void = list(db.session.scalars(warned.except_(still_good)))
    else:
        void = list(db.session.scalars(warned))
    for first in range(0, len(void), MOST_AT_ONCE):
        some = Case.id.in_(void[first : first + MOST_AT_ONCE])
        db.session.execute(update(Case).where(some).values(warned_at=None, ends_at=None))
    return len(void)


def anything_to_warn_of(moment: datetime) -> bool:
    """Return whether the end of a case is near of which nobody was warned, and no letter about such went out today."""
    return not _warned_on(moment) and db.session.scalar(_to_warn(moment).limit(1)) is not None


def warn(moment: datetime) -> int:
    """Write down when cases end, and tell who answers for them, or else their desks: one letter a member and day.

    Returns:
        Of how many cases.
    """
    db.session.scalar(select(House).with_for_update())  # of two workers the second finds nothing left
    if _warned_on(moment):
        return 0
    near = _to_warn(moment).with_only_columns(Case).order_by(Case.outcome_at, Case.id).limit(MOST_WARNED)
    held = near.with_for_update(of=Case, skip_locked=True)
    cases = list(db.session.scalars(held.execution_options(populate_existing=True)))
    if not cases:
        return 0
    db.session.execute(update(House).values(warned_at=moment))
    for case in cases:
        case.warned_at, case.ends_at = moment, _end_of(case, moment)
        audit.record("case.warned", desk_id=case.desk_id, case_id=case.id, day=case.ends_at.date().isoformat())
    db.session.flush()
    notices.ending(cases, moment)
    return len(cases)


def due(moment: datetime) -> list[int]:
    """Return the numbers of cases whose day has come: a few, the first of them first."""
    return list(db.session.scalars(_due(moment).order_by(Case.ends_at, Case.id).limit(MOST_DESTROYED)))


def destroy(case_id: int, moment: datetime) -> bool:
    """Destroy the content of a case whose day has come; its tombstone stays.

    Returns:
        Whether it was destroyed: not if something was written in it or somebody holds it by now, or another worker is
        at it.

    Raises:
        OSError: its files could not be removed; nothing else was.
    """
    held = select(Case).where(Case.id == case_id).with_for_update(skip_locked=True)
    case = db.session.scalar(held.execution_options(populate_existing=True))
    if case is None or db.session.scalar(_due(moment).where(Case.id == case_id)) is None:
        return False
    status = case.status
    deletion.bury(case)
    audit.record("case.expired", desk_id=case.desk_id, case_id=case.id, reason="retention", status=status)
    return True


def tally(moment: datetime) -> Tally:
    """Return how many cases wait for what, changing nothing."""
    warned = select(Case.id).where(Case.ends_at > moment)
    held = select(Case.id).where(Case.status.in_(OUTCOMES), _is_held())
    counted = [_count(one) for one in (_to_warn(moment), warned, _due(moment), held)]
    return Tally(*counted)


def days_kept(status: str) -> int | None:
    """Return for how many days what a case tells is kept after an outcome; None for ever, or while it is open."""
    kept: int | None = current_app.config["KEEP_DAYS"].get(status)
    return kept


def _count(found: Select[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _to_warn(moment: datetime) -> Select[int]:
    near = select(Case.id).where(Case.ends_at.is_(None), _is_over(moment + _warning()))
    return near.where(*_rests(moment))


def _due(moment: datetime) -> Select[int]:
    """Return what chooses the cases whose day has come by every time that is written down."""
    warned = select(Case.id).where(Case.ends_at <= moment, Case.warned_at <= moment - _warning())
    return warned.where(_is_over(moment), ~_warning_is_owed(), ~_holder_is_gone(), *_rests(moment))


def _rests(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what is true of a case with which nobody has anything to do any more, and in which nothing is unread."""
    unread = (
        exists().where(Statement.case_id == Case.id, Statement.read_at.is_(None), Statement.member_id.is_(None)),
        exists().where(Message.case_id == Case.id, Message.read_at.is_(None), Message.member_id.is_(None)),
        exists().where(File.case_id == Case.id, File.read_at.is_(None)),
    )
    newer = (
        exists().where(Statement.case_id == Case.id, Statement.received_at > Case.outcome_at),
        exists().where(Message.case_id == Case.id, Message.sent_at > Case.outcome_at),
        exists().where(File.case_id == Case.id, File.received_at > Case.outcome_at),
    )
    offered = exists().where(Handover.case_id == Case.id, Handover.answered_at.is_(None))
    return (
        Case.status.in_(OUTCOMES),
        Case.acknowledged_at.is_not(None),
        Case.deletion_asked_at.is_(None),
        or_(Case.due_at.is_(None), Case.due_at <= moment),
        *(~one for one in (*unread, *newer, offered, _is_held())),
    )


def _is_held() -> ColumnElement[bool]:
    return exists().where(Hold.case_id == Case.id, Hold.ended_at.is_(None))


def _is_over(moment: datetime) -> ColumnElement[bool]:
    """Return what is true of a case whose time is over at a moment."""
    ends: list[ColumnElement[bool]] = [
        and_(Case.status == status, Case.outcome_at <= moment - timedelta(days=days))
        for status, days in _config("KEEP_DAYS").items()
        if days is not None
    ]
    return or_(false(), *ends)


def _warning_is_owed() -> ColumnElement[bool]:
    """Return what is true of a case while a letter of its warning has not arrived, at its desk or at the newsroom."""
    seated = select(Seat.member_id).join(DeskKey, DeskKey.id == Seat.desk_key_id)
    at_desk = seated.where(DeskKey.desk_id == Case.desk_id, DeskKey.replaced_at.is_(None)).correlate(Case)
    return exists().where(
        Letter.delivered_at.is_(None),
        Letter.withdrawn_at.is_(None),
        Letter.kind == LETTER,
        Letter.owed_at == Case.warned_at,
        or_(Letter.member_id.is_(None), Letter.member_id.in_(at_desk)),
    )


def _holder_is_gone() -> ColumnElement[bool]:
    """Return what is true of a case if who answers for it was locked out or left since they were warned."""
    since = or_(Member.locked_at >= Case.warned_at, Member.left_at >= Case.warned_at)
    return exists().where(Member.id == Case.assignee_id, since)


def _warned_on(moment: datetime) -> bool:
    warned_at = db.session.scalar(select(House.warned_at))
    return warned_at is not None and warned_at.date() == moment.date()


def _end_of(case: Case, moment: datetime) -> datetime:
    """Return when a case ends of which its desk is warned now: at the beginning of a day."""
    kept = timedelta(days=days_kept(case.status) or 0)
    end = max((case.outcome_at or moment) + kept, moment + _warning())
    midnight = datetime.combine(end.date(), time(), UTC)
    return midnight if midnight == end else midnight + timedelta(days=1)


def _warning() -> timedelta:
    return timedelta(days=_config("KEEP_WARNING_DAYS"))


def _config(name: str) -> Any:  # noqa: ANN401 Flask knows no types of its settings
    return current_app.config[name]
