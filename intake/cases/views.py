"""The queue and the case page."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake.cases import queries, triage, words
from intake.cases.models import RECEIVED, STATUSES
from intake.extensions import transaction
from intake.members.guards import current, member_required

blueprint = Blueprint("cases", __name__, url_prefix="/desk")


@blueprint.get("/")
@member_required
def queue() -> ResponseReturnValue:
    """Show the cases of the member's desks: urgent first, then those that wait longest."""
    asked = request.args.get("status", RECEIVED)
    status = asked if asked in STATUSES else RECEIVED
    page = queries.queue(current(), status, request.args.get("after"))
    return render_template("cases/queue.html", page=page, status=status, counts=queries.counts(current()))


@blueprint.get("/cases/<reference>")
@member_required
def case(reference: str) -> ResponseReturnValue:
    """Show a case with what the complainant wrote, and write down who read it."""
    found = queries.case_for(current(), reference)
    statements = queries.read_statements(found, queries.desk_opens(current()))
    with transaction():
        triage.note_opened(current(), found)
    return render_template(
        "cases/case.html",
        case=found,
        statements=statements,
        history=queries.history(found),
        act_names=words.ACTS,
        contact_names=words.CONTACT_MODES,
    )


@blueprint.post("/cases/<reference>/acknowledge")
@member_required
def acknowledge(reference: str) -> ResponseReturnValue:
    """Take a case up."""
    with transaction():
        found = triage.acknowledge(current(), reference)
    return redirect(url_for("cases.case", reference=found.reference))
