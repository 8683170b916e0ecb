"""Rotating a desk's key: how many cases a second, against the same opening and sealing done bare, with no database."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from intake.cases import rotation
from intake.cases.models import Statement
from intake.cases.rotation_views import SECONDS
from intake.desks import keys, queries, seats
from intake.desks.models import Desk
from intake.extensions import db, settle
from intake.members.sessions import Visitor
from intake.sealing import Identity, new_identity, seal, unseal
from tests.bench import servers
from tests.bench.instance import Bench
from tests.bench.rows import DATABASES, RATIO, BenchError, Row, Target
from tests.factories import make_member
from tests.many_cases import insert_cases

BOUNDED_BY_THE_CIPHER = Target(at_least=0.5, of=RATIO)
COUNTRY = "KZ"
CASES, QUICK_CASES = 5_000, 500
ROUNDS = 3
PATIENCE, QUICK_PATIENCE = 5.0, 0.5  # seconds of waiting for calm


def rows(bench: Bench) -> Iterator[Row]:
    """Rotate a desk several times, and open and seal the same bare before each.

    Raises:
        BenchError: not every case was sealed anew.
    """
    for database in DATABASES:
        instance = bench.instance(database)
        with instance.opened():
            house = instance.house()
            visitor = house.visitors[make_member(house, COUNTRY).id]
            people = insert_cases(QUICK_CASES if bench.quick else CASES, COUNTRY)
            bare, ours = [], []
            for _ in range(ROUNDS):
                servers.wait_for_calm(QUICK_PATIENCE if bench.quick else PATIENCE)
                bare.append(len(people) / _bare(visitor, people))
                ours.append(len(people) / _rotated(visitor, len(people)))
        rate, reference = statistics.median(ours), statistics.median(bare)
        aims = (BOUNDED_BY_THE_CIPHER,)
        about: dict[str, Any] = {"against": "the cipher alone", "database": database}
        yield Row("a new key: cases sealed anew", rate, "cases/s", reference, aims=aims, **about)


def _bare(visitor: Visitor, people: dict[int, Identity]) -> float:
    """Open and seal what a rotation does; return the seconds that it took."""
    desk, recipients = _desk(), {number: person.recipient for number, person in people.items()}
    identity = seats.open_key(visitor, queries.current_key(desk.id).id)
    sealed = [(row.case_id, row.sealed) for row in db.session.execute(select(Statement.case_id, Statement.sealed))]
    newest = new_identity().recipient
    began = time.perf_counter()
    for number, kept in sealed:
        seal(unseal(kept, identity), [newest, recipients[number]])
    return time.perf_counter() - began


def _rotated(visitor: Visitor, count: int) -> float:
    """Rotate the desk in the steps of the page; return the seconds that it took."""
    desk, saved, finished = _desk(), 0, False
    generation = queries.current_key(desk.id).generation
    began = time.perf_counter()
    settle(lambda: keys.seal_new(visitor, desk.id, generation), keys.begin)
    while not finished:
        saved += sum(settle(seal_some, rotation.save) for seal_some in rotation.turns(visitor, desk, SECONDS))
        finished = settle(lambda: rotation.emptied(desk), lambda emptied: rotation.finish(visitor, desk, emptied))
    took = time.perf_counter() - began
    if saved != count or not finished:
        message = f"of {count} cases, {saved} were sealed anew"
        raise BenchError(message)
    return took


def _desk() -> Desk:
    db.session.rollback()
    return queries.by_name(COUNTRY)
