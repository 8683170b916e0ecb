"""Who sits where: each desk with what is routed to it, who is seated or promised a seat, and what they read."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select

from intake.desks import new_desk, queries
from intake.desks.models import OTHERS, Desk, DeskKey, Promise, Route, Seat
from intake.extensions import db
from intake.members import queries as members
from intake.members import reads
from intake.members.models import Member, working
from intake.reference.countries import COUNTRIES, OTHER
from intake.sealing import fingerprint

Row = TypeVar("Row")


@dataclass(frozen=True)
class Seated:
    """A member at a desk."""

    member: Member
    since: datetime
    by: str | None


@dataclass(frozen=True)
class Promised:
    """A seat that waits to be granted."""

    id: int
    desk: Desk
    member: Member
    by: str | None
    at: datetime

    @property
    def fingerprint(self) -> str:
        """What the key of who was promised the seat is known by."""
        return fingerprint(self.member.recipient)


@dataclass(frozen=True)
class Card:
    """A desk, and all that concerns it."""

    desk: Desk
    routes: list[Route]
    seated: list[Seated]
    promised: list[Promised]

    @property
    def languages(self) -> list[str]:
        """The names of the languages that who is seated here reads."""
        return reads.names(*(seat.member for seat in self.seated))

    @property
    def has_own_name(self) -> bool:
        """Whether it can be renamed."""
        return new_desk.has_own_name(self.desk)


@dataclass(frozen=True)
class CountryRoutes:
    """Where complaints of a country go: by default, and in single languages."""

    country: str
    general: Route | None
    of_languages: list[Route]


def cards() -> list[Card]:
    """Return every desk, the editors' last."""
    return _cards(queries.all_desks(), select(Promise))


def cards_for(member: Member) -> list[Card]:
    """Return the desks where a member is seated."""
    return _cards([desk for _, _, desk in queries.seats_of(member)], queries.promises_for(member))


def waiting_for(member: Member) -> list[Promised]:
    """Return the seats that a member was promised."""
    return _promised(select(Promise).where(Promise.member_id == member.id))


def routes() -> list[CountryRoutes]:
    """Return where the complaints of every country go, all other countries last."""
    by_country = _grouped(_all_routes(), lambda route: route.country)
    return [
        CountryRoutes(
            country,
            next((route for route in by_country[country] if route.language == OTHERS), None),
            [route for route in by_country[country] if route.language != OTHERS],
        )
        for country in (*COUNTRIES, OTHER)
    ]


def _cards(desks: list[Desk], promises: Select[Promise]) -> list[Card]:
    routed = _grouped(_all_routes(), lambda route: route.desk_id)
    promised = _grouped(_promised(promises), lambda found: found.desk.id)
    seated = _seated()
    return [Card(desk, routed[desk.id], seated[desk.id], promised[desk.id]) for desk in desks]


def _all_routes() -> list[Route]:
    """Return the routes in the order of their countries, the one for all other languages last."""
    order = (*COUNTRIES, OTHER)
    found = db.session.scalars(select(Route)).all()
    return sorted(found, key=lambda route: (order.index(route.country), route.language == OTHERS, route.language))


def _seated() -> defaultdict[int, list[Seated]]:
    """Return who works here and is seated at each desk's current key, by desk."""
    rows = db.session.execute(
        select(DeskKey.desk_id, Member, Seat.since, Seat.seated_by_id)
        .join(Seat, Seat.desk_key_id == DeskKey.id)
        .join(Member, Member.id == Seat.member_id)
        .where(DeskKey.replaced_at.is_(None), working())
        .order_by(Member.name, Member.id)
    ).all()
    names = members.names([by for _, _, _, by in rows])
    found: defaultdict[int, list[Seated]] = defaultdict(list)
    for desk_id, member, since, by in rows:
        found[desk_id].append(Seated(member, since, names.get(by or 0)))
    return found


def _promised(promises: Select[Promise]) -> list[Promised]:
    """Return promises, with whom and what they concern, the oldest first."""
    rows = db.session.execute(
        promises.join(Desk, Desk.id == Promise.desk_id)
        .join(Member, Member.id == Promise.member_id)
        .where(Member.left_at.is_(None))
        .add_columns(Desk, Member)
        .order_by(Promise.promised_at, Promise.id)
    ).all()
    names = members.names([found.promised_by_id for found, _, _ in rows])
    return [
        Promised(found.id, desk, member, names.get(found.promised_by_id or 0), found.promised_at)
        for found, desk, member in rows
    ]


def _grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> defaultdict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
