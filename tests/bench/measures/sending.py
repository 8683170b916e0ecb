"""Sending a complaint at 1, 8 and 64 clients: how many a second and how fast, beside the same work written bare."""

import re
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice
from typing import Any

import brotli  # type: ignore[import-untyped]

from tests.bench import load, same_work, sample, servers
from tests.bench.instance import Bench, Instance
from tests.bench.rows import DATABASES, NO_ERROR, P95, RATIO, BenchError, Row, Target
from tests.bench.servers import OURS
from tests.bench.side import CLIENTS, OK, Plan, Side, at, take_turns
from tests.factories import signed_code

RATE = Target(at_least=0.8, of=RATIO)
SOON = Target(at_most=150, of=P95)  # milliseconds, at eight clients
NOT_LATER = Target(at_most=1.25, of=RATIO)
CALM = Target(at_most=10)  # else what stands above tells more of them than of us
OWN, BARE, BAREST = "ours", "bare Flask", "bare WSGI"
MODULES = {OWN: OURS, BARE: servers.FLASK, BAREST: servers.WSGI}
FULL, QUICK = Plan(slices=6, seconds=2.0, patience=5.0), Plan(slices=2, seconds=0.8, patience=0.3)
_REFERENCE = re.compile(rb"[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{2}")
Sides = dict[tuple[str, int], Side]


def rows(bench: Bench) -> Iterator[Row]:
    """Measure the POST of the complaint page on each database.

    Raises:
        BenchError: answers were wrong, or the servers did not write the same.
    """
    for database in DATABASES:
        instance = bench.instance(database)
        with instance.opened() as app:
            sample.taken(app, instance)
        before = same_work.row_counts(instance)
        copies = {name: bench.instance(database, instance) for name in ((OWN, BARE) if bench.quick else MODULES)}
        with ExitStack() as stack:
            sides = _sides(stack, copies)
            with instance.opened():
                take_turns(list(sides.values()), QUICK if bench.quick else FULL)
        yield from _told(database, sides)
        _check_work(before, copies, sides)


def _sides(stack: ExitStack, copies: dict[str, Instance]) -> Sides:
    """Start the servers, each on a copy of its own."""
    sides, forms = {}, sample.forms()
    for name, copy in copies.items():
        server = stack.enter_context(servers.running(copy, MODULES[name]))
        refused = partial(wrong, ours=name == OWN)
        for clients in (load.CLIENTS,) if name == BAREST else CLIENTS:
            sides[name, clients] = Side(name, clients, server, partial(requests, forms), refused)
    return sides


def requests(forms: Iterator[bytes], count: int) -> list[bytes]:
    """Return complaints, each with a code of its own."""
    return [load.post(sample.PATH, form + signed_code().encode()) for form in islice(forms, count)]


def _told(database: str, sides: Sides) -> Iterator[Row]:
    for clients in CLIENTS:
        ours, bare = sides[OWN, clients], sides[BARE, clients]
        name = f"complaint POST, {at(clients)}"
        aims = (RATE, *((SOON,) if clients == load.CLIENTS else ()), NO_ERROR)
        yield ours.row(name, "POST/s", bare, aims=aims, database=database)
        yield bare.row(f"{name}: {BARE}", "POST/s", database=database)
    ours, bare = sides[OWN, load.CLIENTS], sides[BARE, load.CLIENTS]
    about: dict[str, Any] = {"database": database, "against": BARE}
    name = f"complaint POST, {at(load.CLIENTS)}"
    yield Row(f"{name}: 95 of 100 within", ours.times.p95, "ms", bare.times.p95, aims=(NOT_LATER,), **about)
    if (BAREST, load.CLIENTS) in sides:
        yield ours.row(f"{name}: beside {BAREST}", "POST/s", sides[BAREST, load.CLIENTS], database=database)
    if ours.cpu:
        used, reference = statistics.median(ours.cpu), statistics.median(bare.cpu)
        yield Row(f"{name}: processor time", used, "ms/POST", reference, **about)
        others = statistics.median(share for side in sides.values() for share in side.others)
        yield Row("other programs meanwhile", others, "% of processors", aims=(CALM,), database=database)


def _check_work(before: same_work.Counts, copies: dict[str, Instance], sides: Sides) -> None:
    """Refuse figures of servers that did not write the same.

    Raises:
        BenchError: they did not, or answers were wrong, so that nobody can say.
    """
    errors = [f"{side.name} at {at(side.clients)}: {error}" for side in sides.values() for error in side.errors]
    if errors:
        message = f"{len(errors)} answers were wrong, the first: {errors[0]}"
        raise BenchError(message)
    answered = {name: sum(side.answered for side in sides.values() if side.name == name) for name in copies}
    same_work.check(before, [(copies[name], count) for name, count in answered.items()])


def wrong(answer: load.Answer, *, ours: bool) -> str | None:
    """Say what is wrong with an answer: it is to be the answer page, compressed as asked, from the right server.

    Raises:
        BenchError: it came from the other server.
    """
    if answer.status != OK:
        return f"status {answer.status}"
    head = answer.head.lower()
    if (b"content-security-policy" in head) is not ours:
        message = "the house answered in the place of its bare twin, or the other way round"
        raise BenchError(message)
    if b"content-encoding: br" not in head:
        return "not compressed"
    page: bytes = brotli.decompress(answer.body)
    if b'class="code"' not in page or not _REFERENCE.search(page):
        return "not the page with code and reference"
    return None
