"""Working on a case: who answers for it, handing it over, moving it, urgency, labels, the day it is due."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from intake.cases import assignment, due, handover, labels, queries, statuses, transfer, urgency, work
from intake.cases.forms import DueForm, OfferForm, ReasonForm, ToForm, TransferForm, UrgencyForm
from intake.desks.forms import desk_name
from intake.extensions import settle, transaction
from intake.members.guards import current, member_required, password_again
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("work", __name__, url_prefix="/desk/cases/<reference>")
OFFER = f"/handovers/<int(max={LARGEST_NUMBER}):handover_id>"
# Why a step was not taken: somebody else was quicker, or the page was old. Nothing changed then.
REFUSALS: Mapping[type[Exception], Any] = {
    assignment.TakenError: _l("Somebody else answers for this case by now. Nothing was changed."),
    assignment.NobodyError: _l("Choose a colleague who works here and is seated at this case's desk."),
    handover.NotYoursError: _l("You do not answer for this case, so it is not yours to give."),
    handover.OfferedError: _l("This case is offered to a colleague already. Take that offer back first."),
    handover.NoOfferError: _l("This offer is open no longer. Nothing was changed."),
    statuses.NotAllowedError: _l("This case is done: nobody needs to take it up. Nothing was changed."),
    due.NotYoursError: _l("Whoever answers for a case, or an editor, says when it is due. Nothing was changed."),
    urgency.DeadlineError: _l("A deadline is still ahead. Lift it first, under “Danger and deadline”."),
    labels.GoneError: _l("This label is on the list no longer. Nothing was changed."),
    transfer.InDeletionError: _l("The complainant asked for deletion: such a case stays at its desk."),
    transfer.CountryError: _l("Somebody else confirmed the country by now. Look at it, then press again."),
}


@blueprint.post("/take")
@member_required
def take(reference: str) -> ResponseReturnValue:
    """Answer for a case that nobody answers for."""
    return _pressed(reference, lambda: assignment.take(current(), reference), gettext("You answer for this case now."))


@blueprint.post("/assignee")
@member_required
def assign(reference: str) -> ResponseReturnValue:
    """Give a case to a colleague."""
    form = ToForm()
    form.validate()
    to, before = form.to_id, form.before_id
    done = gettext("The case has somebody else to answer for it.")
    return _pressed(reference, lambda: assignment.assign(current(), reference, to, before), done)


@blueprint.get("/hand-over")
@member_required
def hand_over(reference: str) -> ResponseReturnValue:
    """Show what was offered to whom, and ask for a colleague and a word, or for a reason."""
    return _hand_over_page(reference)


@blueprint.post("/hand-over")
@member_required
def offer(reference: str) -> ResponseReturnValue:
    """Offer a case to a colleague."""
    form = OfferForm()
    if not form.validate():
        return _hand_over_page(reference, offer=form), 422
    to, word = form.to_id, form.word.data or ""
    try:
        settle(lambda: handover.seal_offer(current(), reference, to, word), handover.offer)
    except (handover.NotYoursError, handover.OfferedError, assignment.NobodyError) as refused:
        form.refuse(str(REFUSALS[type(refused)]))
        return _hand_over_page(reference, offer=form), 422
    return _done(reference, gettext("The case is offered. You answer for it until your colleague takes it."))


@blueprint.post("/give-up")
@member_required
def give_up(reference: str) -> ResponseReturnValue:
    """Give a case up without a successor."""
    form = ReasonForm()
    if not form.validate():
        return _hand_over_page(reference, reason=form), 422
    reason = form.reason.data or ""
    try:
        settle(lambda: handover.seal_giving_up(current(), reference, reason), handover.give_up)
    except (handover.NotYoursError, statuses.NotAllowedError) as refused:
        form.reason.errors = [str(REFUSALS[type(refused)])]
        return _hand_over_page(reference, reason=form), 422
    return _done(reference, gettext("The case waits for somebody to take it up, and the desk is told."))


@blueprint.post(f"{OFFER}/accept")
@member_required
def accept(reference: str, handover_id: int) -> ResponseReturnValue:
    """Take a case over."""
    done = gettext("You answer for this case now.")
    return _pressed(reference, lambda: handover.accept(current(), reference, handover_id), done)


@blueprint.post(f"{OFFER}/refuse")
@member_required
def refuse(reference: str, handover_id: int) -> ResponseReturnValue:
    """Say why a case is not taken over."""
    form = ReasonForm()
    if not form.validate():
        return _hand_over_page(reference, refusal=form), 422
    reason = form.reason.data or ""
    try:
        settle(lambda: handover.seal_refusal(current(), reference, handover_id, reason), handover.refuse)
    except handover.NoOfferError as refused:
        form.reason.errors = [str(REFUSALS[type(refused)])]
        return _hand_over_page(reference, refusal=form), 422
    return _done(reference, gettext("You did not take the case over, and your colleague is told."))


@blueprint.post(f"{OFFER}/take-back")
@member_required
def take_back(reference: str, handover_id: int) -> ResponseReturnValue:
    """Take an offer back."""
    done = gettext("The offer is taken back.")
    return _pressed(reference, lambda: handover.take_back(current(), reference, handover_id), done)


@blueprint.get("/transfer")
@member_required
def ask_transfer(reference: str) -> ResponseReturnValue:
    """Say what moving a case means, and ask where to and why."""
    return _transfer_page(reference, TransferForm(None))


@blueprint.post("/transfer")
@member_required
@password_again
def move(reference: str) -> ResponseReturnValue:
    """Move a case to another desk."""
    found = queries.living_for(current(), reference)
    form = TransferForm().about(found)
    if not form.validate() or form.to_id not in {desk.id for desk in work.other_desks(found)}:
        if not form.errors:
            form.refuse(gettext("Choose a desk."))
        return _transfer_page(reference, form), 422
    to, reason, country = form.to_id, form.reason.data or "", form.confirmed
    try:
        moved = settle(lambda: transfer.seal_anew(current(), reference, to, reason, country), transfer.move)
    except (transfer.InDeletionError, transfer.CountryError) as refused:
        form.refuse(str(REFUSALS[type(refused)]))
        return _transfer_page(reference, form), 422
    flash(gettext("Case %(reference)s was moved to another desk.", reference=moved.reference))
    seen = queries.seen_by(current(), moved.reference)
    return redirect(url_for("cases.case", reference=reference) if seen else url_for("cases.queue"))


@blueprint.get("/urgency")
@member_required
def ask_urgency(reference: str) -> ResponseReturnValue:
    """Ask why a case is urgent, or no longer so."""
    return _urgency_page(reference, UrgencyForm(None))


@blueprint.post("/urgency")
@member_required
def set_urgency(reference: str) -> ResponseReturnValue:
    """Make a case urgent, or no longer so."""
    form = UrgencyForm()
    if not form.validate():
        return _urgency_page(reference, form), 422
    reason, urgent = form.reason.data or "", form.urgent.data == "1"
    try:
        settle(lambda: urgency.seal_reason(current(), reference, reason, urgent=urgent), urgency.change)
    except urgency.DeadlineError as refused:
        form.reason.errors = [str(REFUSALS[type(refused)])]
        return _urgency_page(reference, form), 422
    return _done(reference, gettext("Saved. The desk is told."))


@blueprint.post("/labels")
@member_required
def label(reference: str) -> ResponseReturnValue:
    """Put a label on a case."""
    form = ToForm()
    form.validate()
    label_id = form.to_id
    return _pressed(reference, lambda: labels.put(current(), reference, label_id))


@blueprint.post("/labels/remove")
@member_required
def unlabel(reference: str) -> ResponseReturnValue:
    """Take a label off a case."""
    form = ToForm()
    form.validate()
    label_id = form.to_id
    return _pressed(reference, lambda: labels.take_off(current(), reference, label_id))


@blueprint.post("/due")
@member_required
def set_due(reference: str) -> ResponseReturnValue:
    """Say on which day a case is due."""
    queries.living_for(current(), reference)
    form = DueForm()
    if not form.validate():
        return _done(reference, form.day.errors[0])
    return _pressed(reference, lambda: due.set_day(current(), reference, form.chosen), gettext("Saved."))


def _pressed(reference: str, verb: Callable[[], object], done: str = "") -> ResponseReturnValue:
    """Run a verb that needs nothing sealed; say what came of it."""
    try:
        with transaction():
            verb()
    except tuple(REFUSALS) as refused:
        return _done(reference, str(REFUSALS[type(refused)]))
    return _done(reference, done)


def _done(reference: str, said: str) -> ResponseReturnValue:
    if said:
        flash(said)
    return redirect(url_for("cases.case", reference=reference))


def _hand_over_page(reference: str, **forms: OfferForm | ReasonForm) -> str:
    found = queries.living_for(current(), reference)
    offers, names = work.offers(current(), found)
    fresh = {"offer": OfferForm(None), "reason": ReasonForm(None), "refusal": ReasonForm(None)}
    return render_template(
        "cases/hand_over.html",
        case=found,
        work=work.open_for(current(), found),
        offers=offers,
        names=names,
        forms={**fresh, **forms},
    )


def _transfer_page(reference: str, form: TransferForm) -> str:
    found = queries.living_for(current(), reference)
    return render_template(
        "cases/transfer.html", case=found, form=form.about(found), desks=work.other_desks(found), desk_name=desk_name
    )


def _urgency_page(reference: str, form: UrgencyForm) -> str:
    return render_template("cases/urgency.html", case=queries.living_for(current(), reference), form=form)
