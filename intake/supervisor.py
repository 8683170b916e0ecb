"""One parent for web server and worker: a child that dies is started again; if the parent dies, both end."""

import ctypes
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.utils import import_string

from intake import logs
from intake.config import ROOT, Settings
from intake.setting_checks import SettingError
from intake.web import door

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

OURS = "wsgi:app"
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
LOOK_EVERY = 0.2  # seconds
LONGEST_PAUSE = 10.0  # seconds before a child that keeps dying is started again
CALM = 30.0  # seconds after which a child counts as healthy
GRACE = 10.0  # seconds in which a child may finish what it does
HUNG_FOR = 600.0  # seconds in which a worker that was started must be heard of
ASK_EVERY = 60.0  # seconds
TELL_WITHIN = 120.0  # seconds in which the command that tells of alarms must be done
WEB_PROCESSES = 2
PLACES = 12  # of each: how many requests work at a time
LINES = 256  # of each: connections, and threads that wait for what comes on them; few enough for 1,024 open files
HEAD_WITHIN = 15_000  # milliseconds in which the head of a request must come, the first and each that follows
LARGEST_HEAD = 128 * 1024  # bytes; what a line may keep in memory of what came and was not read
KEPT_FREE, HEAPS = 8 * 1024**2, 4  # bytes that each heap may keep for what comes next, and how many heaps there are
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # their numbers in malloc.h
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
        command = [*FLASK, *self.verb, "--parent", str(os.getpid())]
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

    def end_hung(self) -> None:
        """End it if it has run long enough to be heard of: it hangs, and ``look`` starts it again."""
        process = self.process
        if process is None or process.poll() is not None or time.monotonic() - self.started < HUNG_FOR:
            return
        log.warning("%s gives no sign of life; ending it", self.name)
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()

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
    with socket.socket(socket.AF_INET6 if ":" in settings.listen else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.listen, settings.port))
        except OSError as error:
            reason = "another program has it" if error.errno == errno.EADDRINUSE else error.strerror
            message = f"INTAKE_PORT is {settings.port}, which cannot be used: {reason}. Choose another."
            raise SettingError(message) from error


def supervise(settings: Settings, worker_is_silent: Callable[[], bool]) -> None:
    """Run web server and worker, and what reads the mailbox and makes backups, until this process is told to stop.

    Args:
        settings: whether there is a mailbox, and whether backups are made.
        worker_is_silent: asks the database whether the worker was not heard of for long.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    worker = Child("outbox", ["outbox", "deliver", "--watch"])
    children = [Child("web", ["web"]), worker]
    if settings.incoming.inbox is not None:  # apart, so that a mailbox that hangs holds up no letter
        children.append(Child("mailbox", ["outbox", "receive", "--watch"]))
    if settings.backups.by_itself:  # apart, so that a disk that is slow or away holds up no letter
        children.append(Child("backup", ["backup", "create", "--watch"]))
    # In a thread of its own: a database that does not answer must not hold up who starts the others again.
    threading.Thread(target=_listen, args=(worker, worker_is_silent, stopping), name="listen", daemon=True).start()
    while not stopping.is_set():
        for child in children:
            child.look()
        stopping.wait(LOOK_EVERY)
    until = time.monotonic() + GRACE
    for child in children:
        child.stop()
    for child in children:
        child.wait(until)


def _listen(worker: Child, worker_is_silent: Callable[[], bool], stopping: threading.Event) -> None:
    """Ask every minute for the worker's sign of life; twice, since a machine that slept wakes them in any order."""
    before = False
    while not stopping.wait(ASK_EVERY):
        silent = worker_is_silent()
        if silent and before:
            see_to_silence(worker)
        before = silent


def see_to_silence(worker: Child) -> None:
    """End a worker that hangs, and tell of it by a command of its own, since the worker cannot.

    Whoever was told already is not told again: the command knows.
    """
    worker.end_hung()
    try:
        subprocess.run([*FLASK, "outbox", "alarms", "--tell"], cwd=ROOT, check=True, timeout=TELL_WITHIN)  # noqa: S603 our own command
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("it could not be told that the worker is silent: %s", type(error).__name__)


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
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    Granian(
        application,
        address=settings.listen,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=WEB_PROCESSES,
        blocking_threads=LINES,
        backpressure=LINES,
        http=HTTPModes.http1,  # where both are spoken, a line on which nothing is said stays open for ever
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_WITHIN, max_buffer_size=LARGEST_HEAD),
        workers_kill_timeout=int(GRACE),
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.warning,
        log_dictconfig=logs.OF_SERVER,
        websockets=False,
    ).serve(target_loader=partial(_application, application, os.getpid(), settings.port), wrap_loader=False)


def _application(name: str, server: int, port: int) -> "WSGIApplication":
    """Return the application to a process of the web server, which ends with the one that started it."""
    end_with(server)
    _keep_freed_memory()
    entrance = door.Door(import_string(name), PLACES)
    door.keep_watch(entrance, port, LINES)
    return entrance


def _keep_freed_memory() -> None:
    """Let the C library use what was freed for what comes next, where it is glibc.

    Each chunk of a file passes through some buffers of a megabyte. By default glibc gives them back to the system as
    soon as they are freed, and every new one is a thousand page faults: for a large file as much work as sealing it.
    What is kept is bounded, see mallopt(3).
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_TRIM_THRESHOLD, KEPT_FREE)
        library.mallopt(_MMAP_THRESHOLD, KEPT_FREE)
        library.mallopt(_ARENA_MAX, HEAPS)
