"""People who complain on bad lines: each sends the same again, as a person does, until the page with the code comes."""

import http.client
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from intake.reference.countries import COUNTRIES, OTHER
from tests.factories import reference_on

HOST = "127.0.0.1"
LINE_BREAKS = 0.08  # of all requests: the server did its work, and nobody hears of it
ANSWER_WITHIN = 60.0  # seconds after which a person tries anew
PATIENCE = 240.0  # seconds without any answer after which a person gives up
PRESSES, ATTEMPTS = 20, 300  # of sending words, and a file
ANSWERS = (200, 303, 422)
PLACES, LANGUAGES = (*COUNTRIES, OTHER), ("en", "ru", "kk", "uz-Cyrl")
MARK = "Xylophagous"  # begins whatever nobody else may read
CHUNK = 256 * 1024
LARGE = 2 * CHUNK + 70_000  # bytes: three chunks
FORM, LINES = "application/x-www-form-urlencoded", "application/octet-stream"
_BOUNDARY = "----a-boundary-of-ours"
_PRESSED, _SENT = "each page asked for one press more", "the file never arrived"


class GaveUpError(Exception):
    """Nobody waits for ever."""


@dataclass
class Told:
    """What a person told, and what was promised for it.

    Attributes:
        number: which person it is.
        reference, code: what the page showed; empty before.
        arrived: whether it was said that the file is whole.
    """

    number: int
    country: str
    language: str
    story: str = field(repr=False)
    file_name: str = field(repr=False)
    content: bytes = field(repr=False)
    reference: str = ""
    code: str = field(default="", repr=False)
    arrived: bool = False


def told_by(number: int, seed: int) -> Told:
    """Return what a person is going to tell: the same for the same seed."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311 it shall be the same every time
    mark = f"{MARK}-{number}-{chance.getrandbits(48):x}"
    size = LARGE if number % 8 == 5 else chance.randrange(300, 30_000)
    noise = chance.randbytes(size)
    content = b"\xff\xd8\xff\xe0" + f"{mark} begins".encode() + noise + f"{mark} ends".encode()
    story = f"They came for my brother at night. {mark}. This is complaint number {number}."
    language = LANGUAGES[number % len(LANGUAGES)]
    return Told(number, PLACES[number % len(PLACES)], language, story, f"{mark}.jpg", content)


class Person:
    """One who tells, and then sends a file."""

    def __init__(self, port: int, told: Told, over: threading.Event) -> None:
        """Prepare.

        Args:
            port: where the pages are.
            told: what they tell; what is promised is written into it.
            over: set when nobody needs to go on.
        """
        self.told, self.statuses = told, Counter[int]()  # how often each was answered; 0 is no answer
        self._port, self._over, self._until = port, over, 0.0
        self._line = random.Random(told.number)  # noqa: S311 no secret
        self._cookies: SimpleCookie = SimpleCookie()

    def tell(self) -> None:
        """Tell, until the page shows a code.

        Raises:
            GaveUpError: it never did.
        """
        self._until = time.monotonic() + PATIENCE
        path = f"/{self.told.language}/"
        form = {"country": self.told.country, "story": self.told.story, "contact_mode": "code", "consent": "1"}
        form |= {"website": "", "code": hidden(self._page(path), "code")}
        for _ in range(PRESSES):
            page = self._page(path, form)
            shown = "".join(re.findall(r"<span>(\d{4})</span>", page))
            if shown:
                self._must(shown == form["code"][:24], "the page shows another code")
                self.told.reference, self.told.code = reference_on(page), shown
                return
            form["code"] = hidden(page, "code")
            if 'name="person"' in page:
                form["person"] = hidden(page, "person")
        raise GaveUpError(_PRESSED)

    def send(self) -> None:
        """Come back with the code, and send the file until it is said to be whole.

        Raises:
            GaveUpError: it never was.
        """
        for _ in range(ATTEMPTS):
            token = self._token()
            self.told.arrived = self._by_form(token) if self.told.number % 3 == 1 else self._by_script(token)
            if self.told.arrived:
                return
            self._pause()
        raise GaveUpError(_SENT)

    def _token(self) -> str:
        """Return what lets a form pass, typing the code where that is asked for."""
        path = f"/{self.told.language}/case/files"
        while True:
            status, page = self._ask(path)
            if status == 200 and 'name="files"' in page:
                return hidden(page, "csrf_token")
            asked = urlencode({"code": self.told.code, "next": path})
            status, page = self._ask(f"/{self.told.language}/case", asked.encode(), FORM)
            self._must(status not in {422, 404}, "the code that was promised opens nothing")
            if status != 303:
                self._pause()

    def _by_form(self, token: str) -> bool:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n--{_BOUNDARY}\r\n'
        head += f'Content-Disposition: form-data; name="files"; filename="{self.told.file_name}"\r\n'
        body = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + self.told.content + b"\r\n"
        body += f"--{_BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        status, _ = self._ask(f"/{self.told.language}/case/files", body, kind)
        return status == 200

    def _by_script(self, token: str) -> bool:
        """Do what upload.js does, once; return whether the file is whole."""
        path, content = f"/{self.told.language}/case/files", self.told.content
        wish = urlencode({"name": self.told.file_name, "size": len(content), "mark": str(self.told.number)}).encode()
        answer = self._json(f"{path}/begin", wish, FORM, token)
        if "name" not in answer:
            return bool(answer.get("done"))
        place, size = f"{path}/{answer['name']}", int(answer["chunk"])
        kept = {number for first, after in answer["kept"] for number in range(first, after)}
        for number in range(-(-len(content) // size)):
            if number in kept:
                continue
            answer = self._json(f"{place}/{number}", content[number * size : (number + 1) * size], LINES, token)
            if answer.get("done"):
                return True
            if "kept" not in answer:
                return False
        return bool(self._json(f"{place}/finish", b"", FORM, token).get("done"))

    def _json(self, path: str, body: bytes, kind: str, token: str) -> dict[str, Any]:
        status, said = self._ask(path, body, kind, {"X-CSRFToken": token})
        try:
            found = json.loads(said) if status == 200 else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _page(self, path: str, form: Mapping[str, str] | None = None) -> str:
        """Return a page that was answered well, or that asks for one press more."""
        while True:
            status, page = self._ask(path, urlencode(form).encode() if form else None, FORM)
            if status in {200, 422}:
                return page
            self._pause()

    def _ask(
        self, path: str, body: bytes | None = None, kind: str = FORM, more: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Return status and words; 0 where there was no answer, or half of one."""
        sent = {"Cookie": "; ".join(f"{one.key}={one.coded_value}" for one in self._cookies.values()), **(more or {})}
        connection = http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_WITHIN)
        status, said = 0, ""
        try:
            connection.request("GET" if body is None else "POST", path, body, {**sent, "Content-Type": kind})
            if self._line.random() < LINE_BREAKS:
                self._over.wait(0.02)
            else:
                answer = connection.getresponse()
                for cookie in answer.headers.get_all("Set-Cookie", []):
                    self._cookies.load(cookie)
                said, status = answer.read().decode(), answer.status
        except (OSError, http.client.HTTPException):
            status, said = 0, ""
        finally:
            connection.close()
        self.statuses[status] += 1
        if status in ANSWERS:
            self._until = time.monotonic() + PATIENCE
        return status, said

    def _pause(self) -> None:
        self._must(time.monotonic() < self._until and not self._over.is_set(), "nothing came of it")
        self._over.wait(self._line.uniform(0.2, 1.0))

    @staticmethod
    def _must(holds: bool, else_: str) -> None:  # noqa: FBT001 what must hold
        if not holds:
            raise GaveUpError(else_)


def hidden(page: str, name: str) -> str:
    """Return a hidden field of a page.

    Raises:
        GaveUpError: it has none.
    """
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    if not found:
        message = f"a page has no {name}"
        raise GaveUpError(message)
    return found[1]
