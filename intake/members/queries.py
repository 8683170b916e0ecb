"""Reads about members."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select

from intake.extensions import db
from intake.members.models import EDITOR, Member, MemberSecret


class Correspondent(NamedTuple):
    """A member as a letter needs to know them."""

    id: int
    address: str
    language: str


def normal_address(address: str) -> str:
    """Return an address as members are found by: without space around it, case folded."""
    return address.strip().casefold()


def by_address(address: str) -> Member | None:
    """Return the active member with this address."""
    return db.session.scalar(select(Member).where(Member.address == normal_address(address), Member.left_at.is_(None)))


def is_taken(address: str) -> bool:
    """Return whether an address belongs to a member, or to one who left."""
    return db.session.scalar(select(Member.id).where(Member.address == normal_address(address))) is not None


def password_of(member: Member) -> MemberSecret:
    """Return the member's identity as their password seals it."""
    return db.session.scalars(
        select(MemberSecret).where(MemberSecret.member_id == member.id, MemberSecret.kind == "password")
    ).one()


def by_id(member_id: int) -> Member | None:
    """Return an active member by number."""
    return db.session.scalar(select(Member).where(Member.id == member_id, Member.left_at.is_(None)))


def names(member_ids: Collection[int | None]) -> dict[int, str]:
    """Return the names of members by number, also of those who left."""
    rows = db.session.execute(
        select(Member.id, Member.name).where(Member.id.in_({number for number in member_ids if number}))
    )
    return {number: name for number, name in rows}  # noqa: C416 dict() would not know the types


def all_active() -> list[Member]:
    """Return all who work here, by name."""
    return list(db.session.scalars(select(Member).where(Member.left_at.is_(None)).order_by(Member.name, Member.id)))


def editors() -> list[Correspondent]:
    """Return the active editors."""
    pick = select(Member.id, Member.address, Member.language)
    rows = db.session.execute(pick.where(Member.role == EDITOR, Member.left_at.is_(None)).order_by(Member.id))
    return [Correspondent(*row) for row in rows]


def anybody() -> bool:
    """Return whether anybody ever joined."""
    return db.session.scalar(select(Member.id).limit(1)) is not None
