"""Who hears of a desk's cases while members are away: the stand-in who is seated there, the others, or the editors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from werkzeug.exceptions import NotFound

from intake.desks import notices, queries
from intake.desks.models import Desk, DeskKey, Seat
from intake.extensions import db
from intake.i18n import now
from intake.members import cover
from intake.members import queries as members
from intake.members.cover import Away, Days, Roll
from intake.members.models import EDITOR, JOURNALIST, Absence, Member, working
from intake.members.queries import Correspondent
from intake.members.sessions import Visitor


class StandInError(Exception):
    """Who shall stand in is no colleague who shares a desk with the member."""


@dataclass(frozen=True)
class Holder:
    """Who answers for a case, and who hears of it meanwhile if they are away."""

    name: str
    away: Away | None
    stand_in: Member | None


@dataclass(frozen=True)
class StandsFor:
    """A colleague for whom somebody stands in, and a moment of the last day on which they do."""

    name: str
    last_day: datetime


@dataclass(frozen=True)
class Fallen:
    """A desk whose journalists are all away, and when the first of them is back."""

    desk: Desk
    first_back: Away


@dataclass(frozen=True)
class Outlook:
    """What a member needs to know of who is away: themselves, whom they stand in for, and desks without anybody."""

    own: Away | None
    own_stand_in: Member | None
    stands_for: list[StandsFor]
    fallen: list[Fallen]


def member_for(visitor: Visitor, member_id: int) -> Member:
    """Return a member whose absences the visitor may see and set.

    Themselves; for an editor, who is seated at a desk of theirs; for an admin, everybody.

    Raises:
        werkzeug.exceptions.NotFound: there is no such member, or it is none of the visitor's business.
    """
    found = db.session.scalar(select(Member).where(Member.id == member_id, working(), _covered_by(visitor)))
    if found is None:
        raise NotFound
    return found


def others_for(visitor: Visitor) -> list[Member]:
    """Return the colleagues whose absences the visitor may see and set, by name."""
    pick = select(Member).where(working(), _covered_by(visitor), Member.id != visitor.member.id)
    return list(db.session.scalars(pick.order_by(Member.name, Member.id)))


def colleagues_of(member: Member) -> list[Member]:
    """Return who may stand in for a member: who works here and shares a desk with them, by name."""
    pick = select(Member).where(working(), Member.id != member.id, Member.id.in_(_seated_with(member)))
    return list(db.session.scalars(pick.order_by(Member.name, Member.id)))


def set_away(visitor: Visitor, member_id: int, days: Days, stand_in_id: int | None) -> Member:
    """Write down that a member is away, and tell who stands in.

    Args:
        visitor: who says so.
        member_id: who is away.
        days: the first day and the last.
        stand_in_id: who gets their letters meanwhile; None for nobody in particular.

    Returns:
        The member who is away.

    Raises:
        werkzeug.exceptions.NotFound: there is no such member, or it is none of the visitor's business.
        StandInError: who shall stand in is no colleague who shares a desk with the member.
        members.cover.OverlapError: the member is away on some of these days already.
    """
    member = member_for(visitor, member_id)
    stand_in = next((one for one in colleagues_of(member) if one.id == stand_in_id), None)
    if stand_in is None and stand_in_id is not None:
        raise StandInError
    absence = cover.set_away(member, days, stand_in, visitor.member.id)
    if stand_in is not None:
        notices.stand_in(stand_in, absence.from_at, absence.until_at, over=False)
    return member


def end(visitor: Visitor, absence_id: int) -> Member:
    """End an absence now, and tell who stood in.

    Returns:
        The member who is back.

    Raises:
        werkzeug.exceptions.NotFound: there is no such absence, or it is none of the visitor's business.
    """
    pick = select(Absence).join(Member, Member.id == Absence.member_id).where(working(), _covered_by(visitor))
    absence = db.session.scalar(pick.where(Absence.id == absence_id).with_for_update(of=Absence))
    if absence is None:
        raise NotFound
    moment, until_at = now(), absence.until_at
    cover.end(absence, moment, visitor.member.id)
    stand_in = members.by_id(absence.stand_in_id) if absence.stand_in_id else None
    if stand_in is not None and until_at > moment:
        notices.stand_in(stand_in, absence.from_at, until_at, over=True)
    return db.session.get_one(Member, absence.member_id)


def hearing(desk_id: int, told: Roll, moment: datetime) -> tuple[Correspondent, ...]:
    """Return who of a roll hears of a desk's cases: in place of one who is away, their stand-in if seated there.

    Nobody comes twice. Nothing is asked of the database unless somebody is away.
    """
    found = {member.id: member for member in told.here}
    if told.away:
        away, seated = cover.now_away(moment), _ids(queries.seated_at(desk_id))
        for absent in told.away:
            stand_in = _seated_stand_in(away, absent.id, seated)
            if stand_in is not None:
                found[stand_in.id] = members.correspondent(stand_in)
    return tuple(found[number] for number in sorted(found))


def editors_hearing(desk_id: int, moment: datetime) -> tuple[Correspondent, ...]:
    """Return the editors who hear of a desk's cases: those who are not away, or all if all are."""
    return hearing(desk_id, cover.editors(moment), moment) or tuple(members.editors())


def holder_hearing(member_id: int, desk_id: int, moment: datetime) -> Member | None:
    """Return who hears of a case that a member answers for: the member, or their stand-in, if seated at its desk.

    Returns:
        Nobody where the member is away without a stand-in there, or is seated there or works here no longer.
    """
    away, seated = cover.now_away(moment), {member.id: member for member in queries.seated_at(desk_id)}
    return seated.get(member_id) if member_id not in away else _seated_stand_in(away, member_id, seated)


def holder(member_id: int, desk_id: int, moment: datetime) -> Holder:
    """Return who answers for a case, for its page."""
    absence = cover.now_away(moment).get(member_id)
    stand_in = holder_hearing(member_id, desk_id, moment) if absence else None
    return Holder(members.names([member_id]).get(member_id, "–"), absence, stand_in)


def outlook(visitor: Visitor, moment: datetime) -> Outlook:
    """Return what a member needs to know of who is away: one question while nobody is.

    Args:
        visitor: the member; an editor sees every desk, others those where they are seated.
        moment: now.
    """
    away, me = cover.now_away(moment), visitor.member.id
    if not away:
        return Outlook(None, None, [], [])
    covers = {number: cover.stand_in_among(away, number) for number in away}
    mine = {number: found for number, found in covers.items() if found is not None and found.member.id == me}
    names = members.names(mine)
    stands_for = [StandsFor(names[number], found.last_day) for number, found in mine.items()]
    own = covers.get(me)
    stands_for.sort(key=lambda one: one.name)
    return Outlook(away.get(me), own.member if own else None, stands_for, _fallen(visitor, away))


def _fallen(visitor: Visitor, away: Mapping[int, Away]) -> list[Fallen]:
    """Return the visitor's desks whose journalists are all away, with nobody seated there who stands in."""
    pick = (
        select(Desk, Member)
        .join(DeskKey, DeskKey.desk_id == Desk.id)
        .join(Seat, Seat.desk_key_id == DeskKey.id)
        .join(Member, Member.id == Seat.member_id)
        .where(DeskKey.replaced_at.is_(None), working())
        .order_by(Desk.name)
    )
    if visitor.member.role != EDITOR:
        pick = pick.where(Desk.id.in_(queries.desk_ids_of(visitor.member)))
    seated: dict[Desk, list[Member]] = {}
    for desk, member in db.session.execute(pick):
        seated.setdefault(desk, []).append(member)
    found = []
    for desk, there in seated.items():
        journalists = [member.id for member in there if member.role == JOURNALIST]
        covered = any(_seated_stand_in(away, number, _ids(there)) for number in journalists)
        if journalists and not covered and all(number in away for number in journalists):
            found.append(Fallen(desk, min((away[number] for number in journalists), key=lambda one: one.until_at)))
    return found


def _seated_stand_in(away: Mapping[int, Away], member_id: int, seated: Collection[int]) -> Member | None:
    found = cover.stand_in_among(away, member_id)
    return found.member if found and found.member.id in seated else None


def _ids(found: Collection[Member]) -> set[int]:
    return {member.id for member in found}


def _covered_by(visitor: Visitor) -> ColumnElement[bool]:
    """Return what is true of the members whose absences a visitor may see and set."""
    if visitor.member.is_admin:
        return true()
    theirs = Member.id.in_(_seated_with(visitor.member)) if visitor.member.role == EDITOR else false()
    return or_(Member.id == visitor.member.id, theirs)


def _seated_with(member: Member) -> Select[int]:
    """Return the numbers of who is seated at a desk where a member is seated."""
    seats = select(Seat.member_id).join(DeskKey, DeskKey.id == Seat.desk_key_id)
    return seats.where(DeskKey.replaced_at.is_(None), DeskKey.desk_id.in_(queries.desk_ids_of(member)))
