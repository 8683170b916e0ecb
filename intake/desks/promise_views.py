"""Promised seats: who may grant them sees them, and grants or declines."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import promises, roster
from intake.desks.forms import ROLE_NAMES, SeatForm, desk_name
from intake.extensions import transaction
from intake.members import queries as members
from intake.members.guards import current, editor_required, member_required, password_again
from intake.sealing import fingerprint
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("promises", __name__, url_prefix="/desk")
PROMISE = f"/promises/<int(max={LARGEST_NUMBER}):promise_id>"
OF_DESK = f"/desks/<int(max={LARGEST_NUMBER}):desk_id>/promises"


@blueprint.get("/promises")
@member_required
def page() -> ResponseReturnValue:
    """Show who is seated at the member's desks, and the seats that were promised there or to them."""
    member = current().member
    return render_template(
        "desks/promises.html",
        cards=roster.cards_for(member),
        waiting=roster.waiting_for(member),
        own=fingerprint(member.recipient),
        desk_name=desk_name,
        role_names=ROLE_NAMES,
    )


@blueprint.post(f"{PROMISE}/grant")
@member_required
@password_again
def grant(promise_id: int) -> ResponseReturnValue:
    """Give a seat that was promised at a desk where the member is seated."""
    try:
        with transaction():
            member = promises.grant(current(), promise_id)
    except promises.NoPromiseError:
        abort(404)
    except promises.NotHereError:
        flash(gettext("They are locked out or gone, so nobody can seat them now."))
        return redirect(url_for("promises.page"))
    flash(gettext("%(name)s is seated at the desk.", name=member.name))
    return redirect(url_for("promises.page"))


@blueprint.post(f"{PROMISE}/decline")
@member_required
def decline(promise_id: int) -> ResponseReturnValue:
    """Refuse a seat that was promised at a desk where the member is seated."""
    try:
        with transaction():
            promises.decline(current(), promise_id)
    except promises.NoPromiseError:
        abort(404)
    flash(gettext("The promise is gone, and nobody was seated."))
    return redirect(url_for("promises.page"))


@blueprint.post(OF_DESK)
@editor_required
@password_again
def promise(desk_id: int) -> ResponseReturnValue:
    """Promise a member a seat at a desk to which the visitor holds no key."""
    form = SeatForm()
    form.validate()
    member = members.by_id(form.member.data or 0) or abort(404)
    try:
        with transaction():
            promises.promise(member, desk_id, current().member.id)
    except promises.NoPromiseError:
        abort(404)
    flash(gettext("The seat is promised. Whoever is seated at the desk has been asked to grant it."))
    return redirect(url_for("desks.desks"))


@blueprint.post(f"{OF_DESK}/withdraw")
@editor_required
def withdraw(desk_id: int) -> ResponseReturnValue:
    """Take back a seat that was promised."""
    form = SeatForm()
    form.validate()
    try:
        with transaction():
            promises.withdraw(form.member.data or 0, desk_id, current().member.id)
    except promises.NoPromiseError:
        abort(404)
    flash(gettext("The promise is gone, and nobody was seated."))
    return redirect(url_for("desks.desks"))
