"""The page of a desk's times: within which a case is to be acknowledged, and where its clocks run."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import times
from intake.desks.forms import desk_name
from intake.desks.models import Desk
from intake.desks.times_form import TimesForm
from intake.extensions import transaction
from intake.i18n import language_tag
from intake.members import quiet, time_zones
from intake.members.guards import current, editor_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("times", __name__, url_prefix="/desk/desks")
TIMES = f"/<int(max={LARGEST_NUMBER}):desk_id>/times"


@blueprint.get(TIMES)
@editor_required
def page(desk_id: int) -> ResponseReturnValue:
    """Show a desk's times, and ask for others."""
    desk = times.desk_for(current(), desk_id)
    return _page(desk, TimesForm.of(desk))


@blueprint.post(TIMES)
@editor_required
def change(desk_id: int) -> ResponseReturnValue:
    """Set a desk's times."""
    desk, form = times.desk_for(current(), desk_id), TimesForm()
    if not form.validate():
        return _page(desk, form), 422
    with transaction():
        times.change(current(), desk_id, form.chosen())
    flash(gettext("Saved. A case that waits already keeps the time that it came with."))
    return redirect(url_for("times.page", desk_id=desk_id))


def _page(desk: Desk, form: TimesForm) -> str:
    return render_template(
        "desks/times.html",
        desk=desk,
        form=form,
        desk_name=desk_name,
        zone=quiet.zone_of(desk.time_zone),
        of_region=time_zones.labelled(times.OF_REGION, language_tag()),
        others=time_zones.labelled(times.other_zones(), language_tag()),
        bounds=times,
    )
