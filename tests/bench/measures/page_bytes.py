"""What the complainant's pages weigh, and how many requests they are: everything is in the page itself."""

import gzip
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient

from intake.cases import return_code
from intake.config import ROOT
from intake.followup.blocks import BLOCKS
from intake.i18n import TAGS
from tests.bench import sample
from tests.bench.instance import Bench
from tests.bench.rows import BenchError, Row, Target
from tests.factories import signed_code

COMPLAINT_BYTES = Target(at_most=8192)
OTHER_BYTES = Target(at_most=14_600)  # ten TCP segments
ONE_REQUEST = Target(at_most=1)
PAGES = 30  # the code on a page is random, and so is what compression makes of it
ENCODINGS = ("br", "gzip")
_FETCHES = {"src", "srcset", "poster", "data", "background"}
_LINKS_FETCHED = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "prefetch"}


class References(HTMLParser):
    """Counts what a browser fetches besides the page."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look for attributes that make a browser fetch."""
        self._in_style = tag == "style"
        given = {name: value or "" for name, value in attrs}
        fetched = [given[name] for name in _FETCHES.intersection(given) if tag != "object" or name == "data"]
        if tag == "link" and _LINKS_FETCHED.intersection(given.get("rel", "").lower().split()):
            fetched.append(given.get("href", ""))
        self.found += [address for address in fetched if not address.startswith("data:")]
        self._look_in_style(given.get("style", ""))

    def handle_data(self, data: str) -> None:
        """Look into style sheets."""
        if self._in_style:
            self._look_in_style(data)

    def _look_in_style(self, text: str) -> None:
        self.found += ["url(…)"] * (text.count("url(") - text.count("url(data:") - text.count('url("data:'))
        self.found += ["@import"] * text.count("@import")


def rows(bench: Bench) -> Iterator[Row]:
    """Weigh every page of the complainant in every language.

    Raises:
        BenchError: a page was not answered, or its words are not there to be weighed.
    """
    for words in (ROOT / "intake" / "translations").glob("*/LC_MESSAGES/*.po"):
        compiled = words.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < words.stat().st_mtime:
            message = f"{words.parent.parent.name} is not compiled as it stands: run make catalogues"
            raise BenchError(message)
    with bench.instance().opened() as app:
        for lang in TAGS:
            yield from _complaint_page(app, lang)
        others = {name: [_page(app, f"/{lang}/{name}") for lang in TAGS] for name in ("safety", "about", "case")}
        others["answer"] = [_page(app, f"/{lang}/", posted=_complaint()) for lang in TAGS]
        visited = _visited(app)
        for name in ("home", *BLOCKS):
            path = "" if name == "home" else f"/details/{name}"
            others[f"visit: {name}"] = [_page(app, f"/{lang}/case{path}", visited) for lang in TAGS]
        for name, pages in others.items():
            for encoding in ENCODINGS:
                largest = max(len(page(encoding)) for page in pages)
                yield Row(f"{name} page, {encoding}, largest language", largest, "bytes", target=OTHER_BYTES)
        most = max(_requests(page("gzip")) for pages in others.values() for page in pages)
        yield Row("other pages, most requests", most, "requests", target=ONE_REQUEST)


def _complaint_page(app: Flask, lang: str) -> Iterator[Row]:
    page = _page(app, f"/{lang}/")
    for encoding in ENCODINGS:
        largest = max(len(page(encoding)) for _ in range(PAGES))
        yield Row(f"complaint page, {lang}, {encoding}", largest, "bytes", target=COMPLAINT_BYTES)
    yield Row(f"complaint page, {lang}, requests", _requests(page("gzip")), "requests", target=ONE_REQUEST)


def _page(
    app: Flask, path: str, visitor: FlaskClient | None = None, posted: dict[str, str] | None = None
) -> Callable[[str], bytes]:
    """Return a function that asks for a page in an encoding and returns its body as it travels."""

    def ask(encoding: str) -> bytes:
        client, headers = visitor or app.test_client(), {"Accept-Encoding": encoding}
        with app.app_context():  # a fresh one: the language is kept in it
            answer = client.post(path, data=posted, headers=headers) if posted else client.get(path, headers=headers)
        if answer.status_code != 200 or answer.headers.get("Content-Encoding") != encoding:
            message = f"{path} was answered with {answer.status}, encoded as {answer.headers.get('Content-Encoding')}"
            raise BenchError(message)
        return bytes(answer.data)

    return ask


def _complaint() -> dict[str, str]:
    return {**next(sample.bodies()), "code": signed_code()}


def _visited(app: Flask) -> FlaskClient:
    """Return the browser of one who sent a complaint and came back with its code."""
    complaint = _complaint()
    _page(app, sample.PATH, posted=complaint)("gzip")
    client = app.test_client()
    with app.app_context():
        client.post(f"/{TAGS[0]}/case", data={"code": complaint["code"][: return_code.LENGTH]})
    return client


def _requests(body: bytes) -> int:
    """Return how many requests a page is, itself counted."""
    references = References()
    references.feed(gzip.decompress(body).decode())
    return 1 + len(references.found)
