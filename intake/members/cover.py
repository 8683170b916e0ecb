"""When members are away, and who stands in for them meanwhile.

Days are counted in UTC: in Central Asia they change at five or six in the morning, when nobody comes or goes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, select

from intake import audit
from intake.extensions import db
from intake.members.models import EDITOR, Absence, Member, working
from intake.members.queries import CORRESPONDENT, Correspondent

LONGEST = timedelta(days=366)  # of one absence, and how far ahead one may begin
MOST_LINKS = 4  # of a chain of stand-ins who are away themselves


class Days(NamedTuple):
    """A time away: its first day and its last."""

    first: date
    last: date


@dataclass(frozen=True)
class Away:
    """A time in which a member is away, and who was named to stand in, if they still work here."""

    id: int
    member_id: int
    from_at: datetime
    until_at: datetime
    stand_in: Member | None

    @property
    def last_day(self) -> datetime:
        """A moment of the last day, to be written as a date."""
        return last_day(self.until_at)


class Cover(NamedTuple):
    """Who stands in for a member, and until when."""

    member: Member
    until_at: datetime

    @property
    def last_day(self) -> datetime:
        """A moment of the last day, to be written as a date."""
        return last_day(self.until_at)


class Roll(NamedTuple):
    """Members who are told of something: those who are here, and those who are away."""

    here: list[Correspondent]
    away: list[Correspondent]


class OverlapError(Exception):
    """The member is away on some of these days already.

    Args:
        away: the absence that is there.
    """

    def __init__(self, away: Away) -> None:
        """Keep which."""
        super().__init__()
        self.away = away


def last_day(until_at: datetime) -> datetime:
    """Return a moment of the last day of an absence that ends then, to be written as a date."""
    return until_at - timedelta(microseconds=1)


def away_at(moment: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return what is true of the absences that have begun at a moment and are not over."""
    return and_(Absence.from_at <= moment, Absence.until_at > moment)


def now_away(moment: datetime) -> dict[int, Away]:
    """Return who is away at a moment, by number."""
    return {away.member_id: away for away in _read(_ABSENCES.where(away_at(moment)).order_by(Absence.until_at))}


def absences_of(member_id: int, moment: datetime) -> list[Away]:
    """Return a member's absences that are not over, soonest first."""
    return _read(_ABSENCES.where(Absence.member_id == member_id, Absence.until_at > moment).order_by(Absence.from_at))


def stand_in_of(member_id: int, moment: datetime) -> Member | None:
    """Return who stands in for a member who is away at a moment; nobody for a member who is here."""
    found = stand_in_among(now_away(moment), member_id)
    return found.member if found else None


def stand_in_among(away: Mapping[int, Away], member_id: int) -> Cover | None:
    """Return who stands in for a member, and until when: the stand-in's own one, where that one is away too.

    Args:
        away: who is away, as ``now_away`` returns it.
        member_id: the member.

    Returns:
        Nobody where the chain leads round in a circle, is too long, or ends at one who is locked out or gone.
    """
    links: list[Away] = []
    while member_id in away and len(links) < MOST_LINKS:  # a circle is a chain that is too long
        links.append(away[member_id])
        stand_in = away[member_id].stand_in
        if stand_in is None:
            return None
        member_id = stand_in.id
        if member_id not in away:
            return Cover(stand_in, min(link.until_at for link in links))
    return None


def editors(moment: datetime) -> Roll:
    """Return the editors who work here, those who are away at a moment apart."""
    pick = select(Absence.id, *CORRESPONDENT).where(Member.role == EDITOR, working())
    absent = and_(Absence.member_id == Member.id, away_at(moment))
    rows = db.session.execute(pick.select_from(Member).outerjoin(Absence, absent).order_by(Member.id))
    return roll((Correspondent(*chosen), absence) for absence, *chosen in rows)


def set_away(member: Member, days: Days, stand_in: Member | None, by: int) -> Absence:
    """Write down that a member is away, from the beginning of a day to the end of another.

    Args:
        member: who is away.
        days: when.
        stand_in: who gets their letters meanwhile, if anybody in particular.
        by: the member who says so.

    Raises:
        OverlapError: the member is away on some of these days already.
    """
    from_at, until_at = _midnight(days.first), _midnight(days.last) + timedelta(days=1)
    # One absence of a member after the other, or two that begin at once would not see each other.
    db.session.execute(select(Member.id).where(Member.id == member.id).with_for_update(key_share=True))
    overlap = _read(
        _ABSENCES.where(Absence.member_id == member.id, Absence.from_at < until_at, Absence.until_at > from_at)
    )
    if overlap:
        raise OverlapError(overlap[0])
    absence = Absence(
        member_id=member.id, stand_in_id=stand_in.id if stand_in else None, from_at=from_at, until_at=until_at
    )
    db.session.add(absence)
    audit.record(
        "member.away",
        member_id=by,
        away=member.id,
        stand_in=absence.stand_in_id,
        first=days.first.isoformat(),
        last=days.last.isoformat(),
    )
    return absence


def end(absence: Absence, moment: datetime, by: int) -> None:
    """End an absence now; one that has not begun leaves nothing behind, and one that is over stays as it was.

    Args:
        absence: which, its row held.
        moment: now.
        by: the member who says so.
    """
    if absence.until_at <= moment:
        return
    if absence.from_at < moment:
        absence.until_at = moment
    else:
        db.session.delete(absence)
    db.session.flush()
    audit.record("member.back", member_id=by, back=absence.member_id)


def roll(told: Iterable[tuple[Correspondent, int | None]]) -> Roll:
    """Return members as a roll.

    Args:
        told: each member, in the order of their numbers, with the number of the absence they are in, if any.
    """
    found: dict[int, tuple[Correspondent, int | None]] = {member.id: (member, absence) for member, absence in told}
    return Roll(
        [member for member, absence in found.values() if absence is None],
        [member for member, absence in found.values() if absence is not None],
    )


_ABSENCES = select(Absence, Member).outerjoin(Member, and_(Member.id == Absence.stand_in_id, working()))


def _read(pick: Select[Absence, Member]) -> list[Away]:
    return [
        Away(absence.id, absence.member_id, absence.from_at, absence.until_at, stand_in)
        for absence, stand_in in db.session.execute(pick)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
