"""Measures whole, as small as can be: real servers, both databases, the bare twin, a peer of our own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text

from intake.extensions import db, transaction
from tests.bench import same_work, sample
from tests.bench.instance import HOST, Bench, place
from tests.bench.measures import login, memory, page, peer, sending
from tests.bench.rows import DATABASES, SQLITE, BenchError
from tests.bench.side import CLIENTS, Plan, at
from tests.factories import fields

SMALL = Plan(slices=1, seconds=0.3, patience=0.0, warm=0.3, most=200)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with place(quick=True) as made:
        yield made


def test_complaints_and_pages_are_measured_on_both_databases_and_the_twins_did_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "QUICK", SMALL)
    monkeypatch.setattr(page, "QUICK", SMALL)
    monkeypatch.setattr(page, "DATABASES", DATABASES[:1])
    found = {(row.name, row.database): row for measure in (sending, page) for row in measure.rows(bench)}
    sent = [(f"complaint POST, {at(clients)}", database) for database in DATABASES for clients in CLIENTS]
    for place_of in [*sent, *((f"complaint page GET, {at(clients)}", SQLITE) for clients in CLIENTS)]:
        row = found[place_of]
        assert (row.errors, row.against) == (0, "bare Flask"), place_of
        assert row.times
        assert 0 < row.times.p50 <= row.times.p95 <= row.times.p99
        assert row.reference is not None
    assert [str(aim) for aim in found["complaint POST, 8 clients", SQLITE].aims] == [
        "ratio ≥ 0.8",
        "p95 ≤ 150",
        "no error",
    ]


def test_a_server_that_does_less_is_found_out(bench: Bench) -> None:
    sound = bench.instance()
    before = same_work.row_counts(sound)
    with sound.opened() as app:
        assert app.test_client().post(sample.PATH, data=fields()).status_code == 200
    lazy = bench.instance(like=sound)
    same_work.check(before, [(sound, 1), (lazy, 1)])
    with lazy.opened(), transaction():
        db.session.execute(text("DELETE FROM letter WHERE id = (SELECT max(id) FROM letter)"))
    with pytest.raises(BenchError, match="a complaint writes"):
        same_work.check(before, [(sound, 1), (lazy, 1)])


def test_signing_in_and_memory_are_measured(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "QUICK_ROUNDS", 1)
    monkeypatch.setattr(memory, "DATABASES", DATABASES[:1])
    assert [(row.name, row.database) for row in login.rows(bench)] == [("sign-in", name) for name in DATABASES]
    held = {row.name: row.value for row in memory.rows(bench)}
    for name in ("web process 1", "web process 2", "web server's parent", "outbox worker"):
        assert 1 < held[f"memory after load, {name}"] <= held[f"memory after load, {name}: RSS"]


class _Peer(BaseHTTPRequestHandler):
    """A form that is taken only with its cookie and its token."""

    protocol_version = "HTTP/1.1"
    taken: list[bytes]

    def do_GET(self) -> None:
        form = b'<form method="post" action="/send"><input type="hidden" name="csrf" value="t1"></form>'
        self._say(200, form, cookie="visit=v1; Path=/")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = body == b"csrf=t1&story=They+came" and self.headers["Cookie"] == "visit=v1"
        self.taken.append(body)
        self._say(303 if good and self.path == "/send" else 400, b"")

    def _say(self, status: int, body: bytes, cookie: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_form_of_a_peer_is_measured_beside_ours(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "QUICK", SMALL)
    monkeypatch.setattr(_Peer, "taken", [], raising=False)
    with ThreadingHTTPServer((HOST, 0), _Peer) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("PEER_URL", f"http://{HOST}:{server.server_port}/form")
        assert list(peer.rows(bench)), "it is looked at"
        assert not _Peer.taken, "nothing says what to write"
        monkeypatch.setenv("PEER_FORM", "story=They+came")
        found = {row.name: row for row in peer.rows(bench)}
        server.shutdown()
    for way in ("GET", "POST"):
        for clients in CLIENTS:
            ours = found[f"form {way} beside a peer's, {at(clients)}"]
            theirs = found[f"form {way} beside a peer's, {at(clients)}: the peer"]
            assert (ours.errors, theirs.errors) == (0, 0)
            assert ours.reference == theirs.value > 0
