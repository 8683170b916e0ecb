"""Alarms: what somebody must see to, raised once, and ended when it is over."""

from datetime import datetime

from sqlalchemy import insert, select, update

from intake.extensions import db
from intake.outbox.models import Alarm

NO_DELIVERY = "no_delivery"  # letters are owed, and the mail server took none for hours
WORKER_SILENT = "worker_silent"  # the worker does not look for letters any more
ADDRESS_BOUNCES = "address_bounces"  # about a member's number, or ``newsroom``
LETTER_MISSING = "letter_missing"  # cases had no letter to anybody; it was owed again
CANARY_LATE = "canary_late"  # about a country
CERTIFICATE_ENDS = "certificate_ends"  # about a member's number, or ``newsroom``
KINDS = (NO_DELIVERY, WORKER_SILENT, ADDRESS_BOUNCES, LETTER_MISSING, CANARY_LATE, CERTIFICATE_ENDS)
NEWSROOM = "newsroom"


def raised(kind: str, moment: datetime, about: str = "") -> bool:
    """Raise an alarm.

    Args:
        kind: one of ``KINDS``.
        moment: now.
        about: what it is about, where there are several of its kind.

    Returns:
        Whether it is new: one that stands already stays as it is.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        message = f"there is no alarm {kind}"
        raise ValueError(message)
    standing = select(Alarm.id).where(Alarm.kind == kind, Alarm.about == about, Alarm.ended_at.is_(None))
    if db.session.scalar(standing) is not None:
        return False
    db.session.execute(insert(Alarm).values(kind=kind, about=about, raised_at=moment))
    return True


def end(kind: str, moment: datetime, about: str = "") -> bool:
    """End an alarm.

    Returns:
        Whether it stood.
    """
    standing = update(Alarm).where(Alarm.kind == kind, Alarm.about == about, Alarm.ended_at.is_(None))
    return bool(db.session.execute(standing.values(ended_at=moment).returning(Alarm.id)).all())


def about(kind: str) -> set[str]:
    """Return what the alarms of a kind are about that are not over."""
    return set(db.session.scalars(select(Alarm.about).where(Alarm.kind == kind, Alarm.ended_at.is_(None))))


def standing() -> list[Alarm]:
    """Return the alarms that are not over, oldest first."""
    return list(db.session.scalars(select(Alarm).where(Alarm.ended_at.is_(None)).order_by(Alarm.raised_at, Alarm.id)))
