"""Taking a copy of a case along, and marking what its copies shall not show."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import (
    blacking,
    copies,
    copy_files,
    copy_words,
    dossier,
    marking,
    queries,
    redaction,
)
from intake.cases.copies import Copy
from intake.cases.copy_forms import CopyForm, PassageForm, RemoveForm
from intake.cases.copy_sections import Speech
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.evidence import box
from intake.extensions import settle
from intake.followup import blocks
from intake.i18n import language_tag
from intake.members.guards import current, member_required, password_again
from intake.web.attachment import attachment

blueprint = Blueprint("copies", __name__, url_prefix="/desk")
TYPES = {
    copy_words.PDF: "application/pdf",
    copy_words.ZIP: "application/zip",
    copy_words.JSON: "application/json",
}


@blueprint.get("/cases/<reference>/export")
@member_required
@password_again
def ask(reference: str) -> ResponseReturnValue:
    """Ask for whom a copy is, and say what is left out of it."""
    return _copy_page(reference, CopyForm(None))


@blueprint.post("/cases/<reference>/export")
@member_required
@password_again
def take(reference: str) -> ResponseReturnValue:
    """Answer with a copy of a case, and write down who took it."""
    queries.living_for(current(), reference)
    form = CopyForm()
    if not form.validate():
        return _copy_page(reference, form), 422
    wish, written = form.wish(), form.form.data or ""

    def note(copy: Copy) -> Copy:
        copies.note_taken(current(), copy, written)
        return copy

    try:
        copy = settle(lambda: copies.make(current(), reference, wish, _speech()), note)
    except copies.RefusedError as refused:
        form.audience.errors = [str(copy_words.REFUSALS[refused.verdict.refusal])]
        return _copy_page(reference, form), 422
    try:
        body = _written(copy, written)
    except box.NoCopyError:
        form.audience.errors = [gettext("A picture could not be blacked out, so there is no copy. Try again later.")]
        return _copy_page(reference, form), 422
    return attachment(body, f"{copy.reference}-{copy.verdict.audience}.{written}", TYPES[written])


@blueprint.get("/cases/<reference>/redactions")
@member_required
def marked(reference: str) -> ResponseReturnValue:
    """Show what is marked in a case, and how often it is found."""
    return _redactions_page(reference, PassageForm(None))


@blueprint.post("/cases/<reference>/redactions")
@member_required
def mark(reference: str) -> ResponseReturnValue:
    """Mark a passage."""
    queries.living_for(current(), reference)
    form = PassageForm()
    if not form.validate():
        return _redactions_page(reference, form), 422
    passage, base = form.passage(), form.base_number
    try:
        settle(lambda: redaction.seal_with(current(), _still(reference), passage, base), redaction.keep)
    except CollisionError:
        form.text.errors = [_changed_meanwhile()]
        return _redactions_page(reference, form), 422
    except redaction.TooManyError:
        form.text.errors = [gettext("A case has %(most)s passages at most. Remove one first.", most=redaction.MOST)]
        return _redactions_page(reference, form), 422
    flash(gettext("Marked. Copies for outside do not show it any more."))
    return redirect(url_for("copies.marked", reference=reference))


@blueprint.post("/cases/<reference>/redactions/remove")
@member_required
def unmark(reference: str) -> ResponseReturnValue:
    """Let copies show a passage again."""
    queries.living_for(current(), reference)
    form = RemoveForm()
    form.validate()
    place, base = form.numbers
    try:
        settle(lambda: redaction.seal_without(current(), _still(reference), place, base), redaction.keep)
    except CollisionError:
        flash(_changed_meanwhile())
    else:
        flash(gettext("Removed. Copies show it again."))
    return redirect(url_for("copies.marked", reference=reference))


def _written(copy: Copy, form: str) -> Any:  # noqa: ANN401 bytes, or what yields them
    if form == copy_words.ZIP:
        return copy_files.as_zip(copy)
    return copy_files.as_pdf(copy) if form == copy_words.PDF else copy_files.as_json(copy)


def _speech() -> Speech:
    def facts(block: str, answers: dict[str, Any]) -> list[tuple[str, str]]:
        return [(str(label), str(text)) for label, text in blocks.facts(block, answers, language_tag())]

    return Speech(facts, blocks.title_of)


def _still(reference: str) -> Case:
    return queries.living_for(current(), reference)


def _changed_meanwhile() -> str:
    return gettext("A colleague changed the list meanwhile. Look at it below, then press again.")


def _copy_page(reference: str, form: CopyForm) -> str:
    found = queries.living_for(current(), reference)
    opened, list_of = dossier.open_for(current(), found.reference), redaction.read(found, queries.desk_opens(current()))
    verdicts = copies.verdicts(opened, list_of)
    return render_template(
        "cases/export.html",
        case=found,
        form=form,
        verdicts=verdicts.values(),
        words=copy_words,
        left_out=copies.said_left_out,
        marked=len(list_of.passages),
        recordings=len(opened.recordings),
        files=marking.known_of(opened.attachments, copies.viewed_of(opened, queries.desk_opens(current()))),
        forms=[(name, copy_words.FORM_NAMES[name]) for name in copy_words.FORMS],
    )


def _redactions_page(reference: str, form: PassageForm) -> str:
    list_of, found = copies.counts(current(), reference, _speech())
    form.base.data = str(list_of.number)
    return render_template(
        "cases/redactions.html",
        case=queries.living_for(current(), reference),
        form=form,
        marked=list(zip(list_of.passages, found, strict=True)),
        base=list_of.number,
        files=marking.listed(current(), queries.living_for(current(), reference)),
        words=copy_words,
        bar=blacking.BAR,
    )
