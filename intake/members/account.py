"""A member's own account: sessions, password, second factors, recovery codes."""

import hashlib

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.extensions import transaction
from intake.members import device, factors, one_time_codes, passkeys, queries, reads, recovery, secrets, sessions
from intake.members.certificates import seals_newsroom
from intake.members.factors import LastFactorError
from intake.members.forms import CodesForm, LanguageForm, PasskeyForm, PasswordForm
from intake.members.guards import current, member_required, password_again, password_again_if_known
from intake.members.one_time_codes import Enrolment
from intake.members.passkeys import PasskeyError
from intake.outbox import certificates
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("account", __name__, url_prefix="/desk/account")


@blueprint.get("")
@member_required
def page() -> ResponseReturnValue:
    """Show how the member signs in, and where they are signed in."""
    visitor = current()
    return render_template(
        "members/account.html",
        sessions=sessions.all_of(visitor),
        factors=factors.opened(visitor),
        codes_left=recovery.left(visitor.member.id),
        passkeys_possible=passkeys.are_possible(),
        certificate=certificates.current(visitor.member.id),
        seals_newsroom=seals_newsroom(visitor.member),
    )


@blueprint.post("/sessions/<session_id>/end")
@member_required
def end_session(session_id: str) -> ResponseReturnValue:
    """End one of the member's sessions."""
    with transaction():
        sessions.end_one(current(), session_id)
    return redirect(url_for("account.page"))


@blueprint.post("/sessions/end")
@member_required
def end_other_sessions() -> ResponseReturnValue:
    """End all of the member's sessions but this one."""
    with transaction():
        sessions.end_others(current())
    flash(gettext("You are signed in here alone now."))
    return redirect(url_for("account.page"))


@blueprint.post("/language")
@member_required
def speak() -> ResponseReturnValue:
    """Let pages and letters be in the language that the member chose, from the next page on.

    A page that answered a form is left as it is: what it shows once, or what was typed into it, must not be lost.
    """
    form = LanguageForm()
    if not form.validate():
        abort(400)
    with transaction():
        reads.speak(current().member.id, form.language.data or "")
    return redirect(form.local_next() or url_for("account.page")) if form.next.data else ("", 204)


@blueprint.get("/password")
@member_required
@password_again_if_known
def new_password() -> ResponseReturnValue:
    """Ask for a new password."""
    return _password_page(PasswordForm(None))


@blueprint.post("/password")
@member_required
@password_again_if_known
def change_password() -> ResponseReturnValue:
    """Keep the member's identity sealed to a new password; their other sessions end."""
    visitor, form = current(), PasswordForm()
    form.about = (visitor.member.name, visitor.member.address)
    if not form.validate():
        return _password_page(form), 422
    try:
        new = secrets.seal_to_password(visitor.identity, form.password.data or "")
    except secrets.BusyError:
        form.password.errors = [gettext("Somebody is signing in at this very moment. Please press again.")]
        return _password_page(form), 503
    with transaction():
        factors.change_password(visitor, new)
    flash(gettext("Your password is another now. Wherever else you were signed in, you are not any more."))
    return redirect(url_for("account.page"))


@blueprint.post("/recovery")
@member_required
@password_again
def new_recovery_codes() -> ResponseReturnValue:
    """Make ten new recovery codes in place of those before; show them once."""
    made = recovery.make(current().identity)
    with transaction():
        factors.change_recovery(current(), made)
    return render_template("members/recovery_codes.html", codes=made.codes, welcome=False)


@blueprint.get("/codes")
@member_required
@password_again
def new_codes() -> ResponseReturnValue:
    """Show a secret for an app that makes one-time codes."""
    return _codes_page(CodesForm(None))


@blueprint.post("/codes")
@member_required
@password_again
def change_codes() -> ResponseReturnValue:
    """Take the app whose code was typed in place of the one before."""
    form = CodesForm()
    if not form.validate():
        return _codes_page(form), 422
    new = one_time_codes.seal(form.secret.data or "", current().member.recipient, form.step)
    with transaction():
        factors.change_codes(current(), new)
    flash(gettext("The app makes your codes from now on; an earlier one does no longer."))
    return redirect(url_for("account.page"))


@blueprint.get("/passkey")
@member_required
@password_again
def new_passkey() -> ResponseReturnValue:
    """Let the browser make a passkey."""
    return _passkey_page(PasskeyForm(None, label=device.described(request.user_agent.string)))


@blueprint.post("/passkey")
@member_required
@password_again
def add_passkey() -> ResponseReturnValue:
    """Keep a passkey as a second factor and, where it opens by itself, as one more secret."""
    form = PasskeyForm()
    if not form.validate():
        return _passkey_page(form), 422
    try:
        made = passkeys.read_new(form.passkey.data or "", form.challenge.data or "", form.prf.data or "")
        sealed = passkeys.seal(made, current().identity, form.label.data or "")
        with transaction():
            factors.add_passkey(current(), sealed)
    except PasskeyError:
        form.passkey.errors = [gettext("The device gave no passkey that can be used. Please try again.")]
        return _passkey_page(form), 422
    flash(gettext("The passkey is kept."))
    return redirect(url_for("account.page"))


@blueprint.post(f"/factors/<int(max={LARGEST_NUMBER}):factor_id>/remove")
@member_required
@password_again
def remove_factor(factor_id: int) -> ResponseReturnValue:
    """Remove a second factor, unless it is the last."""
    try:
        with transaction():
            factors.remove(current(), factor_id)
    except LastFactorError:
        flash(gettext("This is your only second factor. Add another before you remove it."))
    return redirect(url_for("account.page"))


def _password_page(form: PasswordForm) -> str:
    return render_template(
        "members/password.html",
        form=form,
        suggestion=secrets.suggestion(),
        recovered=sessions.is_recovered(current()),
    )


def _codes_page(form: CodesForm) -> str:
    if not one_time_codes.is_secret(form.secret.data or ""):
        form.secret.data = one_time_codes.new_secret()
    return render_template("members/codes.html", form=form, enrolment=Enrolment(form.secret.data or ""))


def _passkey_page(form: PasskeyForm) -> str:
    member = current().member
    known = [factor.credential_id for factor in queries.factors_of(member.id) if factor.credential_id]
    user = hashlib.sha256(member.recipient.encode()).digest()
    ceremony = passkeys.to_add(user, member.name, known) if passkeys.are_possible() else None
    return render_template("members/passkey.html", form=form, ceremony=ceremony)
