"""Sending a complaint: how many a second and how fast, against the same work written bare."""

import os
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice

import brotli  # type: ignore[import-untyped]

from tests.bench import load, same_work, sample, servers
from tests.bench.instance import Bench, Instance
from tests.bench.rows import BenchError, Row, Target
from tests.bench.servers import OURS, Server
from tests.factories import signed_code

RATE = Target(at_least=0.8, of_ratio=True)
P95 = Target(at_most=1.25, of_ratio=True)
CALM = Target(at_most=10)  # else what stands above tells more of them than of us
_REFERENCE = re.compile(rb"[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{2}")


@dataclass(frozen=True)
class Plan:
    """How long to measure: slices of each server, seconds of one, and of waiting for calm before; complaints in one."""

    slices: int
    seconds: float
    patience: float
    most: int = 4000


FULL, QUICK = Plan(slices=10, seconds=2.0, patience=5.0), Plan(slices=5, seconds=0.8, patience=0.5)


@dataclass
class Side:
    """One of the servers, and what it did."""

    instance: Instance
    server: Server
    ours: bool
    sent: int = 0
    slices: list[load.Slice] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second in the best slice: what else this machine does can only slow one down."""
        return max(part.rate for part in self.slices)

    @property
    def p95(self) -> float:
        """Milliseconds in which 95 of 100 answers came, in the best slice."""
        return min(part.quantile(0.95) for part in self.slices) * 1000

    def run(self, forms: Iterator[bytes], plan: Plan, most: int) -> load.Slice:
        """Run one slice, each complaint with its own code, and check every answer."""
        requests = [load.post(sample.PATH, form + signed_code().encode()) for form in islice(forms, most)]
        servers.wait_for_calm(plan.patience)
        began, before = time.perf_counter(), self._used()
        done = load.run(self.server.port, requests, plan.seconds)
        after, took = self._used(), time.perf_counter() - began
        for answer in done.answers:
            _check(answer, ours=self.ours)
        self.sent += len(done.answers)
        if before is not None and after is not None:
            self.cpu.append((after[0] - before[0]) * 1000 / len(done.answers))
            self.others.append((after[1] - before[1]) * 100 / took / (os.cpu_count() or 1))
        return done

    def _used(self) -> tuple[float, float] | None:
        """Return the processor time that this server has used, and that others have: neither it nor its clients."""
        own, all_of_it = self.server.cpu(), servers.busy()
        if own is None or all_of_it is None:
            return None
        return own, all_of_it - own - time.process_time()


def rows(bench: Bench) -> Iterator[Row]:
    """Measure the POST of the complaint page.

    Raises:
        BenchError: a wrong answer, or the servers did not write the same.
    """
    instance = bench.instance()
    with instance.opened() as app:
        sample.taken(app, instance)
    before = same_work.row_counts(instance)
    with instance.opened(), ExitStack() as stack:
        ours, bare, barest = sides = [
            Side(copy := bench.instance(instance), stack.enter_context(servers.running(copy, module)), module == OURS)
            for module in (OURS, servers.FLASK, servers.WSGI)
        ]
        _measure(sides, QUICK if bench.quick else FULL)
    same_work.check(before, [(side.instance, side.sent) for side in sides])
    yield Row("complaint sent: rate", ours.rate, "POST/s", bare.rate, RATE)
    yield Row("complaint sent: 95 of 100 within", ours.p95, "ms", bare.p95, P95)
    yield Row("complaint sent: rate, without Flask too", ours.rate, "POST/s", barest.rate)
    if ours.cpu:
        yield Row("complaint sent: processor time", *_cpu(ours, bare))
        yield Row("complaint sent: processor time, without Flask too", *_cpu(ours, barest))
        others = statistics.median(share for side in sides for share in side.others)
        yield Row("complaint sent: other programs meanwhile", others, "% of processors", target=CALM)


def _cpu(side: Side, reference: Side) -> tuple[float, str, float]:
    return statistics.median(side.cpu), "ms/POST", statistics.median(reference.cpu)


def _measure(sides: list[Side], plan: Plan) -> None:
    """Let the servers take turns, there and back: what slows this machine for a while slows them all."""
    forms = sample.forms()
    most = []
    for side in sides:
        warm = side.run(forms, plan, plan.most // 2)
        most.append(min(plan.most, int(warm.rate * plan.seconds * 2) + load.CLIENTS))
        side.cpu.clear()
        side.others.clear()
    for turn in range(plan.slices):
        for place in range(len(sides))[:: 1 if turn % 2 else -1]:
            sides[place].slices.append(sides[place].run(forms, plan, most[place]))


def _check(answer: load.Answer, *, ours: bool) -> None:
    """Refuse what is not the answer page, compressed as asked, or came from the other server."""
    if (b"content-security-policy" in answer.head.lower()) is not ours:
        message = "the house answered in the place of its bare twin, or the other way round"
        raise BenchError(message)
    if not answer.head.startswith(b"HTTP/1.1 200") or b"content-encoding: br" not in answer.head.lower():
        message = f"a complaint was answered with {answer.head.decode()}"
        raise BenchError(message)
    page: bytes = brotli.decompress(answer.body)
    if b'class="code"' not in page or not _REFERENCE.search(page):
        message = "an answer is not the page with code and reference"
        raise BenchError(message)
