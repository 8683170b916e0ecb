"""Reads about members."""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, or_, select, union_all
from werkzeug.exceptions import NotFound

from intake.extensions import db, table
from intake.members.models import (
    AT_ONCE,
    EDITOR,
    ONE_TIME_CODE,
    PASSWORD,
    RECOVERY,
    Factor,
    Member,
    MemberSecret,
    working,
)


class Correspondent(NamedTuple):
    """A member as a letter needs to know them, see ``CORRESPONDENT``."""

    id: int
    address: str
    language: str
    rhythm: str = AT_ONCE
    quiet_from: int | None = None
    quiet_until: int | None = None
    time_zone: str = ""


# The columns that make one, in a statement about members.
CORRESPONDENT = tuple(table(Member).c[name] for name in Correspondent._fields)


def correspondent(member: Member) -> Correspondent:
    """Return a member as a letter needs to know them."""
    return Correspondent(*(getattr(member, name) for name in Correspondent._fields))


def normal_address(address: str) -> str:
    """Return an address as members are found by: without space around it, case folded."""
    return address.strip().casefold()


def by_address(address: str) -> Member | None:
    """Return the member with this address who works here."""
    return db.session.scalar(select(Member).where(Member.address == normal_address(address), working()))


def is_taken(address: str) -> bool:
    """Return whether an address belongs to a member, locked out or not."""
    here = select(Member.id).where(Member.address == normal_address(address), Member.left_at.is_(None))
    return db.session.scalar(here) is not None


def password_of(member_id: int) -> MemberSecret | None:
    """Return the member's identity as their password seals it."""
    return db.session.scalar(
        select(MemberSecret).where(MemberSecret.member_id == member_id, MemberSecret.kind == PASSWORD)
    )


def secret(secret_id: int) -> MemberSecret | None:
    """Return one secret by number."""
    return db.session.get(MemberSecret, secret_id)


def factors_of(member_id: int) -> list[Factor]:
    """Return a member's second factors, the oldest first."""
    return list(db.session.scalars(select(Factor).where(Factor.member_id == member_id).order_by(Factor.id)))


def one_time_codes_of(member_id: int) -> Factor | None:
    """Return what makes a member's one-time codes, if they use them."""
    return db.session.scalar(select(Factor).where(Factor.member_id == member_id, Factor.kind == ONE_TIME_CODE))


def by_id(member_id: int, *, held: bool = False) -> Member | None:
    """Return a member who works here by number.

    Args:
        member_id: the number.
        held: keep the row as it is until the transaction ends, so that nobody is locked out meanwhile.
    """
    found = select(Member).where(Member.id == member_id, working())
    return db.session.scalar(found.with_for_update(read=True) if held else found)


def working_among(member_ids: Collection[int]) -> list[Member]:
    """Return those of some members who work here, by number."""
    return list(db.session.scalars(select(Member).where(Member.id.in_(member_ids), working()).order_by(Member.id)))


def hold_working(member_id: int | None) -> None:
    """Keep a member from being locked out until the transaction ends.

    Args:
        member_id: the member; None where a complainant acts, who needs no account.

    Raises:
        werkzeug.exceptions.NotFound: they do not work here any more.
    """
    if member_id is not None and by_id(member_id, held=True) is None:
        raise NotFound


def hold_to_change(member_id: int) -> bool:
    """Hold a member's row until the transaction ends, to be changed; return False if they do not work here."""
    found = select(Member.id).where(Member.id == member_id, working()).with_for_update(key_share=True)
    return db.session.scalar(found) is not None


def known(member_id: int) -> Member | None:
    """Return a member by number, whether they work here, are locked out or left."""
    return db.session.get(Member, member_id)


def known_at(address: str) -> Member | None:
    """Return the member with this address, locked out or not."""
    return db.session.scalar(select(Member).where(Member.address == normal_address(address), Member.left_at.is_(None)))


def names(member_ids: Collection[int | None]) -> dict[int, str]:
    """Return the names of members by number, also of those who left."""
    rows = db.session.execute(
        select(Member.id, Member.name).where(Member.id.in_({number for number in member_ids if number}))
    )
    return {number: name for number, name in rows}  # noqa: C416 dict() would not know the types


def everybody() -> dict[int, str]:
    """Return the names of all who work here or did, by number, in the order of the names."""
    rows = db.session.execute(select(Member.id, Member.name).order_by(Member.name, Member.id))
    return {number: name for number, name in rows}  # noqa: C416 dict() would not know the types


def all_active() -> list[Member]:
    """Return all who work here, by name."""
    return list(db.session.scalars(select(Member).where(working()).order_by(Member.name, Member.id)))


def editors() -> list[Correspondent]:
    """Return the editors who work here."""
    rows = db.session.execute(select(*CORRESPONDENT).where(Member.role == EDITOR, working()).order_by(Member.id))
    return [Correspondent(*row) for row in rows]


def in_charge() -> list[Correspondent]:
    """Return the editors and admins who work here."""
    pick = select(Member.id, Member.address, Member.language).where(working())
    rows = db.session.execute(pick.where(or_(Member.role == EDITOR, Member.is_admin.is_(True))).order_by(Member.id))
    return [Correspondent(*row) for row in rows]


def factor_counts(member_ids: Collection[int]) -> Counter[tuple[int, str]]:
    """Return how many second factors and unused recovery codes members have, by number and kind."""
    factors = select(Factor.member_id, Factor.kind).where(Factor.member_id.in_(member_ids))
    codes = select(MemberSecret.member_id, MemberSecret.kind).where(
        MemberSecret.member_id.in_(member_ids), MemberSecret.kind == RECOVERY
    )
    every = union_all(factors, codes).subquery()
    member_id, kind = every.c.member_id, every.c.kind
    rows = db.session.execute(select(member_id, kind, func.count()).group_by(member_id, kind))
    return Counter({(number, name): count for number, name, count in rows})


def anybody() -> bool:
    """Return whether anybody ever joined."""
    return db.session.scalar(select(Member.id).limit(1)) is not None
