"""A closed loop of clients on kept-alive connections: little Python, so that it costs the servers little."""

import selectors
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.bench.instance import HOST

CLIENTS = 8
LONGEST_WAIT = 30.0  # seconds for one answer
_HEAD_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_BROWSER = {  # as a browser on an old phone asks
    "Connection": "keep-alive",
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "ru-RU,ru;q=0.9",
}
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """An answer, and how long it took, in seconds."""

    took: float
    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """Its number; 0 if there is none."""
        said = self.head[9:12]
        return int(said) if said.isdigit() else 0


@dataclass
class Slice:
    """What a loop got: all answers, those within its time counted, and how long that time was; and what went wrong."""

    answers: list[Answer] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    counted: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.counted / self.seconds if self.seconds else 0.0


class _Ended(Exception):  # noqa: N818 nothing is wrong with a line that ends behind its answer
    """The server closed a connection, perhaps behind an answer."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__()
        self.answer = answer


@dataclass
class _Client:
    """One connection: what has arrived on it since its last request went out."""

    where: tuple[str, int]
    line: socket.socket = field(init=False)
    waits: bool = False
    began: float = 0.0
    arrived: bytearray = field(default_factory=bytearray)

    def connect(self) -> None:
        """Open a connection."""
        self.line = socket.create_connection(self.where, timeout=LONGEST_WAIT)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        """Send a request."""
        self.arrived.clear()
        self.began = time.perf_counter()
        self.line.sendall(request)
        self.waits = True

    def receive(self) -> Answer | None:
        """Read what is there; return the answer once it is whole.

        Raises:
            _Ended: the connection is closed, perhaps behind an answer.
        """
        piece = self.line.recv(65536)
        self.arrived += piece
        end = self.arrived.find(_HEAD_END)
        if end < 0:
            if not piece:
                raise _Ended
            return None
        head = bytes(self.arrived[:end])
        rest = len(self.arrived) - end - len(_HEAD_END)
        if not _is_whole(head.lower(), rest, self.arrived, ended=not piece):
            if not piece:
                raise _Ended
            return None
        answer = Answer(time.perf_counter() - self.began, head, bytes(self.arrived[end + len(_HEAD_END) :]))
        if not piece or _closes(head.lower()):
            raise _Ended(answer)
        return answer


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Return a request as a browser on an old phone sends it."""
    said = {"Host": HOST, **_BROWSER, **(headers or {})}
    if method != "GET":
        said = {"Content-Type": _FORM, **said, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def form(answers: Mapping[str, str]) -> bytes:
    """Return what is written in a form, as a browser encodes it."""
    return urlencode(answers).encode()


def post(path: str, body: bytes) -> bytes:
    """Return a form as the complaint page's is sent, which tells nobody where it comes from."""
    return request("POST", path, body, {"Origin": "null"})


def run(port: int, requests: list[bytes], seconds: float, clients: int = CLIENTS, host: str = HOST) -> Slice:
    """Send requests, each client its next one as soon as it has its answer, until time or requests are over.

    What goes wrong is kept in words: a connection that cannot be made or is closed before the answer, an answer that
    does not come in time.

    Args:
        port: where the server listens.
        requests: each is sent once at most.
        seconds: how long to go on.
        clients: how many ask at once.
        host: on which host.
    """
    with selectors.DefaultSelector() as selector:
        loop = _Loop(selector, iter(requests), (host, port))
        try:
            loop.go_on(seconds, clients)
        finally:
            for key in list(selector.get_map().values()):
                key.data.line.close()
    return loop.done


class _Loop:
    """Clients of one server, and what they got."""

    def __init__(self, selector: selectors.BaseSelector, waiting: Iterator[bytes], where: tuple[str, int]) -> None:
        self._selector, self._waiting, self._where = selector, waiting, where
        self.done = Slice()

    def go_on(self, seconds: float, clients: int) -> None:
        """Let so many clients ask for so long, and wait for the answers that are under way then."""
        asking = [client for client in (_Client(self._where) for _ in range(clients)) if self._connected(client)]
        began = time.perf_counter()
        until, busy = began + seconds, sum(map(self._next, asking))
        while busy:
            ready = self._selector.select(LONGEST_WAIT)
            if not ready:
                self.done.errors += [f"no answer in {LONGEST_WAIT:g} seconds"] * busy
                return
            for key, _ in ready:
                if not self._received(key.data):
                    continue
                moment = time.perf_counter()
                if moment < until:
                    self.done.counted, self.done.seconds = len(self.done.answers), moment - began
                busy -= not (moment < until and self._next(key.data))

    def _received(self, client: _Client) -> bool:
        """Read; return whether a client waits no longer that did: it has its answer, or none will come."""
        waited, client.waits = client.waits, False
        try:
            answer = client.receive()
        except _Ended as ended:
            answer = ended.answer
            if answer is None and waited:
                self.done.errors.append("a connection was closed before the answer")
            self._anew(client)
        except OSError as error:
            self.done.errors.append(type(error).__name__)
            self._anew(client)
        else:
            if answer is None:
                client.waits = waited
                return False
        if answer is not None:
            self.done.answers.append(answer)
        return waited

    def _connected(self, client: _Client) -> bool:
        try:
            client.connect()
        except OSError as error:
            self.done.errors.append(type(error).__name__)
            return False
        self._selector.register(client.line, selectors.EVENT_READ, client)
        return True

    def _anew(self, client: _Client) -> None:
        self._selector.unregister(client.line)
        client.line.close()
        self._connected(client)

    def _next(self, client: _Client) -> bool:
        """Send the next request, if there is one and a line to send it on; return whether an answer is to come."""
        if client.line.fileno() < 0:
            return False
        request = next(self._waiting, None)
        if request is None:
            return False
        try:
            client.send(request)
        except OSError as error:
            self.done.errors.append(type(error).__name__)
            return False
        return True


def _is_whole(head: bytes, length: int, arrived: bytearray, *, ended: bool) -> bool:
    """Return whether all of a body has arrived, by what its head says of its length."""
    if head[9:12] in {b"204", b"304"}:
        return True
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return length >= int(line.partition(b":")[2])
        if line.startswith(b"transfer-encoding:") and b"chunked" in line:
            return arrived.endswith(_LAST_CHUNK)
    return ended


def _closes(head: bytes) -> bool:
    """Return whether the server will close the connection behind an answer."""
    return b"\r\nconnection: close" in head or (head.startswith(b"http/1.0") and b"keep-alive" not in head)
