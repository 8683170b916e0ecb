"""The guard of return visits. Whoever's session ran out types the code again, and what they had typed is done then."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, SQLAlchemyError

from intake.cases import file_answers, visits
from intake.cases.file_answers import answers_script
from intake.cases.visits import Visit
from intake.extensions import StaleError, csrf, db, transaction
from intake.followup.forms import ReturnForm
from intake.i18n import TAGS
from intake.web import replay
from intake.web.access import marked, own_site_only

log = logging.getLogger(__name__)
P = ParamSpec("P")
ACCESS = "complainant"


def complainant_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let in who came back with a code; ask others for it, keeping what they typed."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        try:
            if "visit" not in g:
                if request.method == "POST":
                    own_site_only()
                visit = visits.find(visits.COOKIE.sent())
                _make_ready(view, visit)
                if visit is None:
                    return _ask_for_code()
                if request.method == "POST" and not _own_form():
                    return _ask_for_code()
                g.visit = visit
                touch(visit)
            return view(*args, **kwargs)
        except visits.DeadCodeError:
            return _ask_for_code()
        except DataError:  # an address that names nothing, which to send once more would not help
            raise
        except (SQLAlchemyError, StaleError, OSError) as error:
            if request.method != "POST":
                raise
            log.warning("%s at %s; what was typed was given back", type(error).__name__, request.endpoint)
            db.session.rollback()
            return _ask_for_code(fault=True)

    csrf.exempt(guarded)  # the guard itself looks at the token, since it must not lose what was typed
    return marked(guarded, ACCESS)


def script_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let in the script of a page that somebody opened with a code; tell it when the code is asked for again."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        own_site_only()
        try:
            visit = visits.find(visits.COOKIE.sent())
            if visit is None or not _own_form():
                return _over()
            g.visit = visit
            touch(visit)
            return view(*args, **kwargs)
        except visits.DeadCodeError:
            return _over()

    csrf.exempt(guarded)  # the guard itself looks at the token, since it answers a script
    return marked(answers_script(guarded), ACCESS)


def takes_files(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let the form of a view bring files: they are sealed and kept as they come, once it is known who sends them."""
    view.takes_files = True  # type: ignore[attr-defined]  # the mark that the guard reads
    return view


def touch(visit: Visit) -> None:
    """Note that the visit goes on, if that was not noted lately."""
    if visits.needs_touch(visit):
        with transaction():
            visits.touch(visit)


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


def code_page(form: ReturnForm, lang: str, **notes: bool) -> str:
    """Return the page that asks for the code, carrying on what an earlier one carried.

    Args:
        form: the code as it was typed, with its errors.
        lang: the language of the page.
        notes: ``no_cookie`` if a right code was typed and the browser did not keep the visit, ``fault`` if we failed.
    """
    return _page(form, lang, request.form.get("next", ""), replay.carried(), **notes)


def go_on(visit: Visit | None, lang: str) -> Response:
    """Return what somebody who has just typed the code wanted: a page, or what they had typed before, done now."""
    asked = request.form.get("next", "").removeprefix(request.script_root)
    path, typed = in_language(asked, lang), replay.carried()
    view, kwargs = replay.view_of(path, "POST" if typed else "GET", ACCESS)
    if view is None or visit is None:
        return make_response(redirect(f"{url_for('followup.case', lang=lang)}?in", 303))
    if not typed:
        return make_response(redirect(f"{request.script_root}{path}", 303))
    g.visit, g.replayed = visit, path
    return replay.done(view, kwargs, typed)


def in_language(path: str, lang: str) -> str:
    """Return the address of a page in the language in which the code was typed, which may have been chosen since."""
    _, first, rest = (*path.split("/", 2), "", "")[:3]
    return f"/{lang}/{rest}" if first in TAGS else path


def _make_ready(view: Callable[P, ResponseReturnValue], visit: Visit | None) -> None:
    if request.method == "POST" and hasattr(view, "takes_files"):
        file_answers.make_ready(visit, visit.case if visit else None)


def _over() -> ResponseReturnValue:
    return {"said": gettext("Type your code again: it goes on where it was.")}, 401


def _own_form() -> bool:
    """Return whether the form carries the token of this browser."""
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def _ask_for_code(*, fault: bool = False) -> ResponseReturnValue:
    """Ask for the code, keeping what was typed: it is done once the code is right, and our fault is over.

    Where the form is not known to be of this browser, the person sees what would be sent in their name.
    """
    lang, form, path = request.path.split("/", 2)[1], ReturnForm(None), g.get("replayed", request.path)
    if request.endpoint == "followup.close":  # it is closed already
        return redirect(url_for("followup.case", lang=lang), 303)
    if request.method != "POST":
        return _page(form, lang, path, [])
    kept, foreign = replay.typed("code", "next"), not (g.get("csrf_valid") or _own_form())
    return _page(form, lang, path, kept, fault=fault, shown=foreign), 503 if fault else 401


def _page(form: ReturnForm, lang: str, path: str, kept: replay.Fields, **notes: bool) -> str:
    return render_template(
        "followup/code.html", lang=lang, form=form, next=path, kept=kept, prefix=replay.KEPT, **notes
    )
