"""One of the servers that are compared, at so many clients: what is asked of it in turns with the others."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.bench import load, servers
from tests.bench.instance import HOST
from tests.bench.rows import Row, Times
from tests.bench.servers import Server

CLIENTS = (1, load.CLIENTS, 64)
OK = 200


@dataclass(frozen=True)
class Plan:
    """How long to measure: slices of each side, seconds of one, of warming up, of waiting for calm; requests of one."""

    slices: int
    seconds: float
    patience: float
    warm: float = 2.0
    most: int = 4000


@dataclass
class Side:
    """A server at so many clients, and what it did.

    Attributes:
        name: which server; the others at other numbers of clients have the same.
        clients: how many.
        server: where it runs.
        requests: makes so many requests for it.
        wrong: says what is wrong with an answer of it, if anything is.
        host: on which host it is.
    """

    name: str
    clients: int
    server: Server
    requests: Callable[[int], list[bytes]]
    wrong: Callable[[load.Answer], str | None]
    host: str = HOST
    answered: int = 0
    errors: list[str] = field(default_factory=list)
    slices: list[load.Slice] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second: the middle of the slices."""
        return statistics.median(part.rate for part in self.slices)

    @property
    def times(self) -> Times:
        """How long all of its answers took."""
        return Times.of(answer.took * 1000 for part in self.slices for answer in part.answers)

    def row(self, name: str, unit: str, beside: "Side | None" = None, **extra: Any) -> Row:
        """Return its rate as a row, beside another's."""
        told = {"times": self.times, "errors": len(self.errors), "against": beside.name if beside else "", **extra}
        return Row(name, self.rate, unit, beside.rate if beside else None, **told)

    def run(self, plan: Plan, most: int) -> load.Slice:
        """Run one slice, and look at every answer."""
        requests = self.requests(most)
        servers.wait_for_calm(plan.patience)
        began, before = time.perf_counter(), self._used()
        done = load.run(self.server.port, requests, plan.seconds, self.clients, self.host)
        after, took = self._used(), time.perf_counter() - began
        self.errors += [*done.errors, *filter(None, map(self.wrong, done.answers))]
        self.answered += len(done.answers)
        if before is not None and after is not None and done.answers:
            self.cpu.append((after[0] - before[0]) * 1000 / len(done.answers))
            self.others.append((after[1] - before[1]) * 100 / took / (os.cpu_count() or 1))
        for place, answer in enumerate(done.answers):  # what was looked at is not kept
            done.answers[place] = replace(answer, head=b"", body=b"")
        return done

    def _used(self) -> tuple[float, float] | None:
        """Return the processor time that this server has used, and that others have: neither it nor its clients."""
        own, all_of_it = self.server.cpu(), servers.busy()
        if own is None or all_of_it is None:
            return None
        return own, all_of_it - own - time.process_time()


def take_turns(sides: list[Side], plan: Plan) -> None:
    """Let the sides take turns, there and back: what slows this machine for a while slows them all."""
    most = {}
    for side in sides:
        if side.clients == load.CLIENTS:  # what is made once for a process is made
            warm = side.run(replace(plan, seconds=plan.warm), plan.most)
            most[side.name] = min(plan.most, int(warm.rate * plan.seconds * 2) + 2 * max(CLIENTS))
            side.cpu.clear()
            side.others.clear()
    in_turn = sorted(sides, key=lambda side: side.clients)
    for turn in range(plan.slices):
        for side in in_turn[:: 1 if turn % 2 else -1]:
            side.slices.append(side.run(plan, most[side.name]))


def at(clients: int) -> str:
    """Return so many clients in words."""
    return f"{clients} client{'s' * (clients > 1)}"
