"""The guard of return visits. Whoever's session ran out types the code again, and what they had typed is done then."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from intake.cases import visits
from intake.cases.visits import Visit
from intake.extensions import csrf, transaction
from intake.followup.forms import ReturnForm
from intake.web.access import marked, own_site_only

P = ParamSpec("P")
ACCESS = "complainant"
KEPT = "kept-"  # before the names of fields that were typed before the session ran out
NOT_KEPT = frozenset({"csrf_token", "code", "next"})


def complainant_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let in who came back with a code; ask others for it, keeping what they typed."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if "visit" not in g:
            if request.method == "POST":
                own_site_only()
            visit = visits.find(request.cookies.get(visits.cookie_name()))
            if visit is None:
                return _ask_for_code()
            if request.method == "POST" and not _own_form():
                return _ask_for_code()
            g.visit = visit
            if visits.needs_touch(visit):
                with transaction():
                    visits.touch(visit)
        return view(*args, **kwargs)

    csrf.exempt(guarded)  # the guard itself looks at the token, since it must not lose what was typed
    return marked(guarded, ACCESS)


def current() -> Visit:
    """Return the complainant who asks.

    Raises:
        LookupError: outside a route that requires one.
    """
    visit = g.get("visit")
    if not isinstance(visit, Visit):
        message = "nobody came back with a code on this route"
        raise LookupError(message)  # noqa: TRY004 nothing of a wrong type: nothing at all
    return visit


def kept_fields() -> list[tuple[str, str]]:
    """Return the names and values to carry through the code page, whether typed now or carried already."""
    fields = list(request.form.items(multi=True))
    carried = [(name.removeprefix(KEPT), value) for name, value in fields if name.startswith(KEPT)]
    return carried or [(name, value) for name, value in fields if name not in NOT_KEPT]


def go_on(visit: Visit, lang: str) -> Response:
    """Return what somebody who has just typed the code wanted: a page, or what they had typed before, done now."""
    path = request.form.get("next", "")
    home = url_for("followup.case", lang=lang)
    if not path.startswith(f"{home}/"):
        path = home
    typed = [(name.removeprefix(KEPT), value) for name, value in request.form.items(multi=True) if KEPT in name[:5]]
    view, kwargs = _view_of(path) if typed else (None, {})
    if view is None:
        return make_response(redirect(f"{path}{'?' if path == home else ''}{'in' if path == home else ''}", 303))
    g.visit = visit
    request.form = ImmutableMultiDict(typed)
    return make_response(current_app.ensure_sync(view)(**kwargs))


def _view_of(path: str) -> tuple[Callable[..., ResponseReturnValue] | None, dict[str, str]]:
    """Return the view behind the address of a form that was typed, if it is one of the return visit."""
    try:
        endpoint, kwargs = current_app.create_url_adapter(request).match(path, method="POST")  # type: ignore[union-attr]  # within a request there is one
    except HTTPException:
        return None, {}
    view = current_app.view_functions[endpoint]
    return (view, dict(kwargs)) if getattr(view, "access", "") == ACCESS else (None, {})


def _own_form() -> bool:
    """Return whether the form carries the token of this browser."""
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def _ask_for_code() -> ResponseReturnValue:
    lang = request.path.split("/", 2)[1]
    if request.method != "POST":
        return render_template(
            "followup/code.html", lang=lang, form=ReturnForm(None), next=request.path, kept=[]
        )
    page = render_template("followup/code.html", lang=lang, form=ReturnForm(None), next=request.path, kept=kept_fields())
    return page, 401
