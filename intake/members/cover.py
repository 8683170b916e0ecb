"""Who stands in for a member who is away."""

from datetime import datetime

from sqlalchemy import select

from intake.extensions import db
from intake.members.models import Absence, Member, working


def stand_in_of(member_id: int, moment: datetime) -> Member | None:
    """Return who stands in for a member at a moment, if they work here."""
    away = (Absence.member_id == member_id, Absence.from_at <= moment, Absence.until_at > moment)
    found = select(Member).join(Absence, Absence.stand_in_id == Member.id).where(*away, working())
    return db.session.scalar(found.order_by(Absence.from_at.desc(), Absence.id.desc()).limit(1))
