"""Signing in and out."""

from flask import Blueprint, Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from intake import audit
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import secrets, sessions
from intake.members.forms import SignInForm
from intake.members.guards import MEMBERS, current, member_required, sign_in_page
from intake.members.queries import normal_address
from intake.web import replay
from intake.web.access import own_site_only, public
from intake.web.slowing import Limit

blueprint = Blueprint("members", __name__, url_prefix="/desk")
FAILURES = Limit("sign-in", "5 per 5 minutes")  # of one visitor at one account: nobody locks out the others


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    form = SignInForm(None)
    form.next.data = request.args.get("next", "")
    return sign_in_page(form, [])


@blueprint.post("/sign-in")
@public
def begin() -> ResponseReturnValue:
    """Sign a member in, or say that address or password are wrong: never which."""
    own_site_only()
    form = SignInForm()
    if not form.validate():
        return _again(form, 422)
    account = normal_address(form.address.data or "")
    if FAILURES.reached(account):
        return _again(form, 429, gettext("Too many attempts failed. Please wait five minutes, then try again."))
    try:
        opened = secrets.open_with_password(account, form.password.data or "")
    except secrets.BusyError:
        return _again(form, 503, gettext("Somebody else is signing in at this very moment. Please press again."))
    if opened is None:
        return _failed(form, account)
    member, identity = opened
    try:
        with transaction():
            sessions.end_dead(now())
            cookie = sessions.begin(member, identity)
    except SQLAlchemyError:
        return _busy(form)
    response = _go_on(form, cookie)
    sessions.COOKIE.set(response, cookie)
    return response


@blueprint.post("/sign-out")
@member_required
def sign_out() -> ResponseReturnValue:
    """End the session on the server, and take the cookie back."""
    with transaction():
        sessions.end(current())
    response = redirect(url_for("members.sign_in"))
    sessions.COOKIE.drop(response)
    return response


def _go_on(form: SignInForm, cookie: str) -> Response:
    """Return what the member wanted: a page, or what they had typed before their session ran out, done now."""
    typed = replay.carried()
    view, kwargs = replay.view_of(form.next.data or "", "POST", *MEMBERS) if typed else (None, {})
    if view is None:
        return make_response(redirect(form.local_next() or url_for("cases.queue")))
    g.visitor = sessions.find(cookie)
    return replay.done(view, kwargs, typed)


def _failed(form: SignInForm, account: str) -> ResponseReturnValue:
    FAILURES.failed(account)
    try:
        with transaction():
            audit.record("member.sign_in_failed")
    except SQLAlchemyError:
        return _busy(form)
    return _again(form, 422, gettext("Address or password are not right. Please check both."))


def _busy(form: SignInForm) -> ResponseReturnValue:
    db.session.rollback()
    return _again(form, 503, gettext("Our server is busy. What you typed is kept: press again in a minute."))


def _again(form: SignInForm, status: int, words: str = "") -> ResponseReturnValue:
    """Show the form again, the address still in it, and what is carried."""
    return sign_in_page(form, replay.carried(), words), status
