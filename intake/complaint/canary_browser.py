"""The canary's browser: it asks for the public form over HTTP, fills it in as a person would, and reads the answer.

It speaks to the one address that is set, follows nothing, keeps nothing, and waits for nobody longer than some seconds.
"""

import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from intake.cases import return_code
from intake.complaint import canary_mark
from intake.i18n import TAGS

TIMEOUT = 15  # seconds that the web server may stay silent
MOST_BYTES = 1_000_000  # of a page
LANGUAGE = TAGS[0]  # in which most people come
_REFERENCE = re.compile(r"\b[A-Z]{2}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}\b")
_OK = 200


class AwayError(Exception):
    """The web server is not to be reached, or does not answer."""


class RefusedError(Exception):
    """The page that came is not the complaint page, or it did not take what was sent."""


class NoReceiptError(Exception):
    """The answer does not show the code that was sent and one reference."""


@dataclass(frozen=True)
class Place:
    """Where the public pages are.

    Attributes:
        url: to which server to speak.
        host: by which name to ask for them there.
        ca_file: what certificates to trust besides; None for those of this machine.
    """

    url: str
    host: str
    ca_file: str | None = None


@dataclass
class Page:
    """A form as the server sent it: where it goes, and what its fields hold."""

    action: str
    values: dict[str, str]
    choices: dict[str, set[str]]


def ask(place: Place) -> Page:
    """Return the complaint form.

    Raises:
        AwayError: nobody answers.
        RefusedError: what came is no complaint form.
    """
    reader = _Reader()
    reader.feed(_answer(place, "GET", f"{urlsplit(place.url).path}/{LANGUAGE}/"))
    page = reader.form
    if page is None or not {"story", "code", "country", "consent"} <= page.values.keys() | page.choices.keys():
        raise RefusedError
    return page


def fill(page: Page, country: str, story: str, mark: str) -> dict[str, str]:
    """Return what a browser sends once the form is filled in.

    Raises:
        RefusedError: the form does not offer the country.
    """
    if country not in page.choices["country"]:
        raise RefusedError
    ticked = {"country": country, "consent": min(page.choices["consent"], default="")}
    return {**page.values, **ticked, "story": story, canary_mark.FIELD: mark}


def send(place: Place, page: Page, filled: Mapping[str, str]) -> str:
    """Send the form, and return the reference that the answer shows.

    Raises:
        AwayError: no answer came.
        RefusedError: it was not taken.
        NoReceiptError: the answer does not show the code that was sent and one reference.
    """
    reader = _Reader()
    reader.feed(_answer(place, "POST", page.action, filled))
    shown = " ".join(reader.words)
    references = set[str](_REFERENCE.findall(shown))
    code = filled["code"][: return_code.LENGTH]
    if len(references) != 1 or code not in re.sub(r"\s", "", shown):
        raise NoReceiptError
    return references.pop()


def _answer(place: Place, method: str, path: str, form: Mapping[str, str] | None = None) -> str:
    """Return a page.

    Raises:
        AwayError: nobody answers.
        RefusedError: the answer is another one than the page.
    """
    to = urlsplit(place.url)
    headers = {"Host": place.host, "Accept": "text/html", "Accept-Language": LANGUAGE}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection: http.client.HTTPConnection
    if to.scheme == "https":
        context = ssl.create_default_context(cafile=place.ca_file)
        connection = http.client.HTTPSConnection(to.hostname or "", to.port, timeout=TIMEOUT, context=context)
    else:
        connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=TIMEOUT)
    try:
        connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = connection.getresponse()
        page = bytes(answer.read(MOST_BYTES)).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise AwayError from error
    finally:
        connection.close()
    if answer.status != _OK:
        raise RefusedError
    return page


@dataclass
class _Area:
    """A text field that is being read."""

    name: str
    words: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Reads the first form of a page that posts, and all words of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Page | None = None
        self.words: list[str] = []
        self._inside = False
        self._area: _Area | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None and given.get("method", "").lower() == "post":
            self.form, self._inside = Page(given.get("action", ""), {}, {}), True
        if not self._inside or self.form is None or not (name := given.get("name", "")):
            return
        if tag == "input" and given.get("type") in {"radio", "checkbox"}:
            self.form.choices.setdefault(name, set()).add(given.get("value", "on"))
            if "checked" in given:
                self.form.values[name] = given.get("value", "on")
        elif tag == "input":
            self.form.values[name] = given.get("value", "")
        elif tag == "textarea":
            self._area = _Area(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "textarea" and self._area is not None and self.form is not None:
            self.form.values[self._area.name] = "".join(self._area.words).removeprefix("\n")
            self._area = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._area is not None:
            self._area.words.append(data)
