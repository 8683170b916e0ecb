"""The mark that says who may enter a route. A route without one is a fault that stops the start."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask, abort, request

P = ParamSpec("P")
R = TypeVar("R")
CROSS_SITE = frozenset({"cross-site", "same-site"})


def marked(view: Callable[P, R], access: str) -> Callable[P, R]:
    """Return the view with a mark: ``public``, ``complainant``, ``member``, ``editor`` or ``admin``."""
    view.access = access  # type: ignore[attr-defined]  # the mark that the access test reads
    return view


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody in."""
    return marked(view, "public")


def own_site_only() -> None:
    """Refuse a POST that a page of another site sent.

    Raises:
        werkzeug.exceptions.Forbidden: the browser says that another site sent it.
    """
    if request.headers.get("Sec-Fetch-Site") in CROSS_SITE:
        abort(403)


def check_every_route_is_marked(app: Flask) -> None:
    """Stop a start in which a route does not say who may enter.

    Raises:
        RuntimeError: naming the routes.
    """
    bare = [name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "access")]
    if bare:
        message = f"these routes do not say who may enter: {', '.join(bare)}; mark them @public or @member_required"
        raise RuntimeError(message)
