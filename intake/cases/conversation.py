"""Writing to each other: complainant and desk. Both can read both sides; unread messages are marked."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from intake import audit
from intake.cases import dossier, envelope, notices, outcome, queries, statuses
from intake.cases.envelope import Envelope
from intake.cases.models import CHECKING, NEEDS_ANSWER, RECEIVED, Case, Message, StatusChange
from intake.cases.visits import Visit
from intake.extensions import StaleError, db
from intake.i18n import NEVER_SEEN_LANGUAGE, TAGS, now, to_ten_minutes
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.outbox import reminders
from intake.sealing import SealedBytes, digest

LONGEST_MESSAGE = 10_000  # characters
MOST_BYTES = 100_000
LONGEST_ONCE = 64
CONTACT = "contact"  # the block in which a complainant may ask to be reminded
CONSENT = "consent"  # the block in which they may forbid to be contacted


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
class Reminder:
    """Where a complainant asked to be reminded, sealed to the outbox, and in which language."""

    sealed_address: SealedBytes
    language: str


@dataclass(frozen=True)
class Writing:
    """A message ready to be saved; ``once`` is equal for the same words on the same form."""

    envelope: Envelope
    once: str
    member_id: int | None
    question: Envelope | None = None
    reminder: Reminder | None = None
    after: int = 0


def once() -> str:
    """Return a random word for a form, so that one which is sent twice is known again."""
    return secrets.token_urlsafe(16)


def seal_message(who: Visit | Visitor, case: Case, words: Words) -> Writing:
    """Seal a message to both sides; for a member's, find where the complainant asked to be reminded."""
    sealed = envelope.seal(case, queries.MESSAGE, {"text": words.text, "signed": words.signed})
    once = digest(words.once.encode(), {"text": words.text}).hex()
    if isinstance(who, Visit):
        return Writing(sealed, once, None)
    after = queries.statement_count(case)
    question = envelope.seal(case, queries.STATUS, {"words": ""}) if words.asks else None
    return Writing(sealed, once, who.member.id, question, _reminder(who, case), after)


def write(writing: Writing) -> bool:
    """Save a message; the other side is told by letter. The same form twice is one message.

    Returns:
        Whether it is new.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        werkzeug.exceptions.NotFound: the member who writes was locked out meanwhile.
    """
    members.hold_working(writing.member_id)
    case = envelope.held_case(writing.envelope)
    if db.session.scalar(select(Message.id).where(Message.case_id == case.id, Message.once == writing.once)):
        return False
    if writing.reminder and queries.statement_count(case) != writing.after:
        raise StaleError  # the complainant told something: perhaps not to be reminded any more
    moment = now() if writing.member_id else to_ten_minutes(now())
    unread_before = queries.unread_count(case, by_desk=False)
    db.session.add(_row(writing, case, moment))
    if writing.member_id is None:
        leave_question(case)
        notices.answered(case, moment)
    else:
        if statuses.take_up(case, writing.member_id, moment):  # whoever answers has taken the case up
            audit.record("case.acknowledged", desk_id=case.desk_id, member_id=writing.member_id, case_id=case.id)
        if writing.question:
            statuses.put(case, NEEDS_ANSWER, writing.question, writing.member_id, moment)
        if not unread_before:  # one letter until they come back, however much there is to read
            _remind(case, writing.reminder, moment)
    outcome.begin(case, moment)
    db.session.flush()
    audit.record("case.message", desk_id=case.desk_id, member_id=writing.member_id, case_id=case.id, at=moment)
    return True


def leave_question(case: Case) -> None:
    """Put a case that waits for its complainant's answer back where it was before, since they sent something."""
    if case.status == NEEDS_ANSWER:
        case.status = _before_the_question(case)


def mark_read(who: Visit | Visitor, case: Case, shown: Collection[int]) -> None:
    """Note that the other side's messages were read: those that were shown, not one that came meanwhile.

    Args:
        who: who read.
        case: the case.
        shown: the numbers of the messages that were shown.
    """
    by_complainant = isinstance(who, Visit)
    theirs = Message.member_id.is_not(None) if by_complainant else Message.member_id.is_(None)
    moment = to_ten_minutes(now()) if by_complainant else now()
    unread = update(Message).where(Message.case_id == case.id, Message.id.in_(shown), Message.read_at.is_(None), theirs)
    db.session.execute(unread.values(read_at=moment))


def _row(writing: Writing, case: Case, moment: datetime) -> Message:
    return Message(
        case_id=case.id,
        member_id=writing.member_id,
        desk_key_id=writing.envelope.desk_key_id,
        once=writing.once,
        sealed=writing.envelope.sealed,
        sent_at=moment,
    )


def _reminder(visitor: Visitor, case: Case) -> Reminder | None:
    """Return where the complainant asked to be reminded; nowhere if no living code could bring them back."""
    if case.complainant_key_id is None:
        return None
    blocks = dossier.answered(queries.read_statements(case, queries.desk_opens(visitor)))
    newest: dict[str, dict[str, Any]] = {block.block: block.newest.words["answers"] for block in blocks}
    answers = newest.get(CONTACT, {})
    if newest.get(CONSENT, {}).get("contact") == "no":
        return None
    address, language = answers.get("reminder_address"), answers.get("reminder_language")
    if not address:
        return None
    return Reminder(reminders.sealed(address), language if language in TAGS else NEVER_SEEN_LANGUAGE)


def _remind(case: Case, reminder: Reminder | None, moment: datetime) -> None:
    if reminder is not None:
        notices.nudge(case, moment, reminder.sealed_address, reminder.language)


def _before_the_question(case: Case) -> str:
    """Return the status that a case had before its complainant was asked something: what is published stays so."""
    given = select(StatusChange.status).where(StatusChange.case_id == case.id, StatusChange.status != NEEDS_ANSWER)
    before = db.session.scalar(given.order_by(StatusChange.id.desc()).limit(1))
    return CHECKING if before in {None, RECEIVED} else before  # whoever asked has taken it up
