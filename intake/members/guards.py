"""The guards of the desk: who is signed in, who looks after the desks, and who may manage people."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlencode

from flask import abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import escape
from sqlalchemy.exc import DataError, SQLAlchemyError

from intake.extensions import StaleError, db, transaction
from intake.i18n import ASKED, known_tag
from intake.members import passkeys, sessions
from intake.members.forms import ConfirmForm, SignInForm
from intake.members.models import EDITOR, Member
from intake.web import replay
from intake.web.access import marked, own_site_only

log = logging.getLogger(__name__)
P = ParamSpec("P")
RELOADED = "again"
BY_ITSELF = "X-By-Itself"  # sent by a page that asks anew with nobody there: it keeps no session alive
MEMBERS = ("member", "editor", "admin")  # the marks of the routes that only members reach


def member_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let members in who are signed in; others get the sign-in page."""
    return _guard(view, "member")


def admin_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let admins in; for other members the page does not exist."""
    return _guard(view, "admin")


def editor_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let editors and admins in; for other members the page does not exist."""
    return _guard(view, "editor")


def password_again(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Ask for the password again before something grave, unless it was typed again within the last five minutes.

    Stands below the guard that lets members, editors or admins in. What was about to be done is done once it is right.
    """
    return _asking(view, sessions.is_confirmed)


def password_again_if_known(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Do the same, but let in whose recovery code stood in for the password: they choose a new one."""
    return _asking(view, lambda visitor: sessions.is_recovered(visitor) or sessions.is_confirmed(visitor))


def asked_by_script(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a view tell the script of a page that its member must sign in again, in a way that the script can show.

    Stands above the guard that lets members in.
    """
    view.asked_by_script = True  # type: ignore[attr-defined]  # the mark that the guard reads
    return view


def _asking(
    view: Callable[P, ResponseReturnValue], is_sure: Callable[[sessions.Visitor], bool]
) -> Callable[P, ResponseReturnValue]:
    @wraps(view)
    def asked(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if is_sure(current()):
            return view(*args, **kwargs)
        form = ConfirmForm(None)
        form.next.data = request.path if request.method == "POST" else request.full_path.rstrip("?")
        return confirm_page(form, replay.typed() if request.method == "POST" else []), 401

    asked.asks_password = True  # type: ignore[attr-defined]  # the mark that the access test reads
    return asked


def current() -> sessions.Visitor:
    """Return the member who asks.

    Raises:
        LookupError: outside a route that requires one.
    """
    visitor = g.get("visitor")
    if not isinstance(visitor, sessions.Visitor):
        message = "nobody is signed in on this route"
        raise LookupError(message)  # noqa: TRY004 nothing of a wrong type: nothing at all
    return visitor


def may_enter(member: Member, access: str) -> bool:
    """Return whether a route with this mark is there for a member."""
    return access == "member" or member.is_admin or (access == "editor" and member.role == EDITOR)


def _guard(view: Callable[P, ResponseReturnValue], access: str) -> Callable[P, ResponseReturnValue]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        try:
            return _enter(access) or view(*args, **kwargs)
        except DataError:
            raise  # a value that no column can hold: there is no such thing
        except (SQLAlchemyError, StaleError, OSError) as error:
            if request.method != "POST":
                raise
            return _given_back(error)

    return marked(guarded, access)


def _enter(access: str) -> ResponseReturnValue | None:
    """Find out who asks, and return nothing; or the answer to who may not enter."""
    if request.method == "POST":
        own_site_only()
    visitor = g.get("visitor") or sessions.find(sessions.COOKIE.sent())
    if visitor is None:
        return _outside()
    g.visitor = visitor
    if not may_enter(visitor.member, access):
        abort(404)
    if BY_ITSELF not in request.headers and sessions.needs_touch(visitor):
        with transaction():
            sessions.touch(visitor)
    return None


def _given_back(error: Exception) -> ResponseReturnValue:
    """Answer a POST that a fault of ours stopped: nothing was saved, and nothing that was typed is lost."""
    log.warning("%s at %s; what was typed was given back", type(error).__name__, request.endpoint)
    db.session.rollback()
    g.pop("visitor", None)  # to say who is signed in would ask the database again
    return render_template("members/given_back.html", path=request.full_path.rstrip("?"), kept=replay.typed()), 503


def _outside() -> ResponseReturnValue:
    """Answer a request without a session: a page of another site's link reloads itself once, others sign in."""
    asks = request.method != "POST"
    if asks and request.headers.get("Sec-Fetch-Site") == "cross-site" and RELOADED not in request.args:
        # A Strict cookie stays away when the click came from webmail; a reload of our own brings it.
        address = f"{request.path}?{urlencode([*request.args.items(multi=True), (RELOADED, '1')])}"
        return f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(address)}">'
    if asks:
        return redirect(url_for("members.ask", next=_wished(), lang=known_tag(request.args.get(ASKED, ""))))
    if request.path == url_for("members.sign_out"):
        return redirect(url_for("members.ask"))
    if hasattr(current_app.view_functions.get(request.endpoint or ""), "asked_by_script"):
        said = gettext(
            "Your session is over. Reload this page, sign in and choose the same files: they go on where they were."
        )
        return {"said": said, "sign_in": url_for("members.ask")}, 401
    form = SignInForm(None)
    form.next.data = request.path
    return sign_in_page(form, replay.typed()), 401


def _wished() -> str:
    """Return the page that was asked for, with its filters."""
    said = [(name, value) for name, value in request.args.items(multi=True) if name not in {RELOADED, ASKED}]
    return f"{request.path}?{urlencode(said)}" if said else request.path


def sign_in_page(form: SignInForm, kept: replay.Fields, words: str = "") -> str:
    """Return the page that asks who it is, carrying what was typed before a session ran out."""
    ceremony = passkeys.to_sign_in() if passkeys.are_possible() else None
    return render_template(
        "members/sign_in.html", form=form, words=words, kept=kept, prefix=replay.KEPT, ceremony=ceremony
    )


def confirm_page(form: ConfirmForm, kept: replay.Fields, words: str = "") -> str:
    """Return the page that asks for the password again, carrying what is about to be done."""
    return render_template("members/confirm.html", form=form, words=words, kept=kept, prefix=replay.KEPT)
