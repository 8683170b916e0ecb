"""A peer's form beside ours, if ``PEER_URL`` names one on this machine: the same load, by turns."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import cycle, islice

from tests.bench import load, peer_form, sample, servers
from tests.bench.instance import Bench
from tests.bench.measures import page, sending
from tests.bench.peer_form import Peer
from tests.bench.rows import NO_ERROR, BenchError, Row
from tests.bench.servers import OURS, Server
from tests.bench.side import CLIENTS, Plan, Side, at, take_turns

FULL, QUICK = Plan(slices=4, seconds=2.0, patience=3.0), Plan(slices=1, seconds=0.8, patience=0.3, warm=1.0)
PEER = "the peer"
FAILED = 400
GET, POST = "form GET", "form POST"


def rows(bench: Bench) -> Iterator[Row]:
    """Measure the peer's form beside ours, seen and, if ``PEER_FORM`` says what is written in it, sent.

    Raises:
        BenchError: the peer does not answer, or its form cannot be sent.
    """
    peer = peer_form.of_environment()
    if peer is None:
        return
    instance, plan = bench.instance(), QUICK if bench.quick else FULL
    with ExitStack() as stack:
        server = stack.enter_context(servers.running(instance, OURS))
        stack.enter_context(instance.opened())
        yield from _compared(GET, plan, _ours(server, page.requests, page.wrong), _theirs(peer, partial(_seen, peer)))
        if peer.answers:
            forms = partial(sending.requests, sample.forms())
            yield from _compared(POST, plan, _ours(server, forms, sending.wrong), _theirs(peer, partial(_sent, peer)))


def _compared(name: str, plan: Plan, ours: list[Side], theirs: list[Side]) -> Iterator[Row]:
    take_turns([*ours, *theirs], plan)
    for own, other in zip(ours, theirs, strict=True):
        yield own.row(f"{name} beside a peer's, {at(own.clients)}", "/s", other, aims=(NO_ERROR,))
        yield other.row(f"{name} beside a peer's, {at(own.clients)}: {PEER}", "/s")


def _ours(server: Server, requests: Callable[[int], list[bytes]], wrong: Callable[..., str | None]) -> list[Side]:
    return [Side(sending.OWN, clients, server, requests, partial(wrong, ours=True)) for clients in CLIENTS]


def _theirs(peer: Peer, requests: Callable[[int], list[bytes]]) -> list[Side]:
    server = Server(peer.port, -1)  # of its processes nothing is known
    return [Side(PEER, clients, server, requests, _wrong, peer.host) for clients in CLIENTS]


def _seen(peer: Peer, count: int) -> list[bytes]:
    return [load.request("GET", peer.path, headers=peer.said)] * count


def _sent(peer: Peer, count: int) -> list[bytes]:
    """Return forms to send, after as many visits as there may be clients: each with its own cookies and tokens.

    Raises:
        BenchError: the form is not answered.
    """
    visits = load.run(peer.port, [peer.seen()] * max(CLIENTS), load.LONGEST_WAIT, 1, peer.host)
    good = [answer for answer in visits.answers if answer.status < FAILED]
    if not good:
        message = f"the peer answers its form with {visits.errors or visits.answers[0].status}"
        raise BenchError(message)
    return list(islice(cycle(map(peer.filled, good)), count))


def _wrong(answer: load.Answer) -> str | None:
    return f"status {answer.status}" if answer.status >= FAILED else None
