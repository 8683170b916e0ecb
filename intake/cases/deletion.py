"""Deleting a case: the complainant asks and sees it no more; after some days what it told is destroyed.

The days are there because a captor may hold the code: the desk sees that deletion was asked, and may keep the case.
"""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Select, delete, select, update

from intake import audit
from intake.cases import fact_pages, links, merges, notices, outcome, queries, search_pages, visits
from intake.cases.models import (
    DELETED,
    Case,
    CaseLabel,
    ComplainantKey,
    Feedback,
    Handover,
    Message,
    Note,
    Presence,
    Scribble,
    Statement,
    StatusChange,
)
from intake.cases.paper_models import Coding, Escalation, FileRedaction, Hold, Redaction, SignOff, Verification
from intake.cases.visits import Visit
from intake.evidence import remove
from intake.extensions import db
from intake.i18n import now, to_ten_minutes
from intake.members.sessions import Visitor
from intake.outbox import certificates, reminders

_PAPERS = (  # what the desk worked out, who was called
    *(Coding, Verification, SignOff, Redaction, FileRedaction),
    *(Hold, Escalation),
)
REASONS = ("forced", "stranger")  # why a desk keeps a case whose deletion was asked


def ask(visit: Visit) -> Case:
    """Ask for deletion: the code finds nothing from now on, and the desk is told.

    Raises:
        visits.DeadCodeError: the code died meanwhile.
    """
    db.session.execute(select(Case.id).where(Case.id == visit.case.id).with_for_update())
    case = visits.living(visit)
    moment = to_ten_minutes(now())
    case.deletion_asked_at = moment
    outcome.void_warning(case)
    _let_code_die(case)
    audit.record("case.deletion_asked", desk_id=case.desk_id, case_id=case.id, at=moment)
    notices.deletion_asked(case, moment)
    return case


def keep(visitor: Visitor, reference: str, reason: str) -> Case:
    """Keep a case whose deletion was asked, since it was not the complainant who asked, or not freely.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        ValueError: the reason is none of ``REASONS``.
    """
    if reason not in REASONS:
        message = f"{reason} is no reason to keep a case"
        raise ValueError(message)
    case = queries.case_for(visitor, reference)
    kept = db.session.execute(
        update(Case)
        .where(Case.id == case.id, Case.deletion_asked_at.is_not(None), Case.status != DELETED)
        .values(deletion_asked_at=None)
        .returning(Case.id)
    ).one_or_none()
    if kept is not None:
        audit.record("case.kept", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id, reason=reason)
    return case


def destroyed_at(case: Case) -> datetime | None:
    """Return when a case's content will be destroyed, if that was asked."""
    return case.deletion_asked_at + _delay() if case.deletion_asked_at else None


def due(moment: datetime) -> list[int]:
    """Return the numbers of the cases whose days have passed."""
    return list(db.session.scalars(_due(moment)))


def destroy(case_id: int, moment: datetime) -> bool:
    """Destroy the content of a case whose days have passed; a tombstone stays: reference, country, dates.

    Returns:
        Whether it was destroyed: not if the desk kept it meanwhile, or another worker is at it.

    Raises:
        OSError: its files could not be removed; nothing else was.
    """
    held = _due(moment).where(Case.id == case_id).with_for_update(skip_locked=True)
    if db.session.scalar(held) is None:
        return False
    case = db.session.get_one(Case, case_id)
    bury(case)
    audit.record("case.destroyed", desk_id=case.desk_id, case_id=case.id)
    return True


def bury(case: Case) -> None:
    """Destroy the content of a case: its code opens nothing, and a tombstone stays. The case's row is held.

    Raises:
        OSError: its files could not be removed; nothing else was.
    """
    remove.destroy(case.id)
    # Presence first, as whoever opens a case does it: in the same order nobody waits in a knot.
    for rows in (Presence, Statement, Message, StatusChange, Feedback, Note, Scribble, Handover, CaseLabel, *_PAPERS):
        db.session.execute(delete(rows).where(rows.case_id == case.id))
    merges.forget(case.id)
    links.forget(case.id)
    search_pages.forget(case.id)
    fact_pages.forget(case.id)
    _let_code_die(case)
    case.status, case.language, case.channel, case.detected = DELETED, "", "", None
    case.urgent, case.reachable, case.not_for_publication, case.alarm_at = False, False, True, None
    case.assignee_id, case.due_at, case.outcome_at, case.escalates_at = None, None, None, None
    outcome.void_warning(case)
    db.session.flush()


def _let_code_die(case: Case) -> None:
    """Let a case's code open nothing any more: its tag stays, so that it does not come alive again."""
    key_id, case.complainant_key_id = case.complainant_key_id, None
    db.session.flush()
    db.session.execute(update(ComplainantKey).where(ComplainantKey.id == key_id).values(recipient=""))
    visits.end_all(case.id)
    reminders.forget(case.id, now())
    certificates.drop_reports(case.id)


def _due(moment: datetime) -> Select[int]:
    return select(Case.id).where(
        Case.deletion_asked_at.is_not(None), Case.deletion_asked_at <= moment - _delay(), Case.status != DELETED
    )


def _delay() -> timedelta:
    return timedelta(days=current_app.config["DELETE_AFTER_DAYS"])
