"""The form of a peer that runs on this machine: ``PEER_URL`` says where, ``PEER_FORM`` what is written in it.

What goes out is a load, so it goes nowhere but to this machine.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.bench import load
from tests.bench.rows import BenchError

URL, FORM = "PEER_URL", "PEER_FORM"
LOOPBACK = "localhost"
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=;\s]+=[^;\r]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Peer:
    """A form somewhere on this machine.

    Attributes:
        host: on which of its addresses.
        port: at which port.
        path: where the form is.
        answers: what is written in it, by the names of its fields; nothing where it is only looked at.
    """

    host: str
    port: int
    path: str
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """The headers that every request to it has."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {"Host": f"{host}:{self.port}"}

    def seen(self) -> bytes:
        """Return the request for the form."""
        return load.request("GET", self.path, headers={**self.said, "Accept-Encoding": "identity"})

    def filled(self, answer: load.Answer) -> bytes:
        """Return the request that sends the form of an answer: its hidden fields and its cookies come along.

        Raises:
            BenchError: there is no form in it, or it goes elsewhere.
        """
        page = _Form()
        page.feed(answer.body.decode(errors="replace"))
        if page.action is None:
            message = f"there is no form with the method post at {self.path}"
            raise BenchError(message)
        here = f"http://{self.said['Host']}"
        to = urlsplit(urljoin(here + self.path, page.action))
        if f"{to.scheme}://{to.netloc}" != here:
            message = f"the form at {self.path} goes to {to.netloc}: the bench sends nothing there"
            raise BenchError(message)
        body = urlencode({**page.hidden, **self.answers}).encode()
        cookies = b"; ".join(_COOKIE.findall(answer.head)).decode()
        headers = {**self.said, "Origin": here, "Referer": here + self.path, **({"Cookie": cookies} if cookies else {})}
        return load.request("POST", to.path + (f"?{to.query}" if to.query else ""), body, headers)


def of_environment(environ: Mapping[str, str] = os.environ) -> Peer | None:
    """Return the peer that the environment names, if any.

    Raises:
        BenchError: it is not on this machine, or no address over plain HTTP.
    """
    address = environ.get(URL)
    if not address:
        return None
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "http" or not host:
        message = f"{URL} is to be an address such as http://127.0.0.1:8080/form: the load goes over plain HTTP"
        raise BenchError(message)
    if not _is_here(host):
        message = f"{URL} names {host}: the bench sends its load to this machine alone, 127.0.0.1, ::1 or {LOOPBACK}"
        raise BenchError(message)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    answers = dict(parse_qsl(environ.get(FORM, ""), keep_blank_values=True))
    return Peer(host, parts.port or 80, path, answers)


def _is_here(host: str) -> bool:
    """Return whether a host is this machine, by its address alone: what a name means may change."""
    try:
        return host == LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Form(HTMLParser):
    """The first form of a page that is posted: where it goes, and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.hidden: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Find the form and its fields."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None and given.get("method", "").lower() == "post":
            self.action, self._inside = given.get("action", ""), True
        elif tag == "input" and self._inside and given.get("type", "").lower() == "hidden" and given.get("name"):
            self.hidden[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        self._inside = self._inside and tag != "form"
