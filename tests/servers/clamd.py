"""A scanner on this machine that speaks clamd's INSTREAM, and knows one signature."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

SIGNATURE, FOUND = b"what-only-a-test-would-write", b"Test.Invented-1"
PING, OPENING = b"zPING\0", b"zINSTREAM\0"


class Clamd:
    """Listens until it is left.

    Args:
        path: a socket's path; by default a port of this machine.
        most: how many bytes it takes of one file.
        hangs_up: whether it takes a call and says nothing.

    Attributes:
        given: the files that it was given, as far as it took them.
    """

    def __init__(self, path: Path | None = None, *, most: int = 1 << 30, hangs_up: bool = False) -> None:
        """Listen."""
        self.given: list[bytes] = []
        self._most, self._hangs_up = most, hangs_up
        family = socket.AF_INET if path is None else socket.AF_UNIX
        self._listening = socket.socket(family, socket.SOCK_STREAM)
        self._listening.bind(("127.0.0.1", 0) if path is None else str(path))
        self._listening.listen()
        self.port = self._listening.getsockname()[1] if path is None else 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                call, _ = self._listening.accept()
                with call, suppress(OSError):
                    if not self._hangs_up:
                        call.sendall(self._answer(call) + b"\0")

    def _answer(self, call: socket.socket) -> bytes:
        asked = _exactly(call, len(PING))
        if asked == PING:
            return b"PONG"
        assert asked + _exactly(call, len(OPENING) - len(PING)) == OPENING
        taken = b""
        while length := int.from_bytes(_exactly(call, 4)):
            if len(taken) + length > self._most:
                return b"INSTREAM size limit exceeded. ERROR"
            taken += _exactly(call, length)
        self.given.append(taken)
        return b"stream: " + FOUND + b" FOUND" if SIGNATURE in taken else b"stream: OK"


def _exactly(call: socket.socket, count: int) -> bytes:
    taken = b""
    while len(taken) < count:
        more = call.recv(count - len(taken))
        if not more:
            raise ConnectionAbortedError
        taken += more
    return taken
