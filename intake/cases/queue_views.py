"""The queue: its tabs and filters, saved views, and one press for many cases."""

import contextlib

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug.exceptions import NotFound

from intake.cases import bulk, fact_filter, fact_reading, late, queue, queue_filter, queue_rows, saved_views, words
from intake.cases.bulk import Done
from intake.cases.fact_filter import Meant
from intake.cases.forms import BulkForm, SavedViewForm
from intake.cases.queue_filter import Filter
from intake.desks import cover
from intake.desks import queries as desks
from intake.desks.forms import desk_name
from intake.extensions import StaleError, settle, transaction
from intake.i18n import language_tag, now
from intake.members.guards import current, member_required
from intake.reference.countries import COUNTRIES, regions_of, zone_of
from intake.reference.leaf_codes import LEAVES
from intake.reference.violations import GROUPS, VIOLATIONS
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("queue", __name__, url_prefix="/desk")
NUMBER = f"<int(max={LARGEST_NUMBER}):number>"
BEFORE_A_PAGE = 0.3  # seconds: what came since the last time is read
A_STEP = 2.0  # seconds


@member_required
def page() -> ResponseReturnValue:
    """Show the cases of the member's desks that a filter finds, in its order."""
    choices = queue.choices(current())
    chosen = queue_filter.read(request.args, choices)
    meant = _meant(chosen)
    among = meant.case_ids if meant else None
    found = queue.page(current(), chosen, request.args.get("after"), request.args.get("before"), among)
    return render_template(
        "cases/queue.html",
        page=found,
        chosen=chosen,
        choices=choices,
        unread=meant.unread if meant else 0,
        leaves=LEAVES,
        groups=GROUPS,
        regions={country: regions_of(country, language_tag()) for country in COUNTRIES},
        beside=queue_rows.beside(current(), found.cases),
        counts=queue.counts(current()),
        overdue=late.among(found.cases, [own.desk for own in choices.desks], now()),
        most=queue.MOST_COUNTED,
        views=saved_views.seen_by(current()),
        parameters=queue_filter.parameters,
        last=bulk.last(current()),
        promised=desks.anything_promised(current().member),
        words=words,
        violations=VIOLATIONS,
        zone_of=zone_of,
        outlook=cover.outlook(current(), now()),
        desk_name=desk_name,
    )


@blueprint.record
def _stand_at_the_door(state: BlueprintSetupState) -> None:
    """Let the queue be the desk's first page, under the name by which all pages link to it."""
    state.app.add_url_rule("/desk/", "cases.queue", page, methods=["GET"])


@blueprint.post("/queue/read")
@member_required
def read() -> ResponseReturnValue:
    """Read what the queue is filtered by out of cases that were not read yet, for two seconds."""
    _read_facts(A_STEP)
    return _back()


@blueprint.post("/queue/change")
@member_required
def change() -> ResponseReturnValue:
    """Do something to many cases at once."""
    form = BulkForm()
    if not form.validate():
        flash(str((form.act.errors or form.case.errors or [gettext("Tick the cases first.")])[0]))
        return _back()
    wish, visitor = form.wish(), current()
    _tell(settle(lambda: bulk.prepare(visitor, wish), bulk.change))
    return _back()


@blueprint.post(f"/queue/{NUMBER}/undo")
@member_required
def undo(number: int) -> ResponseReturnValue:
    """Take a change of many cases back."""
    try:
        with transaction():
            done = bulk.undo(current(), number)
    except NotFound:
        flash(gettext("This can be taken back no longer."))
        return _back()
    flash(ngettext("%(num)s case is as it was.", "%(num)s cases are as they were.", done.changed))
    _tell_skipped(done)
    return _back()


@blueprint.post("/queue/views")
@member_required
def save() -> ResponseReturnValue:
    """Keep the filter under a name."""
    form = SavedViewForm()
    if not form.validate():
        flash(str(form.name.errors[0]) if form.name.errors else gettext("Give the view a name."))
        return _back()
    chosen = queue_filter.read_query(form.query.data or "", queue.choices(current()))
    try:
        with transaction():
            saved_views.save(current(), form.name.data or "", chosen, shared=bool(form.shared.data))
    except saved_views.TooManyError:
        flash(gettext("You have saved %(most)s views. Remove one first.", most=saved_views.MOST))
        return _back()
    flash(gettext("The view is saved."))
    return redirect(url_for("cases.queue", **chosen.given))


@blueprint.post(f"/queue/views/{NUMBER}/remove")
@member_required
def drop(number: int) -> ResponseReturnValue:
    """Forget a view of one's own."""
    try:
        with transaction():
            saved_views.drop(current(), number)
    except NotFound:
        return _back()  # it is gone already, or never was theirs
    flash(gettext("The view is gone."))
    return _back()


def _meant(chosen: Filter) -> Meant | None:
    """Return the cases that are meant by what is sealed; nothing where nothing sealed is asked for."""
    if not chosen.narrows_by_sealed:
        return None
    meant = fact_filter.meant(current(), chosen, _read_what_lacks())
    if meant.broken:
        with transaction():
            fact_filter.forget(meant.broken)
        meant = fact_filter.meant(current(), chosen, _read_what_lacks())
    return meant


def _read_what_lacks() -> int:
    """Read cases that are not read as they are now, for a moment; return how many are left."""
    if not fact_filter.lacking(current()):
        return 0
    _read_facts(BEFORE_A_PAGE)
    return fact_filter.lacking(current())


def _read_facts(seconds: float) -> None:
    with contextlib.suppress(StaleError):  # a colleague is at it: what is there already is looked at
        for write in fact_reading.turns(current(), seconds):
            settle(write, fact_reading.save)


def _back() -> ResponseReturnValue:
    return redirect(url_for("cases.queue", **queue_filter.parameters(request.form.get("query", ""))))


def _tell(done: Done) -> None:
    flash(ngettext("%(num)s case was changed.", "%(num)s cases were changed.", done.changed))
    _tell_skipped(done)


def _tell_skipped(done: Done) -> None:
    if done.skipped:
        flash(ngettext("%(num)s case was left as it is.", "%(num)s cases were left as they are.", done.skipped))
