"""Which statuses a case may have after which, and giving it one, with words for the complainant to read beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from intake import audit
from intake.cases import assignment, envelope, outcome, queries, sign_off, waiting
from intake.cases.envelope import Envelope
from intake.cases.models import (
    ACKNOWLEDGED,
    CHECKING,
    CLOSED,
    DELETED,
    NEEDS_ANSWER,
    NOT_A_COMPLAINT,
    PASSED_ON,
    PUBLISHED,
    RECEIVED,
    Case,
    StatusChange,
)
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor

# What may come after what. Nothing is published that nobody checked, and what is done is taken up again by checking it.
# A question in a message asks for an answer whatever the status; the answer brings back the one before.
NEXT: Mapping[str, tuple[str, ...]] = {
    RECEIVED: (ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, PASSED_ON, CLOSED, NOT_A_COMPLAINT),
    ACKNOWLEDGED: (RECEIVED, CHECKING, NEEDS_ANSWER, PASSED_ON, CLOSED, NOT_A_COMPLAINT),
    CHECKING: (RECEIVED, NEEDS_ANSWER, PUBLISHED, PASSED_ON, CLOSED, NOT_A_COMPLAINT),
    NEEDS_ANSWER: (RECEIVED, CHECKING, PUBLISHED, PASSED_ON, CLOSED, NOT_A_COMPLAINT),
    PUBLISHED: (CHECKING,),
    PASSED_ON: (CHECKING,),
    CLOSED: (CHECKING,),
    NOT_A_COMPLAINT: (CHECKING,),
    DELETED: (),
}
# What a member chooses; the others come by acknowledging, by giving a case up or moving it, and by its deletion.
GIVEN = (CHECKING, NEEDS_ANSWER, PUBLISHED, PASSED_ON, CLOSED, NOT_A_COMPLAINT)
OPEN = frozenset({RECEIVED, ACKNOWLEDGED, CHECKING, NEEDS_ANSWER})
WITH_WORDS = frozenset({PUBLISHED, PASSED_ON, CLOSED, NOT_A_COMPLAINT})  # the link, to whom, why


class NeverPublishError(Exception):
    """The complainant does not allow publication."""


class NotSignedOffError(Exception):
    """It shall be published, and no editor signed off what was checked as it stands."""


class NotAllowedError(Exception):
    """A status does not follow on the one that the case has now, or not without words."""


@dataclass(frozen=True)
class Change:
    """A status ready to be given."""

    envelope: Envelope
    status: str
    member_id: int
    has_words: bool


def offered(status: str) -> tuple[str, ...]:
    """Return the statuses that a member may give a case which has this one."""
    return tuple(following for following in GIVEN if following in NEXT[status])


def asks_words(status: str, following: str) -> bool:
    """Return whether a status needs words after another: the link, to whom, why it is closed or taken up again."""
    return following in WITH_WORDS or status not in OPEN


def seal_status(visitor: Visitor, case: Case, status: str, words: str) -> Change:
    """Seal a status's words to desk and complainant.

    Args:
        visitor: who gives it.
        case: the case.
        status: one of ``GIVEN``.
        words: the link where it was published, to whom it was passed on, why it was closed, or taken up again; else
            empty.

    Raises:
        ValueError: no member gives that status.
    """
    if status not in GIVEN:
        message = f"{status} is no status that a member gives"
        raise ValueError(message)
    return Change(envelope.seal(case, queries.STATUS, {"words": words}), status, visitor.member.id, bool(words))


def give(change: Change) -> None:
    """Save a status. Whoever gives one to a case that nobody acknowledged has taken it up.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        NotAllowedError: it does not follow on the status that the case has now, or not without words.
        NeverPublishError: it is published, though its complainant said: never.
        NotSignedOffError: it is published, and no editor signed off what was checked as it stands.
        werkzeug.exceptions.NotFound: who gives it was locked out meanwhile.
    """
    members.hold_working(change.member_id)
    case = envelope.held_case(change.envelope)
    moment = now()
    if change.status not in NEXT[case.status] or (asks_words(case.status, change.status) and not change.has_words):
        raise NotAllowedError
    if change.status == PUBLISHED and case.not_for_publication:
        raise NeverPublishError
    if change.status == PUBLISHED and not sign_off.stands(case):
        raise NotSignedOffError
    take_up(case, change.member_id, moment)
    put(case, change.status, change.envelope, change.member_id, moment)
    audit.record("case.status", desk_id=case.desk_id, member_id=change.member_id, case_id=case.id, status=change.status)


def take_up(case: Case, member_id: int, moment: datetime) -> bool:
    """Acknowledge a case that somebody works on: they answer for it, unless it was given to a colleague already.

    The case's row is held.

    Returns:
        Whether nobody had acknowledged it.
    """
    if case.status != RECEIVED:
        return False
    case.status, case.acknowledged_at = ACKNOWLEDGED, moment
    case.acknowledged_by_id, case.escalates_at = member_id, None
    if case.assignee_id is None:
        assignment.answer_for(case, member_id)
    return True


def put(case: Case, status: str, words: Envelope, member_id: int, moment: datetime) -> None:
    """Write down that a case has a status from now on."""
    db.session.add(
        StatusChange(
            case_id=case.id,
            member_id=member_id,
            desk_key_id=words.desk_key_id,
            status=status,
            sealed=words.sealed,
            at=moment,
        )
    )
    case.status = status
    waiting.follow(case, moment)
    outcome.begin(case, moment)
    db.session.flush()
