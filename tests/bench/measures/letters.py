"""Letters: how many a second one and four workers deliver, what one costs in a full outbox, and pages of letters."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import flask_migrate
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import false, func, insert, literal, select, text, true, update

from intake import config
from intake.app import create_app
from intake.audit import OPENED, AuditEntry
from intake.cases.models import Case
from intake.desks import queries as desks
from intake.extensions import core, db, table, transaction
from intake.i18n import now
from intake.members.models import EDITOR
from intake.outbox import deliver
from intake.outbox.models import Attempt, Letter
from intake.reference.countries import COUNTRIES
from tests.bench import mail_sink
from tests.bench.instance import CHEAP, HOST, Bench
from tests.bench.rows import DATABASES, RATIO, BenchError, Row, Target
from tests.factories import make_house, make_member, sign_in

SENT, QUICK_SENT = 2_000, 100  # letters to a mail server
SIZES, QUICK_SIZES = (1_000, 100_000), (500, 3_000)
AT_ONCE = 5_000  # rows of one insert
WINDOW, QUICK_WINDOW = 400, 60  # letters whose cost is measured at each place of a drain
ROUNDS, QUICK_ROUNDS = 11, 2
MEMBERS = 20
FLAT = Target(at_most=1.5, of=RATIO)
PAGES = {
    "newest": "",
    "later": "before={deep}",
    "owed": "state=owed",
    "failing": "state=failing",
    "accepted": "state=accepted",
    "came back": "state=bounced",
    "unopened": "state=unopened",
    "withdrawn": "state=withdrawn",
    "twice": "state=duplicates",
    "kind": "kind=due",
    "desk": "desk={desk}",
    "member": "member={member}",
    "days": "since={day}&until={day}",
}
PAGE_QUICK = Target(at_most=1000)  # milliseconds


@dataclass
class Place:
    """An application on a database of its own, and its environment."""

    app: Flask
    environ: dict[str, str]
    members: list[int]
    client: FlaskClient | None = None


def rows(bench: Bench) -> Iterator[Row]:
    """Measure letters on each database.

    Raises:
        BenchError: a letter was not delivered, or a page not answered.
    """
    for database in DATABASES:
        yield from _sending(bench, database)
        yield from _draining(bench, database)
        yield from _reading(bench, database)


def _sending(bench: Bench, database: str) -> Iterator[Row]:
    count, one = QUICK_SENT if bench.quick else SENT, None
    with mail_sink.running() as port:
        for workers in (1, 4):
            with _place(bench, f"sending_{workers}", database) as place:
                _owe(place, count)
                rate = _rate({**place.environ, f"{config.PREFIX}MAIL_URL": f"smtp://{HOST}:{port}"}, workers, count)
            about: dict[str, Any] = {"against": "one worker" if one else "", "database": database}
            yield Row(f"letters delivered, {workers} worker{'s' * (workers > 1)}", rate, "letters/s", one, **about)
            one = one or rate


def _rate(environ: dict[str, str], workers: int, count: int) -> float:
    """Return how many letters a second workers deliver together, from a common start to the last one's end."""
    command = (sys.executable, "-m", "tests.bench.letter_worker")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "start_new_session": True}
    with ExitStack() as stack:
        running = [
            stack.enter_context(subprocess.Popen(command, cwd=config.ROOT, env=environ, **pipes))  # type: ignore[call-overload]  # of the names
            for _ in range(workers)
        ]
        for one in running:
            one.stdout.readline()
        began = time.perf_counter()
        said = []
        for one in running:
            one.stdin.write("go\n")
            one.stdin.flush()
        said = [one.stdout.readline() for one in running]
        took = time.perf_counter() - began
    if sum(int(line or 0) for line in said) != count:
        message = f"{workers} workers delivered {said} of {count} letters"
        raise BenchError(message)
    return count / took


def _draining(bench: Bench, database: str) -> Iterator[Row]:
    """Measure what a letter costs in the database, claim and record, while an outbox is full, half full, nearly empty.

    What lies between is marked as delivered at once.
    """
    (few, many), window = (QUICK_SIZES, QUICK_WINDOW) if bench.quick else (SIZES, WINDOW)
    with _place(bench, "few", database) as small, _place(bench, "many", database) as large:
        _owe(small, few)
        _owe(large, many)
        _withdraw(large, many // 10)
        for left in (many, many // 2, few):
            _drain_to(large, left)
            reference, cost = _costs(small, large, window)
            _owe(small, window)
            about = {"aims": (FLAT,), "against": f"{few:,} owed", "database": database}
            yield Row.of_times(f"a letter's cost, {left:,} of {many:,} owed", cost, reference, **about)


def _costs(small: Place, large: Place, count: int) -> tuple[list[float], list[float]]:
    """Return how many milliseconds one letter takes at two places, asked in turn: what disturbs one disturbs both."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(count // deliver.BATCH):
        for place, costs in zip((small, large), took, strict=True):
            costs.append(_cost(place))
    return took


def _cost(place: Place) -> float:
    """Return how many milliseconds a letter of one claim takes."""
    accepted = deliver.Outcome(accepted=True, smtp_code=250, answer="")
    with place.app.app_context():
        began = time.perf_counter()
        with transaction():
            claim = deliver.claim(now())
        db.session.expunge_all()
        for letter in claim.letters:
            if deliver.is_withdrawn(letter):
                message = "a letter was claimed that is withdrawn"
                raise BenchError(message)
            with transaction():
                deliver.record(letter, claim.until, accepted, now())
        took = (time.perf_counter() - began) * 1000 / len(claim.letters)
        db.session.remove()
    return took


def _drain_to(place: Place, left: int) -> None:
    with place.app.app_context():
        with transaction():
            owed = (Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
            over = (db.session.scalar(select(func.count()).select_from(Letter).where(*owed)) or 0) - left
            if over > 0:
                first = select(Letter.id).where(*owed).order_by(Letter.due_at, Letter.id).limit(over)
                db.session.execute(update(Letter).where(Letter.id.in_(first)).values(delivered_at=now()))
        _settle()


def _settle() -> None:
    """Let the database do at once what it would do by itself, later, after so much was written."""
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.session.remove()


def _withdraw(place: Place, count: int) -> None:
    """Owe letters besides that were withdrawn since, before all others: nobody is to look through them for ever."""
    _owe(place, count, minutes=999_999)
    with place.app.app_context():
        with transaction():
            gone = Letter.due_at < now() - timedelta(minutes=900_000)
            db.session.execute(update(Letter).where(gone).values(withdrawn_at=now()))
        db.session.remove()


def _reading(bench: Bench, database: str) -> Iterator[Row]:
    sizes, rounds = (QUICK_SIZES, QUICK_ROUNDS) if bench.quick else (SIZES, ROUNDS)
    took: dict[tuple[int, str], list[float]] = {}
    for size in sizes:
        with _place(bench, f"read_{size}", database) as place:
            _owe(place, size)
            at = _happen(place, size)
            for name, query in PAGES.items():
                took[size, name] = _ask(place, f"/desk/letters?{query.format(**at)}", rounds)
    few, many = sizes
    for name in PAGES:
        about = {"aims": (PAGE_QUICK,), "against": f"{few:,} letters", "database": database}
        yield Row.of_times(f"{many:,} letters, {name}", took[many, name], took[few, name], **about)


def _ask(place: Place, path: str, rounds: int) -> list[float]:
    took = []
    for _ in range(rounds + 1):
        with place.app.app_context():
            began = time.perf_counter()
            answer = place.client.get(path) if place.client else None
            took.append((time.perf_counter() - began) * 1000)
        if answer is None or answer.status_code != 200 or "data-letter=" not in answer.text:
            message = f"{path} showed no letters"
            raise BenchError(message)
    return took[1:]


@contextmanager
def _place(bench: Bench, name: str, database: str) -> Iterator[Place]:
    """Yield an application on an empty database with members, an editor signed in."""
    environ = bench.empty(f"letters_{name}", database).environ
    app = create_app(config.load(environ), password_cost=CHEAP)
    with app.app_context():
        flask_migrate.upgrade()
        house = make_house()
        members = [make_member(house, *COUNTRIES).id for _ in range(MEMBERS)]
        client = app.test_client()
        sign_in(client, make_member(house, *house.keys, role=EDITOR))
        db.session.remove()
    try:
        yield Place(app, environ, members, client)
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _owe(place: Place, count: int, minutes: int = 60_000) -> None:
    """Owe so many letters: five about each case, one every half minute, the first so many minutes ago."""
    with place.app.app_context():
        desk_ids = [desk.id for desk in desks.all_desks()]
        begun, first = now() - timedelta(minutes=minutes), (db.session.scalar(select(func.max(Letter.id))) or 0) + 1
        for at in range(0, count, AT_ONCE):
            numbers = range(first + at, first + min(at + AT_ONCE, count))
            with transaction():
                cases = [_case(number, desk_ids) for number in numbers if number % 5 == 0]
                core().execute(insert(table(Case)), cases)
                known = [_letter(number, place.members, begun + timedelta(seconds=30 * number)) for number in numbers]
                core().execute(insert(table(Letter)), known)
        _settle()


def _case(number: int, desk_ids: list[int]) -> dict[str, object]:
    # Every hundredth stands at the last desk, the others at the first ones.
    desk_id = desk_ids[-1] if number % 100 == 0 else desk_ids[number // 5 % (len(desk_ids) - 1)]
    return {
        "id": number,
        "reference": f"KZ-{number}",
        "desk_id": desk_id,
        "country": "KZ",
        "language": "en",
        "channel": "web",
        "urgent": False,
        "reachable": True,
        "not_for_publication": False,
        "status": "received",
        "received_at": now(),
    }


def _letter(number: int, members: list[int], moment: object) -> dict[str, object]:
    member_id = members[number % MEMBERS]
    return {
        "id": number,
        "message_id": f"<{number}@example.org>",
        "language": "en",
        "failures": 0,
        "kind": "due" if number % 500 == 0 else "new_case",
        "case_id": number // 5 * 5 if number >= 5 else None,
        "member_id": member_id,
        "address": f"letter{number}@example.org",  # many to one would go together
        "owed_at": moment,
        "due_at": moment,
        "subject": "New case KZ-7Q4M-K2",
        "body": "A case came in. Read it at the desk.\n" * 20,
    }


def _happen(place: Place, size: int) -> dict[str, object]:
    """Let almost all letters be accepted and their cases be opened; a few wait, fail, are withdrawn, came twice."""
    with place.app.app_context():
        with transaction():
            later, odd = Letter.id > size // 100, Letter.id % 50
            db.session.execute(update(Letter).where(later).values(delivered_at=Letter.owed_at))
            db.session.execute(update(Letter).where(~later, odd == 1).values(failures=3))
            db.session.execute(update(Letter).where(~later, odd == 2).values(withdrawn_at=now()))
            known = table(Letter)
            told = ["letter_id", "at", "accepted", "smtp_code", "answer", "broke_off"]
            again = known.c.delivered_at.is_not(None)
            for broke_off, some in ((false(), again), (true(), again & (known.c.id % 250 == 0))):
                tried = select(known.c.id, known.c.owed_at, ~broke_off, literal(250), literal(""), broke_off)
                core().execute(insert(table(Attempt)).from_select(told, tried.where(some)))
            came = insert(db.metadata.tables["bounce"])
            rows = [
                {"letter_id": number, "at": now(), "permanent": True, "status": "5.1.1", "answer": ""}
                for number in range(size // 100 + 1, size, 300)
            ]
            core().execute(came, rows)
            _open_cases(size)
        _settle()
    moment = now() - timedelta(minutes=60_000) + timedelta(seconds=30 * (size // 2))
    last = 6  # the desk at which one case of a hundred is
    return {"deep": size // 3, "desk": last, "member": place.members[0], "day": moment.date().isoformat()}


def _open_cases(size: int) -> None:
    """Let every member have opened the cases that they were told of, but one of 250."""
    entries = [
        {
            "chain": 99,
            "number": row.id,
            "at": row.owed_at + timedelta(minutes=3),
            "act": OPENED,
            "member_id": row.member_id,
            "case_id": row.case_id,
            "detail": {},
            "hash": b"",
        }
        for row in db.session.execute(select(Letter.id, Letter.owed_at, Letter.member_id, Letter.case_id))
        if row.id % 250 and row.case_id
    ]
    for at in range(0, size, AT_ONCE):
        if entries[at : at + AT_ONCE]:
            core().execute(insert(table(AuditEntry)), entries[at : at + AT_ONCE])
