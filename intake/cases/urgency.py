"""Making a case urgent, or no longer so, with a reason that its desk keeps."""

from dataclasses import dataclass

from intake import audit
from intake.cases import envelope, handover, notices, queries, waiting
from intake.cases.envelope import Envelope
from intake.i18n import now
from intake.members.sessions import Visitor


class DeadlineError(Exception):
    """A deadline is still ahead: it is lifted first, as a new version of the complainant's own answers."""


@dataclass(frozen=True)
class Urgency:
    """A change of urgency ready to be saved."""

    reason: Envelope
    urgent: bool
    member_id: int


def seal_reason(visitor: Visitor, reference: str, reason: str, *, urgent: bool) -> Urgency:
    """Seal why a case is urgent, or no longer so, to its desk.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
    """
    case = queries.living_for(visitor, reference)
    why = envelope.seal(case, queries.NOTE, {"text": reason}, desk_only=True)
    return Urgency(why, urgent, visitor.member.id)


def change(urgency: Urgency) -> None:
    """Save it, and tell the newsroom and the desk: nothing is made less urgent in silence. Twice is harmless.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        DeadlineError: it shall be urgent no more, and its deadline is still ahead.
    """
    case, moment = envelope.held_case(urgency.reason), now()
    if case.urgent == urgency.urgent:
        return
    if not urgency.urgent and case.alarm_at is not None and case.alarm_at > moment:
        raise DeadlineError
    case.urgent = urgency.urgent
    waiting.weigh(case, moment)
    handover.note(case, urgency.reason, urgency.member_id, moment)
    act = "case.made_urgent" if urgency.urgent else "case.made_not_urgent"
    audit.record(act, desk_id=case.desk_id, member_id=urgency.member_id, case_id=case.id)
    notices.urgency_changed(case, moment)
