"""While an attack goes on, a quiet visitor gets the page and is heard; afterwards the service is whole."""

import socket
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import select

from intake.cases.models import Case
from intake.extensions import db
from intake.outbox.models import Letter
from intake.supervisor import LINES, PLACES, WEB_PROCESSES
from tests.access_table import TABLE
from tests.factories import STORY
from tests.flood.attacks import (
    END,
    FILE,
    FORM,
    MARK,
    NAME,
    PARTS,
    PIECE,
    SLOW,
    ask,
    endless,
    head,
    held_files,
    many,
    most_memory,
    post,
    quiet,
)
from tests.servers.service import LIMIT, SEE_OTHER, Service, complain
from tests.sweep import wire

MORE_THAN_WORK = WEB_PROCESSES * PLACES + 2
MORE_THAN_LINES = WEB_PROCESSES * LINES + 100
LITTLE_MEMORY = 96 * 1024 * 1024  # bytes that an attack may cost a process beyond what it had
THREADS_MEMORY = 200 * 1024 * 1024  # with all its threads at work
FLOOD = 200  # complaints
CHUNK = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)


@contextmanager
def unharmed(service: Service, memory: int = LITTLE_MEMORY) -> Iterator[None]:
    """See that a quiet visitor is heard meanwhile and afterwards, by the same processes, and nothing was spooled."""
    processes, before = service.web(), most_memory(service)
    yield
    complain(quiet(service.port), f"{STORY} Meanwhile.")
    assert MARK not in held_files(service)
    assert list((service.instance.parent / "spool").iterdir()) == []
    assert service.web() == processes, "a process ended"
    assert most_memory(service) < before + memory


def promised(service: Service, codes: Collection[str]) -> None:
    """See that every code that was given opens its case."""
    for code in codes:
        body = f"code={code}".encode()
        assert ask(service.port, post("/en/case", FORM, len(body), Connection="close") + body).status == SEE_OTHER


@pytest.mark.parametrize("what", ["words", "recording", "files", "sign-in"])
def test_more_slow_visitors_than_there_are_places_hold_up_nobody(what: str, service: Service) -> None:
    with many(service.port, SLOW[what], MORE_THAN_WORK), unharmed(service):
        pass


def test_a_body_that_is_too_large_too_long_or_too_odd_is_refused(service: Service) -> None:
    port, huge = service.port, 10 * 1024**3
    fields, parts = b"&".join(b"f%d=a" % number for number in range(100_000)), NAME % (b"a", b"b") * 5000 + END
    with unharmed(service):
        for path in ("/en/", "/en/voice", "/en/case", "/en/case/files", "/desk/sign-in"):
            said = ask(port, post(path, FORM, huge))
            assert (said.status, wire.faults(path, said.status, said.headers)) == (413, []), path
        assert ask(port, post("/en/", FORM, len(fields), Connection="close") + fields).status == 413
        assert ask(port, post("/en/", PARTS, len(parts), Connection="close") + parts).status == 413
        for path in ("/en/", "/en/voice", "/en/case/files", "/en/nowhere", "/healthz"):
            endless(port, post(path, FORM, None), CHUNK)
        bomb = b"\x1f\x8b\x08\0\0\0\0\0" + PIECE
        assert (
            ask(port, post("/en/", FORM, len(bomb), Content_Encoding="gzip", Connection="close") + bomb).status == 422
        )


def test_a_form_with_many_recordings_costs_no_more_than_one(service: Service) -> None:
    body = FILE % PIECE[:100] * 900 + END
    with unharmed(service, LITTLE_MEMORY // 4):
        assert ask(service.port, post("/en/voice", PARTS, len(body), Connection="close") + body).status == 422


def test_a_head_that_is_too_large_or_no_head_at_all_ends_the_line_without_a_word(service: Service) -> None:
    many_fields = {f"X_{number}": "a" for number in range(3000)}
    wanted = {
        "many": (head(**many_fields), 431),
        "large": (head(X="a" * 1_000_000), 431),
        "a long line": (head(path="/" + "a" * 70_000), 414),
        "no end": (b"GET /" + b"a" * 1_000_000, 431),
        "another protocol": (b"\x16\x03\x01\0\0\r\n\r\n", 400),
        "no length": (post("/en/", FORM, None).replace(b"chunked", b"odd"), 400),
        "a length below nothing": (post("/en/", FORM, -1), 400),
    }
    with unharmed(service):
        said = {name: ask(service.port, sent) for name, (sent, _) in wanted.items()}
    assert {name: answer.status for name, answer in said.items()} == {n: status for n, (_, status) in wanted.items()}
    for answer in said.values():
        assert answer.page == b""
        assert {name for name, _ in answer.headers} <= {"connection", "content-length", "date"}


def test_only_the_older_protocol_is_spoken_whose_lines_end(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port), LIMIT) as line:
        line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
        assert line.recv(1) == b"", "HTTP/2 keeps a line on which nothing is said for ever"


def on_the_wire(service: Service, path: str, method: str = "GET", **fields: str) -> tuple[int, list[str]]:
    """Return the status of an answer, and what is wrong with its headers."""
    said = ask(service.port, head(method, path, Connection="close", **fields))
    return said.status, wire.faults(path, said.status, said.headers)


def test_every_address_says_all_headers_on_the_wire(service: Service) -> None:
    anything = defaultdict(lambda: "1", case="KZ-2222-22", code="1" * 24)
    addresses = sorted({row.path.format_map(anything) for row in TABLE.values()})
    wrong = {path: found for path in addresses if (found := on_the_wire(service, path)[1])}
    assert wrong == {}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "TRACE", "CONNECT", "BREW", "get"])
def test_odd_addresses_and_methods_say_all_headers_on_the_wire(method: str, service: Service) -> None:
    odd = (
        "/",
        "/static/desk.css",
        "/static/nothing",
        "/%FF",
        "/%00",
        "/..%2f",
        "//",
        "/KK/",
        "/en",
        "*",
        "/" + "a" * 9999,
    )
    said = {path: on_the_wire(service, path, method) for path in (*odd, "http://elsewhere.example/en/")}
    assert {path: found for path, (_, found) in said.items() if found} == {}
    assert {status for status, _ in said.values()} <= {200, 302, 308, 400, 404, 405, 422}


@pytest.mark.parametrize(
    "host", ["", " ", "a b", "[", "[::1", "a:b:c", "a/b", "\xff", "a" * 9999, "a..b", "xn--", "a\t", "@"]
)
def test_an_odd_host_is_no_fault(host: str, service: Service) -> None:
    for path in ("/en/", "/desk/", "/nowhere", "/en/case"):
        said = ask(service.port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1"))
        assert said.status in {200, 302, 400, 404}, path
        assert said.headers[0] == ("connection", "close") or wire.faults(path, said.status, said.headers) == []


@pytest.mark.slow
@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
@pytest.mark.parametrize("what", SLOW)
def test_more_lines_than_there_are_hold_up_nobody(what: str, drips: bool, service: Service) -> None:  # noqa: FBT001 a parameter
    with many(service.port, SLOW[what], MORE_THAN_LINES, b"a" if drips else b""), unharmed(service, THREADS_MEMORY):
        pass


@pytest.mark.slow
def test_a_flood_of_wrong_codes_and_sign_ins_holds_up_nobody(service: Service) -> None:
    code, over = complain(quiet(service.port))[1], threading.Event()

    def guess(number: int) -> None:
        while not over.is_set():
            wrong = b"code=%024d" % number if number % 2 else b"address=a%d@example.org&password=wrong&code=1" % number
            where = "/en/case" if number % 2 else "/desk/sign-in"
            ask(service.port, post(where, FORM, len(wrong), Connection="close") + wrong)

    with ThreadPoolExecutor(8) as guessing, ExitStack() as flood:
        for number in range(8):
            guessing.submit(guess, number)
        flood.callback(over.set)
        with unharmed(service):
            promised(service, [code])


@pytest.mark.slow
def test_of_a_flood_of_complaints_none_is_lost_and_its_letters_are_gathered(service: Service) -> None:
    letters = len(service.letters())
    with ThreadPoolExecutor(16) as people, unharmed(service, THREADS_MEMORY):
        said = people.map(lambda number: complain(quiet(service.port), f"{STORY} {number}."), range(FLOOD))
        told = dict(said)
    assert len(told) == FLOOD
    promised(service, told.values())
    with service.inside():
        owed = select(Case.reference).join(Letter, Letter.case_id == Case.id)
        assert set(told) <= set(db.session.scalars(owed)), "somebody is told of each"
    assert len(service.letters()) - letters < FLOOD / 2
