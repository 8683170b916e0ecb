"""What an instance stands on, each a process that a storm kills and starts again on the same port and folder."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psycopg

from intake.config import ROOT
from tests.chaos import power
from tests.servers import programs
from tests.servers.postgres import _initdb, _is_ready, _privileges

HOST, USER, DATABASE = "127.0.0.1", "intake", "intake"
LIMIT = 60.0  # seconds; bounds a hang
LOOK_EVERY = 0.02
# Everything that it promises, it keeps: nothing here is off. Small segments make a power cut cheap.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "max_wal_size": "32MB",
    "min_wal_size": "4MB",
    "wal_writer_delay": "10s",  # it writes what nobody waits for as late as it may
    "listen_addresses": HOST,
}
SEGMENT = "--wal-segsize=1"


class Server:
    """A program that can be killed and comes back."""

    def __init__(
        self, command: Sequence[str], port: int, said: Path, answers: Callable[[], bool] | None = None
    ) -> None:
        """Prepare.

        Args:
            command: what runs.
            port: where it listens.
            said: where its output goes.
            answers: whether it is up; by default it is when it listens.
        """
        self._command, self.port, self._said = list(command), port, said
        self._answers = answers or (lambda: listens(port))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it answers; harmless if it runs."""
        if self.runs():
            return
        with self._said.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + (LIMIT if wait else 0.0)
        while wait and not self._answers():
            assert self.runs(), f"it ended: {self._said.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < deadline, f"it does not answer: {self._said.read_text(errors='replace')[-2000:]}"
            time.sleep(LOOK_EVERY)

    def runs(self) -> bool:
        """Return whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def input(self) -> IO[bytes]:
        """What it reads."""
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin

    def kill(self) -> None:
        """Kill -9 it, and what it started; return when all are gone."""
        if self._process is None:
            return
        started = _children(self._process.pid)
        self._process.kill()
        self._process.communicate()
        for number in started:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        while any(Path(f"/proc/{number}").exists() for number in started):
            time.sleep(LOOK_EVERY)
        self._process = None


class Database(Server):
    """PostgreSQL, which waits for the disk."""

    def __init__(self, place: Path, said: Path, launching: Callable[[int, int], list[str]]) -> None:
        """Make the cluster.

        Args:
            place: an empty folder that others may pass through.
            said: where its output goes.
            launching: gives the command that it is put behind, which changes to its user.
        """
        binaries, privileges = programs.require("postgresql"), _privileges()
        user, group = privileges.get("user", 0), privileges.get("group", 0)
        if user:
            os.chown(place, user, group)
        _initdb(binaries, place, privileges, SEGMENT)
        port, self._data = free_port(), place / "data"
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", str(self._data), "-p", str(port), "-k", str(place), *options]
        super().__init__([*launching(user, group), *command], port, said, self.is_ready)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"postgresql+psycopg://{USER}@{HOST}:{self.port}/{DATABASE}"

    def start(self, *, wait: bool = True) -> None:
        """Start it; what the one before left behind says nothing of this one."""
        if not self.runs():
            with suppress(OSError):  # a read-only disk: it will not start either
                (self._data / "postmaster.pid").unlink(missing_ok=True)
        super().start(wait=wait)

    def is_ready(self) -> bool:
        """Return whether it takes connections."""
        return _is_ready(self._data / "postmaster.pid")

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """Speak to it."""
        return psycopg.connect(f"host={HOST} port={self.port} user={USER} dbname={database}", autocommit=True)

    def create(self) -> None:
        """Make the empty database."""
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def python(module: str, *words: str) -> list[str]:
    """Return the command of a module of ours, which ends with who started it."""
    return [*power.LAUNCH, sys.executable, "-m", module, *words]


def listens(port: int) -> bool:
    """Return whether somebody listens on a port."""
    with suppress(OSError), socket.create_connection((HOST, port), 1.0):
        return True
    return False


def free_port() -> int:
    """Return a port that no connection is given as its own end."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server((HOST, port)):
            return port


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found
