"""Certificates: what letters to a member, or to the newsroom, can be sealed to, and until when."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update

from intake.extensions import db
from intake.outbox import alarms
from intake.outbox.models import Certificate, Letter
from intake.readers import Reader

WARNED = timedelta(days=30)  # before a certificate ends
NEWSROOM = None  # whose letters are no member's


def current(member_id: int | None) -> Certificate | None:
    """Return the certificate of a member, or the newsroom's, whether it ended or not."""
    return db.session.scalar(select(Certificate).where(_of(member_id)).order_by(Certificate.id.desc()).limit(1))


def usable(member_ids: Collection[int], moment: datetime) -> dict[int | None, Certificate]:
    """Return the certificates of these members and of the newsroom that letters can be sealed to, in one statement."""
    theirs = or_(Certificate.member_id.in_(member_ids), Certificate.member_id.is_(NEWSROOM))
    lasting = or_(Certificate.ends_at.is_(None), Certificate.ends_at > moment)
    found = select(Certificate).where(theirs, lasting, Certificate.replaced_at.is_(None)).order_by(Certificate.id)
    return {certificate.member_id: certificate for certificate in db.session.scalars(found)}


def in_use(ids: Collection[int]) -> set[int]:
    """Return which of these certificates were not replaced or removed."""
    found = select(Certificate.id).where(Certificate.id.in_(ids), Certificate.replaced_at.is_(None))
    return set(db.session.scalars(found))


def put(reader: Reader, member_id: int | None, moment: datetime) -> Certificate:
    """Seal letters to a certificate from now on, in place of the one before.

    Args:
        reader: the certificate, made sure of by ``readers.reader_of``.
        member_id: whose letters; ``NEWSROOM`` for the newsroom's.
        moment: now.
    """
    forget(member_id, moment)
    certificate = Certificate(member_id=member_id, added_at=moment, **vars(reader))
    db.session.add(certificate)
    db.session.flush()
    return certificate


def forget(member_id: int | None, moment: datetime) -> bool:
    """Seal nothing to a certificate any more: its words go, its fingerprint stays. No alarm is about it any more.

    Returns:
        Whether there was one.
    """
    gone = update(Certificate).where(_of(member_id)).values(replaced_at=moment, text="").returning(Certificate.id)
    alarms.end(alarms.CERTIFICATE_ENDS, moment, about(member_id))
    return bool(db.session.scalars(gone).all())


def about(member_id: int | None) -> str:
    """Return what an alarm about a certificate is about."""
    return alarms.NEWSROOM if member_id is None else str(member_id)


def warn(certificate: Certificate, moment: datetime) -> None:
    """Raise the alarm that a certificate ends soon; it is not raised again for this one."""
    certificate.warned_at = moment
    alarms.raised(alarms.CERTIFICATE_ENDS, moment, about(certificate.member_id))


def ending(moment: datetime) -> list[Certificate]:
    """Return the certificates that end soon, or have ended, and of which nobody was warned."""
    soon = (Certificate.ends_at <= moment + WARNED, Certificate.warned_at.is_(None), Certificate.replaced_at.is_(None))
    return list(db.session.scalars(select(Certificate).where(*soon).order_by(Certificate.id)))


def drop_reports(case_id: int) -> None:
    """Let the letters about a case carry nothing of what it tells any more: what is still owed is a notice."""
    carrying = (Letter.case_id == case_id, Letter.sealed_report.is_not(None))
    db.session.execute(update(Letter).where(*carrying).values(sealed_report=None))


def sweep() -> None:
    """Empty what letters carry that go out no more by themselves, such as those that a digest gathered."""
    done = or_(Letter.delivered_at.is_not(None), Letter.withdrawn_at.is_not(None), Letter.gathered_in_id.is_not(None))
    db.session.execute(update(Letter).where(done, Letter.sealed_report.is_not(None)).values(sealed_report=None))


def _of(member_id: int | None) -> ColumnElement[bool]:
    owner = Certificate.member_id.is_(None) if member_id is None else Certificate.member_id == member_id
    return owner & Certificate.replaced_at.is_(None)
