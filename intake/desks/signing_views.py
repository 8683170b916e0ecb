"""The page with the keys that a desk signs with, for whoever is asked to confirm one by another way."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from intake.desks import queries, signing_keys
from intake.desks.forms import desk_name
from intake.members.guards import current, member_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("signing", __name__, url_prefix="/desk/desks")


@blueprint.get(f"/<int(max={LARGEST_NUMBER}):desk_id>/signing-keys")
@member_required
def keys(desk_id: int) -> ResponseReturnValue:
    """Show the public keys of a desk, the one that it signs with now first."""
    desk = queries.desk_for(current().member, desk_id)
    return render_template(
        "desks/signing_keys.html", desk=desk, name=desk_name(desk), keys=signing_keys.public_keys(desk.id)
    )
