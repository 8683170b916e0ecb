"""Links of a case to others, cases that are worked on together, and which cases may be the same."""

import contextlib
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from intake.cases import indexing, likeness_words, links, merges, queries, search_pages, suggestions, ties, words
from intake.cases.link_form import LONGEST_REFERENCE, LinkForm
from intake.cases.suggestions import Suggestions
from intake.desks.forms import desk_name
from intake.extensions import StaleError, settle, transaction
from intake.followup import blocks
from intake.i18n import number
from intake.members.guards import current, member_required
from intake.web.forms import LARGEST_NUMBER, clean_line

blueprint = Blueprint("links", __name__, url_prefix="/desk/cases/<reference>")
NUMBER = f"<int(max={LARGEST_NUMBER}):number>"
BEFORE_COMPARING = 0.2  # seconds: what came since the last search is compared, too
# Why two cases are not linked, or not worked on together. Nothing changed then.
REFUSALS: Mapping[type[Exception], Any] = {
    links.NoCaseError: _l("There is no such case at your desks. Look at the reference again."),
    links.ItselfError: _l("This is the same case. Write the reference of another one."),
    links.LinkedError: _l("These two cases are linked already. To link them otherwise, take the link off first."),
    links.TooManyError: _l("One of the two cases has as many links as a case can have."),
    merges.LoopError: _l("The other case is worked on with this one already, so it cannot lead it."),
    merges.LedError: _l("The case is worked on with another one already. Take it out there first."),
    merges.LeadsError: _l("Others are worked on with this case, so it cannot be worked on with another. Let it lead."),
    merges.OtherDeskError: _l("The two cases are at different desks. Move one of them first, or link them."),
}
REFUSED = tuple(REFUSALS)


@blueprint.get("/links")
@member_required
def page(reference: str) -> ResponseReturnValue:
    """Show what a case is linked to and worked on with; ask for another case."""
    other = clean_line(request.args.get("other"))[:LONGEST_REFERENCE]
    return _page(reference, LinkForm(None, data={"other": other} if other else None))


@blueprint.post("/links/alike")
@member_required
def compare(reference: str) -> ResponseReturnValue:
    """Look for cases that may be the same, or belong together; write down that it was done."""
    queries.living_for(current(), reference)
    with contextlib.suppress(StaleError):  # a colleague is at it: what is there already is compared
        for write in indexing.turns(current(), BEFORE_COMPARING, blocks.typed):
            settle(write, indexing.save)
    found = suggestions.find(current(), reference, blocks.typed)
    with transaction():
        suggestions.note(current(), reference, found.broken)
    return _page(reference, LinkForm(None), found)


@blueprint.post("/links")
@member_required
def link(reference: str) -> ResponseReturnValue:
    """Link a case to another, or let one of them be worked on with the other."""
    queries.living_for(current(), reference)
    form = LinkForm()
    if not form.validate():
        return _page(reference, form), 422
    other, reason, kind = form.other.data or "", form.reason.data or "", form.kind.data or ""
    try:
        if form.merges:
            leads = kind == merges.LEADS
            settle(lambda: merges.seal(current(), reference, other, reason, leads=leads), merges.keep)
        else:
            settle(lambda: links.seal(current(), reference, other, kind, reason), links.keep)
    except REFUSED as refused:
        form.refuse(str(REFUSALS[type(refused)]))
        return _page(reference, form), 422
    flash(gettext("The two cases are worked on together.") if form.merges else gettext("The two cases are linked."))
    return _to_page(reference)


@blueprint.post(f"/links/{NUMBER}/remove")
@member_required
def unlink(reference: str, number: int) -> ResponseReturnValue:
    """Take a link off."""
    try:
        with transaction():
            links.remove(current(), reference, number)
    except links.GoneError:
        flash(gettext("This link is there no longer. Nothing was changed."))
    else:
        flash(gettext("The two cases are linked no longer."))
    return _to_page(reference)


@blueprint.post(f"/merges/{NUMBER}/undo")
@member_required
def unmerge(reference: str, number: int) -> ResponseReturnValue:
    """Take a case out of the one that it is worked on with."""
    try:
        with transaction():
            merges.undo(current(), reference, number)
    except links.GoneError:
        flash(gettext("These two cases are worked on together no longer. Nothing was changed."))
    else:
        flash(gettext("Each of the two cases is worked on by itself again."))
    return _to_page(reference)


def _to_page(reference: str) -> ResponseReturnValue:
    return redirect(url_for("links.page", reference=reference))


def _page(reference: str, form: LinkForm, found: Suggestions | None = None) -> str:
    case = queries.living_for(current(), reference)
    lacking, total = search_pages.count(current().member)
    return render_template(
        "cases/links.html",
        case=case,
        form=form,
        found=found,
        ties=ties.of(current(), case),
        lacking=lacking,
        total=total,
        number=number,
        words=words,
        by_what=likeness_words.by_what,
        desk_name=desk_name,
    )
