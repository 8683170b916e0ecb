"""What the complainant's pages weigh, each in each language, and how many requests they are: one, the page itself."""

import gzip
from collections.abc import Iterator
from html.parser import HTMLParser

from flask import Flask

from intake.config import ROOT
from intake.i18n import TAGS
from tests.bench.instance import Bench
from tests.bench.rows import BenchError, Place, Row, Target
from tests.complainant_pages import Shown, every_page

ONE_REQUEST = Target(at_most=1)
PAGES = 10  # the code on a page is random, and so may be what compression makes of it
ENCODINGS = ("br", "gzip")
TABLE = "page bytes, {}"
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
    """Weigh every page of the complainant in every language and state.

    Raises:
        BenchError: a page was not answered, or its words are not there to be weighed.
    """
    for words in (ROOT / "intake" / "translations").glob("*/LC_MESSAGES/*.po"):
        compiled = words.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < words.stat().st_mtime:
            message = f"{words.parent.parent.name} is not compiled as it stands: run make catalogues"
            raise BenchError(message)
    with bench.instance().opened() as app:
        try:
            yield from _weighed(app)
        except LookupError as error:
            raise BenchError(str(error)) from error


def _weighed(app: Flask) -> Iterator[Row]:
    most = 0
    for lang in TAGS:
        for page in every_page(app, lang):
            for encoding in ENCODINGS:
                body = _largest(app, page, encoding)
                yield Row(
                    f"{page.name}, {lang}, {encoding}",
                    len(body),
                    "bytes",
                    aims=(Target(at_most=page.most),),
                    place=Place(TABLE.format(encoding), page.name, lang),
                )
            most = max(most, _requests(body))
    yield Row("any page, most requests", most, "requests", aims=(ONE_REQUEST,))


def _largest(app: Flask, page: Shown, encoding: str) -> bytes:
    """Return the largest body of a page; a page that is one text with a code in it is asked for again and again."""
    asked = 1 if page.posted or page.by else PAGES
    return max((bytes(page.answer(app, encoding).data) for _ in range(asked)), key=len)


def _requests(body: bytes) -> int:
    """Return how many requests a page is, itself counted."""
    references = References()
    references.feed(gzip.decompress(body).decode())
    return 1 + len(references.found)
