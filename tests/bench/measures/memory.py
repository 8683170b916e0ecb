"""What each process of ``make run`` holds after work of every kind: both web processes, their parent, the worker."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from sqlalchemy import func, select

from intake.cases.models import Case
from intake.extensions import db
from intake.outbox.models import Letter
from intake.sealing import PASSWORD_COST
from tests.bench import load, mail_sink, sample, servers
from tests.bench.carrier import CHUNKS, MEGABYTE, MULTIPART, Errand
from tests.bench.instance import HOST, Bench
from tests.bench.measures import files, login, sending
from tests.bench.rows import DATABASES, BenchError, Row, Target
from tests.bench.servers import OURS, Held, Server
from tests.bench.side import OK
from tests.factories import make_member

SMALL = Target(at_most=150)  # megabytes of one process
SECONDS, QUICK_SECONDS = 4.0, 1.0  # of complaints, from so many clients as these
CLIENTS = (load.CLIENTS, 64)
SIGN_INS = 6
PAGES = 40  # of the desk
FILE, QUICK_FILE = 256 * MEGABYTE, 16 * MEGABYTE
LONGEST = 30.0  # seconds in which letters go out


def rows(bench: Bench) -> Iterator[Row]:
    """Measure what each process holds, on each database.

    Raises:
        BenchError: something was not answered, or no letter was delivered.
    """
    for database in DATABASES:
        instance = bench.instance(database)
        with ExitStack() as stack:
            mail = stack.enter_context(mail_sink.running())
            app = stack.enter_context(instance.opened(PASSWORD_COST))
            errand = files.errand_to(app, instance)
            member = make_member(instance.house(), login.DESK)
            web = stack.enter_context(servers.running(instance, OURS))
            worker = stack.enter_context(servers.delivering(instance, f"smtp://{HOST}:{mail}"))
            _complain(web, QUICK_SECONDS if bench.quick else SECONDS)
            for _ in range(SIGN_INS):
                login.signed_in(web, member)
            _read(web, errand)
            for way in (CHUNKS, MULTIPART):
                size = QUICK_FILE if bench.quick else FILE
                files.run(replace(errand, port=web.port, way=way, size=size, seed=len(way)))
            _wait_for_letters()
            named = [*_named(web), ("outbox worker", worker.held()[0])]
        for name, held in named:
            what = f"memory after load, {name}"
            yield Row(what, held.share / MEGABYTE, "MB", aims=(SMALL,), database=database)
            yield Row(f"{what}: RSS", held.resident / MEGABYTE, "MB", database=database)


def _complain(web: Server, seconds: float) -> None:
    forms = sample.forms()
    for clients in CLIENTS:
        done = load.run(web.port, sending.requests(forms, int(seconds * 600)), seconds, clients)
        wrong = [*done.errors, *filter(None, (sending.wrong(answer, ours=True) for answer in done.answers))]
        if wrong:
            message = f"complaints from {clients} clients: {wrong[0]}"
            raise BenchError(message)


def _read(web: Server, errand: Errand) -> None:
    """Look at the queue, and at a case again and again.

    Raises:
        BenchError: they were not shown.
    """
    reference = db.session.scalars(select(Case.reference).order_by(Case.id).limit(1)).one()
    paths = ("/desk/", f"/desk/cases/{reference}") * (PAGES // 2)
    done = load.run(web.port, [load.request("GET", path, headers={"Cookie": errand.cookie}) for path in paths], LONGEST)
    wrong = [*done.errors, *(f"status {answer.status}" for answer in done.answers if answer.status != OK)]
    if wrong:
        message = f"{len(wrong)} pages of the desk were not shown, the first: {wrong[0]}"
        raise BenchError(message)


def _wait_for_letters() -> None:
    """Wait until the worker has nothing left to do, or has worked for long.

    Raises:
        BenchError: it delivered nothing.
    """
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and _letters(delivered=False):
        time.sleep(0.5)
    if not _letters(delivered=True):
        message = "the worker delivered no letter"
        raise BenchError(message)


def _letters(*, delivered: bool) -> int:
    db.session.rollback()
    there = Letter.delivered_at.is_not(None) if delivered else Letter.delivered_at.is_(None)
    return db.session.scalar(select(func.count()).select_from(Letter).where(there)) or 0


def _named(web: Server) -> Iterator[tuple[str, Held]]:
    """Yield the processes of the web server: those that serve, the larger first, and the one that starts them."""
    serving = [held for held in web.held() if held.pid != web.session]
    for number, held in enumerate(serving, 1):
        yield f"web process {number}", held
    yield from (("web server's parent", held) for held in web.held() if held.pid == web.session)
