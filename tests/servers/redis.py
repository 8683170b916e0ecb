"""A Redis of our own on a free port, which writes nothing to a disk, and ends when this process does."""

import secrets
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from . import programs

HOST = "127.0.0.1"
LIMIT = 30.0  # seconds; a start takes some hundredths
# It is killed when our end of its input is closed, even where this process is killed.
_WATCHED = '"$@" >/dev/null & trap "" INT; cat >/dev/null; kill -9 $!'


class Redis:
    """A server that can be killed and come back on the same port, empty."""

    def __init__(self) -> None:
        """Prepare; nothing runs before start()."""
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="redis-")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://{HOST}:{self.port}/0"

    @property
    def socket(self) -> Path:
        """The socket on which it listens, too."""
        return Path(self._folder.name) / "socket"

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers; harmless if it runs."""
        if self._process is not None:
            return
        self.port = self.port or _free_port()
        server = [str(programs.require("redis")), "--port", str(self.port), "--bind", HOST, "--save", ""]
        server += ["--dir", self._folder.name, "--unixsocket", str(self.socket), *options]
        command = ["sh", "-c", _WATCHED, "sh", *server]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        deadline = time.monotonic() + LIMIT
        while b"PONG" not in self.say("PING"):
            assert time.monotonic() < deadline, "Redis does not start"
            time.sleep(0.01)

    def say(self, *words: str) -> bytes:
        """Say a command to it, and return what it answers; nothing where nobody listens."""
        with suppress(OSError), socket.create_connection((HOST, self.port), LIMIT) as line:
            line.sendall(" ".join(words).encode() + b"\r\n")
            return line.recv(1 << 16)
        return b""

    def kill(self) -> None:
        """Kill it at once; all that it knew is gone."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.kill()
        self._folder.cleanup()


def _free_port() -> int:
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server((HOST, port)):
            return port
