"""Promised seats: who holds the desk's key grants them."""

from sqlalchemy import delete, select

from intake import audit
from intake.desks import queries
from intake.desks.models import Promise, Seat
from intake.extensions import db
from intake.i18n import now
from intake.members.models import Member


def promise(member: Member, desk_id: int, by: int | None) -> None:
    """Promise a member a seat at a desk; twice is harmless.

    Args:
        member: who shall be seated.
        desk_id: where.
        by: the member who promises it; nobody for a command.
    """
    known = select(Promise.id).where(Promise.member_id == member.id, Promise.desk_id == desk_id)
    if db.session.scalar(known) is None:
        db.session.add(Promise(member_id=member.id, desk_id=desk_id, promised_by_id=by, promised_at=now()))
        db.session.flush()
        audit.record("desk.promised", desk_id=desk_id, member_id=by, promised=member.id)


def keep_seats_as_promises(member: Member, by: int | None) -> list[int]:
    """Turn a member's seats into promises: what was sealed to them is gone, where they belong is not.

    Returns:
        The desks where they were seated.
    """
    desk_ids = [desk.id for _, _, desk in queries.seats_of(member)]
    db.session.execute(delete(Seat).where(Seat.member_id == member.id))
    for desk_id in desk_ids:
        promise(member, desk_id, by)
    return desk_ids
