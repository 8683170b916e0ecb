"""Reads about desks, seats and invitations."""

from dataclasses import dataclass

from sqlalchemy import Select, bindparam, func, select

from intake.audit import HOUSE
from intake.desks.models import EDITORS, Desk, DeskKey, Invitation, InvitationKey, Seat
from intake.extensions import db, table
from intake.members.models import Member, working


@dataclass(frozen=True)
class SeatedDesk:
    """A desk and who is seated at it."""

    desk: Desk
    members: list[Member]


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
    return db.session.scalars(_NEWEST_KEY_HELD if held else _NEWEST_KEY, {"desk_id": desk_id}).one()


def current_keys() -> list[DeskKey]:
    """Return the newest key of every desk."""
    return list(db.session.scalars(select(DeskKey).where(DeskKey.replaced_at.is_(None)).order_by(DeskKey.desk_id)))


def all_desks() -> list[Desk]:
    """Return every desk, the editors' last."""
    return list(db.session.scalars(select(Desk).order_by(Desk.name == EDITORS, Desk.name)))


def desk(desk_id: int) -> Desk | None:
    """Return a desk by its number."""
    return db.session.get(Desk, desk_id)


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


def seat_for(member: Member, desk_key_id: int) -> Seat | None:
    """Return a member's seat for one key."""
    return db.session.scalar(select(Seat).where(Seat.member_id == member.id, Seat.desk_key_id == desk_key_id))


def seated_at(desk_id: int) -> list[Member]:
    """Return the active members seated at a desk's current key."""
    return list(db.session.scalars(_SEATED, {"desk_id": desk_id}))


def seated_desks() -> list[SeatedDesk]:
    """Return every desk with who is seated at it."""
    return [SeatedDesk(desk, seated_at(desk.id)) for desk in all_desks()]


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


def are_current(desk_key_ids: list[int]) -> bool:
    """Return whether all these keys are still the newest of their desks."""
    count = db.session.scalar(
        select(func.count()).select_from(DeskKey).where(DeskKey.id.in_(desk_key_ids), DeskKey.replaced_at.is_(None))
    )
    return count == len(set(desk_key_ids))
