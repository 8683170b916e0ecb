"""The letters: what became of each, and one press that sends one again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from intake.cases import canary_words, letter_words, letters_again, letters_filter, letters_page, queries
from intake.complaint import canary, canary_rounds
from intake.desks.forms import desk_name
from intake.extensions import transaction
from intake.members.guards import current, editor_required, member_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("letters", __name__, url_prefix="/desk")
NUMBER = f"<int(max={LARGEST_NUMBER}):number>"
SAID = {
    letters_again.OWED: _l("The letter is sent again."),
    letters_again.HURRIED: _l("The letter is tried at once."),
    letters_again.WAITS: _l("The letter is owed already, and goes out by itself."),
    letters_again.DONE: _l("The letter was sent again a moment ago."),
    letters_again.NOBODY: _l("This letter is not sent again: nobody it went to may be told of this now."),
}


@blueprint.get("/letters")
@member_required
def page() -> ResponseReturnValue:
    """Show the letters that a filter finds, the newest first."""
    found = letters_page.page(current(), request.args)
    return render_template(
        "cases/letters.html",
        page=found,
        kept=letters_filter.parameters(request.args),
        states=letters_filter.STATES,
        kinds={**letter_words.KINDS, **letter_words.OF_THE_HOUSE},
        ignored=letters_filter.IGNORED,
        desk_name=desk_name,
        canaries=canary.figures() if found.manages else [],
        words=canary_words,
        every=canary_rounds.every_hours(),
    )


@blueprint.post(f"/letters/{NUMBER}/resend")
@editor_required
def resend(number: int) -> ResponseReturnValue:
    """Send a letter again, or try one at once that waits after failures."""
    with transaction():
        outcome = letters_again.send(current(), number)
    flash(str(SAID[outcome]))
    try:
        case = queries.case_for(current(), request.form.get("case", ""))
    except NotFound:  # it was pressed on the page of all letters
        return redirect(url_for("letters.page", **letters_filter.parameters(request.form)))
    return redirect(url_for("cases.case", reference=case.reference, _anchor="letters"))
