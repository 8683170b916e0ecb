"""Who waits holds no place, and where lines are short, those end on which nothing moves."""

import socket
import threading
import time
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from intake.web import door
from intake.web.door import Door, Line
from tests.servers.service import LIMIT

SILENT, SLOWLY, PACE = door.SILENT, door.PACE_FROM, door.PACE
LINES = 8
OPEN_FILES = Path("/proc/self/fd")


class SlowLine(BytesIO):
    """A body that comes when it is let."""

    def __init__(self, content: bytes) -> None:
        """Take what comes."""
        super().__init__(content)
        self.asked, self.comes = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.set()
        assert self.comes.wait(LIMIT)
        return super().read(size)


def told(_: str, __: list[tuple[str, str]], ___: object = None) -> Any:
    return lambda _: None


def read_all(environ: dict[str, Any], _: Any) -> list[bytes]:
    return [environ["wsgi.input"].read(-1)]


def test_who_waits_for_a_visitors_words_holds_no_place() -> None:
    entrance, slow, answers = Door(read_all, places=1), SlowLine(b"slow"), list[bytes]()
    waiting = threading.Thread(target=lambda: answers.extend(entrance({"wsgi.input": slow}, told)), daemon=True)
    waiting.start()
    assert slow.asked.wait(LIMIT)
    assert entrance.heard() == [], "nobody is worked for"
    quick = threading.Thread(
        target=lambda: answers.extend(entrance({"wsgi.input": BytesIO(b"quick")}, told)), daemon=True
    )
    quick.start()
    quick.join(LIMIT)
    assert answers == [b"quick"]
    slow.comes.set()
    waiting.join(LIMIT)
    assert answers == [b"quick", b"slow"]


def test_no_more_work_at_a_time_than_there_are_places() -> None:
    begun, go = list[int](), threading.Event()

    def work(_: dict[str, Any], __: Any) -> list[bytes]:
        begun.append(1)
        assert go.wait(LIMIT)
        return []

    entrance = Door(work, places=2)
    people = [threading.Thread(target=entrance, args=({"wsgi.input": BytesIO()}, told)) for _ in range(3)]
    for person in people:
        person.start()
    while len(entrance.heard()) < len(people) or len(begun) < 2:
        time.sleep(0.01)
    assert len(begun) == 2
    go.set()
    for person in people:
        person.join(LIMIT)
    assert len(begun) == 3
    assert entrance.heard() == []


def test_a_fault_gives_the_place_back() -> None:
    entrance = Door(lambda environ, _: environ["nothing"], places=1)
    for _ in range(2):
        with pytest.raises(KeyError):
            entrance({"wsgi.input": BytesIO()}, told)
    assert entrance.heard() == []


@pytest.mark.parametrize(
    ("line", "idle"),
    [
        (Line(0, sent=1, came=1, received=0), False),  # it has just begun
        (Line(0, sent=SILENT, came=SILENT, received=0), True),
        (Line(0, sent=SILENT, came=0, received=1), False),  # somebody begins slowly
        (Line(0, sent=0, came=SILENT, received=900), False),  # somebody takes a file along
        (Line(0, sent=SLOWLY, came=0, received=int(SLOWLY) * PACE - 1), True),  # it drips
        (Line(0, sent=SLOWLY, came=0, received=int(SLOWLY) * PACE), False),
        (Line(0, sent=door.LONGEST, came=0, received=10**9), True),
    ],
)
def test_a_line_is_idle_if_nothing_moves_on_it(line: Line, idle: bool) -> None:  # noqa: FBT001 a parameter
    assert line.is_idle == idle


def lines_on(stack: ExitStack, count: int) -> tuple[int, list[socket.socket], list[socket.socket]]:
    """Return a port, its callers, and the lines of the server, which begins none of them."""
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = server.getsockname()[1]
    callers = [stack.enter_context(socket.create_connection(("127.0.0.1", port), LIMIT)) for _ in range(count)]
    for caller in callers:
        caller.sendall(b"GET")
    return port, callers, [stack.enter_context(server.accept()[0]) for _ in callers]


def ended(lines: list[socket.socket]) -> int:
    """Return on how many lines nothing can come any more."""
    for line in lines:
        line.settimeout(0)
    over = 0
    for line in lines:
        try:
            over += line.recv(10, socket.MSG_PEEK) == b""
        except BlockingIOError:
            continue
    return over


def test_where_lines_are_short_idle_ones_end_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "SILENT", 0.0)
    entrance = Door(read_all, places=1)
    with ExitStack() as stack:
        other, strangers, _ = lines_on(stack, LINES)
        port, callers, lines = lines_on(stack, LINES)
        files = sorted(OPEN_FILES.iterdir())
        assert door.make_room(entrance, port, most=2 * LINES) == 0, "there is room"
        assert door.make_room(entrance, port, most=LINES) == LINES / 2
        assert (ended(callers), ended(strangers)) == (LINES / 2, 0)
        assert sorted(OPEN_FILES.iterdir()) == files, "no file was opened or closed"
        assert all(line.getblocking() for line in lines), "the server's lines are as they were"
        assert other != port


def test_who_waits_for_us_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "SILENT", 0.0)
    entrance, slow = Door(read_all, places=1), SlowLine(b"")
    with ExitStack() as stack:
        port, callers, _ = lines_on(stack, LINES)
        at_work = Door(lambda *_: [b"%d" % door.make_room(at_work, port, most=LINES)], places=1)
        assert at_work({"wsgi.input": BytesIO()}, told) == [b"0"]
        assert ended(callers) == 0
        reading = threading.Thread(target=entrance, args=({"wsgi.input": slow}, told), daemon=True)
        reading.start()
        assert slow.asked.wait(LIMIT)
        assert door.make_room(entrance, port, most=LINES) == LINES / 2, "who has not said all yet is not"
        slow.comes.set()
        reading.join(LIMIT)
