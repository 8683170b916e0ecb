"""The book of what came in: each message once, known again by a keyed hash. Of whom and with what words, nothing."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import func, insert, select

from intake.extensions import db
from intake.i18n import to_ten_minutes
from intake.outbox import incoming, postmaster, threads
from intake.outbox.models import Arrival, Letter

PURPOSE = "arrival"
BOUNCE, AUTOMATIC, OURS = "bounce", "automatic", "ours"
ANSWER, LONG_ANSWER = "answer", "long_answer"  # the latter has attachments, or words beyond those that were kept
# What nobody took in: it lies in the mailbox until a person looks at it.
STRANGE_BOUNCE, STRANGE_AUTOMATIC, LISTED, SPAM = "strange_bounce", "strange_automatic", "list", "spam"
STRAY_ANSWER, UNREADABLE = "stray_answer", "unreadable"  # the latter is too large, or made to cost too much
LEFT = (STRANGE_BOUNCE, STRANGE_AUTOMATIC, LISTED, SPAM, STRAY_ANSWER, UNREADABLE)
WHOLE = (BOUNCE, AUTOMATIC, ANSWER, threads.COMPLAINT)  # nothing of them is in the mailbox alone


def digest_of(message: EmailMessage, raw: bytes) -> bytes:
    """Return what a message is known again by: a keyed hash of its Message-ID and date, or of all of it.

    The date is in it since there are programs that give each message the same name: another message is not lost.
    """
    name = incoming.header(message, "Message-ID")
    known_by = f"{name}\n{incoming.header(message, 'Date')}" if name else hashlib.sha256(raw).hexdigest()
    return postmaster.digest(PURPOSE, known_by)


def kind_of(digest: bytes) -> str:
    """Return what a message was taken for when it came before; empty where it did not."""
    return db.session.scalar(select(Arrival.kind).where(Arrival.digest == digest)) or ""


def note(digest: bytes, kind: str, moment: datetime, case_id: int | None = None) -> bool:
    """Write down that a message came in.

    Args:
        digest: what it is known again by.
        kind: what it was taken for.
        moment: now; kept to ten minutes.
        case_id: the case that it went to.

    Returns:
        Whether it is new.
    """
    if kind_of(digest):
        return False
    row = insert(Arrival).values(digest=digest, kind=kind, case_id=case_id, at=to_ten_minutes(moment))
    db.session.execute(row)
    return True


def counts(since: datetime, kinds: Collection[str] = LEFT) -> Mapping[str, int]:
    """Return how many messages of each kind came in since ten minutes that began before a moment.

    Args:
        since: the moment.
        kinds: of which kinds; without them, of those that people must look at themselves.
    """
    rows = select(Arrival.kind, func.count()).where(Arrival.at >= to_ten_minutes(since), Arrival.kind.in_(kinds))
    return {kind: count for kind, count in db.session.execute(rows.group_by(Arrival.kind))}  # noqa: C416 dict() would not know the types


def letter_named(names: Collection[str]) -> Letter | None:
    """Return the letter that has one of these Message-IDs, the first of them that is known.

    Args:
        names: Message-IDs, the likeliest first. Ours are drawn at random: only who was sent a letter knows its name.
    """
    rows = db.session.scalars(select(Letter).where(Letter.message_id.in_(names)))
    found = {letter.message_id: letter for letter in rows}
    return next((found[name] for name in names if name in found), None)
