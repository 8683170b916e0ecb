"""A desk listens to a recording, or takes a file along: opened chunk by chunk while it is sent."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from intake.cases import queries as cases
from intake.evidence import queries, read
from intake.evidence.kinds import ANYTHING, ENDINGS
from intake.extensions import transaction
from intake.members.guards import current, member_required
from intake.web import ranges

blueprint = Blueprint("evidence", __name__, url_prefix="/desk")
PLAY = "play"


@blueprint.get("/cases/<reference>/files/<name>")
@member_required
def file(reference: str, name: str) -> ResponseReturnValue:
    """Send a file of a case, whole or the part that a player asks for, and write down who opened it."""
    visitor = current()
    case = cases.case_for(visitor, reference)
    found = queries.opened_file(name, case.id, case.reference, cases.desk_opens(visitor))
    part = ranges.asked(found.size)
    if part is None:
        return ranges.nothing(found.size)
    is_played = PLAY in request.args and not found.is_attachment
    pieces = read.plaintext(found, part.start, part.stop)
    how = read.PLAYED if is_played else read.TAKEN
    opening = read.Opening(found, how, case.id, case.desk_id, visitor.member.id)
    if not opening.is_noted:
        with transaction():
            opening.note()
    # What strangers attach is never named as anything that a browser would open or run.
    content_type = ANYTHING if found.is_attachment else found.content_type
    ending = ENDINGS.get(found.content_type, ENDINGS[ANYTHING])
    placed = "inline" if is_played else "attachment"
    return ranges.answer(pieces, part, content_type, f'{placed}; filename="{case.reference}-{found.name[:8]}.{ending}"')
