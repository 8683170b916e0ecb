"""What a member's own letters are sealed to, and the newsroom's: shown, added, tested, removed."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.extensions import transaction
from intake.i18n import now
from intake.members import certificates
from intake.members.forms import CertificateForm
from intake.members.guards import admin_required, current, member_required, password_again
from intake.outbox import certificates as kept
from intake.readers import AGE, OPENPGP
from intake.sealing import SealError
from intake.web.uploads import takes_small_file

blueprint = Blueprint("certificates", __name__, url_prefix="/desk")
P = ParamSpec("P")
KINDS = {OPENPGP: "OpenPGP", AGE: "age"}


def _for_the_newsroom(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let in who says what the newsroom's letters are sealed to; for other admins the page does not exist."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not certificates.seals_newsroom(current().member):
            abort(404)
        return view(*args, **kwargs)

    return guarded


@blueprint.get("/account/certificate")
@member_required
@password_again
def own() -> ResponseReturnValue:
    """Show what the member's letters are sealed to."""
    return _page(CertificateForm(None), newsroom=False)


@blueprint.post("/account/certificate")
@member_required
@password_again
@takes_small_file
def add_own() -> ResponseReturnValue:
    """Seal the member's letters to another certificate from now on."""
    return _add(newsroom=False)


@blueprint.post("/account/certificate/test")
@member_required
def test_own() -> ResponseReturnValue:
    """Send the member a letter that is sealed to their certificate."""
    return _test(newsroom=False)


@blueprint.post("/account/certificate/remove")
@member_required
@password_again
def remove_own() -> ResponseReturnValue:
    """Seal the member's letters to nothing any more."""
    return _remove(newsroom=False)


@blueprint.get("/letters/newsroom-certificate")
@admin_required
@_for_the_newsroom
@password_again
def newsroom() -> ResponseReturnValue:
    """Show what the newsroom's letters are sealed to."""
    return _page(CertificateForm(None), newsroom=True)


@blueprint.post("/letters/newsroom-certificate")
@admin_required
@_for_the_newsroom
@password_again
@takes_small_file
def add_newsroom() -> ResponseReturnValue:
    """Seal the newsroom's letters to another certificate from now on."""
    return _add(newsroom=True)


@blueprint.post("/letters/newsroom-certificate/test")
@admin_required
@_for_the_newsroom
def test_newsroom() -> ResponseReturnValue:
    """Send the newsroom a letter that is sealed to its certificate."""
    return _test(newsroom=True)


@blueprint.post("/letters/newsroom-certificate/remove")
@admin_required
@_for_the_newsroom
@password_again
def remove_newsroom() -> ResponseReturnValue:
    """Seal the newsroom's letters to nothing any more."""
    return _remove(newsroom=True)


def _page(form: CertificateForm, *, newsroom: bool) -> str:
    return render_template(
        "members/certificate.html",
        form=form,
        certificate=kept.current(kept.NEWSROOM if newsroom else current().member.id),
        newsroom=newsroom,
        kinds=KINDS,
        wished=current_app.config["SEALED_LETTERS"],
        moment=now(),
    )


def _add(*, newsroom: bool) -> ResponseReturnValue:
    form = CertificateForm()
    if not form.validate():
        return _page(form, newsroom=newsroom), 422
    with transaction():
        certificates.add(current(), form.reader, newsroom=newsroom)
    flash(gettext("Sealed letters use this key from now on. Compare its fingerprint with the one on your device."))
    return _back(newsroom=newsroom)


def _test(*, newsroom: bool) -> ResponseReturnValue:
    trial, sent = None, False
    try:
        trial = certificates.seal_test(current(), newsroom=newsroom)
    except SealError:
        flash(gettext("Nothing can be sealed to this key. Please add another."))
        return _back(newsroom=newsroom)
    if trial is not None:
        with transaction():
            sent = certificates.send_test(current(), trial, newsroom=newsroom)
    flash(gettext("A test letter is on its way.") if sent else gettext("There is no key that can be used."))
    return _back(newsroom=newsroom)


def _remove(*, newsroom: bool) -> ResponseReturnValue:
    with transaction():
        certificates.remove(current(), newsroom=newsroom)
    flash(gettext("The key is removed. Letters are notices from now on."))
    return _back(newsroom=newsroom)


def _back(*, newsroom: bool) -> ResponseReturnValue:
    return redirect(url_for("certificates.newsroom" if newsroom else "certificates.own"))
