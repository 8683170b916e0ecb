"""A desk gets a new key: what that means, how far it is, and going on with it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import rotation
from intake.desks import keys, queries
from intake.desks.forms import RotationForm, desk_name
from intake.extensions import settle
from intake.i18n import number
from intake.members.guards import current, member_required, password_again
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("rotation", __name__, url_prefix=f"/desk/desks/<int(max={LARGEST_NUMBER}):desk_id>/rotation")
SECONDS = 2.0  # of one step: a page should come back before somebody wonders


@blueprint.get("")
@member_required
def progress(desk_id: int) -> ResponseReturnValue:
    """Say what a new key does, and show how far it is."""
    desk = queries.desk_for(current().member, desk_id)
    return render_template(
        "cases/rotation.html",
        desk=desk,
        name=desk_name(desk),
        generation=queries.current_key(desk.id).generation,
        members=queries.seated_at(desk.id),
        progress=rotation.progress(desk),
        number=number,
        paused="paused" in request.args,
    )


@blueprint.post("")
@member_required
@password_again
def begin(desk_id: int) -> ResponseReturnValue:
    """Make a new key in the place of the one that the page showed; pressed twice, it is one."""
    form = RotationForm()
    form.validate()
    settle(lambda: keys.seal_new(current(), desk_id, form.generation.data or 0), keys.begin)
    return redirect(url_for("rotation.progress", desk_id=desk_id))


@blueprint.post("/step")
@member_required
def step(desk_id: int) -> ResponseReturnValue:
    """Seal anew for two seconds what is under an old key, and retire the old keys under which nothing is left."""
    desk = queries.desk_for(current().member, desk_id)
    saved = sum(settle(seal_some, rotation.save) for seal_some in rotation.turns(current(), desk, SECONDS))
    retired = settle(lambda: rotation.emptied(desk), lambda emptied: rotation.finish(current(), desk, emptied))
    if retired:
        flash(gettext("All is sealed anew. The old key opens nothing here any more."))
    elif not saved:
        flash(
            gettext(
                "Nothing more could be sealed anew just now: somebody is at work on what is left, or it was sealed to "
                "a key that you do not hold. Try again later, or ask a colleague who was seated longer to go on."
            )
        )
    return redirect(url_for("rotation.progress", desk_id=desk.id, paused=None if saved or retired else 1))
