"""Asking clamd whether a file has a virus: its INSTREAM protocol, spoken over a socket of this machine alone.

Whatever goes wrong here means "not scanned"; it stops nobody. clamd writes what it is sent, unsealed, to the folder
that its own setting ``TemporaryDirectory`` names: that folder must lie in memory (tmpfs).
"""

import select
import socket
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from intake.file_settings import Scanner
from intake.web.forms import clean_line

CLEAN, FOUND, TOO_LARGE, NO_ANSWER, NOBODY = RESULTS = ("clean", "found", "too_large", "no_answer", "nobody")
CONNECT, ANSWER = 10.0, 120.0  # seconds: until clamd takes the call, and for all that follows
LONGEST_ANSWER, LONGEST_NAME = 4096, 120
PIECE = 256 * 1024  # bytes
_SAID, _FOUND = "stream: ", " FOUND"
_GAVE_UP = "Heuristics.Limits.Exceeded"  # a finding by its form alone (AlertExceedsMax): it did not look at all of it


@dataclass(frozen=True)
class Verdict:
    """What the scanner said.

    Attributes:
        result: one of ``RESULTS``.
        signature: the name of what was found; text from outside.
    """

    result: str
    signature: str = ""


def scan(scanner: Scanner | None, pieces: Iterable[bytes]) -> Verdict:
    """Let clamd look through a file.

    Args:
        scanner: where it listens; None where nobody looks.
        pieces: the file's bytes.

    Raises:
        sealing.SealError, FileNotFoundError: what reading the pieces raises.
    """
    if scanner is None:
        return Verdict(NOBODY)
    try:
        line = _connected(scanner)
    except OSError:
        return Verdict(NO_ANSWER)
    with closing(line):
        return _read(_asked(line, pieces, time.monotonic() + ANSWER))


def answers(scanner: Scanner) -> bool:
    """Return whether there is a scanner that answers."""
    try:
        line = _connected(scanner)
    except OSError:
        return False
    with closing(line):
        deadline = time.monotonic() + CONNECT
        return _sent(line, b"zPING\0", deadline) and _answer(line, deadline) == b"PONG\0"


def _connected(scanner: Scanner) -> socket.socket:
    if not scanner.socket:
        return socket.create_connection((scanner.host, scanner.port), CONNECT)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(CONNECT)
        line.connect(scanner.socket)
    except OSError:
        line.close()
        raise
    return line


def _asked(line: socket.socket, pieces: Iterable[bytes], deadline: float) -> bytes:
    """Return clamd's answer; nothing where there was none in time."""
    if not _sent(line, b"zINSTREAM\0", deadline):
        return b""
    for frame in _framed(pieces):
        # What is too large clamd refuses while it is sent; after that the line breaks.
        if _has_answered(line) or not _sent(line, frame, deadline):
            break
    return _answer(line, deadline)


def _framed(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Yield each piece with its length before it, and the empty one that ends it."""
    for piece in pieces:
        for start in range(0, len(piece), PIECE):
            part = piece[start : start + PIECE]
            yield len(part).to_bytes(4) + part
    yield (0).to_bytes(4)


def _has_answered(line: socket.socket) -> bool:
    waiting = select.poll()
    waiting.register(line, select.POLLIN)
    return bool(waiting.poll(0))


def _sent(line: socket.socket, content: bytes, deadline: float) -> bool:
    """Send bytes; return whether they went out in time."""
    try:
        line.settimeout(_left(deadline))
        line.sendall(content)
    except OSError:
        return False
    return True


def _answer(line: socket.socket, deadline: float) -> bytes:
    found = b""
    try:
        while b"\0" not in found and len(found) < LONGEST_ANSWER:
            line.settimeout(_left(deadline))
            more = line.recv(LONGEST_ANSWER)
            if not more:
                break
            found += more
    except OSError:
        return found
    return found


def _left(deadline: float) -> float:
    """Return the seconds until a moment.

    Raises:
        TimeoutError: it is over.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(answer: bytes) -> Verdict:
    """Return what an answer such as ``stream: Eicar-Signature FOUND`` says; clean is only what ends as it should."""
    if answer == b"stream: OK\0":
        return Verdict(CLEAN)
    said = answer.partition(b"\0")[0].decode(errors="replace").strip()
    if said.startswith(_SAID) and said.endswith(_FOUND):
        name = said[len(_SAID) : -len(_FOUND)]
        return Verdict(TOO_LARGE) if name.startswith(_GAVE_UP) else Verdict(FOUND, clean_line(name)[:LONGEST_NAME])
    return Verdict(TOO_LARGE if "size limit exceeded" in said else NO_ANSWER)
