"""Marking what copies shall not show of a file: by two presses on a picture, by numbers, or by words."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import blacking, copy_words, file_redaction, marking, queries, redaction
from intake.cases.blacking import Passage
from intake.cases.file_redaction import Box, Marking
from intake.cases.marking import Corner, Sheet
from intake.cases.marking_forms import (
    USUAL_WIDTH,
    BoxForm,
    MarkPassageForm,
    PressForm,
    ReleaseForm,
    UnmarkForm,
    corner_in,
    number,
    width_in,
)
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.evidence import box
from intake.extensions import settle, transaction
from intake.members.guards import current, member_required
from intake.web import headers

blueprint = Blueprint("marking", __name__, url_prefix="/desk/cases/<reference>/files/<name>/redactions")
AS_IT_LEAVES = "leaves"


@dataclass(frozen=True)
class Shown:
    """What of a press the page shows: how wide the picture is, the first corner, what was wrong, and what was typed."""

    width: int = USUAL_WIDTH
    corner: Corner | None = None
    wrong: str = ""
    form: BoxForm | None = None
    passage: MarkPassageForm | None = None


@blueprint.get("")
@member_required
def page(reference: str, name: str) -> ResponseReturnValue:
    """Show a file with what is marked in it, and write down who looked at it."""
    sheet = _sheet(reference, name, number(request.args.get("part")) or 0)
    with transaction():
        marking.note_seen(current(), sheet)
    return _page(sheet, Shown(width_in(request.args.get("width")), corner_in(request.args.get("corner"))))


@blueprint.get("/<int(max=9999):part>")
@member_required
def picture(reference: str, name: str, part: int) -> ResponseReturnValue:
    """Send a picture or page, as it is or as it leaves."""
    sheet = _sheet(reference, name, part)
    if sheet.shown is None or sheet.shown.number != part:
        abort(404)
    try:
        content, content_type = marking.picture(sheet, blacked=AS_IT_LEAVES in request.args)
    except box.NoCopyError:
        abort(503)
    with transaction():
        marking.note_seen(current(), sheet)
    headers.lock()
    return Response(content, content_type=content_type)


@blueprint.post("/press")
@member_required
def press(reference: str, name: str) -> ResponseReturnValue:
    """Take a press on a picture: the first is a corner of a box, the second marks it."""
    form = PressForm()
    form.validate()
    part, base = form.numbers
    sheet, width = _sheet(reference, name, part), form.shown_width
    pressed = (
        form.pressed(sheet.height(width)) if sheet.is_picture and sheet.shown and sheet.shown.number == part else None
    )
    if pressed is None:
        wrong = gettext(
            "Nobody knows where that was. Press on the picture with a pointer, or give the place in numbers."
        )
        return _page(sheet, Shown(width, form.first, wrong)), 422
    if form.first is None:
        return redirect(_address(sheet, width, corner="{}-{}".format(*pressed)))
    found = marking.between(part, form.first, pressed)
    if not found.is_possible:
        wrong = gettext("Both corners are at the same height or side: press the opposite corner.")
        return _page(sheet, Shown(width, form.first, wrong)), 422
    return _marked(sheet, found, base, Shown(width))


@blueprint.post("")
@member_required
def mark(reference: str, name: str) -> ResponseReturnValue:
    """Mark a box that is given in numbers."""
    form = BoxForm()
    part, base = form.numbers
    sheet, width = _sheet(reference, name, part), form.shown_width
    valid = form.validate()
    if not valid or not sheet.is_picture or sheet.shown is None or sheet.shown.number != part:
        return _page(sheet, Shown(width, form=form)), 422
    return _marked(sheet, form.box(), base, Shown(width, form=form))


@blueprint.post("/passages")
@member_required
def mark_passage(reference: str, name: str) -> ResponseReturnValue:
    """Mark a passage of a text."""
    form = MarkPassageForm()
    sheet = _sheet(reference, name, number(form.part.data) or 0)
    if not form.validate() or not sheet.is_text:
        return _page(sheet, Shown(passage=form)), 422
    return _marked(sheet, form.passage(), form.base_number, Shown(passage=form))


@blueprint.post("/remove")
@member_required
def unmark(reference: str, name: str) -> ResponseReturnValue:
    """Let copies show a place of a file again."""
    form = UnmarkForm()
    form.validate()
    part, base = form.numbers
    sheet = _sheet(reference, name, part)
    return _kept(
        sheet,
        lambda case: file_redaction.seal_without(current(), case, sheet.file.name, form.place_number, base),
        gettext("Removed. Copies show it again. The file stays inside until you say anew that it may leave."),
        form.shown_width,
    )


@blueprint.post("/release")
@member_required
def release(reference: str, name: str) -> ResponseReturnValue:
    """Say that a file may leave as it is marked, or that it stays inside."""
    form = ReleaseForm()
    form.validate()
    sheet, goes_out = _sheet(reference, name, 0), form.leaves.data == "1"
    if goes_out and not sheet.viewed.parts:
        return _page(sheet, Shown()), 422
    return _kept(
        sheet,
        lambda case: file_redaction.seal_release(current(), case, sheet.file.name, form.base_number, goes_out=goes_out),
        gettext("It may leave, in copies for those to whom the person agreed.")
        if goes_out
        else gettext("It stays inside."),
        USUAL_WIDTH,
    )


def _marked(sheet: Sheet, found: Box | Passage, base: int, shown: Shown) -> ResponseReturnValue:
    """Save a mark, and show the page anew; where it cannot be saved, with what was typed and why."""
    reference, name = sheet.case.reference, sheet.file.name
    try:
        settle(lambda: file_redaction.seal_with(current(), _still(reference), name, found, base), file_redaction.keep)
    except CollisionError:
        newest = _sheet(reference, name, sheet.shown.number if sheet.shown else 0)
        return _page(newest, replace(shown, wrong=_changed_meanwhile())), 422
    except redaction.TooManyError:
        wrong = gettext("A file has %(most)s marks at most. Remove one first.", most=file_redaction.MOST)
        return _page(sheet, replace(shown, wrong=wrong)), 422
    flash(gettext("Marked. Look below how it leaves."))
    return redirect(_address(sheet, shown.width))


def _kept(sheet: Sheet, seal: Callable[[Case], Marking], words: str, width: int) -> ResponseReturnValue:
    reference = sheet.case.reference
    try:
        settle(lambda: seal(_still(reference)), file_redaction.keep)
    except CollisionError:
        flash(_changed_meanwhile())
    else:
        flash(words)
    return redirect(_address(sheet, width))


def _sheet(reference: str, name: str, part: int) -> Sheet:
    return marking.open_for(current(), reference, name, part)


def _still(reference: str) -> Case:
    return queries.living_for(current(), reference)


def _changed_meanwhile() -> str:
    return gettext("A colleague changed the marks meanwhile. Look at them below, then press again.")


def _address(sheet: Sheet, width: int, **more: Any) -> str:  # noqa: ANN401 what stands in an address
    asked = {"part": sheet.shown.number if sheet.shown else 0, **more}
    asked["part"] = asked["part"] or None
    wide = width if width != USUAL_WIDTH else None
    return url_for("marking.page", reference=sheet.case.reference, name=sheet.file.name, width=wide, **asked)


def _page(sheet: Sheet, shown: Shown) -> str:
    return render_template(
        "cases/marking.html",
        sheet=sheet,
        case=sheet.case,
        marks=sheet.marks,
        corner=shown.corner if sheet.is_picture else None,
        width=shown.width,
        height=sheet.height(shown.width),
        wrong=shown.wrong,
        form=shown.form or BoxForm(None),
        passage=shown.passage or MarkPassageForm(None),
        address=lambda **more: _address(sheet, **{"width": shown.width, **more}),
        words=copy_words,
        bar=blacking.BAR,
        longest=marking.LONGEST_SHOWN,
        widths=marking.WIDTHS,
    )
