"""Pages on which members say when they are away and who stands in, for themselves or for those they answer for."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import cover
from intake.desks.forms import AwayForm
from intake.extensions import transaction
from intake.i18n import now
from intake.members.cover import OverlapError, absences_of, now_away
from intake.members.guards import current, member_required
from intake.members.models import Member
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("away", __name__, url_prefix="/desk")
OF_MEMBER = f"/members/<int(max={LARGEST_NUMBER}):member_id>/away"


@blueprint.get("/away")
@member_required
def own() -> ResponseReturnValue:
    """Show when the member is away, and ask for more."""
    return _page(current().member, AwayForm(None))


@blueprint.post("/away")
@member_required
def go() -> ResponseReturnValue:
    """Take down when the member is away."""
    return _taken_down(current().member)


@blueprint.get(OF_MEMBER)
@member_required
def of_member(member_id: int) -> ResponseReturnValue:
    """Show when another member is away, such as one who fell ill, and ask for more."""
    return _page(cover.member_for(current(), member_id), AwayForm(None))


@blueprint.post(OF_MEMBER)
@member_required
def go_for(member_id: int) -> ResponseReturnValue:
    """Take down when another member is away."""
    return _taken_down(cover.member_for(current(), member_id))


@blueprint.post(f"/away/<int(max={LARGEST_NUMBER}):absence_id>/end")
@member_required
def end(absence_id: int) -> ResponseReturnValue:
    """End an absence now, or strike out one to come."""
    with transaction():
        member = cover.end(current(), absence_id)
    flash(gettext("The absence is over."))
    return _back_to(member)


def _taken_down(member: Member) -> ResponseReturnValue:
    form = AwayForm()
    if not form.validate():
        return _page(member, form), 422
    try:
        with transaction():
            cover.set_away(current(), member.id, form.days, form.stand_in_id)
    except cover.StandInError:
        form.refuse_stand_in()
        return _page(member, form), 422
    except OverlapError as overlap:
        form.refuse_overlap(overlap.away)
        return _page(member, form), 422
    flash(gettext("The absence is entered."))
    return _back_to(member)


def _page(member: Member, form: AwayForm) -> str:
    moment, visitor = now(), current()
    return render_template(
        "desks/away.html",
        member=member,
        form=form,
        own=member.id == visitor.member.id,
        absences=absences_of(member.id, moment),
        colleagues=cover.colleagues_of(member),
        others=cover.others_for(visitor),
        away=now_away(moment),
        today=moment.date(),
        moment=moment,
    )


def _back_to(member: Member) -> ResponseReturnValue:
    if member.id == current().member.id:
        return redirect(url_for("away.own"))
    return redirect(url_for("away.of_member", member_id=member.id))
