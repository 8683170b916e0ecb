"""A desk listens to a recording, or takes a file along: opened chunk by chunk while it is sent."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from intake.cases import queries as cases
from intake.evidence import queries, read
from intake.evidence.kinds import ANYTHING, ENDINGS
from intake.extensions import transaction
from intake.members.guards import current, member_required

blueprint = Blueprint("evidence", __name__, url_prefix="/desk")
PLAY = "play"


@blueprint.get("/cases/<reference>/files/<name>")
@member_required
def file(reference: str, name: str) -> ResponseReturnValue:
    """Send a file of a case, whole or the part that a player asks for, and write down who opened it."""
    visitor = current()
    case = cases.case_for(visitor, reference)
    found = queries.opened_file(name, case.id, case.reference, cases.desk_opens(visitor))
    wanted = _wanted(found.size)
    if wanted is None:
        return Response(status=416, headers={"Content-Range": f"bytes */{found.size}"})
    start, stop = wanted
    pieces = read.plaintext(found, start, stop)
    with transaction():
        read.note_opened(found, case_id=case.id, desk_id=case.desk_id, member_id=visitor.member.id)
    response = Response(pieces, 200 if (start, stop) == (0, found.size) else 206, direct_passthrough=True)
    _describe(response, found, f"{case.reference}-{found.name[:8]}", start, stop)
    return response


def _wanted(size: int) -> tuple[int, int] | None:
    """Return the bytes that are asked for: all, where no part or several are; None where there are none such."""
    parts = request.range
    if parts is None or parts.units != "bytes" or len(parts.ranges) != 1:
        return 0, size
    return parts.range_for_length(size)


def _describe(response: Response, found: queries.OpenedFile, name: str, start: int, stop: int) -> None:
    ending = ENDINGS[found.content_type]  # what is on no list of ours is sent as nothing
    placed = "inline" if PLAY in request.args and not found.is_attachment else "attachment"
    # What strangers attach is never named as anything that a browser would open or run.
    response.headers["Content-Type"] = ANYTHING if found.is_attachment else found.content_type
    response.headers["Content-Disposition"] = f'{placed}; filename="{name}.{ending}"'
    response.headers["Content-Length"] = str(stop - start)
    response.headers["Accept-Ranges"] = "bytes"
    if response.status_code == 206:  # noqa: PLR2004 Partial Content
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{found.size}"
