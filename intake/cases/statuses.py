"""Giving a case a status, with the words that the complainant reads beside it."""

from dataclasses import dataclass
from datetime import datetime

from intake import audit
from intake.cases import envelope, queries
from intake.cases.envelope import Envelope
from intake.cases.models import CHECKING, CLOSED, NEEDS_ANSWER, PASSED_ON, PUBLISHED, RECEIVED, Case, StatusChange
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor

GIVEN = (CHECKING, NEEDS_ANSWER, PUBLISHED, PASSED_ON, CLOSED)  # what a member may choose
WITH_WORDS = frozenset({PUBLISHED, PASSED_ON, CLOSED})  # the link, to whom, why


class NeverPublishError(Exception):
    """The complainant does not allow publication."""


@dataclass(frozen=True)
class Change:
    """A status ready to be given."""

    envelope: Envelope
    status: str
    member_id: int


def seal_status(visitor: Visitor, case: Case, status: str, words: str) -> Change:
    """Seal a status's words to desk and complainant.

    Args:
        visitor: who gives it.
        case: the case.
        status: one of ``GIVEN``.
        words: the link where it was published, to whom it was passed on, why it was closed; else empty.

    Raises:
        ValueError: no member gives that status.
    """
    if status not in GIVEN:
        message = f"{status} is no status that a member gives"
        raise ValueError(message)
    return Change(envelope.seal(case, queries.STATUS, {"words": words}), status, visitor.member.id)


def give(change: Change) -> None:
    """Save a status.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        NeverPublishError: it is published, though its complainant said: never.
        werkzeug.exceptions.NotFound: who gives it was locked out meanwhile.
    """
    members.hold_working(change.member_id)
    case = envelope.held_case(change.envelope)
    moment = now()
    if change.status == PUBLISHED and case.not_for_publication:
        raise NeverPublishError
    if case.status == RECEIVED:
        case.acknowledged_at, case.acknowledged_by_id = moment, change.member_id
    put(case, change.status, change.envelope, change.member_id, moment)
    audit.record("case.status", desk_id=case.desk_id, member_id=change.member_id, case_id=case.id, status=change.status)


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
    db.session.flush()
