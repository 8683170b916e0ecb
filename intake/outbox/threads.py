"""People's mails, known again by keyed hashes: each is taken in once, and what answers one finds the case of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from intake.extensions import core, db, table
from intake.outbox import postmaster
from intake.outbox.models import Arrival, Letter

COMPLAINT = "complaint"  # a mail that is kept, all of it
LONG_COMPLAINT = "long_complaint"  # one of which something is in the mailbox alone
THREAD = "thread"  # no message of its own: by what others name one in their References
ANSWERED = "answered"  # nor this: that an address was answered within the day
MAIL_RECEIVED = "mail_received"  # the kind of letter that answers one who wrote
ANSWERED_FOR = timedelta(days=1)
_ROWS = table(Arrival)


class Before(NamedTuple):
    """What became of a mail that was taken in before."""

    kind: str
    case_id: int | None


def named(message_id: str) -> bytes:
    """Return what knows a mail again by which others answer it.

    Args:
        message_id: its Message-ID.
    """
    return postmaster.digest(THREAD, message_id)


def begin(digest: bytes, kind: str, moment: datetime, case_id: int | None = None) -> int | None:
    """Write down that a message came in; of two workers at once the second waits for the first.

    Args:
        digest: what knows it again.
        kind: what it is taken for.
        moment: when; a complainant's acts to ten minutes.
        case_id: the case that it went to.

    Returns:
        The number of its row, or None if it was taken in before.
    """
    rows = core()
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    new = dialect.insert(_ROWS).values(digest=digest, kind=kind, at=moment, case_id=case_id)
    number: int | None = rows.scalar(new.on_conflict_do_nothing(index_elements=["digest"]).returning(_ROWS.c.id))
    return number


def name(digest: bytes, case_id: int, moment: datetime) -> None:
    """Let what answers a mail find its case; a name that mails of two cases have leads to neither.

    There are programs that give each mail the same name, and one person's words must not get to another.
    """
    if begin(digest, THREAD, moment, case_id) is None:
        doubtful = update(Arrival).where(Arrival.digest == digest, Arrival.case_id != case_id)
        db.session.execute(doubtful.values(case_id=None))


def went_to(arrival_id: int, case_id: int) -> None:
    """Write down to which case a mail went."""
    db.session.get_one(Arrival, arrival_id).case_id = case_id
    db.session.flush()


def before(digest: bytes) -> Before | None:
    """Return what became of a mail, if it was taken in before."""
    row = db.session.execute(select(Arrival.kind, Arrival.case_id).where(Arrival.digest == digest)).one_or_none()
    return Before(*row) if row else None


def case_answered(message_ids: Iterable[str]) -> int | None:
    """Return the number of the case that a mail belongs to: the newest to which one that it answers went.

    Args:
        message_ids: the Message-IDs that it says it answers, of people's mails or of the letter that answered them.
    """
    asked = list(message_ids)
    theirs = select(Arrival.case_id).where(Arrival.digest.in_(map(named, asked)), Arrival.kind == THREAD)
    ours = select(Letter.case_id).where(Letter.message_id.in_(asked), Letter.kind == MAIL_RECEIVED)
    found = [*db.session.scalars(theirs), *db.session.scalars(ours)] if asked else []
    return max((case_id for case_id in found if case_id is not None), default=None)


def may_answer(mark: bytes, moment: datetime) -> bool:
    """Return whether an address was not answered within the day; from now on it was. The marks of days before go.

    Args:
        mark: what knows the address again for this day.
        moment: now.
    """
    db.session.execute(delete(Arrival).where(Arrival.kind == ANSWERED, Arrival.at < moment - ANSWERED_FOR))
    return begin(mark, ANSWERED, moment) is not None
