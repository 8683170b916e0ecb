"""Promised seats: who holds no key to a desk can promise a seat there, and whoever holds it grants the promise."""

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from intake import audit
from intake.desks import queries
from intake.desks.models import DeskKey, Promise, Seat
from intake.extensions import core, db
from intake.i18n import now
from intake.members.models import Member


def promise(member: Member, desk_id: int, by: int | None) -> bool:
    """Promise a member a seat at a desk. Where they are seated, nothing changes.

    Args:
        member: who shall be seated.
        desk_id: at which desk.
        by: the member who promises; nobody for a command.

    Returns:
        Whether it was promised just now, and not before.
    """
    seated = set(db.session.scalars(queries.desk_ids_of(member)))
    new = desk_id not in seated and _add(member.id, desk_id, by)
    if new:
        audit.record("desk.promised", desk_id=desk_id, member_id=by, promised=member.id)
    return new


def keep_seats_as_promises(member_id: int, by: int | None) -> list[int]:
    """Take all seats of a member away, and promise them anew: so nothing opens, and where they belong is kept.

    Args:
        member_id: whose seats.
        by: the member who takes them away.

    Returns:
        The numbers of the desks where they were seated.
    """
    seated = select(DeskKey.desk_id).join(Seat, Seat.desk_key_id == DeskKey.id).where(Seat.member_id == member_id)
    desk_ids = sorted(set(db.session.scalars(seated)))
    db.session.execute(delete(Seat).where(Seat.member_id == member_id))
    for desk_id in desk_ids:
        _add(member_id, desk_id, by)
        audit.record("desk.unseated", desk_id=desk_id, member_id=by, unseated=member_id, promised=True)
    return desk_ids


def _add(member_id: int, desk_id: int, by: int | None) -> bool:
    """Add a promise's row; return False if it is there already."""
    dialect = postgresql if core().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Promise).values(member_id=member_id, desk_id=desk_id, promised_by_id=by, promised_at=now())
    return db.session.scalar(row.on_conflict_do_nothing().returning(Promise.id)) is not None
