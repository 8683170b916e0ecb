"""What came of the canaries, for editors and admins."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from intake.cases import canary_words
from intake.complaint import canary, canary_rounds
from intake.members.guards import editor_required

blueprint = Blueprint("canary", __name__, url_prefix="/desk/letters")


@blueprint.get("/canary")
@editor_required
def page() -> ResponseReturnValue:
    """Show what came of the last test of the way of each country's complaints, and when."""
    return render_template(
        "cases/canary.html", canaries=canary.figures(), words=canary_words, every=canary_rounds.every_hours()
    )
