"""Owing a letter again that was owed before: the same words, under a name of its own."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from intake.extensions import db, table
from intake.outbox.models import Letter

A_MOMENT = timedelta(minutes=10)  # in which nobody means to send a letter again twice
# What is each letter's own; all the rest a copy has, too.
_OWN = frozenset(
    {"id", "message_id", "address", "sealed_address", "owed_at", "due_at", "locked_until", "failures"}
    | {"delivered_at", "withdrawn_at", "gathered_in_id", "is_held", "sealed_report"}
)


def held(number: int) -> Letter | None:
    """Return a letter as it is now, held until the transaction ends: who presses twice at once waits here."""
    found = select(Letter).where(Letter.id == number).with_for_update()
    return db.session.scalar(found.execution_options(populate_existing=True))


def was_copied(letter: Letter, moment: datetime) -> bool:
    """Return whether a later letter says the same to the same, and is owed still, or was owed a moment ago."""
    later = select(Letter.id, Letter.owed_at, Letter.delivered_at).where(
        Letter.id > letter.id,
        Letter.kind == letter.kind,
        Letter.subject == letter.subject,
        Letter.body == letter.body,
        Letter.withdrawn_at.is_(None),
        Letter.case_id.is_not_distinct_from(letter.case_id),
        Letter.member_id.is_not_distinct_from(letter.member_id),
    )
    return any(row.delivered_at is None or row.owed_at > moment - A_MOMENT for row in db.session.execute(later))


def copy(letter: Letter, address: str, moment: datetime) -> None:
    """Owe a letter of the same kind and words, now.

    Args:
        letter: the one that went before.
        address: where its addressee is to be reached today.
        moment: now.
    """
    row = {column.name: getattr(letter, column.name) for column in table(Letter).columns if column.name not in _OWN}
    message_id = f"<{uuid.uuid4()}@{letter.message_id.rpartition('@')[2]}"
    times = {"owed_at": moment, "due_at": moment, "failures": 0}
    db.session.execute(insert(Letter).values(**row, **times, message_id=message_id, address=address))


def hurry(letter: Letter, moment: datetime) -> bool:
    """Let a letter that waits after failures be due at once; return whether it waited."""
    waits = (Letter.id == letter.id, Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    after_failures = (Letter.failures > 0, Letter.due_at > moment)
    hurried = update(Letter).where(*waits, *after_failures).values(due_at=moment)
    return bool(db.session.execute(hurried.returning(Letter.id)).all())
