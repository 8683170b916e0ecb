"""Reconciliation: from the cases themselves, whether somebody who is here was told of each, or is still to be told.

It trusts no state that says so: a letter counts that a mail server took and did not give back, or that is owed, and
only if it goes to the newsroom's address or to that of a member who works here, as these are now.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from intake import audit
from intake.cases import notices, waiting
from intake.cases.models import RECEIVED, STATUSES, Case
from intake.cases.statuses import OPEN
from intake.extensions import db
from intake.members.models import Member, working
from intake.outbox import alarms, postmaster
from intake.outbox.models import Bounce, Letter

EVERY = timedelta(hours=1)
FARTHEST = timedelta(days=60)  # no step is due later than that, unless a clock was wrong when it was set
MOST = 1_000  # cases of one round that are mended
_DIGEST = aliased(Letter)  # in which a letter went out


def is_due(moment: datetime) -> bool:
    """Return whether an hour has passed since the last time, or the clock went back behind it."""
    last = postmaster.found().reconciled_at
    return last is None or not last <= moment < last + EVERY


def untold() -> list[int]:
    """Return the numbers of the cases that wait, or are worked on, of which nobody who is here is told."""
    return list(db.session.scalars(_untold().order_by(Case.id).limit(MOST)))


def tell(case_id: int, moment: datetime) -> int:
    """Owe the letters about a case again, if nobody who is here is told of it.

    Returns:
        How many letters are owed by it.
    """
    found = db.session.scalar(_untold().where(Case.id == case_id).with_for_update(of=Case, skip_locked=True))
    if found is None:
        return 0
    case = db.session.get_one(Case, case_id)
    owed = notices.told_again(case, moment, alarms.about(alarms.ADDRESS_BOUNCES))
    audit.record("case.told_again", desk_id=case.desk_id, case_id=case.id)
    return owed


def forgotten(moment: datetime) -> list[int]:
    """Return the numbers of the cases that wait, and to which nobody would ever be called."""
    return list(db.session.scalars(_forgotten(moment).order_by(Case.id).limit(MOST)))


def remember(case_id: int, moment: datetime) -> bool:
    """Let a case wait from now on that waited unnoticed; return whether it did."""
    found = _forgotten(moment).where(Case.id == case_id).with_for_update(skip_locked=True)
    if db.session.scalar(found) is None:
        return False
    waiting.expect(db.session.get_one(Case, case_id), moment)
    return True


def finish(moment: datetime, missing: int) -> None:
    """Write down that letters and cases were compared; raise the alarm where a letter was missing, or end it.

    Args:
        moment: now.
        missing: how many cases lacked one.
    """
    postmaster.note("reconciled_at", moment)
    if missing:
        alarms.raised(alarms.LETTER_MISSING, moment)
    else:
        alarms.end(alarms.LETTER_MISSING, moment)


def tally() -> dict[str, int]:
    """Return how many cases have each status."""
    rows = db.session.execute(select(Case.status, func.count()).group_by(Case.status))
    counts = {status: count for status, count in rows}  # noqa: C416 dict() would not know the types
    return {status: counts[status] for status in _known_first(counts)}


def _known_first(counts: dict[str, int]) -> Sequence[str]:
    return sorted(counts, key=lambda status: (STATUSES.index(status) if status in STATUSES else len(STATUSES), status))


def _untold() -> Select[int]:
    letter = select(Letter.id).outerjoin(Member, Member.id == Letter.member_id)
    letter = letter.where(Letter.case_id == Case.id, Letter.is_canary.is_(False), _to_somebody_here(), _reaches_them())
    return select(Case.id).where(Case.status.in_(OPEN), ~letter.exists())


def _to_somebody_here() -> ColumnElement[bool]:
    """Return what is true of letters to the newsroom, or to a member who works here, at the addresses of today."""
    newsroom = str(current_app.config["NEWSROOM_ADDRESS"]).casefold()
    member = and_(Letter.member_id.is_not(None), working(), func.lower(Letter.address) == func.lower(Member.address))
    return or_(member, and_(Letter.member_id.is_(None), func.lower(Letter.address) == newsroom))


def _reaches_them() -> ColumnElement[bool]:
    """Return what is true of letters that are owed, or were taken and not given back: alone, or in a digest."""
    came_back = exists().where(Bounce.letter_id.in_((Letter.id, Letter.gathered_in_id)), Bounce.permanent.is_(True))
    gone = exists().where(_DIGEST.id == Letter.gathered_in_id, _DIGEST.withdrawn_at.is_not(None))
    return and_(Letter.withdrawn_at.is_(None), ~came_back, ~gone)


def _forgotten(moment: datetime) -> Select[int]:
    astray = or_(Case.escalates_at.is_(None), Case.escalates_at > moment + FARTHEST)
    return select(Case.id).where(Case.status == RECEIVED, astray)
