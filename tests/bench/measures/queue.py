"""The queue and a case: how long a page takes at 1,000, 10,000 and 100,000 cases, on both databases."""

import gc
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import flask_migrate
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from intake import config
from intake.app import create_app
from intake.cases import fact_pages
from intake.cases.fact_pages import Facts
from intake.cases.models import STATUSES, Case, Statement
from intake.cases.sealed_pages import Draft
from intake.desks import queries as desks
from intake.extensions import db, transaction
from intake.i18n import now, to_ten_minutes
from intake.members.models import EDITOR
from intake.members.sessions import Visitor
from intake.reference.countries import COUNTRIES
from tests.bench.instance import CHEAP, Bench
from tests.bench.rows import DATABASES, RATIO, BenchError, Row, Target
from tests.factories import House, make_case, make_house, make_member, sign_in

SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (1_000, 2_000, 5_000)
FLAT = Target(at_most=2, of=RATIO)
ROUNDS, QUICK_ROUNDS = 25, 6
AT_ONCE = 5_000  # rows in one statement
SEED = 7
# Of a hundred cases, how many stand at each status; tombstones are left out.
SHARES = dict(zip(STATUSES, (12, 10, 10, 8, 20, 10, 25, 5), strict=False))
PAGES = {
    "first page": "/desk/",
    "all, oldest first": "/desk/?tab=all&sort=oldest",
    "my desks, next deadline": "/desk/?tab=open&sort=deadline",
    "overdue": "/desk/?tab=overdue",
    "one country and assignee": "/desk/?tab=all&country=KZ&assignee={member}",
    "deep page": "/desk/?tab=all&after={deep}",
    "one case": "/desk/cases/{case}",
}
CASE_PAGE = "one case"
# What is sealed is opened page by page for all cases of one's desks: that takes longer the more there are.
LONGER = {"one violation": "/desk/?tab=all&code=TORTURE", "consent that all gave": "/desk/?tab=all&share=nobody"}
ON_A_PAGE = 1_000  # cases whose facts are sealed together


@dataclass
class Filled:
    """An application on a database with so many cases, an editor of all desks signed in, and how long pages took."""

    app: Flask
    size: int
    client: FlaskClient
    places: dict[str, str]
    took: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, name: str) -> None:
        """Ask for a page, and keep how long it took.

        Raises:
            BenchError: it is not a page full of cases.
        """
        path = {**PAGES, **LONGER}[name].format(**self.places)
        with self.app.app_context():
            began = time.perf_counter()
            answer = self.client.get(path)
            self.took.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        rows = 0 if name == CASE_PAGE else 25
        if answer.status_code != 200 or answer.text.count("data-case=") != rows:
            message = f"{path} at {self.size} cases was answered with {answer.status} and no full page"
            raise BenchError(message)


def rows(bench: Bench) -> Iterator[Row]:
    """Measure the queue at each size on each database.

    Raises:
        BenchError: a page was not answered in full.
    """
    sizes, rounds = (QUICK_SIZES, QUICK_ROUNDS) if bench.quick else (SIZES, ROUNDS)
    for database in DATABASES:
        with ExitStack() as stack:
            sides = [filled(stack, bench, "queue", size, database) for size in sizes]
            for name in (*PAGES, *LONGER):
                for side in sides:
                    side.ask(name)  # what is made once for a process is made
                    side.took.clear()
            gc.collect()
            gc.freeze()  # of all sizes in this one process: a server's collector has none of that to look through
            for _ in range(rounds):
                for side in sides:
                    for name in (*PAGES, *LONGER):
                        side.ask(name)
            gc.unfreeze()
            yield from _told(database, sides)


def _told(database: str, sides: list[Filled]) -> Iterator[Row]:
    for name in (*PAGES, *LONGER):
        yield from side_by_side(
            "case page" if name == CASE_PAGE else f"queue, {name}",
            [(side.size, side.took[name]) for side in sides],
            (FLAT,) if name in PAGES else (),
            database=database,
        )


def side_by_side(
    name: str, found: list[tuple[int, list[float]]], aims: tuple[Target, ...], *, database: str
) -> Iterator[Row]:
    """Yield a row for each number of cases, beside the fewest; the most has the aims.

    Args:
        name: what was asked for.
        found: numbers of cases, and how many milliseconds each answer took.
        aims: what it should be.
        database: on which.
    """
    (few, reference), *others = found
    most = found[-1][0]
    yield Row.of_times(f"{name}, {few:,} cases", reference, database=database)
    for size, took in others:
        bounds = aims if size == most else ()
        about = f"{few:,} cases"
        yield Row.of_times(f"{name}, {size:,} cases", took, reference, aims=bounds, against=about, database=database)


def filled(stack: ExitStack, bench: Bench, name: str, size: int, database: str) -> Filled:
    """Return an application on a database of its own, known by a name, that has so many cases."""
    instance = bench.empty(f"{name}_{size}", database)
    app = create_app(config.load(instance.environ), password_cost=CHEAP)
    client = app.test_client()
    with app.app_context():
        stack.callback(_close, app)
        flask_migrate.upgrade()
        house = make_house()
        editor = make_member(house, *house.keys, role=EDITOR)
        _fill(house, size, editor.id)
        _read_facts()
        deep = _deep(house.visitors[editor.id], size)
        sign_in(client, editor)
        told = db.session.scalars(select(Case.reference).where(Case.country == "KZ").order_by(Case.id)).first() or ""
        places = {"member": str(editor.id), "deep": deep, "case": told}
        db.session.remove()
    return Filled(app, size, client, places)


def _fill(house: House, size: int, member_id: int) -> None:
    """Insert cases and their statements; one sealed statement of each desk serves all of its cases."""
    told: dict[str, tuple[Case, Statement]] = {}
    for country in COUNTRIES:
        case = make_case(country)[0]
        told[country] = case, db.session.scalars(select(Statement).where(Statement.case_id == case.id)).one()
    ids, dice = count(1000), random.Random(SEED)  # noqa: S311 nothing secret
    statuses = [status for status, share in SHARES.items() for _ in range(share)]
    moment = to_ten_minutes(now())
    left = size - len(told)
    while left > 0:
        cases, statements = [], []
        for number in (next(ids) for _ in range(min(left, AT_ONCE))):
            case, statement = told[dice.choice(list(told))]
            cases.append(_case(case, number, dice, dice.choice(statuses), moment, member_id))
            sealed = {"desk_key_id": statement.desk_key_id, "sealed": statement.sealed, "received_at": moment}
            statements.append({"case_id": number, "number": 1, "digest": number.to_bytes(8), **sealed})
        with transaction():
            db.session.execute(insert(Case), cases)
            db.session.execute(insert(Statement), statements)
        left -= AT_ONCE
    with transaction():
        db.session.execute(text("ANALYZE"))  # a database does that by itself, later


def _read_facts() -> None:
    """Lay the facts of all cases on sealed pages, as members' visits do in steps: every tenth is about torture."""
    told = db.session.execute(select(Case.id, Case.desk_id)).all()
    for desk in desks.all_desks():
        key = desks.current_key(desk.id)
        mine = [number for number, desk_id in told if desk_id == desk.id]
        for begin in range(0, len(mine), ON_A_PAGE):
            some = mine[begin : begin + ON_A_PAGE]
            codes = ["TORTURE" if number % 10 == 0 else "" for number in some]
            facts = [
                Facts(number, 1, bool(of), of, "", "ask_first", "") for number, of in zip(some, codes, strict=True)
            ]
            page = fact_pages.sealed(desk.id, facts, key.recipient)
            with transaction():
                fact_pages.PAGES.save(Draft(desk.id, key.id, None, None, page, dict.fromkeys(some, 1), frozenset()))


def _case(like: Case, number: int, dice: random.Random, status: str, moment: Any, member_id: int) -> dict[str, Any]:
    alarm = moment + timedelta(hours=dice.randrange(-99, 99)) if dice.random() < 0.1 else None
    due = moment + timedelta(hours=dice.randrange(-99, 99)) if dice.random() < 0.1 else None
    return {
        "id": number,
        "reference": f"{like.country}-{number}",
        "desk_id": like.desk_id,
        "country": like.country,
        "language": dice.choice(("en", "ru")),
        "channel": "web",
        "urgent": dice.random() < 0.2,
        "alarm_at": alarm,
        "due_at": due,
        "reachable": True,
        "status": status,
        "assignee_id": member_id if dice.random() < 0.3 else None,
        "received_at": moment - timedelta(minutes=10 * dice.randrange(60_000)),
    }


def _deep(visitor: Visitor, size: int) -> str:
    """Return the reference of a case in the middle of the order."""
    middle = select(Case.reference).where(Case.desk_id.in_(desks.held_by(visitor.member)), Case.urgent.is_(False))
    ordered = middle.where(Case.alarm_at.is_(None)).order_by(Case.received_at, Case.id)
    return db.session.scalars(ordered.offset(size // 3).limit(1)).one()


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
