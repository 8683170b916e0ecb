"""A closed loop of clients on kept-alive connections: little Python, so that it costs the servers little."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.instance import HOST
from tests.bench.rows import BenchError

CLIENTS = 8
LONGEST_WAIT = 10.0  # seconds for one answer
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """An answer, and how long it took, in seconds."""

    took: float
    head: bytes
    body: bytes


@dataclass
class Slice:
    """What a loop got: all answers, those within its time counted, and how long that time was."""

    answers: list[Answer] = field(default_factory=list)
    counted: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.counted / self.seconds

    def quantile(self, part: float) -> float:
        """Return the seconds in which this part of the answers came."""
        took = sorted(answer.took for answer in self.answers)
        return took[int(part * (len(took) - 1))]


@dataclass
class _Client:
    """One connection: what has arrived on it since its last request went out."""

    line: socket.socket
    began: float = 0.0
    arrived: bytearray = field(default_factory=bytearray)

    def send(self, request: bytes) -> None:
        """Send a request."""
        self.arrived.clear()
        self.began = time.perf_counter()
        self.line.sendall(request)

    def receive(self) -> Answer | None:
        """Read what is there; return the answer once it is whole."""
        piece = self.line.recv(65536)
        if not piece:
            message = "the server closed a connection"
            raise BenchError(message)
        self.arrived += piece
        end = self.arrived.find(_HEAD_END)
        if end < 0 or len(self.arrived) < end + len(_HEAD_END) + _content_length(self.arrived[:end]):
            return None
        took = time.perf_counter() - self.began
        return Answer(took, bytes(self.arrived[:end]), bytes(self.arrived[end + len(_HEAD_END) :]))


def post(path: str, body: bytes) -> bytes:
    """Return a request as a browser on an old phone sends it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: keep-alive\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nOrigin: null\r\nUpgrade-Insecure-Requests: 1\r\n"
        "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nSec-Fetch-Site: same-origin\r\n"
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept-Encoding: gzip, deflate, br\r\n"
        "Accept-Language: ru-RU,ru;q=0.9\r\n\r\n"
    )
    return head.encode() + body


def run(port: int, requests: list[bytes], seconds: float) -> Slice:
    """Send requests, each client its next one as soon as it has its answer, until time or requests are over.

    Args:
        port: where the server listens.
        requests: each is sent once at most.
        seconds: how long to go on.

    Raises:
        BenchError: no answer in time, or a connection was closed.
    """
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector:
        for _ in range(CLIENTS):
            line = socket.create_connection((HOST, port), timeout=LONGEST_WAIT)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line, selectors.EVENT_READ, _Client(line))
        try:
            return _loop(selector, waiting, seconds)
        finally:
            for key in list(selector.get_map().values()):
                key.data.line.close()


def _loop(selector: selectors.DefaultSelector, waiting: Iterator[bytes], seconds: float) -> Slice:
    began = time.perf_counter()
    until = began + seconds
    done = Slice()
    busy = sum(_next(key.data, waiting) for key in selector.get_map().values())
    while busy:
        ready = selector.select(LONGEST_WAIT)
        if not ready:
            message = f"no answer in {LONGEST_WAIT:g} seconds"
            raise BenchError(message)
        for key, _ in ready:
            answer = key.data.receive()
            if answer is None:
                continue
            done.answers.append(answer)
            moment = time.perf_counter()
            if moment < until:
                done.counted, done.seconds = done.counted + 1, moment - began
            busy -= not (moment < until and _next(key.data, waiting))
    return done


def _next(client: _Client, waiting: Iterator[bytes]) -> bool:
    """Send the next request, if there is one."""
    request = next(waiting, None)
    if request is not None:
        client.send(request)
    return request is not None


def _content_length(head: bytearray) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    message = "an answer does not say how long it is"
    raise BenchError(message)
