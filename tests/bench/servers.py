"""The servers, ours and the bare ones, in the same configuration; they always end with the bench."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from intake.config import ROOT
from intake.setting_checks import PREFIX
from tests.bench.instance import HOST, Instance
from tests.bench.rows import BenchError

OURS = ("flask", "--app", "wsgi", "web", "--parent")  # as ``make run`` starts it: so many processes and threads
WORKER = ("flask", "--app", "wsgi", "outbox", "deliver", "--watch", "--parent")
FLASK = ("tests.bench.bare_server", "flask_app")
WSGI = ("tests.bench.bare_server", "wsgi_app")
LONGEST_START = 90.0  # seconds: on a busy machine it takes long
LONGEST_END = 15.0
LOG = "said-by-servers"  # what they write, in an instance's folder
GLANCE = 0.2
OFTEN = 0.05
CALM = 0.1  # of the processors
_PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Held:
    """The memory of one process in bytes: all that is in it, and its share where pages are shared with others."""

    pid: int
    resident: int
    share: int


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and the session that its processes share."""

    port: int
    session: int

    def cpu(self) -> float | None:
        """Return the seconds of processor time that its processes have used, where the system tells (Linux)."""
        if not (_PROCESSES / "self" / "stat").exists():
            return None
        ticks = sum(int(process[11]) + int(process[12]) for _, process in self._processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident(self) -> int | None:
        """Return the bytes of memory that its processes hold together, where the system tells (Linux)."""
        if not (_PROCESSES / "self" / "stat").exists():
            return None
        return sum(int(process[21]) for _, process in self._processes()) * os.sysconf("SC_PAGE_SIZE")

    def held(self) -> list[Held]:
        """Return what each of its processes that run our code holds, the largest first, where the system tells."""
        found = []
        for pid, _ in self._processes():
            place = _PROCESSES / str(pid)
            try:
                of_python = b"resource_tracker" in (place / "cmdline").read_bytes()
                sizes = re.findall(r"^(Rss|Pss): +(\d+) kB", (place / "smaps_rollup").read_text(), re.MULTILINE)
            except OSError:  # it ended meanwhile
                continue
            if not of_python:  # that one only watches over what its parent leaves behind
                size = {name: int(kilobytes) * 1024 for name, kilobytes in sizes}
                found.append(Held(pid, size["Rss"], size["Pss"]))
        return sorted(found, key=lambda one: -one.resident)

    def _processes(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of each process, and what the system says of it, from its state on: see proc(5)."""
        for file in _PROCESSES.glob("[0-9]*/stat"):
            try:
                fields = file.read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            if int(fields[3]) == self.session:
                yield int(file.parent.name), fields


def busy() -> float | None:
    """Return the seconds that all processors together have worked, or were lent to others, where the system tells."""
    file = _PROCESSES / "stat"
    if not file.exists():
        return None
    user, nice, system, _idle, _waiting, *others = map(int, file.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


def wait_for_calm(patience: float) -> None:
    """Wait until nothing else works on this machine, at most so many seconds."""
    until = time.monotonic() + patience
    while (before := busy()) is not None and time.monotonic() < until:
        time.sleep(GLANCE)
        if ((busy() or before) - before) / GLANCE < CALM * (os.cpu_count() or 1):
            return


class Memory:
    """The most memory that a server holds while something is done, beyond what it held before."""

    def __init__(self, server: Server) -> None:
        """Look at what it holds now."""
        self._server, self._over = server, threading.Event()
        self.before = self.most = server.resident() or 0
        self._watch = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        """Begin to look every now and then."""
        self._watch.start()
        return self

    def __exit__(self, *fault: object) -> None:
        """Stop looking."""
        self._over.set()
        self._watch.join()

    @property
    def grown(self) -> int:
        """How many bytes more it held at most."""
        return self.most - self.before

    def _look(self) -> None:
        while not self._over.wait(OFTEN):
            self.most = max(self.most, self._server.resident() or 0)


@contextmanager
def running(instance: Instance, module: tuple[str, ...]) -> Iterator[Server]:
    """Run a server on an instance; stop it whatever happens.

    Raises:
        BenchError: it does not start.
    """
    port = _free_port()
    with _started(instance, module, {f"{PREFIX}PORT": str(port)}) as process:
        _wait(process, port, module, instance.folder / LOG)
        yield Server(port, process.pid)


@contextmanager
def delivering(instance: Instance, mail_url: str) -> Iterator[Server]:
    """Run the outbox worker on an instance; stop it whatever happens."""
    with _started(instance, WORKER, {f"{PREFIX}MAIL_URL": mail_url}) as process:
        yield Server(0, process.pid)


@contextmanager
def _started(
    instance: Instance, module: tuple[str, ...], more: Mapping[str, str]
) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", *module, str(os.getpid())]
    environ = {**instance.environ, **more}
    with (instance.folder / LOG).open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        _stop(process)


def _wait(process: "subprocess.Popen[bytes]", port: int, module: tuple[str, ...], log: Path) -> None:
    until = time.monotonic() + LONGEST_START
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    message = f"{' '.join(module)} did not start: {log.read_text(errors='replace')[-2000:]}"
    raise BenchError(message)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(LONGEST_END)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
