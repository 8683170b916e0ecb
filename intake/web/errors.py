"""The pages for what goes wrong, in the reader's language. A fault is logged by its kind and place, never its words."""

import logging
from types import TracebackType
from typing import Any

from flask import Flask, Request, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError
from werkzeug.exceptions import BadHost, HTTPException
from werkzeug.routing import MapAdapter

from intake import logs
from intake.extensions import db
from intake.sealing import SealError
from intake.storage import StoreError

log = logging.getLogger(__name__)
SERVER_FAULT = 500
TOO_LARGE = 413


_ANY_OTHER = (_l("That did not work"), _l("Press Back in your browser and try again."))
_LARGE_RECORDING = (
    _l("This recording is too large"),
    _l("Nothing was saved. We can take 5 MB, about five minutes. Go back, and send a shorter one, or write."),
)
_LARGE_FILES = (
    _l("These files are too large together"),
    _l("Nothing was saved. Go back, and send them one after the other."),
)
_ALTERED = (
    _l("This file is not as it came"),
    _l("A part of this file was altered since it came, or is gone. Tell the operator: flask evidence verify."),
)
_KEPT = frozenset({"Allow", "Content-Range", "Retry-After"})  # of what an error says in its headers
_OF_FILES = frozenset({"evidence", "look", "marking"})
_PAGES = {
    403: (_l("This did not come from our page"), _l("Open the page anew and try again.")),
    404: (_l("This page is not here"), _l("Check the address, or begin anew from the first page.")),
    405: (_l("That does not work here"), _l("Go back, and use the buttons of the page.")),
    410: (
        _l("This invitation is over"),
        _l("It was accepted, revoked, or its time ran out. Ask who invited you for a new one."),
    ),
    TOO_LARGE: (
        _l("This is too much at once"),
        _l("Nothing was saved. Press Back in your browser, and send it in parts of at most 10,000 characters."),
    ),
    500: (
        _l("This is our fault"),
        _l("Something broke on our side. Press Back in your browser and try again in a minute."),
    ),
    503: (_l("Our server is busy"), _l("Nothing was changed. Press Back and try again in a minute.")),
}


class _Nowhere(MapAdapter):
    """What is found at a host whose name is none: no page; the page that says so still finds addresses of ours."""

    def match(self, *_: object, **__: object) -> Any:  # noqa: ANN401 the signature is Werkzeug's
        """Find nothing.

        Raises:
            werkzeug.exceptions.BadHost: always.
        """
        raise BadHost


class QuietFlask(Flask):
    """A Flask that logs an exception's kind and where it rose, and nothing that a person typed."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds pages; at a host such as “..” there is none, and Flask could not even say so."""
        try:
            return super().create_url_adapter(request)
        except BadHost:
            return _Nowhere(self.url_map, "", "/", "", "http", "/", "GET")

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> None:
        """Log kind and place; messages and values may hold a story."""
        kind, _, trace = exc_info
        name = kind.__name__ if kind else "?"
        log.error("%s at %s: %s", name, request.endpoint, logs.places(trace), extra={"kind": name})


def init(app: Flask) -> None:
    """Bind the pages to the application."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _known)
    app.register_error_handler(DataError, _no_such_thing)
    app.register_error_handler(DBAPIError, _database_away)
    app.register_error_handler(StoreError, _store_away)
    app.register_error_handler(500, _fault)
    app.after_request(_name)


def _words(code: int) -> tuple[str, str]:
    """Return title and advice for a status, in the reader's language."""
    title, advice = _PAGES.get(code, _ANY_OTHER)
    if code == TOO_LARGE and getattr(request, "takes_recording", False):
        title, advice = _LARGE_RECORDING
    if code == TOO_LARGE and "file_room" in g:
        title, advice = _LARGE_FILES
    if g.get("altered"):
        title, advice = _ALTERED
    return str(title), str(advice)


def _page(code: int) -> tuple[str, int]:
    if code >= SERVER_FAULT:
        g.pop("visitor", None)  # to say who is signed in would ask the database again
    title, advice = _words(code)
    template = "web/desk_error.html" if request.path.startswith("/desk") else "web/error.html"
    return render_template(template, title=title, advice=advice), code


def _known(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:  # noqa: PLR2004 a redirect raised as an exception
        return error
    body, status = _page(error.code)
    return body, status, [(name, value) for name, value in error.get_headers() if name in _KEPT]


def _stale_form(error: CSRFError) -> ResponseReturnValue:  # noqa: ARG001 the signature is Flask's
    return render_template(
        "web/desk_error.html",
        title=gettext("This form had become too old"),
        advice=gettext("Nothing was changed. Press Back, reload the page and try again."),
    ), 400


def _no_such_thing(error: DataError) -> ResponseReturnValue:  # noqa: ARG001 the signature is Flask's
    """Answer an address with a NUL in it, say, which no text column can hold."""
    db.session.rollback()  # PostgreSQL answers nothing more before
    return _page(404)


def _database_away(error: DBAPIError) -> ResponseReturnValue:
    kind = type(error.orig).__name__
    log.error("database: %s", kind, extra={"kind": kind})
    return _page(503)


def _store_away(error: StoreError) -> ResponseReturnValue:
    log.error("files: %s", error.strerror, extra={"kind": type(error).__name__})
    return _page(503)


def _fault(error: Exception) -> ResponseReturnValue:
    why = getattr(error, "original_exception", error)
    g.altered = isinstance(why, (SealError, FileNotFoundError)) and request.blueprint in _OF_FILES
    return _page(500)


def _name(response: Response) -> Response:
    """Let the answer to what failed bear the name that our lines about it have, for who tells the operator."""
    name = logs.request_id()
    if response.status_code >= SERVER_FAULT and name is not None:
        response.headers["X-Request-Id"] = name
    return response
