"""The desk's page of a file: its viewing copy, its clues, the scanner's word, its custody, the original."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import acts
from intake.cases import queries as cases
from intake.cases.models import Case
from intake.desks import queries as desks
from intake.desks.forms import desk_name
from intake.evidence import findings, kinds, look_words, queries, read, trail, viewing
from intake.evidence.findings import Found
from intake.evidence.queries import OpenedFile
from intake.evidence.viewing import Looked
from intake.extensions import transaction
from intake.members import queries as members
from intake.members.guards import current, member_required
from intake.sealing import SealError
from intake.web import headers, ranges
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("look", __name__, url_prefix="/desk/cases/<reference>/files/<name>")
# What the box makes, and nothing else, opens in a browser.
INLINE = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "text/plain; charset=utf-8": "txt",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "audio/wav": "wav",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/ogg": "ogv",
}


@blueprint.get("/look")
@member_required
def page(reference: str, name: str) -> ResponseReturnValue:
    """Show a file, and write down who looked at it; nothing is made by showing it."""
    case, file = _found(reference, name)
    about = _about(case, file)
    shown = {**about, **_beside(case, file), **_copy_of(file, about["found"])}
    if shown["parts"] or shown["clues"]:
        _note(case, file)
    return render_template("evidence/look.html", **shown)


@blueprint.post("/look")
@member_required
def make(reference: str, name: str) -> ResponseReturnValue:
    """Make the viewing copy of a file, unless there is one, and find out what it says of itself."""
    _, file = _found(reference, name)
    return _done(reference, file, lambda: viewing.look(file))


@blueprint.post("/scan")
@member_required
def scan(reference: str, name: str) -> ResponseReturnValue:
    """Let the scanner look through a file anew."""
    _, file = _found(reference, name)
    return _done(reference, file, lambda: viewing.scan_again(file))


@blueprint.get(f"/copy/<int(max={LARGEST_NUMBER}):number>")
@member_required
def copy(reference: str, name: str, number: int) -> ResponseReturnValue:
    """Send a part of a viewing copy, whole or what a player asks for."""
    headers.lock()
    case, file = _found(reference, name)
    found = viewing.part(file, number)
    part = ranges.asked(found.size)
    if part is None:
        return ranges.nothing(found.size)
    pieces = read.plaintext(found, part.start, part.stop)
    _note(case, file)
    ending = INLINE.get(found.content_type)
    called = f"{case.reference}-{file.name[:8]}-copy-{number}.{ending or 'bin'}"
    placed = f'{"inline" if ending else "attachment"}; filename="{called}"'
    return ranges.answer(pieces, part, found.content_type if ending else kinds.ANYTHING, placed)


@blueprint.get("/original")
@member_required
def original(reference: str, name: str) -> ResponseReturnValue:
    """Warn whoever wants the original of a file; the way to it is on that page."""
    case, file = _found(reference, name)
    return render_template("evidence/original.html", **_about(case, file))


def _found(reference: str, name: str) -> tuple[Case, OpenedFile]:
    visitor = current()
    case = cases.case_for(visitor, reference)
    return case, queries.opened_file(name, case.id, case.reference, cases.desk_opens(visitor))


def _note(case: Case, file: OpenedFile) -> None:
    opening = read.Opening(file, read.LOOKED_AT, case.id, case.desk_id, current().member.id)
    if not opening.is_noted:
        with transaction():
            opening.note()


def _done(reference: str, file: OpenedFile, looking: Callable[[], Looked]) -> ResponseReturnValue:
    """Look at a file, keep what that brought, and lead to its page, which says what came of it."""
    try:
        looked = looking()
    except viewing.BusyError:
        flash(gettext("Another file is being looked at in this moment. Press again in a minute."))
    except (SealError, FileNotFoundError):
        flash(
            gettext(
                "A part of this file was altered since it came, or is gone. Tell the operator: flask evidence verify."
            )
        )
    else:
        with transaction():
            cases.held_for(current(), reference)
            is_kept = viewing.keep(looked)
        if not is_kept:
            viewing.drop(looked)
    return redirect(url_for("look.page", reference=reference, name=file.name))


def _about(case: Case, file: OpenedFile) -> dict[str, Any]:
    """Return what every page about a file says of it."""
    found = findings.read(file)
    scanned = found.get(findings.SCAN)
    return {
        "case": case,
        "file": file,
        "kind": look_words.kind(file.content_type),
        "part": look_words.part(file.part, file.size),
        "is_dangerous": kinds.is_dangerous(file.content_type, file.file_name),
        "scanned": scanned,
        "scan_says": look_words.scanned(scanned.told) if scanned else "",
        "found": found,
    }


def _beside(case: Case, file: OpenedFile) -> dict[str, Any]:
    """Return what stands beside a viewing copy: custody, clues, the files before and after."""
    steps, names = trail.of(file, case.id), queries.names_in_order(case.id)
    people = members.names({file.member_id, file.sender_id})
    place = names.index(file.name)
    return {
        "steps": steps,
        "details": acts.details,
        "said": acts.said,
        "nobody": acts.nobody,
        "desks": {desk.id: desk_name(desk) for desk in desks.all_desks()},
        "brought_by": people.get(file.sender_id or 0, ""),
        "kept_by": people.get(file.member_id or 0, "–"),
        "place": place + 1,
        "count": len(names),
        "before": names[place - 1] if place else None,
        "after": names[place + 1] if place + 1 < len(names) else None,
        "has_scanner": current_app.config["FILES"].scanner is not None,
    }


def _copy_of(file: OpenedFile, found: Mapping[str, Found]) -> dict[str, Any]:
    """Return what is shown of a viewing copy, or why there is none."""
    parts, told = viewing.parts(file), found.get(findings.VIEW)
    reason = str(told.told["reason"]) if told and not parts else ""
    clues = found.get(findings.CLUES)
    return {
        "parts": parts,
        "pages": [part for part in parts if part.kind in {"picture", "page"}],
        "texts": {part.number: viewing.beginning(part) for part in parts if part.kind == "text"},
        "reason": look_words.REASONS.get(reason) if reason else None,
        "is_final": reason in look_words.FINAL,
        "clues": look_words.clues(clues.told["clues"]) if clues else [],
        "no_clues": look_words.REASONS.get(clues.told["reason"]) if clues else None,
        "part_names": look_words.PARTS,
    }
