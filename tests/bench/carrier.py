"""``python -m tests.bench.carrier``: carry a file to a server as a browser does, over a line that may break.

A process of its own, so that what it costs is not counted as the server's. The errand comes as JSON on its input, what
came of it goes as JSON to its output.
"""

import hashlib
import http.client
import json
import random
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, NoReturn
from urllib.parse import urlencode

from intake.sealing import new_identity, seal_chunk
from tests.bench.instance import HOST
from tests.bench.rows import BenchError

MEGABYTE = 1024**2
PIECE = 256 * 1024  # bytes handed to the line at once
MOST = 4 * MEGABYTE  # bytes of one request
SEED = 7
LONGEST_WAIT = 60.0  # seconds for one answer
HALF = 0.5
OK = 200
BOUNDARY = "----bench-boundary-7MA4YWxkTrZu0gW"
KIND, FORM = "application/octet-stream", "application/x-www-form-urlencoded"
ALONE, CHUNKS, MULTIPART = "alone", "chunks", "multipart"


@dataclass(frozen=True)
class Content:
    """The bytes of a file: every megabyte is another, and none is kept."""

    size: int
    seed: int

    @cached_property
    def _noise(self) -> bytes:
        return random.Random(self.seed).randbytes(MEGABYTE)  # noqa: S311 no secret

    def megabyte(self, number: int) -> bytes:
        """Return a megabyte, the last perhaps shorter."""
        whole = number.to_bytes(16) + self._noise[16:]
        return whole[: self.size - number * MEGABYTE]

    def pieces(self, start: int, stop: int) -> Iterator[memoryview]:
        """Yield the bytes from ``start`` up to ``stop``, in pieces."""
        while start < stop:
            number, offset = divmod(start, MEGABYTE)
            found = memoryview(self.megabyte(number))[offset : offset + min(PIECE, stop - start)]
            yield found
            start += len(found)

    def sha256(self) -> str:
        """Return the SHA-256 of all of it, in hexadecimal digits."""
        seen = hashlib.sha256()
        for piece in self.pieces(0, self.size):
            seen.update(piece)
        return seen.hexdigest()


@dataclass(frozen=True)
class Errand:
    """What is to be carried where.

    Attributes:
        way: ``chunks``, ``multipart``, or ``alone``: seal it here, and send it nowhere.
        size: bytes.
        seed: what its bytes come of.
        cuts: how often the line breaks on the way.
        port: where the server listens.
        path: the page from which files are sent.
        cookie: who sends it.
        token: what shows that the form is theirs.
    """

    way: str
    size: int
    seed: int = 0
    cuts: int = 0
    port: int = 0
    path: str = ""
    cookie: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass
class Done:
    """What came of an errand: how long it took, how many bytes of the file went out, what all of it hashes to.

    Attributes:
        sealing: of the seconds, those of the cipher, where it was sealed here.
        cpu: the seconds of processor time that sealing and hashing took.
        took: the seconds of each request that brought chunks.
    """

    seconds: float = 0.0
    sealing: float = 0.0
    cpu: float = 0.0
    sent: int = 0
    broke: int = 0
    sha256: str = ""
    took: list[float] = field(default_factory=list)


class CutError(Exception):
    """The line broke."""


class Line:
    """A connection to the server, which breaks each time that so many bytes have gone out."""

    def __init__(self, errand: Errand) -> None:
        """Draw the places where it breaks; nothing is opened yet."""
        self._chance = random.Random(SEED)  # noqa: S311 no secret
        self._cuts = sorted(self._chance.sample(range(errand.size), errand.cuts))
        self._line = http.client.HTTPConnection(HOST, errand.port, timeout=LONGEST_WAIT)
        self._cookie = errand.cookie
        self.sent = self.broke = 0
        self.took: list[float] = []

    def request(
        self, method: str, path: str, length: int = 0, pieces: Iterable[bytes | memoryview] = (), **headers: str
    ) -> tuple[int, bytes]:
        """Return status and body of what is answered.

        Args:
            method: how to ask.
            path: for what.
            length: how many bytes the body has.
            pieces: the body.
            headers: what else to say, ``_`` for ``-``.

        Raises:
            CutError: the line broke.
            BenchError: the server closed it.
        """
        line = self._line
        line.putrequest(method, path, skip_accept_encoding=True)
        said = {"Cookie": self._cookie, "Sec-Fetch-Site": "same-origin", "Content-Length": str(length), **headers}
        for name, value in said.items():
            line.putheader(name.replace("_", "-"), value)
        line.endheaders()
        try:
            for piece in pieces:
                self._put(memoryview(piece))
            answer = line.getresponse()
            return answer.status, answer.read()
        except OSError as error:
            message = f"the server closed the line at {method} {path}: {type(error).__name__}"
            raise BenchError(message) from error

    def _put(self, piece: memoryview) -> None:
        cut = self._cuts[0] if self._cuts else None
        if cut is not None and self.sent + len(piece) > cut:
            self._line.send(piece[: max(0, cut - self.sent)])
            self.sent = max(self.sent, self._cuts.pop(0))
            self._break()
        self._line.send(piece)
        self.sent += len(piece)

    def _break(self) -> NoReturn:
        """Close the line in the middle: with a word to the other side, or without one."""
        self.broke += 1
        if self._chance.random() < HALF and self._line.sock is not None:
            self._line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._line.close()
        raise CutError


def _alone(errand: Errand, content: Content) -> Done:
    """Seal each megabyte and hash it, as the record of a file needs it, and do nothing with it.

    Every byte is hashed twice, with the whole and in its sealed chunk: that takes about as long as the cipher.
    """
    recipient, whole, count = new_identity().recipient, hashlib.sha256(), -(-errand.size // MEGABYTE)
    done = Done()
    for number in range(count):
        plaintext = content.megabyte(number)
        began, used = time.perf_counter(), time.process_time()
        sealed = seal_chunk(number, plaintext, recipient, last=number == count - 1)
        done.sealing += time.perf_counter() - began
        whole.update(plaintext)
        hashlib.sha256(sealed).digest()
        done.cpu += time.process_time() - used
        done.seconds += time.perf_counter() - began
    return done


def _in_chunks(line: Line, errand: Errand, content: Content) -> None:
    """Send it as the script of the page does: begin, send what is not there, and ask anew after each cut."""
    wish = {"name": "large.bin", "size": errand.size, "mark": content.seed}
    while True:
        begun = _said(line, errand, "/begin", urlencode(wish).encode())
        if "done" in begun:  # the last chunk arrived although the line broke behind it
            return
        try:
            for start, stop in _missing(begun["kept"], errand.size, begun["chunk"]):
                path, at = f"/{begun['name']}/{start // begun['chunk']}", time.perf_counter()
                _said(line, errand, path, content.pieces(start, stop), stop - start, KIND)
                line.took.append(time.perf_counter() - at)
        except CutError:
            continue
        _said(line, errand, f"/{begun['name']}/finish", b"")
        return


def _missing(kept: list[list[int]], size: int, chunk: int) -> Iterator[tuple[int, int]]:
    """Yield from where to where bytes are missing, as much at once as one request takes."""
    at = 0
    for first, after in [*kept, [-(-size // chunk), 0]]:
        while at < min(size, first * chunk):
            stop = min(size, first * chunk, at + MOST)
            yield at, stop
            at = stop
        at = max(at, after * chunk)


def _said(
    line: Line,
    errand: Errand,
    path: str,
    body: bytes | Iterator[memoryview],
    length: int | None = None,
    kind: str = FORM,
) -> dict[str, Any]:
    """Return what the server answers to the script.

    Raises:
        CutError: the line broke.
        BenchError: the server refused.
    """
    pieces, length = ([body], len(body)) if isinstance(body, bytes) else (body, length or 0)
    headers = {"Content_Type": kind, "X_CSRFToken": errand.token}
    status, answer = line.request("POST", errand.path + path, length, pieces, **headers)
    if status != OK:
        message = f"{path} was answered with {status}: {answer[:200]!r}"
        raise BenchError(message)
    said: dict[str, Any] = json.loads(answer)
    return said


def _in_one_form(line: Line, errand: Errand, content: Content) -> None:
    """Send it as a browser without JavaScript does.

    Raises:
        BenchError: it was not taken.
    """
    named = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    before = f'{named}csrf_token"\r\n\r\n{errand.token}\r\n{named}files"; filename="large.bin"\r\n\r\n'.encode()
    after = f"\r\n--{BOUNDARY}--\r\n".encode()
    length = len(before) + errand.size + len(after)
    pieces: Iterator[bytes | memoryview] = chain([before], content.pieces(0, errand.size), [after])
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    status, _ = line.request("POST", errand.path, length, pieces, Content_Type=kind)
    if status != OK:
        message = f"a file in one form was answered with {status}"
        raise BenchError(message)


def main() -> int:
    """Do the errand that stands on the input."""
    errand = Errand(**json.load(sys.stdin))
    content = Content(errand.size, errand.seed)
    try:
        if errand.way == ALONE:
            done = _alone(errand, content)
        else:
            line, began = Line(errand), time.perf_counter()
            (_in_chunks if errand.way == CHUNKS else _in_one_form)(line, errand, content)
            seconds = time.perf_counter() - began
            done = Done(seconds, sent=line.sent, broke=line.broke, sha256=content.sha256(), took=line.took)
    except BenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump(asdict(done), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
