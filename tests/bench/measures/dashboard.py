"""The dashboard: how long a page takes at 1,000, 10,000 and 100,000 cases, on both databases."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

from sqlalchemy import bindparam, insert, select, text, update

from intake.cases.models import NOT_A_COMPLAINT, RECEIVED, Case, Message, Statement
from intake.extensions import core, db, table, transaction
from tests.bench.instance import Bench
from tests.bench.measures.queue import AT_ONCE, QUICK_SIZES, SEED, SIZES, Filled, filled, side_by_side
from tests.bench.rows import DATABASES, BenchError, Row, Target

QUICK = Target(at_most=1000)  # milliseconds, at the most cases
ROUNDS, QUICK_ROUNDS = 12, 4
PAGES = {
    "13 weeks": "/desk/dashboard",
    "a year": "/desk/dashboard?period=year",
    "a year, to share": "/desk/dashboard?period=year&for=outside",
}


def rows(bench: Bench) -> Iterator[Row]:
    """Measure the dashboard at each size on each database.

    Raises:
        BenchError: a page was not answered.
    """
    sizes, rounds = (QUICK_SIZES, QUICK_ROUNDS) if bench.quick else (SIZES, ROUNDS)
    for database in DATABASES:
        with ExitStack() as stack:
            sides = [filled(stack, bench, "dashboard", size, database) for size in sizes]
            for side in sides:
                _answer_cases(side)
            yield from _measured(database, sides, rounds)


def _measured(database: str, sides: list[Filled], rounds: int) -> Iterator[Row]:
    for name, path in PAGES.items():
        for side in sides:
            for _ in range(rounds + 1):
                _ask(side, name, path)
            side.took[name] = side.took[name][1:]  # what is made once for a process is made
        found = [(side.size, side.took[name]) for side in sides]
        yield from side_by_side(f"dashboard, {name}", found, (QUICK,), database=database)


def _ask(side: Filled, name: str, path: str) -> None:
    with side.app.app_context():
        began = time.perf_counter()
        answer = side.client.get(path)
        side.took.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    if answer.status_code != 200 or 'id="times-h"' not in answer.text:
        message = f"{path} at {side.size} cases was answered with {answer.status} and no figures"
        raise BenchError(message)


def _answer_cases(side: Filled) -> None:
    """Let the cases that are taken up be acknowledged some time after they came, and most of them be answered."""
    dice = random.Random(SEED)  # noqa: S311 nothing secret
    with side.app.app_context():
        sealed, key_id = db.session.execute(select(Statement.sealed, Statement.desk_key_id).limit(1)).one()
        taken_up = Case.status.not_in((RECEIVED, NOT_A_COMPLAINT))
        cases = db.session.execute(select(Case.id, Case.received_at).where(taken_up)).all()
        acknowledged, messages = [], []
        for number, received_at in cases:
            moment = received_at + timedelta(minutes=dice.expovariate(1 / 300))
            acknowledged.append({"number": number, "moment": moment})
            if dice.random() < 0.8:
                row = {"case_id": number, "member_id": 1, "desk_key_id": key_id, "once": str(number), "sealed": sealed}
                messages.append({**row, "sent_at": moment + timedelta(minutes=dice.expovariate(1 / 900))})
        with transaction():
            cases_of = table(Case)
            numbered = update(cases_of).where(cases_of.c.id == bindparam("number"))
            for at in range(0, len(acknowledged), AT_ONCE):
                core().execute(numbered.values(acknowledged_at=bindparam("moment")), acknowledged[at : at + AT_ONCE])
            for at in range(0, len(messages), AT_ONCE):
                core().execute(insert(table(Message)), messages[at : at + AT_ONCE])
            db.session.execute(text("ANALYZE"))  # a database does that by itself, later
        db.session.remove()
