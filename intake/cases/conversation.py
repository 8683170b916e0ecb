"""Writing to each other: complainant and desk. Both can read both sides; unread messages are marked."""

from dataclasses import dataclass, field

from sqlalchemy import select, update

from intake import audit
from intake.cases import envelope, notices, queries
from intake.cases.envelope import Envelope
from intake.cases.models import ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, RECEIVED, Case, Message
from intake.cases.visits import Visit
from intake.extensions import db
from intake.i18n import now, to_ten_minutes
from intake.members.sessions import Visitor


@dataclass(frozen=True)
class Words:
    """A message as it was written.

    Attributes:
        text: the message.
        once: a random word of the form: the same form twice is one message.
        signed: the name that a member chose to be shown by; empty for “ACCA journalist”, and for a complainant.
        asks: whether the member waits for an answer.
    """

    text: str = field(repr=False)
    once: str
    signed: str = ""
    asks: bool = False


@dataclass(frozen=True)
class Writing:
    """A message ready to be saved."""

    envelope: Envelope
    once: str
    member_id: int | None
    asks: bool


def seal_message(who: Visit | Visitor, case: Case, words: Words) -> Writing:
    """Seal a message to both sides."""
    sealed = envelope.seal(case, queries.MESSAGE, {"text": words.text, "signed": words.signed})
    return Writing(sealed, words.once, None if isinstance(who, Visit) else who.member.id, words.asks)


def write(writing: Writing) -> bool:
    """Save a message; the other side is told by letter. The same form twice is one message.

    Returns:
        Whether it is new.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
    """
    case = envelope.held_case(writing.envelope)
    if db.session.scalar(select(Message.id).where(Message.case_id == case.id, Message.once == writing.once)):
        return False
    moment = now() if writing.member_id else to_ten_minutes(now())
    db.session.add(
        Message(
            case_id=case.id,
            member_id=writing.member_id,
            desk_key_id=writing.envelope.desk_key_id,
            once=writing.once,
            sealed=writing.envelope.sealed,
            sent_at=moment,
        )
    )
    if writing.member_id is None:
        if case.status == NEEDS_ANSWER:
            case.status = CHECKING
        notices.answered(case, moment)
    else:
        _take_up(case, writing.member_id)
        if writing.asks:
            case.status = NEEDS_ANSWER
    db.session.flush()
    audit.record("case.message", desk_id=case.desk_id, member_id=writing.member_id, case_id=case.id, at=moment)
    return True


def mark_read(who: Visit | Visitor, case: Case) -> None:
    """Note that the other side's messages were read."""
    by_complainant = isinstance(who, Visit)
    theirs = Message.member_id.is_not(None) if by_complainant else Message.member_id.is_(None)
    moment = to_ten_minutes(now()) if by_complainant else now()
    unread = update(Message).where(Message.case_id == case.id, Message.read_at.is_(None), theirs)
    db.session.execute(unread.values(read_at=moment))


def _take_up(case: Case, member_id: int) -> None:
    """Whoever answers has taken the case up."""
    if case.status == RECEIVED:
        case.status, case.acknowledged_at, case.acknowledged_by_id = ACKNOWLEDGED, now(), member_id
        audit.record("case.acknowledged", desk_id=case.desk_id, member_id=member_id, case_id=case.id)
