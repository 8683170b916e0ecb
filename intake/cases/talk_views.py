"""What a desk writes beside a case: notes for all of it, notes for oneself, messages not sent yet; and who is there."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import notes, presence, queries, scribbles
from intake.cases.forms import DraftForm, NoteForm, PersonalForm
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_form import PaperForm
from intake.extensions import settle, transaction
from intake.members import queries as members
from intake.members.guards import current, member_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("talk", __name__, url_prefix="/desk/cases/<reference>")
NOTE_ID = f"<int(max={LARGEST_NUMBER}):note_id>"


@blueprint.post("/notes")
@member_required
def keep_note(reference: str) -> ResponseReturnValue:
    """Keep a note for the desk."""
    found, form = queries.living_for(current(), reference), NoteForm()
    if not form.validate():
        return _note_page(found, form), 422
    settle(lambda: notes.seal_note(current(), found, form.note.data or "", form.once_only), notes.keep)
    flash(gettext("The note was kept for the desk. The complainant does not see it."))
    return _to_case(found, "notes")


@blueprint.get(f"/notes/{NOTE_ID}")
@member_required
def note(reference: str, note_id: int) -> ResponseReturnValue:
    """Show the newest version of a note, to be changed."""
    found = queries.living_for(current(), reference)
    newest = notes.one(current(), found, note_id).newest
    return _note_page(found, NoteForm(None, note=newest.text), newest.id)


@blueprint.post(f"/notes/{NOTE_ID}")
@member_required
def change_note(reference: str, note_id: int) -> ResponseReturnValue:
    """Keep a further version of a note; over a newer one than was shown, nothing is kept without asking."""
    found, form = queries.living_for(current(), reference), NoteForm()
    newest = notes.one(current(), found, note_id).newest
    if not form.validate():
        return _note_page(found, form, note_id), 422
    text, once = form.note.data or "", form.once_only
    try:
        settle(lambda: notes.seal_note(current(), found, text, once, note_id), notes.keep)
    except CollisionError:
        newest = notes.one(current(), found, note_id).newest
        return _note_page(found, form, newest.id, newest), 409
    flash(gettext("The note was kept for the desk. The complainant does not see it."))
    return _to_case(found, "notes")


@blueprint.post("/personal")
@member_required
def keep_personal(reference: str) -> ResponseReturnValue:
    """Keep a note for oneself."""
    found, form = queries.living_for(current(), reference), PersonalForm()
    if not form.validate():
        return _paper_page(found, scribbles.PERSONAL, form), 422
    try:
        _keep(found, scribbles.PERSONAL, {"text": form.personal.data or ""}, form)
    except CollisionError:
        return _collision(found, scribbles.PERSONAL, form), 409
    flash(gettext("Kept for yourself. Nobody else can open it.") if form.personal.data else gettext("Thrown away."))
    return _to_case(found, "personal-note")


@blueprint.post("/draft")
@member_required
def keep_draft(reference: str) -> ResponseReturnValue:
    """Keep a message that is not sent yet; a script of the page is answered in short."""
    found, form = queries.living_for(current(), reference), DraftForm()
    in_short = request.accept_mimetypes.best == "application/json"
    if not form.validate():
        return ({"words": form.text.errors[0]} if in_short else _paper_page(found, scribbles.DRAFT, form)), 422
    try:
        version = _keep(found, scribbles.DRAFT, form.words(), form)
    except CollisionError:
        newer = gettext("A newer draft was kept elsewhere. Press “Keep as a draft” to see both.")
        return ({"words": newer} if in_short else _collision(found, scribbles.DRAFT, form)), 409
    if in_short:
        return {"kept": version, "words": gettext("Draft kept") if version else ""}
    flash(gettext("The draft was kept. Nobody else can open it.") if form.text.data else gettext("Thrown away."))
    return _to_case(found, "conversation")


@blueprint.post("/reply")
@member_required
def choose_reply(reference: str) -> ResponseReturnValue:
    """Keep what was typed as a draft, and show the form with the chosen reply in it."""
    found, form = queries.living_for(current(), reference), DraftForm()
    if not form.validate():
        return _paper_page(found, scribbles.DRAFT, form), 422
    try:
        _keep(found, scribbles.DRAFT, form.words(), form)
    except CollisionError:
        return _collision(found, scribbles.DRAFT, form), 409
    return _to_case(found, "conversation", form.reply_id)


@blueprint.post("/presence")
@member_required
def here(reference: str) -> ResponseReturnValue:
    """Write down that the page is still open, and say who else has it open."""
    found = queries.living_for(current(), reference)
    with transaction():
        presence.note(current(), found)
    return {"names": presence.others(current(), found)}


def _keep(found: Case, kind: str, words: dict[str, Any], form: PaperForm) -> str:
    base = form.kept.data or ""
    return settle(lambda: scribbles.seal_scribble(current(), found, kind, words, base), scribbles.keep)


def _to_case(found: Case, part: str, reply: int | None = None) -> ResponseReturnValue:
    return redirect(url_for("cases.case", reference=found.reference, reply=reply, _anchor=part))


def _note_page(found: Case, form: NoteForm, note_id: int | None = None, newer: notes.Version | None = None) -> str:
    return _page(
        found,
        form,
        kind="note",
        note_id=note_id,
        newer=newer and {"text": newer.text, "at": newer.at},
        by=members.names({newer.member_id}).get(newer.member_id or 0, "–") if newer else None,
    )


def _paper_page(found: Case, kind: str, form: PaperForm) -> str:
    return _page(found, form, kind=kind)


def _collision(found: Case, kind: str, form: PaperForm) -> str:
    """Show what is kept now beside what was typed; the form knows of it now."""
    saved = scribbles.read(current(), found).get(kind)
    form.kept.data = saved.version if saved else scribbles.NONE_KEPT
    return _page(found, form, kind=kind, newer={"text": saved.text if saved else "", "at": saved and saved.saved_at})


def _page(found: Case, form: PaperForm, **about: Any) -> str:  # noqa: ANN401 what the template shows
    return render_template("cases/paper.html", case=found, form=form, **{"newer": None, **about})
