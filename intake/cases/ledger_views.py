"""The audit: of the house for admins, and of one case for its desk."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from intake.cases import acts, ledger, queries
from intake.desks.forms import desk_name
from intake.members.guards import admin_required, current, member_required

blueprint = Blueprint("audit", __name__, url_prefix="/desk")


@blueprint.get("/audit")
@admin_required
def entries() -> ResponseReturnValue:
    """Show who did what, when, in the whole house."""
    page = ledger.page(current(), request.args)
    return render_template("audit/entries.html", page=page, groups=acts.GROUPS, desk_name=desk_name)


@blueprint.get("/cases/<reference>/history")
@member_required
def history(reference: str) -> ResponseReturnValue:
    """Show who did what about a case, when."""
    case = queries.case_for(current(), reference)
    page = ledger.page_of_case(current(), case, request.args)
    groups = {name: acts.GROUPS[name] for name in acts.ABOUT_CASES}
    return render_template("audit/history.html", page=page, case=case, groups=groups)
