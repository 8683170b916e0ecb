"""The day on which a case is due: set, taken away, and told by letter once it has come."""

from datetime import UTC, date, datetime, time

from sqlalchemy import Select, exists, select

from intake import audit
from intake.cases import assignment, notices, queries
from intake.cases.models import DELETED, Case
from intake.extensions import db
from intake.members.sessions import Visitor
from intake.outbox.models import Letter

LETTER = "due"


class NotYoursError(Exception):
    """The member neither answers for the case nor is an editor."""


def may_set(visitor: Visitor, case: Case) -> bool:
    """Return whether a member may say when a case is due: who answers for it, and editors."""
    return case.assignee_id == visitor.member.id or assignment.may_assign(visitor)


def set_day(visitor: Visitor, reference: str, day: date | None) -> Case:
    """Say on which day a case is due; None for no day.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        NotYoursError: the visitor neither answers for it nor is an editor.
    """
    case = queries.held_for(visitor, reference)
    if not may_set(visitor, case):
        raise NotYoursError
    due_at = datetime.combine(day, time(), UTC) if day else None
    if case.due_at != due_at:
        case.due_at = due_at
        db.session.flush()
        written = day.isoformat() if day else None
        audit.record("case.due", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id, day=written)
    return case


def come(moment: datetime) -> list[int]:
    """Return the numbers of the cases whose day has come, and of which nobody was told yet."""
    return list(db.session.scalars(_come(moment)))


def remind(case_id: int, moment: datetime) -> int:
    """Tell whoever answers for a case, or stands in for them, that its day has come: once for a day.

    Returns:
        How many letters are owed by it: none where another worker was quicker, or the day was changed.
    """
    held = _come(moment).where(Case.id == case_id).with_for_update(skip_locked=True)
    if db.session.scalar(held) is None:
        return 0
    case = db.session.get_one(Case, case_id)
    return notices.due(case, case.due_at) if case.due_at else 0


def _come(moment: datetime) -> Select[int]:
    told = exists().where(Letter.kind == LETTER, Letter.case_id == Case.id, Letter.owed_at == Case.due_at)
    return select(Case.id).where(Case.due_at <= moment, Case.status != DELETED, ~told).order_by(Case.id)
