"""The list of labels, which editors keep."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import labels
from intake.cases.forms import LabelForm
from intake.extensions import transaction
from intake.members.guards import current, editor_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("labels", __name__, url_prefix="/desk/labels")


@blueprint.get("")
@editor_required
def page() -> ResponseReturnValue:
    """Show the labels, and ask for another."""
    return _page(LabelForm(None))


@blueprint.post("")
@editor_required
def make() -> ResponseReturnValue:
    """Add a label to the list."""
    form = LabelForm()
    if not form.validate():
        return _page(form), 422
    try:
        with transaction():
            labels.make(form.name.data or "", current().member.id)
    except labels.KnownError:
        form.name.errors = [gettext("There is such a label already.")]
        return _page(form), 422
    flash(gettext("The label is on the list."))
    return redirect(url_for("labels.page"))


@blueprint.post(f"/<int(max={LARGEST_NUMBER}):label_id>/remove")
@editor_required
def remove(label_id: int) -> ResponseReturnValue:
    """Take a label off the list and off every case."""
    with transaction():
        labels.remove(label_id, current().member.id)
    flash(gettext("The label is off the list and off every case."))
    return redirect(url_for("labels.page"))


def _page(form: LabelForm) -> str:
    return render_template("cases/labels.html", form=form, labels=labels.every(), counts=labels.counts())
