"""The loop of clients against a small server that answers in every way a peer may, and sometimes not at all."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bench import load, peer_form
from tests.bench.instance import HOST
from tests.bench.peer_form import Peer
from tests.bench.rows import BenchError

WAYS = {
    "/length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "/nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
    "/old": b"HTTP/1.0 302 Found\r\nLocation: /\r\n\r\nhello",
    "/broken": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
}


@contextmanager
def _server() -> Iterator[int]:
    """Answer as the path says: by pieces, closing the connection where HTTP would."""
    with socket.create_server((HOST, 0)) as listening:
        threading.Thread(target=_accept, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(line,), daemon=True).start()


def _talk(line: socket.socket) -> None:
    with line, line.makefile("rb") as asked:
        while first := asked.readline():
            while asked.readline() not in {b"\r\n", b""}:
                pass
            path = first.split()[1].decode()
            for piece in (WAYS[path][:9], WAYS[path][9:]):
                line.sendall(piece)
            if path in {"/close", "/old", "/broken"}:
                return


@pytest.mark.parametrize(("path", "status"), [("/length", 200), ("/chunks", 200), ("/nothing", 204), ("/close", 200)])
def test_an_answer_is_read_to_its_end_and_the_line_is_used_again_or_opened_anew(path: str, status: int) -> None:
    with _server() as port:
        done = load.run(port, [load.request("GET", path)] * 12, 30, clients=3)
    assert (done.errors, done.counted, len(done.answers)) == ([], 12, 12)
    assert {answer.status for answer in done.answers} == {status}


def test_an_answer_without_a_length_ends_with_its_line() -> None:
    with _server() as port:
        done = load.run(port, [load.request("GET", "/old")] * 4, 30, clients=2)
    assert [(answer.status, answer.body) for answer in done.answers] == [(302, b"hello")] * 4
    assert done.errors == []


def test_what_goes_wrong_is_counted_and_the_loop_goes_on() -> None:
    with _server() as port:
        mixed = [load.request("GET", path) for path in ("/length", "/broken") * 5]
        done = load.run(port, mixed, 30, clients=2)
    assert (len(done.answers), len(done.errors)) == (5, 5)
    assert set(done.errors) == {"a connection was closed before the answer"}


def test_where_nobody_listens_every_client_is_an_error_and_nothing_hangs() -> None:
    with socket.create_server((HOST, 0)) as listening:
        port = listening.getsockname()[1]
    done = load.run(port, [load.request("GET", "/")] * 4, 30, clients=4)
    assert (done.answers, done.errors) == ([], ["ConnectionRefusedError"] * 4)
    assert done.rate == 0


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://example.org/form", "PEER_URL names example.org: the bench sends its load to this machine alone"),
        ("http://192.168.1.2/form", "PEER_URL names 192.168.1.2"),
        ("http://localhost.example.org/", "PEER_URL names localhost.example.org"),
        ("http://127.0.0.1@example.org/", "PEER_URL names example.org"),
        ("http://0.0.0.0:80/", "PEER_URL names 0.0.0.0"),
        ("https://127.0.0.1/", "PEER_URL is to be an address such as http://127.0.0.1:8080/form"),
        ("127.0.0.1:8080", "PEER_URL is to be an address such as"),
    ],
)
def test_a_peer_elsewhere_is_refused_with_a_sentence(address: str, sentence: str) -> None:
    with pytest.raises(BenchError) as refused:
        peer_form.of_environment({"PEER_URL": address})
    assert str(refused.value).startswith(sentence)


def test_a_peer_on_this_machine_is_taken_with_what_is_written_in_its_form() -> None:
    assert peer_form.of_environment({}) is None
    environ = {"PEER_URL": "http://127.0.0.1:8080/form?x=1", "PEER_FORM": "story=They+came&contact=&mode=mail"}
    answers = {"story": "They came", "contact": "", "mode": "mail"}
    assert peer_form.of_environment(environ) == Peer("127.0.0.1", 8080, "/form?x=1", answers)
    assert peer_form.of_environment({"PEER_URL": "http://[::1]/"}) == Peer("::1", 80, "/")
    assert Peer("::1", 80, "/").said == {"Host": "[::1]:80"}


PAGE = (
    b'<form action="/search"><input type="hidden" name="no" value="1"></form><form method="POST" action="{}">'
    b'<input type="hidden" name="csrf" value="a&amp;b"><input name="story"><input type="hidden" name="mode" value="x">'
    b'</form><form method="post"><input type="hidden" name="other" value="2"></form>'
)
HEAD = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=abc; HttpOnly\r\nset-cookie: second=d"


def test_the_form_of_a_peer_is_sent_with_its_own_hidden_fields_and_cookies() -> None:
    peer = Peer("127.0.0.1", 8080, "/to/form", {"story": "They came", "mode": "y"})
    sent = peer.filled(load.Answer(0, HEAD, PAGE.replace(b"{}", b"send?x=1"))).decode()
    head, _, body = sent.partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "POST /to/send?x=1 HTTP/1.1"
    assert {"Host: 127.0.0.1:8080", "Cookie: session=abc; second=d", "Origin: http://127.0.0.1:8080"} <= set(lines)
    assert body == "csrf=a%26b&mode=y&story=They+came"


@pytest.mark.parametrize(
    ("page", "sentence"),
    [(PAGE.replace(b"{}", b"http://example.org/"), "goes to example.org"), (b"<p>none</p>", "there is no form")],
)
def test_a_form_that_goes_elsewhere_or_is_none_is_not_sent(page: bytes, sentence: str) -> None:
    with pytest.raises(BenchError, match=sentence):
        Peer("127.0.0.1", 8080, "/", {"story": "x"}).filled(load.Answer(0, HEAD, page))
