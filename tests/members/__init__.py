"""Who works here: what the tests of locking out share."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from intake.audit import AuditEntry
from intake.cases import lockdown, triage
from intake.cases.lockdown import ShutOut
from intake.cases.models import ACKNOWLEDGED, Case
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import Absence, Member
from tests.factories import House


def lock(house: House, by: Member, member: Member) -> ShutOut:
    """Lock a member out, as another one."""
    with transaction():
        return lockdown.lock(house.visitors[by.id], member.id)


def as_saved(member: Member) -> Member:
    """Return a member as they are saved now."""
    db.session.rollback()
    return db.session.get_one(Member, member.id, populate_existing=True)


def rows_of(member: Member, *tables: type[Any]) -> dict[str, int]:
    """Return how many rows of a member's these tables have."""
    db.session.rollback()
    return {
        table.__tablename__: len(db.session.scalars(select(table).where(table.member_id == member.id)).all())
        for table in tables
    }


def take(by: Member, house: House, case: Case, status: str = ACKNOWLEDGED) -> Case:
    """Take a case up, and give it a status."""
    with transaction():
        triage.acknowledge(house.visitors[by.id], case.reference)
        db.session.get_one(Case, case.id).status = status
    return case


def away(member: Member, stand_in: Member | None, hours: int = 0) -> None:
    """Let a member be away for a day from some hours before or after now, somebody standing in."""
    start = now() + timedelta(hours=hours)
    with transaction():
        db.session.add(
            Absence(
                member_id=member.id,
                stand_in_id=stand_in.id if stand_in else None,
                from_at=start,
                until_at=start + timedelta(days=1),
            )
        )


def acts_of_house(act: str) -> list[tuple[int | None, dict[str, Any]]]:
    """Return who did an act, and its details."""
    db.session.rollback()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id))
    return [(entry.member_id, entry.detail) for entry in entries]
