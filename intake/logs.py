"""What the processes write about themselves: one line for each event, never what a person typed, nor where they are.

Words are ours alone: of what a library says, only who says it and where in its code, since its words may hold anything.
"""

import json
import logging
import secrets
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any, TextIO

from flask import has_request_context, request

OURS, SERVER = "intake", "_granian"
JSON, TEXT = "json", "text"
PLACES = 8  # the innermost, of where something rose
_NAME = "intake.request"  # in the WSGI environment, where no header of a visitor comes
_COLUMN = 8  # characters
# The web server speaks through us. It has no log of who asked for what.
OF_SERVER: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {SERVER: {"handlers": [], "propagate": True}, "granian.access": {"handlers": [], "propagate": False}},
}
log = logging.getLogger(__name__)


def begin(form: str | None, to: TextIO | None = None) -> None:
    """Let this process write warnings, and what is worse.

    Args:
        form: ``json`` or ``text``; None is text on a terminal, else json.
        to: where to write; by default standard error.
    """
    stream = to or sys.stderr
    chosen = form or (TEXT if stream.isatty() else JSON)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines() if chosen == TEXT else Objects())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    if not stream.isatty():  # who sits there may read what a file must not keep
        sys.excepthook = _died
        threading.excepthook = lambda died: _died(died.exc_type, died.exc_value, died.exc_traceback)


def tell_more() -> None:
    """Write down what we did, too."""
    logging.getLogger(OURS).setLevel(logging.INFO)


def request_id() -> str | None:
    """Return the random name of this request, which our lines about it bear; None where there is no request."""
    if not has_request_context():
        return None
    return str(request.environ.setdefault(_NAME, secrets.token_hex(8)))


def places(trace: TracebackType | None) -> str:
    """Return where something rose: files, lines and functions, no values."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
    return " > ".join(frames[-PLACES:])


class Objects(logging.Formatter):
    """Each event as one JSON object on a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps({name: value for name, value in facts(record).items() if value}, ensure_ascii=True)


class Lines(logging.Formatter):
    """Each event as a line that people read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said = facts(record)
        about = " ".join(f"{name}={said[name]}" for name in ("kind", "at", "request") if said[name])
        line = f"{said['time']} {said['level']:{_COLUMN}}{said['room']}: {said['what']} {about}".rstrip()
        return "".join(sign if sign.isprintable() else " " for sign in line)


def facts(record: logging.LogRecord) -> dict[str, str | None]:
    """Return what a line says of an event: when, how bad, in which room, in which request, of what kind, in words."""
    room = record.name.split(".")
    raised, _, trace = record.exc_info or (None, None, None)
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
        "level": record.levelname.lower(),
        "room": room[1] if room[0] == OURS and len(room) > 1 else room[0],
        "request": request_id(),
        "kind": raised.__name__ if raised else getattr(record, "kind", None),
        "what": _words(record, room[0]),
        "at": places(trace) or None,
    }


def _words(record: logging.LogRecord, speaker: str) -> str:
    if speaker == OURS:
        return record.getMessage()
    if speaker == SERVER:  # its further lines are a traceback, whose last one holds a value
        return record.getMessage().partition("\n")[0]
    return f"{record.filename}:{record.lineno} {record.funcName}"


def _died(kind: type[BaseException], value: BaseException | None, trace: TracebackType | None) -> None:
    """Say where a process or a thread ended, and by what kind of fault."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("it ended by a fault", exc_info=(kind, value or kind(), trace))
