"""Pages on which members say how letters come to them, and try whether they do."""

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import queries as desks
from intake.desks.models import EDITORS
from intake.extensions import transaction
from intake.i18n import NEVER_SEEN_LANGUAGE, now
from intake.members import letter_choices, time_zones, trial_words
from intake.members.guards import admin_required, current, member_required
from intake.members.letter_form import LettersForm
from intake.outbox import rehearsal
from intake.outbox.enqueue import Addressee
from intake.outbox.rehearsal import TooSoonError

blueprint = Blueprint("own_letters", __name__, url_prefix="/desk")
LOOK_AGAIN = 3  # seconds between two looks at a test that is on its way


@blueprint.get("/account/letters")
@member_required
def choices() -> ResponseReturnValue:
    """Show how letters come to the member."""
    member = current().member
    return _choices(LettersForm.of(member, _zone_of_desk()))


@blueprint.post("/account/letters")
@member_required
def choose() -> ResponseReturnValue:
    """Let them come as the member chooses."""
    form = LettersForm()
    if not form.validate():
        return _choices(form), 422
    with transaction():
        letter_choices.choose(current(), form.chosen())
    flash(gettext("Saved."))
    return redirect(url_for("own_letters.choices"))


@blueprint.post("/account/letters/test")
@member_required
def try_own() -> ResponseReturnValue:
    """Owe a test letter to the member."""
    member = current().member
    try:
        with transaction():
            letter_choices.rehearse(current(), letter_choices.addressee(member))
    except TooSoonError:
        return _choices(LettersForm.of(member, _zone_of_desk()), too_soon=True), 429
    return redirect(url_for("own_letters.choices", _anchor="test"))


@blueprint.get("/letters/test")
@admin_required
def trial() -> ResponseReturnValue:
    """Show what became of the last test letter to the newsroom."""
    return _trial()


@blueprint.post("/letters/test")
@admin_required
def try_newsroom() -> ResponseReturnValue:
    """Owe a test letter to the newsroom."""
    try:
        with transaction():
            letter_choices.rehearse(current(), Addressee(_newsroom(), NEVER_SEEN_LANGUAGE))
    except TooSoonError:
        return _trial(too_soon=True), 429
    return redirect(url_for("own_letters.trial"))


def _choices(form: LettersForm, *, too_soon: bool = False) -> Response:
    member = current().member
    ours, others = time_zones.choices(member.language)
    return _page("members/letters.html", member.address, too_soon=too_soon, form=form, ours=ours, others=others)


def _trial(*, too_soon: bool = False) -> Response:
    return _page("members/letter_test.html", _newsroom(), too_soon=too_soon)


def _page(template: str, address: str, **given: object) -> Response:
    """Return a page with what became of the last test; it looks again by itself while that is on its way."""
    last = rehearsal.last_trial(address, now())
    page = render_template(template, address=address, trial=last, said=last and trial_words.said(last), **given)
    response = make_response(page)
    if last and last.is_on_its_way:
        response.headers["Refresh"] = str(LOOK_AGAIN)
    return response


def _zone_of_desk() -> str:
    """Return the time zone of a desk of the member's, a country's rather than the editors'."""
    seated = [own.desk for own in desks.desks_of(current().member)]
    of_countries = [desk for desk in seated if desk.name != EDITORS]
    return next((desk.time_zone for desk in [*of_countries, *seated]), time_zones.UTC)


def _newsroom() -> str:
    return str(current_app.config["NEWSROOM_ADDRESS"])
