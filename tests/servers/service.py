"""The whole service as an operator runs it: real processes on an instance of its own."""

import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from intake import config
from intake.app import create_app
from intake.extensions import db
from tests.factories import STORY, reference_on
from tests.servers import warm

LIMIT = 120.0  # seconds; bounds a hang, and is no promise of speed
SEE_OTHER = 303
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
Ask = Callable[[str, Mapping[str, str] | None], str]


@dataclass(frozen=True)
class Process:
    number: int
    parent: int
    words: tuple[str, ...]


class Service:
    """An instance of its own, the commands on it, and the processes that ``flask serve`` makes of it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """Prepare; nothing runs before a command does."""
        self.instance = folder / "instance"
        self.port = _free_port()
        self.settings = {"INTAKE_INSTANCE": str(self.instance), "INTAKE_PORT": str(self.port), **settings}
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
        self._output = folder / "output"
        self.cookies: SimpleCookie = SimpleCookie()
        self._started: list[subprocess.Popen[bytes]] = []

    def flask(self, *verb: str, words: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without a terminal, saying words to it."""
        environ = {**self._environ, **self.settings, **settings}
        return warm.run(config.ROOT, verb, environ, words, LIMIT)

    def launch(self, *before: str) -> "subprocess.Popen[bytes]":
        """Start ``flask serve``, perhaps by another program, and return when it says that it is up."""
        with self._output.open("wb") as output:
            process = subprocess.Popen(
                [*before, *FLASK, "serve"],
                cwd=config.ROOT,
                env={**self._environ, **self.settings},
                stdin=subprocess.PIPE if before else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(process)
        self.until(lambda: not self.runs() or "Ctrl-C stops it all." in self.said(), "flask serve was not up")
        assert self.runs(), self.said()
        return process

    def start(self) -> "subprocess.Popen[bytes]":
        """Start everything and return when the complaint page answers."""
        process = self.launch()
        self.until(self.answers, "the page did not answer")
        return process

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop everything as an operator does, and return when the parent has ended."""
        self._started[-1].send_signal(number)
        assert self._started[-1].wait(LIMIT) == 0, self.said()

    def runs(self) -> bool:
        """Return whether the parent of all runs."""
        return self._started[-1].poll() is None

    def said(self) -> str:
        return self._output.read_text()

    def processes(self) -> list[Process]:
        """Return what runs on this instance, which each of them has in its environment."""
        mark = f"INTAKE_INSTANCE={self.instance}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended meanwhile, or is another user's
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    words = tuple((folder / "cmdline").read_text().split("\0"))
                    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                    found.append(Process(int(folder.name), parent, words))
        return found

    def web(self) -> tuple[list[int], list[int]]:
        """Return the web server, and the processes that it made; of an earlier one, too."""
        parents = {process.number for process in self.processes() if "serve" in process.words}
        web = [process for process in self.processes() if "web" in process.words]
        servers = [process.number for process in web if process.parent in parents]
        return servers, [process.number for process in web if process.number not in servers]

    def outbox(self) -> list[int]:
        return [process.number for process in self.processes() if "outbox" in process.words]

    def kill(self, number: int) -> None:
        """Kill -9 one of our own processes."""
        if number in {process.number for process in self.processes()}:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def clear(self) -> None:
        """End whatever is left, the parents first, so that they start nothing anew."""
        while left := sorted(self.processes(), key=lambda process: "serve" not in process.words):
            for process in left:
                self.kill(process.number)
            time.sleep(0.02)
        for started in self._started:
            if started.stdin:
                started.stdin.close()
            started.wait(LIMIT)

    def request(
        self, path: str, form: Mapping[str, str] | None = None, *, line_breaks: bool = False
    ) -> tuple[int, str]:
        """Return status and page, or where it leads, over HTTP on a line that may break while the server is at work.

        Raises:
            OSError, http.client.HTTPException: there was no answer, or half of one.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        kind = {"Cookie": "; ".join(f"{one.key}={one.value}" for one in self.cookies.values())}
        kind |= {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            connection.request("POST" if form else "GET", path, urlencode(form) if form else None, kind)
            if line_breaks:
                time.sleep(0.02)
                raise ConnectionAbortedError
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie", []):
                self.cookies.load(cookie)
            if answer.status == SEE_OTHER:
                return SEE_OTHER, answer.headers["Location"]
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> str:
        """Return a page that was answered well, or that asks for one press more."""
        status, page = self.request(path, form)
        if status == SEE_OTHER:
            return self.ask(page)
        assert status in {200, 422}, page
        return page

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.request("/")[0] == 200
        return False

    def until(self, holds: Callable[[], object], else_: str) -> None:
        """Wait until something holds.

        Raises:
            AssertionError: it never did.
        """
        deadline = time.monotonic() + LIMIT
        while not holds():
            assert time.monotonic() < deadline, f"{else_}; it said: {self.said()}; there are {self.processes()}"
            time.sleep(0.05)

    def letters(self) -> list[EmailMessage]:
        files = sorted((self.instance / "letters").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Look at the instance from within, as its own application does."""
        with create_app(config.load(self.settings)).app_context():
            yield
            db.session.remove()
            db.engine.dispose()


def complain(ask: Ask, story: str = STORY, country: str = "KZ") -> tuple[str, str]:
    """Send a complaint as a person does, and return the reference and the code that the page shows."""
    form = {"country": country, "story": story, "contact_mode": "code", "consent": "1", "website": ""}
    form["code"] = _hidden(ask("/en/", None), "code")
    page = ask("/en/", form)
    if "One more press" in page:  # nobody writes that fast
        page = ask("/en/", {**form, "person": _hidden(page, "person")})
    code = "".join(re.findall(r"<span>(\d{4})</span>", page))
    assert code == form["code"][:24], page
    return reference_on(page), code


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found[1]


def _free_port() -> int:
    """Return a port that no connection is given as its own end, or a client could come to speak to itself."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
