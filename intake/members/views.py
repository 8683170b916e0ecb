"""Signing in and out, and the password again before something grave."""

from flask import Blueprint, Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from intake import audit
from intake.extensions import db, transaction
from intake.members import device, queries, secrets, sessions, sign_in
from intake.members.forms import ConfirmForm, SignInForm
from intake.members.guards import MEMBERS, asked_by_script, confirm_page, current, member_required, sign_in_page
from intake.members.sign_in import Offered, Opened
from intake.web import replay
from intake.web.access import own_site_only, public
from intake.web.slowing import Limit

blueprint = Blueprint("members", __name__, url_prefix="/desk")
# Of everybody at one account: whoever holds a recovery code or a passkey is never slowed, since nobody guesses those.
FAILURES = Limit("sign-in", "10 per 10 minutes", of_one_visitor=False)
WRONG_AGAIN = Limit("password-again", "5 per 5 minutes", of_one_visitor=False)  # of one session


@blueprint.get("/sign-in")
@public
def ask() -> ResponseReturnValue:
    """Ask who it is."""
    form = SignInForm(None)
    form.next.data = request.args.get("next", "")
    return sign_in_page(form, [])


@blueprint.post("/sign-in")
@public
def begin() -> ResponseReturnValue:
    """Sign a member in, or say that something is wrong: never what."""
    own_site_only()
    form = SignInForm()
    if not form.validate():
        return _again(form, 422)
    offered = form.offered()
    account = queries.normal_address(offered.address)
    guessable = not offered.recovery and not offered.passkey
    if guessable and FAILURES.reached(account):
        return _again(
            form,
            429,
            gettext(
                "Too many attempts failed at this account. Please wait ten minutes, or use a passkey or a recovery "
                "code: those are never slowed."
            ),
        )
    try:
        opened = sign_in.open_account(offered)
    except secrets.BusyError:
        return _again(form, 503, gettext("Somebody else is signing in at this very moment. Please press again."))
    return _failed(form, offered) if opened is None else _admitted(form, offered, opened)


@blueprint.post("/sign-out")
@member_required
def sign_out() -> ResponseReturnValue:
    """End the session on the server, and take the cookie back."""
    with transaction():
        sessions.end(current())
    response = redirect(url_for("members.ask"))
    sessions.COOKIE.drop(response)
    return response


@blueprint.get("/session")
@member_required
def left() -> ResponseReturnValue:
    """Tell the script of a page how long the session stays open. Asking that makes it no longer, see ``BY_ITSELF``."""
    lasts, may_grow = sessions.left(current())
    return {"left": int(lasts.total_seconds()), "more": may_grow}


@blueprint.post("/session")
@asked_by_script
@member_required
def stay() -> ResponseReturnValue:
    """Keep a member signed in who pressed the button that the warning shows."""
    with transaction():
        sessions.touch(current())
    return left()


@blueprint.post("/confirm")
@member_required
def confirm() -> ResponseReturnValue:
    """Take the password that was typed again, and do what waited for it."""
    form, visitor = ConfirmForm(), current()
    if not form.validate():
        return confirm_page(form, replay.carried()), 422
    if WRONG_AGAIN.reached(visitor.session_id):
        wait = gettext("Too many attempts failed. Please wait five minutes, then try again.")
        return confirm_page(form, replay.carried(), wait), 429
    try:
        right = secrets.is_password_of(visitor.member, form.password.data or "", visitor.identity)
    except secrets.BusyError:
        busy = gettext("Somebody else is signing in at this very moment. Please press again.")
        return confirm_page(form, replay.carried(), busy), 503
    if not right:
        WRONG_AGAIN.failed(visitor.session_id)
        with transaction():
            audit.record("member.confirm_failed", member_id=visitor.member.id)
        return confirm_page(form, replay.carried(), gettext("The password is not right. Please type it again.")), 422
    with transaction():
        sessions.confirm(visitor)
    return _resumed(form.next.data or "", form.local_next())


def _admitted(form: SignInForm, offered: Offered, opened: Opened) -> ResponseReturnValue:
    try:
        with transaction():
            cookie = sign_in.admit(opened, device.described(request.user_agent.string))
    except sign_in.SpentError:
        return _failed(form, offered)
    except SQLAlchemyError:
        return _busy(form)
    g.visitor = sessions.find(cookie)
    response = make_response(_resumed(form.next.data or "", form.local_next()))
    sessions.COOKIE.set(response, cookie)
    return response


def _resumed(path: str, local: str | None) -> Response:
    """Return what the member wanted: a page, or what they had typed before they were asked who they are, done now."""
    typed = replay.carried()
    view, kwargs = replay.view_of(path, "POST", *MEMBERS) if typed else (None, {})
    if sessions.is_recovered(current()):
        return make_response(redirect(url_for("account.new_password")))
    if view is None:
        return make_response(redirect(local or url_for("cases.queue")))
    return replay.done(view, kwargs, typed)


def _failed(form: SignInForm, offered: Offered) -> ResponseReturnValue:
    account = queries.normal_address(offered.address)
    FAILURES.failed(account)
    try:
        member = queries.by_address(account)
        with transaction():
            audit.record("member.sign_in_failed", member_id=member.id if member else None)
    except SQLAlchemyError:
        return _busy(form)
    wrong = gettext("Address, password or code are not right. Please check all three; the six digits are good once.")
    if offered.passkey:
        wrong = gettext("This passkey did not open. Perhaps the page stood open for too long: please take it again.")
    return _again(form, 422, wrong)


def _busy(form: SignInForm) -> ResponseReturnValue:
    db.session.rollback()
    return _again(form, 503, gettext("Our server is busy. What you typed is kept: press again in a minute."))


def _again(form: SignInForm, status: int, words: str = "") -> ResponseReturnValue:
    """Show the form again, the address still in it, and what is carried."""
    return sign_in_page(form, replay.carried(), words), status
