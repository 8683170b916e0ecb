"""A large file: how fast it arrives beside sealing the same bytes alone, what memory it takes, what a cut costs."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from intake.cases.models import Case
from intake.config import ROOT
from intake.desks import queries as desks
from intake.evidence import queries as evidence
from intake.evidence import read
from intake.evidence.models import File
from intake.extensions import db
from intake.sealing import unseal_identity
from tests.bench import servers
from tests.bench.carrier import ALONE, CHUNKS, MEGABYTE, MULTIPART, Done, Errand
from tests.bench.instance import Bench, Instance
from tests.bench.rows import DATABASES, RATIO, BenchError, Row, Target, Times
from tests.bench.servers import OURS, Memory, Server
from tests.factories import make_case, make_member, sign_in, token

DESK = "KZ"
SMALL = 5 * MEGABYTE  # what is sent first, so that what is loaded once is loaded
LONGEST = 900.0  # seconds
PATIENCE = 5.0  # seconds in which this machine may become calm
FLAT = Target(at_most=64)
RATE = Target(at_least=0.5, of=RATIO)
AGAIN = Target(at_most=1.1)
WAYS = {CHUNKS: "in chunks", MULTIPART: "in one form"}


@dataclass(frozen=True)
class Plan:
    """What is sent.

    Attributes:
        size: of the file that is sent without a cut.
        turns: how often it is sent.
        cut_size: of the file on whose way the line breaks.
        cuts: how often it breaks.
    """

    size: int
    turns: int
    cut_size: int
    cuts: int


@dataclass(frozen=True)
class Carried:
    """A file that was sent: how, and how many bytes of memory and seconds of processor time it took of the server."""

    done: Done
    grown: int
    cpu: float


QUICK = Plan(32 * MEGABYTE, 1, 64 * MEGABYTE, 2)
FULL = Plan(512 * MEGABYTE, 2, 1024 * MEGABYTE, 20)


def rows(bench: Bench) -> Iterator[Row]:
    """Measure a file that a member adds to a case.

    Raises:
        BenchError: it did not arrive as it was.
    """
    for database in DATABASES:
        plan = QUICK if bench.quick else FULL
        for row in _of(bench.instance(database), plan):
            yield replace(row, database=database)


def _of(instance: Instance, plan: Plan) -> Iterator[Row]:
    with instance.opened() as app:
        errand = errand_to(app, instance)
    with servers.running(instance, OURS) as server:
        errand = replace(errand, port=server.port)
        for way in WAYS:
            _carried(instance, server, replace(errand, way=way, size=SMALL))
        errand = replace(errand, size=plan.size)
        yield from _whole(instance, server, errand, plan)
        yield from _cut(instance, server, replace(errand, size=plan.cut_size, cuts=plan.cuts))
    shutil.rmtree(instance.folder)  # gigabytes that nobody needs while the rest is measured


def _whole(instance: Instance, server: Server, errand: Errand, plan: Plan) -> Iterator[Row]:
    """Send the file by each way, and seal it alone, in turns: what slows this machine for a while slows them all."""
    done: dict[str, list[Carried]] = {way: [] for way in (ALONE, *WAYS)}
    for _ in range(plan.turns):
        servers.wait_for_calm(PATIENCE)
        alone = run(replace(errand, way=ALONE))
        done[ALONE].append(Carried(alone, 0, alone.cpu))
        for way in WAYS:
            done[way].append(_carried(instance, server, replace(errand, way=way)))
    size = plan.size / MEGABYTE
    alone_took, cipher_took = (min(map(attrgetter(f"done.{part}"), done[ALONE])) for part in ("seconds", "sealing"))
    for way, name in WAYS.items():
        what, took = f"a file of {size:g} MB {name}", min(one.done.seconds for one in done[way])
        rate, alone, cipher = size / took, size / alone_took, size / cipher_took
        requests = [took * 1000 for one in done[way] for took in one.done.took]
        more: dict[str, Any] = {"times": Times.of(requests) if requests else None, "errors": 0}
        yield Row(f"{what}", rate, "MB/s", alone, aims=(RATE,), against="sealing alone", **more)
        yield Row(f"{what}: beside the cipher alone", rate, "MB/s", cipher, against="the cipher alone")
        used, reference = (min(one.cpu for one in done[of]) * 1000 / size for of in (way, ALONE))
        yield Row(f"{what}: processor time", used, "ms/MB", reference, against="sealing alone")
        yield Row(f"{what}: memory", max(one.grown for one in done[way]) / MEGABYTE, "MB more", aims=(FLAT,))


def _cut(instance: Instance, server: Server, errand: Errand) -> Iterator[Row]:
    carried = _carried(instance, server, errand)
    done = carried.done
    if done.broke != errand.cuts:
        message = f"the line broke {done.broke} times, and not {errand.cuts}"
        raise BenchError(message)
    what = f"a file of {errand.size // MEGABYTE} MB, cut {errand.cuts} times"
    yield Row(f"{what}: bytes sent", done.sent / errand.size, "of its size", aims=(AGAIN,))
    yield Row(f"{what}: memory", carried.grown / MEGABYTE, "MB more", aims=(FLAT,))


def errand_to(app: Flask, instance: Instance) -> Errand:
    """Return who sends the file, and where to: a member who is signed in, at the page of a case."""
    house = instance.house()
    member, case, client = make_member(house, DESK), make_case(DESK)[0], app.test_client()
    sign_in(client, member)
    path = f"/desk/cases/{case.reference}/files/add"
    press = token(client, path)
    cookies = "; ".join(f"{one.key}={one.value}" for one in (client._cookies or {}).values())  # noqa: SLF001 it shows them nowhere else
    return Errand(CHUNKS, SMALL, path=path, cookie=cookies, token=press)


def _carried(instance: Instance, server: Server, errand: Errand) -> Carried:
    """Send a file, and look at what that took.

    Raises:
        BenchError: it is not there as it was sent.
    """
    seed = _count_of_files(instance)  # other bytes each time: a file that is there already is not kept again
    with Memory(server) as memory:
        before = server.cpu() or 0.0
        done = run(replace(errand, seed=seed))
        used = (server.cpu() or 0.0) - before
    with instance.opened():
        _check(instance, done)
    return Carried(done, memory.grown, used)


def _count_of_files(instance: Instance) -> int:
    with instance.opened():
        return db.session.scalar(select(func.count()).select_from(File)) or 0


def run(errand: Errand) -> Done:
    command = [sys.executable, "-m", "tests.bench.carrier"]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        input=json.dumps(asdict(errand)).encode(),
        stdout=subprocess.PIPE,
        timeout=LONGEST,
        start_new_session=True,  # Ctrl-C is for us alone
        check=False,
    )
    if ran.returncode:
        message = f"a file could not be sent {errand.way}"
        raise BenchError(message)
    return Done(**json.loads(ran.stdout))


def _check(instance: Instance, done: Done) -> None:
    """Open the file that came last, from its sealed chunks, and compare it with what was sent; then remove it.

    Raises:
        BenchError: it is another.
    """
    row = db.session.scalars(select(File).order_by(File.id.desc()).limit(1)).one()
    case = db.session.get_one(Case, row.case_id)
    key = desks.current_key(case.desk_id)
    desk = unseal_identity(key.rescue_copy, instance.rescue)
    file = evidence.opened_file(row.name, case.id, case.reference, lambda _: desk)
    seen = hashlib.sha256()
    for piece in read.plaintext(file):
        seen.update(piece)
    if not seen.hexdigest() == file.sha256 == done.sha256:
        message = "a file did not arrive as it was sent"
        raise BenchError(message)
