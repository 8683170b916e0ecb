"""Seating members: the desk's identity, opened by one who has it, sealed to one who shall have it."""

from collections.abc import Callable

from sqlalchemy import delete, select

from intake import audit
from intake.desks import notices, queries
from intake.desks.models import Desk, DeskKey, Promise, Seat
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import Identity, SealedBytes, SealError, seal_identity, unseal_identity

Opens = Callable[[int], Identity]  # gives the identity for what was sealed under a desk's key


class NoSeatError(Exception):
    """Who asks holds no key to this desk."""


def open_key(visitor: Visitor, desk_key_id: int, sealed: SealedBytes | None = None) -> Identity:
    """Return the identity of a desk's key, for as long as one request takes.

    Args:
        visitor: who asks.
        desk_key_id: the key.
        sealed: its identity as the visitor's seat holds it, if that was read already.

    Raises:
        NoSeatError: the visitor is not seated there.
    """
    if sealed is None:
        seat = queries.seat_for(visitor.member, desk_key_id)
        if seat is None:
            raise NoSeatError
        sealed = seat.identity
    try:
        return unseal_identity(sealed, visitor.identity)
    except SealError as error:
        raise NoSeatError from error


def keys_held(visitor: Visitor) -> list[tuple[DeskKey, Desk, Identity]]:
    """Return the desks where the visitor is seated, with all keys that they hold there, opened.

    While a desk is rotated there are several: whoever is seated or invited meanwhile needs them all.
    """
    return [
        (key, desk, unseal_identity(seat.identity, visitor.identity))
        for seat, key, desk in queries.living_seats_of(visitor.member)
    ]


def seat(visitor: Visitor, member_id: int, desk_id: int) -> Member:
    """Seat a member at a desk where the visitor is seated, and tell the desk; twice is harmless.

    Returns:
        The member.

    Raises:
        NoSeatError: there is no such desk or member, or the visitor holds no key to the desk.
    """
    desk, member = queries.desk(desk_id), members.by_id(member_id, held=True)
    if desk is None or member is None:
        raise NoSeatError
    queries.current_key(desk.id, held=True)  # nobody replaces it from here on
    living = {key.id for key in queries.living_keys(desk.id, held=True)}
    held = [(key, identity) for key, of, identity in keys_held(visitor) if of.id == desk.id and key.id in living]
    if not held:
        raise NoSeatError
    lacking = [(key, identity) for key, identity in held if queries.seat_for(member, key.id) is None]
    for key, identity in lacking:
        give(member, desk, key.id, seal_identity(identity, [member.recipient]), by=visitor.member.id)
    if lacking:
        db.session.flush()
        notices.seated([desk.id], but=[visitor.member.id])
    return member


def unseat(member_id: int, desk_id: int, by: int) -> Member:
    """Take a member's seat at a desk away: all of its keys that they were given.

    Args:
        member_id: whose.
        desk_id: at which desk.
        by: who takes it.

    Returns:
        The member.

    Raises:
        NoSeatError: they have none there.
    """
    keys = select(DeskKey.id).where(DeskKey.desk_id == desk_id)
    taken = delete(Seat).where(Seat.member_id == member_id, Seat.desk_key_id.in_(keys)).returning(Seat.id)
    if not db.session.scalars(taken).all():
        raise NoSeatError
    audit.record("desk.unseated", desk_id=desk_id, member_id=by, unseated=member_id)
    return db.session.get_one(Member, member_id)


def give(member: Member, desk: Desk, desk_key_id: int, sealed: SealedBytes, *, by: int | None) -> None:
    """Add the seat's row and say so in the desk's chain. A seat that is there is promised no longer."""
    db.session.execute(delete(Promise).where(Promise.member_id == member.id, Promise.desk_id == desk.id))
    db.session.add(Seat(member_id=member.id, desk_key_id=desk_key_id, identity=sealed, since=now(), seated_by_id=by))
    audit.record("desk.seated", desk_id=desk.id, member_id=by, seated=member.id)
