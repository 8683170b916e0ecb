"""Pages of the weight of the others', invented, on a small server of our own: what they make a browser wait for."""

import random
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.bench.instance import HOST

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Peer:
    """What is known of a page: its weight as it is named, and as it travels; how many requests it is.

    Attributes:
        kilobytes: what it weighs unpacked: its name in the table.
        travelling: what it weighs on the line.
        styles: how many style sheets, which a browser waits for before it paints.
        scripts: how many scripts in its head, which it waits for too.
        pictures: how many pictures, which it does not wait for, but which share the line.
    """

    kilobytes: int
    travelling: int
    styles: int
    scripts: int
    pictures: int

    @property
    def name(self) -> str:
        """Say what it is."""
        requests = 1 + self.styles + self.scripts + self.pictures
        return f"a page of {self.kilobytes} kB ({self.travelling} kB on the line, {requests} requests)"

    def files(self) -> dict[str, tuple[str, bytes]]:
        """Return what there is at each address, with its type: equal shares, of which nothing can be compressed."""
        share = self.travelling * 1024 // (1 + self.styles + self.scripts + self.pictures)
        styles = [f"/{self.kilobytes}/{number}.css" for number in range(self.styles)]
        scripts = [f"/{self.kilobytes}/{number}.js" for number in range(self.scripts)]
        pictures = [f"/{self.kilobytes}/{number}.svg" for number in range(self.pictures)]
        head = "".join(f'<link rel="stylesheet" href="{path}">' for path in styles)
        head += "".join(f'<script src="{path}"></script>' for path in scripts)
        shown = "".join(f'<img src="{path}" alt="">' for path in pictures)
        page = f'<!doctype html><html lang="en"><head><title>x</title>{head}</head><body><h1>Tell us</h1>{shown}<p>'
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><!--{}--></svg>'
        return {
            f"/{self.kilobytes}/": ("text/html", (page + noise(share - len(page))).encode()),
            **{path: ("text/css", f"/*{noise(share)}*/".encode()) for path in styles},
            **{path: ("text/javascript", f"/*{noise(share)}*/".encode()) for path in scripts},
            **{path: ("image/svg+xml", svg.format(noise(share)).encode()) for path in pictures},
        }


# As PEERS measured them. What the second weighs on the line is not known: as its own page with scripts, 42 in 100.
PEERS = (
    Peer(119, 79, styles=1, scripts=0, pictures=13),
    Peer(239, 99, styles=2, scripts=0, pictures=3),
    Peer(750, 312, styles=2, scripts=8, pictures=2),
)


def noise(length: int) -> str:
    """Return letters in which there is no order, in words of nine."""
    drawn = random.Random(length)  # noqa: S311 no secret
    return "".join(" " if place % 10 == 9 else drawn.choice(_LETTERS) for place in range(length))


@contextmanager
def served() -> Iterator[str]:
    """Serve the pages on a free port of this machine; yield where."""
    files = {path: file for peer in PEERS for path, file in peer.files().items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = files.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in files else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
