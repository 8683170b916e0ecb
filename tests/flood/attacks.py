"""What attackers send, as bytes on a line: slow, endless, huge, or by the hundred."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.servers.service import LIMIT, Ask, Service

MARK = "okapi-on-a-slow-line"
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"
PIECE = b"a" * 65536
ENDLESS = 48 * 1024 * 1024  # bytes after which whoever takes an endless body without a word has failed
LITTLE = 2.0  # seconds that a line waits to be taken by a server that is full
NAME = b'--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
FILE = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.webm"\r\n\r\n%s\r\n'
END = b"--edge--\r\n"


@dataclass(frozen=True)
class Said:
    """What a server says: status, headers in lower case, and the page; a status of 0 is a closed line."""

    status: int
    headers: tuple[tuple[str, str], ...]
    page: bytes

    @classmethod
    def of(cls, text: bytes) -> "Said":
        """Read an answer."""
        head, _, page = text.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ")
        fields = [line.partition(":") for line in lines]
        named = tuple((name.strip().lower(), value.strip()) for name, _, value in fields)
        return cls(int(words[1]) if len(words) > 1 and words[1].isdigit() else 0, named, page)

    def header(self, name: str) -> str:
        """Return a header, or nothing."""
        return dict(self.headers).get(name, "")


def head(method: str = "GET", path: str = "/en/", **fields: str) -> bytes:
    """Return the head of a request, with an underscore for each hyphen of a field's name."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def post(path: str, kind: str, length: int | None, **fields: str) -> bytes:
    """Return the head of a request with a body; without a length it comes in chunks."""
    how = {"Transfer_Encoding": "chunked"} if length is None else {"Content_Length": str(length)}
    return head("POST", path, Content_Type=kind, **how, **fields)


SLOW: Mapping[str, bytes] = {
    "nothing": b"",
    "half a head": b"GET /en/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ",
    "words": post("/en/", FORM, 5000) + f"story={MARK}".encode(),
    "words in chunks": post("/en/", FORM, None) + b"5\r\nstory\r\n",
    "sign-in": post("/desk/sign-in", FORM, 5000) + b"address=a",
    "recording": post("/en/voice", PARTS, 500_000) + FILE[:-2] % MARK.encode(),
    "files": post("/en/case/files", PARTS, 500_000) + FILE[:-2] % MARK.encode(),
    "a code": post("/en/case", FORM, 5000) + b"code=1",
    "nowhere": post("/en/nowhere", FORM, 5000) + b"a=1",
}


def quiet(port: int) -> Ask:
    """Return what asks for pages as a visitor does who was never here."""

    def visit(path: str, form: Mapping[str, str] | None) -> str:
        body = urlencode(form or {}).encode()
        said = ask(
            port,
            post(path, FORM, len(body), Connection="close") + body if form else head(path=path, Connection="close"),
        )
        assert said.status in {200, 422}, said
        return said.page.decode()

    return visit


def ask(port: int, sent: bytes) -> Said:
    """Send bytes as far as they are taken, and return what is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as line:
        with suppress(OSError):  # it is answered before all is sent, and closed
            line.sendall(sent)
        return Said.of(_rest(line))


def endless(port: int, begun: bytes, piece: bytes) -> None:
    """Send one piece after the other until the line is closed.

    Raises:
        AssertionError: it never was.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as line, suppress(OSError):
        line.sendall(begun)
        for _ in range(ENDLESS // len(piece)):
            line.sendall(piece)
        message = "it takes whatever comes"
        raise AssertionError(message)


def _rest(line: socket.socket) -> bytes:
    """Return what comes until the line ends."""
    text = b""
    with suppress(OSError):
        while came := line.recv(65536):
            text += came
    return text


@contextmanager
def many(port: int, sent: bytes, count: int, drip: bytes = b"") -> Iterator[list[socket.socket]]:
    """Hold many lines on which something was begun, and perhaps a byte follows every second."""
    with ExitStack() as held:
        lines = [held.enter_context(_begun(port, sent)) for _ in range(count)]
        over = threading.Event()
        dripping = threading.Thread(target=_drip, args=(lines, drip, over))
        if drip:
            dripping.start()
        try:
            yield lines
        finally:
            over.set()
            if drip:
                dripping.join(LIMIT)


def _begun(port: int, sent: bytes) -> socket.socket:
    line = socket.socket()
    line.settimeout(LITTLE)
    with suppress(OSError):  # it waits in the queue of the system, or is refused there
        line.connect(("127.0.0.1", port))
        line.sendall(sent)
    return line


def _drip(lines: list[socket.socket], drip: bytes, over: threading.Event) -> None:
    while not over.wait(1):
        for line in lines:
            with suppress(OSError):  # it was ended
                line.send(drip)


def most_memory(service: Service) -> int:
    """Return the most bytes of memory that a process of the web server ever had."""
    return max(_status(number, "VmHWM") for number in service.web()[1])


def held_files(service: Service) -> str:
    """Return what lies in files that web processes hold open and that have no name any more."""
    found = []
    for number in [number for numbers in service.web() for number in numbers]:
        for file in Path(f"/proc/{number}/fd").glob("*"):
            with suppress(OSError):  # it was closed meanwhile, or is no file
                if str(file.readlink()).startswith("/") and "deleted" in str(file.readlink()):
                    found.append(file.read_bytes().decode(errors="replace"))
    return "".join(found)


def _status(number: int, name: str) -> int:
    with suppress(OSError):  # it has just ended
        for line in Path(f"/proc/{number}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
