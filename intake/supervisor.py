"""One parent for web server and worker: a child that dies is started again; if the parent dies, both end."""

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.utils import import_string

from intake.config import ROOT, SettingError, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"
OURS = "wsgi:app"
LOOK_EVERY = 0.2  # seconds
LONGEST_PAUSE = 10.0  # seconds before a child that keeps dying is started again
CALM = 30.0  # seconds after which a child counts as healthy
GRACE = 10.0  # seconds in which a child may finish what it does
WEB_PROCESSES = 2
THREADS = 4
log = logging.getLogger(__name__)


@dataclass
class Child:
    """A process that shall always run."""

    name: str
    verb: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 0.0
    due: float = field(default=0.0)

    def start(self) -> None:
        """Start it, in a session of its own, so that Ctrl-C reaches the parent alone."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *self.verb, "--parent", str(os.getpid())]
        self.process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)  # noqa: S603 our own command
        self.started = time.monotonic()

    def look(self) -> None:
        """Start it if it is not running, later and later if it keeps dying."""
        moment = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            calm = moment - self.started > CALM
            self.pause = 0.0 if calm else min(LONGEST_PAUSE, self.pause * 2 or 0.5)
            log.warning("%s ended with %s; starting it again", self.name, self.process.returncode)
            self.process, self.due = None, moment + self.pause
        if moment >= self.due:
            self.start()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end, then end it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def check_port(settings: Settings) -> None:
    """Refuse a port that another program has.

    Raises:
        SettingError: naming the port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, settings.port))
        except OSError as error:
            reason = "another program has it" if error.errno == errno.EADDRINUSE else error.strerror
            message = f"INTAKE_PORT is {settings.port}, which cannot be used: {reason}. Choose another."
            raise SettingError(message) from error


def supervise(settings: Settings) -> None:
    """Run web server and worker, and what reads the mailbox if there is one, until this process is told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    children = [Child("web", ["web"]), Child("outbox", ["outbox", "deliver", "--watch"])]
    if (
        settings.incoming.inbox is not None
    ):  # apart, so that a mailbox that hangs, or a monstrous message, holds up no letter
        children.append(Child("mailbox", ["outbox", "receive", "--watch"]))
    while not stopping.is_set():
        for child in children:
            child.look()
        stopping.wait(LOOK_EVERY)
    until = time.monotonic() + GRACE
    for child in children:
        child.stop()
    for child in children:
        child.wait(until)


def end_with(parent: int) -> None:
    """End this process when that parent is gone.

    Args:
        parent: the process number of the parent that started this one.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def serve_web(settings: Settings, application: str = OURS) -> None:
    """Run the web server until told to stop.

    Args:
        settings: whose port to listen on.
        application: module and name of what is served; the bench serves another.
    """
    from granian import Granian  # noqa: PLC0415 a server that commands and tests do not need
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    Granian(
        application,
        address=HOST,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=WEB_PROCESSES,
        blocking_threads=THREADS,
        workers_kill_timeout=int(GRACE),
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve(target_loader=partial(_application, application, os.getpid()), wrap_loader=False)


def _application(name: str, server: int) -> "WSGIApplication":
    """Return the application to a process of the web server, which ends with the one that started it."""
    end_with(server)
    application: WSGIApplication = import_string(name)
    return application
