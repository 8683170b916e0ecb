"""The same behind nginx: what comes slowly or in excess stays outside, and every answer bears our headers."""

import socket
import ssl
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from urllib.parse import urlencode

import pytest

from tests.deploy.test_proxies import MARK, Proxy, proxy  # noqa: F401 a fixture
from tests.flood.attacks import FORM, SLOW, Said, head, post
from tests.servers.service import LIMIT, complain
from tests.sweep import wire

LINES = 300
LITTLE = 2.0  # seconds
FIELDS = b"&".join(b"f%d=a" % number for number in range(100_000))
pytestmark = pytest.mark.slow


def line_to(proxy: Proxy) -> ssl.SSLSocket:  # noqa: F811
    """Return a line to the public server."""
    trust = ssl.create_default_context(cafile=proxy.ca)
    return trust.wrap_socket(socket.create_connection(("127.0.0.1", proxy.secure), LIMIT), server_hostname="localhost")


def ours(request: bytes) -> bytes:
    """Let a request ask for the host that the proxy serves."""
    return request.replace(b"Host: 127.0.0.1", b"Host: localhost")


def ask(proxy: Proxy, sent: bytes) -> Said:  # noqa: F811
    """Send bytes as far as they are taken, and return what is answered."""
    text = b""
    with line_to(proxy) as line:
        with suppress(OSError):  # it is answered before all is sent, and closed
            line.sendall(ours(sent))
        with suppress(OSError):
            while came := line.recv(65536):
                text += came
    return Said.of(text)


@pytest.mark.parametrize("what", SLOW)
def test_slow_visitors_hold_up_nobody(what: str, proxy: Proxy) -> None:  # noqa: F811
    def visit(path: str, form: Mapping[str, str] | None) -> str:
        return proxy.ask("POST" if form else "GET", path, urlencode(form) if form else None)[1]

    with ExitStack() as held:
        for _ in range(LINES):
            line = held.enter_context(line_to(proxy))
            line.settimeout(LITTLE)
            with suppress(OSError):
                line.sendall(ours(SLOW[what]))
        complain(visit)
        assert MARK not in proxy.written() + proxy.holds()
    complain(visit)


def test_every_answer_bears_our_headers_and_what_is_too_much_is_refused(proxy: Proxy) -> None:  # noqa: F811
    for path in ("/", "/en/", "/en/case", "/desk/", "/static/desk.css", "/nothing", "/leave", "/%FF"):
        for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
            said = ask(proxy, head(method, path, Connection="close"))
            assert wire.faults(path, said.status, said.headers, secure=True) == [], (path, method)
    sent = post("/en/", FORM, len(FIELDS), Connection="close") + FIELDS
    assert ask(proxy, sent).status == 413
    refused = {
        "many fields": head(Connection="close", **{f"X_{number}": "a" for number in range(3000)}),
        "a large field": head(Connection="close", X="a" * 1_000_000),
        "a huge body": post("/en/", FORM, 10 * 1024**3, Connection="close"),
        "no request": b"\x16\x03\x01\r\n\r\n",
    }
    for name, request in refused.items():
        said = ask(proxy, request)
        assert 400 <= said.status < 500, name
        assert said.header("server") in {"", "nginx"}, "it says no version"
