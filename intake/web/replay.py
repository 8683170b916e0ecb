"""What was typed before a session ran out: carried through the page that asks who it is, and done after it."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from intake.web.choosing import SPEAK

KEPT = "kept-"  # before the names of the fields that are carried
PRESSED = ("pressed", "1")  # stands for a form that is a button alone
Fields = list[tuple[str, str]]
View = Callable[..., ResponseReturnValue]


def typed(*without: str) -> Fields:
    """Return the fields that were posted, to be carried: all but the token and those named."""
    left_out = {"csrf_token", SPEAK, *without}
    return [(name, value) for name, value in request.form.items(multi=True) if name not in left_out] or [PRESSED]


def carried() -> Fields:
    """Return the fields that the page which asks who it is has carried."""
    fields = request.form.items(multi=True)
    return [(name.removeprefix(KEPT), value) for name, value in fields if name.startswith(KEPT)]


def view_of(path: str, method: str, *access: str) -> tuple[View | None, dict[str, Any]]:
    """Return the view behind an address and its arguments, if it is of one of these kinds: never one elsewhere."""
    if path.startswith("//"):  # an address elsewhere, which the map of routes would take for one of ours
        return None, {}
    try:
        endpoint, kwargs = current_app.url_map.bind("").match(path, method=method)
    except HTTPException:
        return None, {}
    view = current_app.ensure_sync(current_app.view_functions[endpoint])
    return (view, dict(kwargs)) if getattr(view, "access", "") in access else (None, {})


def done(view: View, kwargs: dict[str, Any], fields: Fields) -> Response:
    """Return the answer of a view to the fields that were carried."""
    request.form = ImmutableMultiDict(fields)
    return make_response(view(**kwargs))
