"""Reads about desks, seats, promises, routes and invitations."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, exists, select
from werkzeug.exceptions import NotFound

from intake.audit import HOUSE
from intake.desks.models import (
    EDITORS,
    Desk,
    DeskKey,
    House,
    Invitation,
    InvitationKey,
    InvitationPromise,
    Promise,
    Seat,
)
from intake.extensions import db, table
from intake.members.models import EDITOR, Member, working


@dataclass(frozen=True)
class OwnDesk:
    """A desk where somebody is seated, and whether something of it is still kept under an old key."""

    desk: Desk
    is_rotating: bool


# Statements that every complaint needs are built once: building one takes longer than the database takes to answer it.
_NEWEST_KEY = select(DeskKey).where(DeskKey.desk_id == bindparam("desk_id"), DeskKey.replaced_at.is_(None))
_NEWEST_KEY_HELD = _NEWEST_KEY.with_for_update(read=True)
_KEYS, _SEATS, _MEMBERS = table(DeskKey), table(Seat), table(Member)
_SEATED = (
    select(Member)
    .join(Seat, Seat.member_id == Member.id)
    .join(DeskKey, DeskKey.id == Seat.desk_key_id)
    .where(DeskKey.desk_id == bindparam("desk_id"), DeskKey.replaced_at.is_(None), working())
    .order_by(Member.id)
)


def current_key(desk_id: int, *, held: bool = False) -> DeskKey:
    """Return the newest key of a desk.

    Args:
        desk_id: the desk.
        held: keep the row as it is until the transaction ends.
    """
    statement, of = (_NEWEST_KEY_HELD if held else _NEWEST_KEY), {"desk_id": desk_id}
    found = db.session.scalar(statement, of)
    if found is None:  # it was replaced while its row was waited for: the one after it shows at a second look
        found = db.session.scalars(statement, of).one()
    return found


def living_keys(desk_id: int | None = None, *, held: bool = False) -> list[DeskKey]:
    """Return the keys under which something may be kept: the newest, and old ones that are not retired yet.

    Args:
        desk_id: of this desk; without it, of every desk.
        held: keep the rows as they are until the transaction ends.
    """
    found = select(DeskKey).where(DeskKey.retired_at.is_(None)).order_by(DeskKey.id)
    if desk_id is not None:
        found = found.where(DeskKey.desk_id == desk_id)
    return list(db.session.scalars(found.with_for_update(read=True) if held else found))


def desk_of(desk_key_id: int) -> int:
    """Return the number of the desk that a key is of."""
    return db.session.scalars(select(DeskKey.desk_id).where(DeskKey.id == desk_key_id)).one()


def key_of(desk_id: int, generation: int) -> DeskKey | None:
    """Return one generation of a desk's key."""
    return db.session.scalar(select(DeskKey).where(DeskKey.desk_id == desk_id, DeskKey.generation == generation))


def desk_for(member: Member, desk_id: int) -> Desk:
    """Return a desk where a member is seated.

    Raises:
        werkzeug.exceptions.NotFound: there is no such desk, or the member is not seated there.
    """
    found = db.session.scalar(select(Desk).where(Desk.id == desk_id, Desk.id.in_(desk_ids_of(member))))
    if found is None:
        raise NotFound
    return found


def desks_of(member: Member) -> list[OwnDesk]:
    """Return the desks where a member is seated."""
    old = exists().where(DeskKey.desk_id == Desk.id, DeskKey.replaced_at.is_not(None), DeskKey.retired_at.is_(None))
    seated = select(Desk, old).where(Desk.id.in_(desk_ids_of(member)))
    rows = db.session.execute(seated.order_by(Desk.name == EDITORS, Desk.name))
    return [OwnDesk(desk, is_rotating) for desk, is_rotating in rows]


def all_desks() -> list[Desk]:
    """Return every desk, the editors' last."""
    return list(db.session.scalars(select(Desk).order_by(Desk.name == EDITORS, Desk.name)))


def desk(desk_id: int) -> Desk | None:
    """Return a desk by its number."""
    return db.session.get(Desk, desk_id)


def known(desk_id: int) -> Desk:
    """Return a desk that is there, such as that of a case."""
    return db.session.get_one(Desk, desk_id)


def chain_names() -> dict[int, str]:
    """Return what the audit chains are called: the house's, and the desks' by number."""
    return {HOUSE: "house", **{desk.id: f"desk {desk.name}" for desk in all_desks()}}


def by_name(name: str) -> Desk:
    """Return a desk by its name."""
    return db.session.scalars(select(Desk).where(Desk.name == name)).one()


def desk_ids_of(member: Member) -> Select[int]:
    """Return the numbers of the desks where a member is seated now, as a part of other queries."""
    seated = select(DeskKey.desk_id).join(Seat, Seat.desk_key_id == DeskKey.id).where(Seat.member_id == member.id)
    return seated.where(DeskKey.replaced_at.is_(None))


def times_of(member: Member) -> list[tuple[int, int, int]]:
    """Return the desks where a member is seated now, with the minutes of each for urgent cases and for others."""
    pick = select(Desk.id, Desk.urgent_minutes, Desk.other_minutes).where(Desk.id.in_(desk_ids_of(member)))
    rows = db.session.execute(pick.order_by(Desk.id))
    return [(number, urgent, other) for number, urgent, other in rows]


def held_by(member: Member) -> set[int]:
    """Return the numbers of the desks where a member is seated now."""
    return set(db.session.scalars(desk_ids_of(member)))


def seats_of(member: Member) -> list[tuple[Seat, DeskKey, Desk]]:
    """Return a member's seats at current keys, with key and desk."""
    rows = db.session.execute(
        select(Seat, DeskKey, Desk)
        .join(DeskKey, Seat.desk_key_id == DeskKey.id)
        .join(Desk, DeskKey.desk_id == Desk.id)
        .where(Seat.member_id == member.id, DeskKey.replaced_at.is_(None))
        .order_by(Desk.name == EDITORS, Desk.name)
    )
    return [(seat, key, desk) for seat, key, desk in rows]


def living_seats_of(member: Member) -> list[tuple[Seat, DeskKey, Desk]]:
    """Return a member's seats at all living keys of the desks where they are seated now, with key and desk."""
    rows = db.session.execute(
        select(Seat, DeskKey, Desk)
        .join(DeskKey, Seat.desk_key_id == DeskKey.id)
        .join(Desk, DeskKey.desk_id == Desk.id)
        .where(Seat.member_id == member.id, DeskKey.retired_at.is_(None), Desk.id.in_(desk_ids_of(member)))
        .order_by(Desk.name == EDITORS, Desk.name, DeskKey.generation)
    )
    return [(seat, key, desk) for seat, key, desk in rows]


def seat_for(member: Member, desk_key_id: int) -> Seat | None:
    """Return a member's seat for one key."""
    return db.session.scalar(select(Seat).where(Seat.member_id == member.id, Seat.desk_key_id == desk_key_id))


def seated_at(desk_id: int) -> list[Member]:
    """Return the active members seated at a desk's current key."""
    return list(db.session.scalars(_SEATED, {"desk_id": desk_id}))


def seated_at_any(desk_ids: Collection[int]) -> list[Member]:
    """Return the active members seated at the current key of one of these desks, each once."""
    seats = select(Seat.member_id).join(DeskKey, DeskKey.id == Seat.desk_key_id)
    seated = seats.where(DeskKey.desk_id.in_(desk_ids), DeskKey.replaced_at.is_(None))
    return list(db.session.scalars(select(Member).where(Member.id.in_(seated), working()).order_by(Member.id)))


def hold_house() -> House:
    """Return the house, held until the transaction ends: desks, routes and editors change one after the other."""
    return db.session.scalars(select(House).with_for_update()).one()


def working_editors() -> list[Member]:
    """Return the editors who work here, each held as they are until the transaction ends."""
    editors = select(Member).where(Member.role == EDITOR, working()).order_by(Member.id)
    return list(db.session.scalars(editors.with_for_update(read=True)))


def promises_for(member: Member) -> Select[Promise]:
    """Return the promises of seats at the desks where a member is seated, as a part of other queries."""
    return select(Promise).where(Promise.desk_id.in_(desk_ids_of(member)))


def anything_promised(member: Member) -> bool:
    """Return whether a seat at a desk where the member is seated waits to be granted."""
    grantable = promises_for(member).join(Member, Member.id == Promise.member_id).where(working())
    return db.session.scalar(grantable.limit(1)) is not None


def promised_by(invitation_id: str) -> list[int]:
    """Return the numbers of the desks where an invitation promises a seat."""
    promised = select(InvitationPromise.desk_id).where(InvitationPromise.invitation_id == invitation_id)
    return list(db.session.scalars(promised.order_by(InvitationPromise.desk_id)))


def invitation(invitation_id: str) -> Invitation | None:
    """Return an invitation by the name in its link."""
    return db.session.get(Invitation, invitation_id)


def open_invitations() -> list[Invitation]:
    """Return the invitations that were neither accepted nor revoked, newest first."""
    return list(
        db.session.scalars(
            select(Invitation)
            .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
            .order_by(Invitation.made_at.desc())
        )
    )


def invitation_keys(invitation_id: str) -> list[InvitationKey]:
    """Return the sealed desk identities that an invitation carries."""
    return list(db.session.scalars(select(InvitationKey).where(InvitationKey.invitation_id == invitation_id)))


def hold_keys(invitation_id: str) -> None:
    """Keep the desk keys that an invitation carries as they are until the transaction ends."""
    carried = select(InvitationKey.desk_key_id).where(InvitationKey.invitation_id == invitation_id)
    rows = select(DeskKey).where(DeskKey.id.in_(carried)).order_by(DeskKey.id).with_for_update(read=True)
    db.session.scalars(rows.execution_options(populate_existing=True)).all()


def are_current(desk_key_ids: list[int]) -> bool:
    """Return whether the newest key of every desk that these keys are of is among them."""
    of = select(DeskKey.desk_id).where(DeskKey.id.in_(desk_key_ids))
    newer = exists().where(DeskKey.desk_id.in_(of), DeskKey.replaced_at.is_(None), DeskKey.id.not_in(desk_key_ids))
    return not db.session.scalar(select(newer))


def holders(desk_key_id: int) -> dict[int, str]:
    """Return who works here and is seated at a key: their numbers and recipients, kept as they are for now.

    Whoever is being locked out at this moment is waited for, and is not among them.
    """
    rows = db.session.execute(
        select(Member.id, Member.recipient)
        .join(Seat, Seat.member_id == Member.id)
        .where(Seat.desk_key_id == desk_key_id, working())
        .order_by(Member.id)
        .with_for_update(read=True, of=Member)
    )
    return {number: recipient for number, recipient in rows}  # noqa: C416 dict() would not know the types
