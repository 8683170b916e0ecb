"""How many come in at once on the day of a flood: who waits for what a visitor sends holds no place, idle lines end.

A thread costs little while it waits; a place in which work is done costs much. So there are many of the one and few of
the other, and what a phone on a slow line still sends is waited for outside. Where nearly all lines are taken, those
end on which nothing moves, or so little that nobody writes like that; one whose visitor waits for us is spared.
No address is looked at: behind one of them may be a whole town, or everybody who comes through Tor.
"""

import logging
import math
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

LOOK_EVERY = 1.0  # seconds
SILENT = 5.0  # seconds in which nothing comes or goes: such a line may end where lines are short
LONGEST = 60.0  # seconds in which a request must have come then, and from when its pace counts
PACE_FROM, PACE = 10.0, 100  # seconds, and bytes a second: the slowest phone sends ten times as fast
TELL_EVERY = 60.0  # seconds
CROWDED, CALM = 0.75, 0.5  # of all lines: from here on some end, until so many are left
AT_ONCE = 3.0  # seconds between the last byte of a request on its line and the moment in which a thread has it
_ESTABLISHED, _CLOSE_WAIT = 1, 8  # states, see tcp_states.h
# In struct tcp_info, see linux/tcp.h: milliseconds since something went out, and since something came; bytes that came.
_LAST, _LAST_AT, _RECEIVED, _RECEIVED_AT, _SIZE = struct.Struct("I4xI"), 44, struct.Struct("Q"), 128, 136
_OPEN_FILES = "/proc/self/fd"
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Door:
    """Lets some requests work at a time; one that waits for what its visitor still sends lets others work meanwhile."""

    def __init__(self, application: "WSGIApplication", places: int) -> None:
        """Take the application, and how many requests work at a time."""
        self._application, self._places = application, threading.BoundedSemaphore(places)
        self._lock, self._heard = threading.Lock(), dict[int, float]()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request once there is a place for it."""
        environ["wsgi.input"] = _Body(environ["wsgi.input"], self)
        self._begin()
        try:
            return self._application(environ, start_response)
        finally:
            self._end()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Leave the place while a line is waited for."""
        self._end()
        try:
            yield
        finally:
            self._begin()

    def heard(self) -> list[float]:
        """Return when visitors were last heard of for whom work is done, or for whom there is no place yet."""
        with self._lock:
            return list(self._heard.values())

    def _begin(self) -> None:
        with self._lock:
            self._heard[threading.get_ident()] = time.monotonic()
        self._places.acquire()

    def _end(self) -> None:
        self._places.release()
        with self._lock:
            self._heard.pop(threading.get_ident(), None)


class _Body:
    """What a visitor sends: to read it is to wait outside."""

    def __init__(self, line: "InputStream", door: Door) -> None:
        self._line, self._door = line, door

    def read(self, size: int | None = None, /) -> bytes:
        with self._door.outside():
            return self._line.read() if size is None or size < 0 else self._line.read(size)

    def readline(self, size: int = -1, /) -> bytes:
        with self._door.outside():
            return self._line.readline(size)

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        with self._door.outside():
            return self._line.readlines(hint)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


@dataclass(frozen=True)
class Line:
    """A connection of this process, as the system sees it.

    Attributes:
        number: its file descriptor.
        sent: seconds since something last went out on it, or since it is there.
        came: seconds since something last came.
        received: how many bytes came since it is there.
    """

    number: int
    sent: float
    came: float
    received: int

    @property
    def is_idle(self) -> bool:
        """Whether nothing moves on it, or too little."""
        dripping = self.sent >= PACE_FROM and self.received < PACE * self.sent
        return min(self.sent, self.came) >= SILENT or self.sent >= LONGEST or dripping


def keep_watch(door: Door, port: int, most: int) -> None:
    """End idle lines whenever nearly all are taken; only Linux says which are.

    Args:
        door: what knows for whom work is done.
        port: where this process is called.
        most: how many lines it takes.
    """
    if sys.platform != "linux":
        return

    def watch() -> None:
        ended, told = 0, -math.inf
        while True:
            time.sleep(LOOK_EVERY)
            if len(os.listdir(_OPEN_FILES)) > CROWDED * most:  # noqa: PTH208 asked every second: names are enough
                ended += make_room(door, port, most)
            if ended and time.monotonic() - told >= TELL_EVERY:
                log.warning("nearly all of %d lines were taken; %d idle ones were ended", most, ended)
                ended, told = 0, time.monotonic()

    threading.Thread(target=watch, name="door", daemon=True).start()


def make_room(door: Door, port: int, most: int) -> int:
    """End the idlest lines if nearly all are taken; return how many were ended."""
    lines, moment = _lines(port), time.monotonic()
    if len(lines) <= CROWDED * most:
        return 0
    heard = door.heard()
    idle = [line for line in lines if line.is_idle and not _is_worked_for(line, moment, heard)]
    idle.sort(key=lambda line: (line.received == 0, line.came), reverse=True)
    return sum(_asked(line.number, port, _end) or 0 for line in idle[: len(lines) - int(CALM * most)])


def _is_worked_for(line: Line, moment: float, heard: list[float]) -> bool:
    """Return whether a request is worked on that came when this line was last heard of."""
    return any(-LOOK_EVERY <= at - (moment - line.came) <= AT_ONCE for at in heard)


def _lines(port: int) -> list[Line]:
    found = [_line(int(name), port) for name in os.listdir(_OPEN_FILES)]  # noqa: PTH208 names are enough
    return [line for line in found if line is not None]


def _line(number: int, port: int) -> Line | None:
    said = _asked(number, port, lambda connection: connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE))
    if said is None or len(said) < _SIZE or said[0] not in {_ESTABLISHED, _CLOSE_WAIT}:
        return None
    (sent, came), (received,) = _LAST.unpack_from(said, _LAST_AT), _RECEIVED.unpack_from(said, _RECEIVED_AT)
    return Line(number, sent / 1000, came / 1000, received)


def _asked(number: int, port: int, question: Callable[[socket.socket], Answer]) -> Answer | None:
    """Return what a connection answers if it is a line of ours; it stays the web server's, and open.

    It is not duplicated: should the number be a database's file by now, closing a copy would let go of its locks.
    """
    try:
        connection = socket.socket(fileno=number)
    except OSError:  # it is no connection, or none any more
        return None
    try:
        return question(connection) if _is_ours(connection, port) else None
    except OSError:  # it ended meanwhile
        return None
    finally:
        connection.detach()


def _end(connection: socket.socket) -> bool:
    connection.shutdown(socket.SHUT_RDWR)
    return True


def _is_ours(connection: socket.socket, port: int) -> bool:
    is_internet = connection.family in {socket.AF_INET, socket.AF_INET6} and connection.type == socket.SOCK_STREAM
    return is_internet and connection.getsockname()[1] == port
