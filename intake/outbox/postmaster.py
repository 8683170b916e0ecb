"""What is kept of the post once for all: its key, and when the worker did what."""

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import or_, select, update

from intake.extensions import db
from intake.outbox.models import Postmaster

_ROW = 1


def begin() -> None:
    """Make the key of the post, unless it is there."""
    if db.session.get(Postmaster, _ROW) is None:
        db.session.add(Postmaster(id=_ROW, key=secrets.token_bytes(32)))
        db.session.flush()


def found() -> Postmaster:
    """Return what is kept.

    Raises:
        LookupError: ``flask init`` was not run.
    """
    row = db.session.get(Postmaster, _ROW)
    if row is None:
        message = "this instance is not set up: run flask init"
        raise LookupError(message)
    return row


def digest(purpose: str, text: str) -> bytes:
    """Return a hash of a text that nobody makes without the key of this post (HMAC-SHA256, RFC 2104).

    Args:
        purpose: what it is for, so that one for another purpose is no good here.
        text: the text, such as a Message-ID.
    """
    return hmac.digest(found().key, f"{purpose}\0{text}".encode(), hashlib.sha256)


def kept() -> Postmaster | None:
    """Return what is kept, as it is now; nothing before ``flask init``."""
    return db.session.scalar(select(Postmaster).where(Postmaster.id == _ROW).execution_options(populate_existing=True))


def held() -> Postmaster:
    """Return what is kept, held until the transaction ends: of two workers the second finds what the first wrote.

    Raises:
        LookupError: ``flask init`` was not run.
    """
    found = select(Postmaster).where(Postmaster.id == _ROW).with_for_update()
    row = db.session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        message = "this instance is not set up: run flask init"
        raise LookupError(message)
    return row


def started(moment: datetime) -> None:
    """Count a start as a sign of life of the worker: what was down is not taken for silent before it had its time."""
    unheard = or_(Postmaster.beat_at.is_(None), Postmaster.beat_at < moment)
    db.session.execute(update(Postmaster).where(Postmaster.id == _ROW, unheard).values(beat_at=moment))


def note(name: str, moment: datetime) -> None:
    """Write down when something was done: ``beat_at``, ``reconciled_at`` or ``summed_up_at``."""
    db.session.execute(update(Postmaster).where(Postmaster.id == _ROW).values({name: moment}))
