"""Who of the members sees whom, who may lock whom out, and what is shown of them."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Select, or_, select
from werkzeug.exceptions import NotFound

from intake.desks import queries
from intake.desks.models import EDITORS, Desk, DeskKey, Promise, Seat
from intake.extensions import db
from intake.members import queries as members
from intake.members.models import EDITOR, ONE_TIME_CODE, PASSKEY, RECOVERY, Member, working
from intake.members.sessions import Visitor


@dataclass(frozen=True)
class Colleague:
    """A member, and what is there of them."""

    member: Member
    may_lock: bool
    desks: list[Desk] = field(default_factory=list)
    promised: list[Desk] = field(default_factory=list)
    one_time_codes: int = 0
    passkeys: int = 0
    recovery_codes: int = 0


def roster(visitor: Visitor) -> list[Colleague]:
    """Return the members whom the visitor sees, by name: an editor or admin everybody, a journalist their desks'."""
    return _described(visitor, list(db.session.scalars(_seen_by(visitor.member).order_by(Member.name, Member.id))))


def colleague(visitor: Visitor, member_id: int) -> Colleague:
    """Return a member whom the visitor sees.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, or they see them not.
    """
    return _described(visitor, [find(visitor.member, member_id)])[0]


def find(by: Member, member_id: int) -> Member:
    """Return a member whom another one sees.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, or they see them not.
    """
    found = db.session.scalar(_seen_by(by).where(Member.id == member_id))
    if found is None:
        raise NotFound
    return found


def may_lock(by: Member, member: Member) -> bool:
    """Return whether a member may lock another out: oneself, who is seated at one of one's desks; an editor anybody."""
    return db.session.scalar(_lockable_by(by).where(Member.id == member.id)) is not None


def _sees_all(member: Member) -> bool:
    return member.is_admin or member.role == EDITOR


def _seen_by(member: Member) -> Select[Member]:
    here = select(Member).where(Member.left_at.is_(None))
    if _sees_all(member):
        return here
    mine = queries.desk_ids_of(member)
    promised = select(Promise.member_id).where(Promise.desk_id.in_(mine))
    return here.where(or_(Member.id == member.id, Member.id.in_(_seated_at(mine)), Member.id.in_(promised)))


def _lockable_by(member: Member) -> Select[Member]:
    here = select(Member).where(working())
    if _sees_all(member):
        return here
    return here.where(or_(Member.id == member.id, Member.id.in_(_seated_at(queries.desk_ids_of(member)))))


def _seated_at(desk_ids: Select[int]) -> Select[int]:
    """Return who has a key of these desks, an old one too."""
    return select(Seat.member_id).join(DeskKey, DeskKey.id == Seat.desk_key_id).where(DeskKey.desk_id.in_(desk_ids))


def _described(visitor: Visitor, found: Collection[Member]) -> list[Colleague]:
    ids = {member.id for member in found}
    lockable = {member.id for member in db.session.scalars(_lockable_by(visitor.member).where(Member.id.in_(ids)))}
    seated = select(Seat.member_id, Desk).join(DeskKey, DeskKey.id == Seat.desk_key_id).join(Desk)
    seats = _by_member(seated.where(Seat.member_id.in_(ids), DeskKey.replaced_at.is_(None)))
    promises = _by_member(select(Promise.member_id, Desk).join(Desk).where(Promise.member_id.in_(ids)))
    counts = members.factor_counts(ids)
    return [
        Colleague(
            member,
            member.id in lockable,
            seats.get(member.id, []),
            promises.get(member.id, []),
            counts[member.id, ONE_TIME_CODE],
            counts[member.id, PASSKEY],
            counts[member.id, RECOVERY],
        )
        for member in found
    ]


def _by_member(pick: Select[int, Desk]) -> dict[int, list[Desk]]:
    found: dict[int, list[Desk]] = {}
    for member_id, desk in db.session.execute(pick.order_by(Desk.name == EDITORS, Desk.name)):
        found.setdefault(member_id, []).append(desk)
    return found
