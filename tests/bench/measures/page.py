"""The complaint page at 1, 8 and 64 clients: how many a second and how fast, beside a bare view that fills it anew."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import brotli  # type: ignore[import-untyped]

from tests.bench import load, sample, servers
from tests.bench.instance import Bench
from tests.bench.measures.sending import BARE, MODULES, OWN
from tests.bench.rows import DATABASES, NO_ERROR, BenchError, Row
from tests.bench.side import CLIENTS, OK, Plan, Side, at, take_turns

FULL, QUICK = Plan(slices=3, seconds=1.0, patience=3.0), Plan(slices=1, seconds=0.5, patience=0.3, warm=1.0)


def rows(bench: Bench) -> Iterator[Row]:
    """Measure the GET of the complaint page; no database is asked for it, so on both it should be the same.

    Raises:
        BenchError: answers were wrong.
    """
    for database in DATABASES:
        instance = bench.instance(database)
        with instance.opened() as app:
            sample.taken(app, instance)
        with ExitStack() as stack:
            running = {name: stack.enter_context(servers.running(instance, MODULES[name])) for name in (OWN, BARE)}
            sides = {
                (name, clients): Side(name, clients, server, requests, partial(wrong, ours=name == OWN))
                for name, server in running.items()
                for clients in CLIENTS
            }
            take_turns(list(sides.values()), QUICK if bench.quick else FULL)
        for clients in CLIENTS:
            ours, bare = sides[OWN, clients], sides[BARE, clients]
            yield ours.row(f"complaint page GET, {at(clients)}", "GET/s", bare, aims=(NO_ERROR,), database=database)


def requests(count: int) -> list[bytes]:
    """Return so many requests for the page."""
    return [load.request("GET", sample.PATH)] * count


def wrong(answer: load.Answer, *, ours: bool) -> str | None:
    """Say what is wrong with an answer: it is to be the form, compressed as asked, from the right server.

    Raises:
        BenchError: it came from the other server.
    """
    if answer.status != OK:
        return f"status {answer.status}"
    if (b"content-security-policy" in answer.head.lower()) is not ours:
        message = "the house answered in the place of its bare twin, or the other way round"
        raise BenchError(message)
    return None if b'name="story"' in brotli.decompress(answer.body) else "not the form"
