"""Promised seats: who holds no key to a desk can promise a seat there, and whoever holds it grants the promise."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from intake import audit
from intake.desks import notices, queries, seats
from intake.desks.models import DeskKey, Invitation, InvitationPromise, Promise, Seat
from intake.extensions import core, db
from intake.i18n import now
from intake.members import queries as members
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor


class NoPromiseError(Exception):
    """There is no such promise, or who asks is not seated at its desk."""


class NotHereError(Exception):
    """Who was promised the seat is locked out, or gone: nobody is seated before they work here again."""


def promise(member: Member, desk_id: int, by: int | None) -> bool:
    """Promise a member a seat at a desk, and tell who is seated there. Where they are seated, nothing changes.

    Args:
        member: who shall be seated.
        desk_id: at which desk.
        by: the member who promises; nobody for a command.

    Returns:
        Whether it was promised just now, and not before.

    Raises:
        NoPromiseError: there is no such desk.
    """
    if queries.desk(desk_id) is None:
        raise NoPromiseError
    return bool(_promise_all(member, [desk_id], by))


def promise_every_desk(member: Member, by: int | None) -> list[int]:
    """Promise an editor a seat at every desk where they have none.

    Args:
        member: the editor.
        by: the member who promises.

    Returns:
        The numbers of the desks that are promised just now.
    """
    queries.hold_house()  # a desk that is being made sees the editor, or the editor sees the desk
    return _promise_all(member, [desk.id for desk in queries.all_desks()], by)


def promise_invited(member: Member, invitation: Invitation) -> None:
    """Promise a newcomer what their invitation promised; an editor, every desk to which it brought no key."""
    invited_to, by = queries.promised_by(invitation.id), invitation.invited_by_id
    db.session.execute(delete(InvitationPromise).where(InvitationPromise.invitation_id == invitation.id))
    if member.role == EDITOR:
        promise_every_desk(member, by)
    else:
        _promise_all(member, invited_to, by)


def remind(member: Member) -> int:
    """Tell the desks where a member has a promise that it can be granted now: they work here again.

    Returns:
        How many letters are owed.
    """
    waiting = db.session.scalars(select(Promise.desk_id).where(Promise.member_id == member.id)).all()
    return notices.seat_promised(waiting, but=[member.id])


def grant(visitor: Visitor, promise_id: int) -> Member:
    """Give the seat that was promised at a desk where the visitor is seated.

    Returns:
        Who is seated now.

    Raises:
        NoPromiseError: there is no such promise, or the visitor is not seated at its desk.
        NotHereError: who was promised it is locked out, or gone.
    """
    found = _held(visitor, promise_id)
    if members.by_id(found.member_id, held=True) is None:
        raise NotHereError
    try:
        member = seats.seat(visitor, found.member_id, found.desk_id)
    except seats.NoSeatError as error:
        raise NoPromiseError from error
    _forget(found)
    return member


def decline(visitor: Visitor, promise_id: int) -> None:
    """Refuse a promise at a desk where the visitor is seated.

    Raises:
        NoPromiseError: there is no such promise, or the visitor is not seated at its desk.
    """
    found = _held(visitor, promise_id)
    _forget(found)
    audit.record("desk.promise_declined", desk_id=found.desk_id, member_id=visitor.member.id, promised=found.member_id)


def withdraw(member_id: int, desk_id: int, by: int) -> None:
    """Take back the promise that a member has at a desk.

    Args:
        member_id: whose.
        desk_id: at which desk.
        by: who takes it back.

    Raises:
        NoPromiseError: they have none there.
    """
    found = db.session.scalar(select(Promise).where(Promise.member_id == member_id, Promise.desk_id == desk_id))
    if found is None:
        raise NoPromiseError
    _forget(found)
    audit.record("desk.promise_withdrawn", desk_id=desk_id, member_id=by, promised=member_id)


def keep_seats_as_promises(member_id: int, by: int | None) -> list[int]:
    """Take all seats of a member away, and promise them anew: so nothing opens, and where they belong is kept.

    Nobody is told: while the member is locked out, none of it can be granted, see ``remind``.

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


def _promise_all(member: Member, desk_ids: Iterable[int], by: int | None) -> list[int]:
    """Promise a member seats at desks where they have none; return where it was promised just now."""
    db.session.flush()
    seated = queries.held_by(member)
    new = [desk_id for desk_id in desk_ids if desk_id not in seated and _add(member.id, desk_id, by)]
    for desk_id in new:
        audit.record("desk.promised", desk_id=desk_id, member_id=by, promised=member.id)
    if new:
        notices.seat_promised(new, but=[by])
    return new


def _add(member_id: int, desk_id: int, by: int | None) -> bool:
    """Add a promise's row; return False if it is there already."""
    dialect = postgresql if core().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Promise).values(member_id=member_id, desk_id=desk_id, promised_by_id=by, promised_at=now())
    return db.session.scalar(row.on_conflict_do_nothing().returning(Promise.id)) is not None


def _held(visitor: Visitor, promise_id: int) -> Promise:
    """Return a promise of a seat at a desk where the visitor is seated, held until the transaction ends.

    Raises:
        NoPromiseError: there is none such.
    """
    found = db.session.scalar(queries.promises_for(visitor.member).where(Promise.id == promise_id).with_for_update())
    if found is None:
        raise NoPromiseError
    return found


def _forget(found: Promise) -> None:
    db.session.execute(delete(Promise).where(Promise.id == found.id))
