"""A server on this machine that says whatever it was told to, and understands nothing."""

import socket
import threading
from contextlib import suppress
from typing import Self

PATIENCE = 0.2  # seconds that it waits to be told something


class Garbage:
    """Listens until it is left. Each call is greeted; whatever is said to it gets the next answer, then it hangs up.

    Args:
        greeting: what it says first.
        answers: what it says then; ``{tag}`` becomes the first word that it was told, as IMAP wants it.
    """

    def __init__(self, greeting: bytes, answers: list[bytes]) -> None:
        """Listen."""
        self._greeting, self._answers = greeting, answers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                call, _ = self._listening.accept()
                with call, suppress(OSError):
                    call.settimeout(PATIENCE)
                    self._talk(call)

    def _talk(self, call: socket.socket) -> None:
        call.sendall(self._greeting)
        for answer in self._answers:
            told = call.recv(65536)
            if not told:
                return
            call.sendall(answer.replace(b"{tag}", told.split(b" ", 1)[0].strip() or b"A"))
