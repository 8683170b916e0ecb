"""What came of the canaries, for editors and admins."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from intake.cases import canary_words
from intake.complaint import canary
from intake.members.guards import editor_required

blueprint = Blueprint("canary", __name__, url_prefix="/desk/letters")


@blueprint.get("/canary")
@editor_required
def page() -> ResponseReturnValue:
    """Show what came of the last test of the way of each country's complaints, and when."""
    return render_template(
        "cases/canary.html", canaries=canary.figures(), words=canary_words, every=current_app.config["CANARY_HOURS"]
    )
