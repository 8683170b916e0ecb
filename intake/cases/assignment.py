"""Who answers for a case: a member takes one that nobody answers for, and an editor gives it to a colleague."""

from sqlalchemy import update
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import notices, queries
from intake.cases.models import Case, Handover
from intake.desks import queries as desks
from intake.extensions import db
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor


class TakenError(Exception):
    """Somebody else answers for the case than the page said."""


class NobodyError(Exception):
    """Who shall answer for the case is no colleague who works here and is seated at its desk."""


def may_assign(visitor: Visitor) -> bool:
    """Return whether a member may give the cases of their desks to others."""
    return visitor.member.role == EDITOR


def may_take(case: Case, colleagues: list[Member]) -> bool:
    """Return whether nobody answers for a case who can open it.

    Args:
        case: the case.
        colleagues: who is seated at its desk.
    """
    return case.assignee_id not in {member.id for member in colleagues}


def take(visitor: Visitor, reference: str) -> Case:
    """Answer for a case that nobody answers for, or nobody who is seated at its desk any more. Twice is harmless.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        TakenError: somebody answers for it.
    """
    case = queries.held_for(visitor, reference)
    if case.assignee_id == visitor.member.id:
        return case
    if not may_take(case, desks.seated_at(case.desk_id)):
        raise TakenError
    answer_for(case, visitor.member.id)
    _record(case, visitor, visitor.member.id)
    return case


def assign(visitor: Visitor, reference: str, member_id: int, before_id: int | None) -> Case:
    """Give a case to a colleague, who hears of it by letter.

    Args:
        visitor: an editor seated at its desk.
        reference: the case.
        member_id: who shall answer for it.
        before_id: who answered for it when the page was made: of two who assign at once, the second is told.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or they may not assign.
        NobodyError: no such colleague is seated at its desk.
        TakenError: somebody else answers for it by now.
    """
    case = queries.held_for(visitor, reference)
    if not may_assign(visitor):
        raise NotFound
    if case.assignee_id == member_id:
        return case
    if case.assignee_id != before_id:
        raise TakenError
    member = colleague(case, member_id)
    answer_for(case, member.id)
    _record(case, visitor, member.id)
    if member.id != visitor.member.id:
        notices.to_member("assigned", case, now(), member)
    return case


def colleague(case: Case, member_id: int) -> Member:
    """Return a member who may answer for a case: who works here and is seated at its desk.

    Raises:
        NobodyError: there is none such.
    """
    found = next((member for member in desks.seated_at(case.desk_id) if member.id == member_id), None)
    if found is None:
        raise NobodyError
    return found


def answer_for(case: Case, member_id: int | None) -> None:
    """Let a member answer for a case from now on, or nobody; what was offered by who did before is off.

    Args:
        case: the case, its row held.
        member_id: who, if anybody.
    """
    case.assignee_id = member_id
    open_offers = update(Handover).where(Handover.case_id == case.id, Handover.answered_at.is_(None))
    db.session.execute(open_offers.values(answered_at=now()))
    db.session.flush()


def _record(case: Case, visitor: Visitor, member_id: int) -> None:
    audit.record(
        "case.assigned", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id, assignee=member_id
    )
