"""Who should hear of a new case of a country, worked out by other means than the letters' own, to compare both."""

from collections.abc import Collection
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from intake.desks.models import EDITORS, OTHERS, Desk, DeskKey, Route, Seat
from intake.extensions import db
from intake.members.models import EDITOR, JOURNALIST, Absence, Member
from intake.outbox.models import Letter

LONGEST_CHAIN = 4  # of stand-ins who are away themselves
Audience = dict[str, int | None]  # by address: the member, or nobody where it is the newsroom's


def should_hear(country: str, language: str, moment: datetime) -> Audience:
    """Return who should hear.

    Args:
        country: where it happened.
        language: of the form.
        moment: now.
    """
    people = {one.id: one for one in db.session.scalars(select(Member)) if one.works_here}
    absences = db.session.scalars(select(Absence).where(Absence.from_at <= moment, Absence.until_at > moment))
    away = {one.member_id: one.stand_in_id if one.stand_in_id in people else None for one in absences}
    seated = people.keys() & _seated_at(_desk_of(country, language))
    journalists = {number for number in seated if people[number].role == JOURNALIST}
    editors = {number for number, one in people.items() if one.role == EDITOR}
    told = _covered(journalists, away, seated, people) or _covered(editors, away, seated, people) or editors
    newsroom: Audience = {current_app.config["NEWSROOM_ADDRESS"].casefold(): None}
    return newsroom | {people[number].address.casefold(): number for number in told}


def addressed(case_id: int) -> Audience:
    """Return to whom the letters about a new case are owed, as they say themselves."""
    standing = (Letter.case_id == case_id, Letter.withdrawn_at.is_(None))
    rows = db.session.execute(select(Letter.address, Letter.member_id).where(*standing))
    return {address.casefold(): member_id for address, member_id in rows}


def _desk_of(country: str, language: str) -> int:
    routes = {route.language: route.desk_id for route in db.session.scalars(select(Route).filter_by(country=country))}
    desk_id = routes.get(language, routes.get(OTHERS))
    return desk_id or db.session.scalars(select(Desk.id).where(Desk.name == EDITORS)).one()


def _seated_at(desk_id: int) -> set[int]:
    """Return the numbers of who holds a desk's newest key."""
    keys = db.session.scalars(select(DeskKey).filter_by(desk_id=desk_id).order_by(DeskKey.generation.desc()))
    newest = next(iter(keys))
    return set(db.session.scalars(select(Seat.member_id).where(Seat.desk_key_id == newest.id)))


def _covered(
    of: Collection[int], away: dict[int, int | None], seated: Collection[int], people: Collection[int]
) -> set[int]:
    """Return who of some members hears, and who stands in there for those who are away."""
    found = set()
    for number in of:
        hears: int | None = number
        for _ in range(LONGEST_CHAIN):
            if hears not in away:
                break
            hears = away[hears]
        if hears is None or hears in away or hears not in people:
            continue
        if hears == number or hears in seated:
            found.add(hears)
    return found
