"""Whoever comes, is away or is locked out, whatever the routes say: a complaint has one desk, and somebody hears."""

from dataclasses import dataclass, field

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from intake.desks import queries as desk_queries
from intake.desks import routes
from intake.desks.models import EDITORS, OTHERS
from intake.desks.routing import destination_for
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, JOURNALIST, Member
from intake.outbox.models import Letter
from intake.reference.countries import COUNTRIES, OTHER
from tests.factories import House, go_away, make_case, make_member
from tests.rewound import Before
from tests.strategies import examples

PLACES = (*COUNTRIES, OTHER)
SPOKEN = ("ru", "kk", "uz")
DESKS = (*COUNTRIES, EDITORS)
ROLES = st.sampled_from((JOURNALIST, JOURNALIST, EDITOR))


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: its file is put back before each walk."""
    return str(request.param)


@dataclass
class Person:
    """A member as the walk knows them, apart from the house."""

    number: int
    role: str
    desks: frozenset[str]
    locked: bool = False
    away: bool = False
    stands_in: set[int] = field(default_factory=set)  # for whom


class Routing(RuleBasedStateMachine):
    """A walk through what a year brings to a newsroom."""

    before: Before
    house: House
    admin: int
    people = Bundle("people")

    def __init__(self) -> None:
        """Begin with the routes that the house is made with, and nobody."""
        super().__init__()
        self.before.restore()
        self.known: dict[int, Person] = {}
        self.routes = {(country, OTHERS): country for country in COUNTRIES}

    @initialize()
    def one_language_has_a_desk_of_its_own(self) -> None:
        self.a_route_leads_elsewhere(country="KZ", language="ru", desk="KG")

    @rule(
        target=people,
        role=st.sampled_from((JOURNALIST, JOURNALIST, EDITOR)),
        desks=st.sets(st.sampled_from(DESKS), max_size=3),
    )
    def somebody_comes(self, role: str, desks: set[str]) -> int:
        member = make_member(self.house, *sorted(desks), role=role)
        self.known[member.id] = Person(member.id, role, frozenset(desks))
        return member.id

    @rule(number=people)
    def somebody_is_locked_out(self, number: int) -> None:
        with transaction():
            db.session.execute(update(Member).where(Member.id == number).values(locked_at=now()))
        self.known[number].locked = True

    @rule(number=people, other=people)
    def somebody_is_away(self, number: int, other: int) -> None:
        person = self.known[number]
        if person.away or person.locked:
            return
        stand_in = db.session.get_one(Member, other) if other != number else None
        go_away(db.session.get_one(Member, number), stand_in)
        person.away = True
        if stand_in is not None:
            self.known[other].stands_in.add(number)

    @rule(country=st.sampled_from(PLACES), language=st.sampled_from((OTHERS, *SPOKEN)), desk=st.sampled_from(DESKS))
    def a_route_leads_elsewhere(self, country: str, language: str, desk: str) -> None:
        with transaction():
            routes.lead(country, language, desk_queries.by_name(desk).id, self.admin)
        self.routes[country, language] = desk

    @rule(country=st.sampled_from(PLACES), language=st.sampled_from((OTHERS, *SPOKEN)))
    def a_route_is_removed(self, country: str, language: str) -> None:
        refused = False
        try:
            with transaction():
                routes.remove(country, language, self.admin)
        except routes.RouteError:
            refused = True
        assert refused == ((country, language) not in self.routes or language == OTHERS)
        if not refused:
            del self.routes[country, language]

    @rule(country=st.sampled_from(PLACES), language=st.sampled_from(SPOKEN))
    def somebody_complains(self, country: str, language: str) -> None:
        case, _, _ = make_case(country, language=language)
        assert case.desk_id == desk_queries.by_name(self.desk_of(country, language)).id
        letters = db.session.scalars(select(Letter).where(Letter.case_id == case.id)).all()
        told = [letter.member_id for letter in letters]
        assert told.count(None) == 1, "the newsroom hears of every case, once"
        assert len(set(told)) == len(told), "nobody hears of it twice"
        self.check_told(self.desk_of(country, language), {number for number in told if number is not None})

    @invariant()
    def every_complaint_ends_at_one_desk(self) -> None:
        for country in PLACES:
            for language in SPOKEN:
                found, name = destination_for(country, language), self.desk_of(country, language)
                assert found.desk_id == desk_queries.by_name(name).id
                key = desk_queries.current_key(found.desk_id)
                assert (found.key_id, found.recipient) == (key.id, key.recipient)
        db.session.rollback()

    def desk_of(self, country: str, language: str) -> str:
        """Return the name of the desk that the routes lead to."""
        return self.routes.get((country, language)) or self.routes.get((country, OTHERS)) or EDITORS

    def check_told(self, desk: str, told: set[int]) -> None:
        """See that whoever should hear of a case did, and nobody else."""
        here = {one.number for one in self.known.values() if not one.locked and not one.away}
        seated = {one.number for one in self.known.values() if desk in one.desks}
        journalists = {one.number for one in self.known.values() if one.role == JOURNALIST} & seated
        editors = {one.number for one in self.known.values() if one.role == EDITOR and not one.locked}
        assert journalists & here <= told
        for number in told - (journalists & here):
            person = self.known[number]
            assert not person.locked
            covers = bool(person.stands_in) and number in seated & here
            assert covers or (not journalists & here and number in editors), (number, desk)
        if not told:
            assert not editors, "nobody is told although there are editors"


def test_every_complaint_ends_at_one_desk_with_somebody_told(app: Flask, house: House) -> None:
    Routing.admin = make_member(house, role=None, is_admin=True).id
    Routing.house, Routing.before = house, Before(app, house)
    run_state_machine_as_test(Routing, settings=examples(3, 300, steps=10))
