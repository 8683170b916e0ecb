"""Pages as the application answered them, kept with their headers, and served again to a browser."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from intake.i18n import TAGS
from tests.journeys.site import Site

Speaks = Callable[[str], str]  # the language in which a page of this name is asked for
KEPT = ("Content-Type", "Content-Security-Policy", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options")


@dataclass(frozen=True)
class Shot:
    """A page in one of its states, in one language."""

    name: str
    lang: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    is_first: bool  # of its route; else the same route in another state

    @property
    def place(self) -> int:
        """A number of its own, the same in every run."""
        return zlib.crc32(self.name.encode())


def always(tag: str) -> Speaks:
    """Return who asks for every page in one language."""
    return lambda _: tag


def in_turn(turn: int = 0) -> Speaks:
    """Return who asks for each page in one of the languages, spread evenly."""
    return lambda name: TAGS[(zlib.crc32(name.encode()) + turn) % len(TAGS)]


@dataclass
class Album:
    """The pages that were taken; and the routes that were asked, with what answered none of a page.

    Attributes:
        speaks: the language in which a page is asked for.
        shots: the pages, in the order of taking.
        walked: the endpoints whose pages stand in it.
    """

    speaks: Speaks
    shots: list[Shot] = field(default_factory=list)
    walked: set[str] = field(default_factory=set)

    def take(self, name: str, lang: str, answer: TestResponse, endpoint: str) -> None:
        """Keep an answer if it is a page, and note whose it is."""
        if answer.mimetype != "text/html" or answer.status_code in {301, 302, 303}:
            answer.close()
            return
        headers = [(key, value) for key, value in answer.headers if key in KEPT]
        is_first = bool(endpoint) and endpoint not in self.walked
        self.shots.append(Shot(name, lang, answer.status_code, headers, answer.get_data(), is_first))
        if endpoint:
            self.walked.add(endpoint)

    def thinned(self, every: int, *, all_first: bool = True) -> list[Shot]:
        """Return one of so many pages, and the first page of every route if all of those are wanted."""
        return [shot for shot in self.shots if (all_first and shot.is_first) or shot.place % every == 0]


@contextmanager
def served(shots: list[Shot], client: FlaskClient) -> Iterator[str]:
    """Serve pages under ``/shot/<number>``, and what they load of our own, to a browser; yield the address."""
    loaded: dict[str, Response] = {}

    @Request.application
    def application(request: Request) -> Response:
        path = request.path
        if path.startswith("/shot/"):
            shot = shots[int(path.rpartition("/")[2])]
            return Response(shot.body, headers=shot.headers)
        if path not in loaded:
            answer = client.get(path, buffered=True)
            loaded[path] = Response(answer.get_data(), answer.status, headers=answer.headers)
        return loaded[path]

    with Site(application) as site:
        yield site.url
