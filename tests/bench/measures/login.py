"""Signing in with a password and a one-time code, beside deriving from the password alone, as costly as in earnest."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from intake.members.models import Member
from intake.sealing import PASSWORD_COST, identity_from_password
from tests.bench import load, servers
from tests.bench.instance import Bench
from tests.bench.rows import DATABASES, BenchError, Row
from tests.bench.servers import OURS, Server
from tests.factories import PASSWORD, forget_steps, make_member, one_time_code, token_on

DESK = "KZ"
PATH = "/desk/sign-in"
ROUNDS, QUICK_ROUNDS = 25, 5
WARM = 4  # sign-ins before anything counts, so that each process of the server has had one
ADMITTED = 302
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=;\s]+=[^;\r]*)", re.IGNORECASE)


def rows(bench: Bench) -> Iterator[Row]:
    """Measure signing in on each database.

    Raises:
        BenchError: a member was not let in.
    """
    for database in DATABASES:
        instance, took, alone = bench.instance(database), [], []
        with ExitStack() as stack:
            server = stack.enter_context(servers.running(instance, OURS))
            stack.enter_context(instance.opened(PASSWORD_COST))
            member = make_member(instance.house(), DESK)
            for _ in range(WARM + (QUICK_ROUNDS if bench.quick else ROUNDS)):
                alone.append(_derived())
                took.append(signed_in(server, member))
        about = {"against": "deriving alone", "database": database}
        yield Row.of_times("sign-in", took[WARM:], alone[WARM:], errors=0, **about)


def signed_in(server: Server, member: Member) -> float:
    """Sign a member in; return how many milliseconds the answer took.

    Raises:
        BenchError: they were not let in.
    """
    asked = _one(server, load.request("GET", PATH, headers={"Accept-Encoding": "identity"}))
    cookies = b"; ".join(_COOKIE.findall(asked.head)).decode()
    forget_steps()
    answers = {"address": member.address, "password": PASSWORD, "code": one_time_code()}
    body = load.form({**answers, "csrf_token": token_on(asked.body.decode())})
    answer = _one(server, load.request("POST", PATH, body, {"Cookie": cookies}))
    if answer.status != ADMITTED:
        message = f"a member who signed in was answered with {answer.status}"
        raise BenchError(message)
    return answer.took * 1000


def _one(server: Server, request: bytes) -> load.Answer:
    done = load.run(server.port, [request], load.LONGEST_WAIT, 1)
    if done.errors:
        message = f"{PATH}: {done.errors[0]}"
        raise BenchError(message)
    return done.answers[0]


def _derived() -> float:
    """Return how many milliseconds deriving from a password takes."""
    derive = partial(identity_from_password, PASSWORD, b"\0" * 16, PASSWORD_COST)
    began = time.perf_counter()
    derive()
    return (time.perf_counter() - began) * 1000
