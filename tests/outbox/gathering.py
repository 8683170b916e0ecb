"""What tests of digests share: letters about a case, owed to addresses, and a folder as the mail server."""

from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select

from intake.extensions import db, transaction
from intake.outbox.digests import DIGEST
from intake.outbox.enqueue import Addressee, Waits, enqueue
from intake.outbox.models import Letter

ADDRESS = "ana@example.org"


class About(NamedTuple):
    """A case that letters are about."""

    id: int
    reference: str


class Until(NamedTuple):
    """Whoever wants letters that are not urgent at one moment, not before."""

    moment: datetime

    def due_at(self, moment: datetime, *, urgent: bool) -> datetime:
        return moment if urgent else max(moment, self.moment)


def owe_about(
    case: About,
    count: int,
    at: datetime,
    *,
    address: str = ADDRESS,
    urgent: bool = False,
    waits: Waits | None = None,
    kind: str = "new_message",
) -> None:
    """Owe letters about a case, one after the other."""
    fills = {"reference": case.reference, "link": f"https://desk.example/desk/cases/{case.reference}"}
    to = Addressee(address, "en", waits=waits)
    with transaction():
        for _ in range(count):
            enqueue(kind, [to], at, fills=fills, case_id=case.id, country="KZ", urgent=urgent)


def to(address: str = ADDRESS) -> list[Letter]:
    """Return the letters to an address, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Letter).where(Letter.address == address).order_by(Letter.id)))


def digests() -> list[Letter]:
    db.session.rollback()
    return list(db.session.scalars(select(Letter).where(Letter.kind == DIGEST).order_by(Letter.id)))


def inside(digest: Letter) -> Sequence[Letter]:
    """Return what was gathered in a digest."""
    return db.session.scalars(select(Letter).where(Letter.gathered_in_id == digest.id)).all()


def came(address: str = ADDRESS) -> list[EmailMessage]:
    """Return what came to an address, in the folder that stands for the mail server."""
    folder = current_app.config["MAIL"].folder
    messages = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")]
    return [message for message in messages if message["To"] == address]
