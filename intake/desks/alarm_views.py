"""The page of alarms: what somebody must see to, and what to do about it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import alarm_board
from intake.extensions import transaction
from intake.members.guards import admin_required, current, editor_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("alarms", __name__, url_prefix="/desk/alarms")


@blueprint.get("")
@editor_required
def page() -> ResponseReturnValue:
    """Show the alarms that stand, and those of late that are over."""
    return render_template("desks/alarms.html", board=alarm_board.board(current()), letters=alarm_board.LETTERS)


@blueprint.post(f"/<int(max={LARGEST_NUMBER}):alarm_id>/mended")
@admin_required
def mended(alarm_id: int) -> ResponseReturnValue:
    """Take an admin's word that what an alarm is about is mended."""
    with transaction():
        alarm_board.mend(current(), alarm_id)
    flash(gettext("Taken as mended. If it happens again, the alarm is raised again."))
    return redirect(url_for("alarms.page"))
