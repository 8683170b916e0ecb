"""The outbox identity: it opens people's own addresses on letters that are owed to them, and nothing else.

It lies in the instance folder (mode 0600) and belongs in no backup. An address is sealed to it when a member answers
somebody who asked to be reminded, and wiped when the letter is delivered.
"""

import hashlib
import hmac
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, or_, select, update

from intake.config import write_private
from intake.extensions import db
from intake.outbox.models import Attempt, Letter
from intake.sealing import Identity, SealedBytes, new_identity, read_identity, seal, unseal

FILE = "outbox-identity"


def sealed(address: str) -> SealedBytes:
    """Seal an address to the outbox identity."""
    return seal(address.encode(), [_identity().recipient])


def mark(text: str) -> bytes:
    """Return what knows a text, such as an address, again: a database or a backup alone cannot even be asked for it."""
    return hmac.digest(_identity().text.encode(), text.encode(), hashlib.sha256)


def opened(address: SealedBytes) -> str:
    """Return a sealed address.

    Raises:
        sealing.SealError: it was sealed to an outbox identity that is no longer here, such as before a restore.
    """
    return unseal(address, _identity()).decode()


def forget(case_id: int, moment: datetime) -> None:
    """Drop the reminders that a case still owes: nobody is to be led back to it. One on its way may arrive, once.

    Args:
        case_id: the case.
        moment: now; letters leased until later are being sent.
    """
    idle = or_(Letter.locked_until.is_(None), Letter.locked_until < moment)
    owed = select(Letter.id).where(Letter.case_id == case_id, Letter.sealed_address.is_not(None), idle)
    # One that is on its way either arrives, or is not tried again.
    leased = update(Letter).where(Letter.case_id == case_id, Letter.sealed_address.is_not(None), ~idle)
    db.session.execute(leased.values(delivered_at=moment, sealed_address=None))
    ids = list(db.session.scalars(owed.with_for_update()))
    db.session.execute(delete(Attempt).where(Attempt.letter_id.in_(ids)))
    db.session.execute(delete(Letter).where(Letter.id.in_(ids)))


def _identity() -> Identity:
    """Return the identity, made when it is first needed."""
    path = current_app.config["INSTANCE"] / FILE
    if not path.exists():
        write_private(path, new_identity().text)
    return read_identity(path.read_text())
