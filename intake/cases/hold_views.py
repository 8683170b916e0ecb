"""How long a case is kept: holding it longer, and lifting the hold."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import holds, queries
from intake.cases.forms import ReasonForm
from intake.extensions import settle, transaction
from intake.members.guards import current, member_required

blueprint = Blueprint("hold", __name__, url_prefix="/desk/cases/<reference>/hold")


@blueprint.get("")
@member_required
def page(reference: str) -> ResponseReturnValue:
    """Say how long a case is kept, and ask why it must be kept longer."""
    return _page(reference, ReasonForm(None))


@blueprint.post("")
@member_required
def hold(reference: str) -> ResponseReturnValue:
    """Hold a case."""
    form = ReasonForm()
    if not form.validate():
        return _page(reference, form), 422
    reason = form.reason.data or ""
    try:
        settle(lambda: holds.seal_hold(current(), reference, reason), holds.hold)
    except holds.HeldError:
        form.reason.errors = [gettext("Somebody holds this case already: see above. Nothing was changed.")]
        return _page(reference, form), 422
    return _done(reference, gettext("The case is kept until the hold is lifted."))


@blueprint.post("/lift")
@member_required
def lift(reference: str) -> ResponseReturnValue:
    """Lift a hold."""
    try:
        with transaction():
            holds.lift(current(), reference)
    except holds.NoHoldError:
        return _done(reference, gettext("Nobody holds this case any more. Nothing was changed."))
    except holds.NotYoursError:
        return _done(reference, gettext("Whoever holds a case, or an editor, lifts the hold. Nothing was changed."))
    return _done(reference, gettext("The hold is lifted. The desk is warned before anything is destroyed."))


def _page(reference: str, form: ReasonForm) -> str:
    found = queries.living_for(current(), reference)
    return render_template("cases/hold.html", case=found, form=form, kept=holds.kept(current(), found))


def _done(reference: str, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("cases.case", reference=reference))
