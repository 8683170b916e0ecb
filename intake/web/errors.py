"""The pages for what goes wrong, in the reader's language. A fault is logged by its kind and place, never its words."""

import logging
import traceback
from types import TracebackType

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)


class QuietFlask(Flask):
    """A Flask that logs an exception's kind and where it rose, and nothing that a person typed."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> None:
        """Log kind and place; messages and values may hold a story."""
        kind, _, trace = exc_info
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        log.error("%s at %s: %s", kind.__name__ if kind else "?", request.endpoint, " > ".join(places[-8:]))


def init(app: Flask) -> None:
    """Bind the pages to the application."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _known)
    app.register_error_handler(DBAPIError, _database_away)
    app.register_error_handler(500, _fault)


def _words(code: int) -> tuple[str, str]:
    """Return title and advice for a status."""
    match code:
        case 404:
            return gettext("This page is not here"), gettext("Check the address, or begin anew from the first page.")
        case 405:
            return gettext("That does not work here"), gettext("Go back, and use the buttons of the page.")
        case 410:
            return (
                gettext("This invitation is over"),
                gettext("It was accepted, revoked, or its time ran out. Ask who invited you for a new one."),
            )
        case 413:
            return (
                gettext("This is too much at once"),
                gettext("Nothing was saved. Press Back in your browser: your text should still be there. Send it in parts."),
            )
        case 403:
            return gettext("This did not come from our page"), gettext("Open the page anew and try again.")
        case 503:
            return (
                gettext("Our server is busy"),
                gettext("Nothing was changed. Press Back and try again in a minute."),
            )
        case 500:
            return (
                gettext("This is our fault"),
                gettext("Something broke on our side. Press Back in your browser and try again in a minute."),
            )
        case _:
            return gettext("That did not work"), gettext("Press Back in your browser and try again.")


def _page(code: int) -> ResponseReturnValue:
    title, advice = _words(code)
    template = "web/desk_error.html" if request.path.startswith("/desk") else "web/error.html"
    return render_template(template, title=title, advice=advice), code


def _known(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:  # noqa: PLR2004 a redirect raised as an exception
        return error
    return _page(error.code)


def _stale_form(error: CSRFError) -> ResponseReturnValue:  # noqa: ARG001 the signature is Flask's
    return render_template(
        "web/desk_error.html",
        title=gettext("This form had become too old"),
        advice=gettext("Nothing was changed. Press Back, reload the page and try again."),
    ), 400


def _database_away(error: DBAPIError) -> ResponseReturnValue:
    log.error("database: %s", type(error.orig).__name__)
    return _page(503)


def _fault(error: Exception) -> ResponseReturnValue:  # noqa: ARG001 the signature is Flask's
    return _page(500)
