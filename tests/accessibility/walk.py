"""A browser without JavaScript, every page of which is kept in an album."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.accessibility.album import Album
from tests.factories import token_on


class Walk:
    """Somebody who goes from page to page.

    Attributes:
        album: where the pages are kept.
        before: what is done before a page is asked for in a language.
    """

    def __init__(self, app: Flask, album: Album, before: Callable[[str], None] = lambda _: None) -> None:
        """Begin as a stranger."""
        self.app, self.album, self.before = app, album, before
        self.client = app.test_client()

    def get(self, name: str, path: str, **more: Any) -> TestResponse:
        """Open a page; ``path`` has ``{lang}`` where the language stands in its address."""
        return self.ask("GET", name, path, **more)

    def post(self, name: str, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> TestResponse:
        """Post a form as it is."""
        return self.ask("POST", name, path, data=dict(data or {}), **more)

    def press(self, name: str, path: str, data: Mapping[str, Any] | None = None) -> TestResponse:
        """Post a form with the token of this browser."""
        return self.post(name, path, {**(data or {}), "csrf_token": self.token()})

    def follow(self, name: str, path: str, data: Mapping[str, Any] | None = None) -> TestResponse:
        """Post a form, and open the page that it leads to, with what that says once."""
        answer = self.press("", path, data)
        assert answer.status_code in {302, 303}, (name, answer.status_code)
        return self.get(name, answer.location.partition("#")[0])

    def token(self) -> str:
        """Return the token of this browser."""
        return token_on(self.client.get("/desk/sign-in").get_data(as_text=True))

    def ask(self, method: str, name: str, path: str, **more: Any) -> TestResponse:
        """Ask for a page, and keep it if it has a name."""
        lang = self.album.speaks(name)
        self.before(lang)
        address = path.format(lang=lang)
        headers = {"Accept-Language": lang, **more.pop("headers", {})}
        answer = self.client.open(address, method=method, headers=headers, buffered=True, **more)
        if name:
            self.keep(name, lang, answer, address, method)
        return answer

    def keep(self, name: str, lang: str, answer: TestResponse, address: str, method: str = "GET") -> None:
        """Keep an answer that is a page, and note whose it is."""
        self.album.take(name, lang, answer, self._endpoint(address, method))

    def _endpoint(self, address: str, method: str) -> str:
        try:
            return str(self.app.url_map.bind("").match(address.partition("?")[0], method=method)[0])
        except HTTPException:
            return ""


@contextmanager
def broken(place: object, name: str, fault: Exception | None = None) -> Iterator[None]:
    """Let a function fail: with the database locked, unless another fault is given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, _failure(fault))
        yield


@contextmanager
def failing(app: Flask, endpoint: str, fault: Exception | None = None) -> Iterator[None]:
    """Let a route fail in the same way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.view_functions, endpoint, _failure(fault))
        yield


def _failure(fault: Exception | None) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise fault or OperationalError("", {}, Exception("database is locked"))

    return fail
