"""The headers of every answer: nothing from elsewhere, nothing kept, nothing told to others."""

from flask import Flask, g, request
from werkzeug.wrappers import Response

from intake.web import sites
from intake.web.inlined import (
    ALOUD_SCRIPT,
    COMPLAINT_SCRIPT,
    EXIT_SCRIPT,
    RECORDER_SCRIPT,
    STYLE,
    UPLOAD_SCRIPT,
    VISIT_STYLE,
)

_NO_PAGE_FROM_TEXT = "require-trusted-types-for 'script'; trusted-types 'none'"
_NOTHING_ELSE = (
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src data:; "
    f"{_NO_PAGE_FROM_TEXT}; "
)
_STYLES = f"style-src {STYLE.source} {VISIT_STYLE.source}"
_SCRIPTS = f"script-src {EXIT_SCRIPT.source} {ALOUD_SCRIPT.source} {COMPLAINT_SCRIPT.source}"
PUBLIC_POLICY = f"{_NOTHING_ELSE}{_STYLES}; {_SCRIPTS}"
RECORDER_POLICY = f"{PUBLIC_POLICY} {RECORDER_SCRIPT.source}; media-src blob:"  # it plays what was recorded
# Pictures and films are the viewing copies that the desk makes.
_OF_DESK = _NOTHING_ELSE.replace("img-src data:", "img-src 'self' data:")
DESK_POLICY = f"{_OF_DESK}style-src 'self'; script-src 'self'; connect-src 'self'; media-src 'self'"
LOCKED_POLICY = (
    "sandbox; default-src 'none'; frame-ancestors 'none'"  # what came from outside runs and asks for nothing
)
UPLOAD_POLICY = f"{PUBLIC_POLICY} {UPLOAD_SCRIPT.source}; connect-src 'self'"
_DEVICES = "camera=(), geolocation=(), microphone=({}), payment=(), usb=()"
FIXED = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _DEVICES.format(""),
    "X-Robots-Tag": "noindex",
}
STRICT_TRANSPORT = "max-age=31536000"  # a year
BAD_REQUEST = 400
SERVER = "web"  # else the web server says its own name


def init(app: Flask) -> None:
    """Set the headers on every answer of the application."""
    app.after_request(_set)


def lock() -> None:
    """Let the answer to this request run nothing and ask for nothing, wherever a browser opens it."""
    g.is_from_outside = True


def _set(response: Response) -> Response:
    response.headers.extend(FIXED)
    response.headers["Server"] = SERVER
    desk = request.path.startswith(sites.FOR_MEMBERS)
    response.headers["Content-Security-Policy"] = DESK_POLICY if desk else PUBLIC_POLICY
    if "has_recorder" in g:
        response.headers["Content-Security-Policy"] = RECORDER_POLICY
        response.headers["Permissions-Policy"] = _DEVICES.format("self")
    if "is_from_outside" in g:
        response.headers["Content-Security-Policy"] = LOCKED_POLICY
    if "has_upload" in g:
        response.headers["Content-Security-Policy"] = UPLOAD_POLICY
    if request.endpoint != "static" or response.status_code >= BAD_REQUEST:
        response.headers["Cache-Control"] = "no-store"
    if sites.is_secure(sites.setting_of_request()):
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    return response
