"""Routes: which desk answers for a country and a language."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import queries, roster, routes
from intake.desks.forms import RouteForm, desk_name
from intake.desks.models import OTHERS
from intake.extensions import transaction
from intake.members.guards import admin_required, current, password_again

blueprint = Blueprint("routes", __name__, url_prefix="/desk/routes")


@blueprint.get("")
@admin_required
def page() -> ResponseReturnValue:
    """Show which desk answers for which country, and for which languages."""
    return render_template(
        "desks/routes.html", countries=roster.routes(), desks=queries.all_desks(), desk_name=desk_name
    )


@blueprint.post("")
@admin_required
@password_again
def lead() -> ResponseReturnValue:
    """Let new complaints of a country, or of a country in one language, go to a desk."""
    form = RouteForm()
    if not form.validate():
        abort(404)
    try:
        with transaction():
            routes.lead(form.country.data or "", form.language.data or OTHERS, form.desk.data, current().member.id)
    except routes.RouteError:
        abort(404)
    flash(gettext("Saved. New cases go there from now on; those that are here stay where they are."))
    return redirect(url_for("routes.page"))


@blueprint.post("/remove")
@admin_required
@password_again
def remove() -> ResponseReturnValue:
    """Let complaints in a language go where all others of their country go."""
    form = RouteForm()
    form.validate()
    try:
        with transaction():
            routes.remove(form.country.data or "", form.language.data or OTHERS, current().member.id)
    except routes.RouteError:
        abort(404)
    flash(gettext("Saved. New cases go there from now on; those that are here stay where they are."))
    return redirect(url_for("routes.page"))
