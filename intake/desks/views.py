"""Members and desks: inviting, accepting, seating."""

from flask import Blueprint, abort, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import colleagues, first_admin, invitations, notices, queries, seats
from intake.desks.forms import ROLE_NAMES, AcceptanceForm, InvitationForm, SeatForm, desk_name
from intake.desks.models import Invitation
from intake.extensions import transaction
from intake.i18n import now
from intake.members import device, one_time_codes, secrets, sessions
from intake.members import queries as members
from intake.members.guards import admin_required, current, member_required, password_again
from intake.web.access import own_site_only, public
from intake.web.forms import LARGEST_NUMBER
from intake.web.slowing import Limit

blueprint = Blueprint("desks", __name__, url_prefix="/desk")
WRONG_CODES = Limit("invitation-code", "10 per 10 minutes")


@blueprint.get("/members")
@member_required
def people() -> ResponseReturnValue:
    """Show who works here; to admins, who is invited, and whom to invite."""
    form = InvitationForm(None)
    form.offered = [desk for _, desk, _ in seats.keys_held(current())]
    return _people(form)


@blueprint.post("/members")
@admin_required
@password_again
def invite() -> ResponseReturnValue:
    """Invite a newcomer, with the keys of the desks where the inviter is seated; show the code once."""
    form = InvitationForm()
    held = seats.keys_held(current())
    form.offered = [desk for _, desk, _ in held]
    if not form.validate():
        return _people(form), 422
    with transaction():
        invited = invitations.invite_from(current(), form.place(), set(form.desks.data or ()), held)
        notices.invited(invited.invitation)
    return render_template("desks/invited.html", invited=invited, link=notices.link(invited.invitation.id))


@blueprint.post("/members/invitations/<invitation_id>/revoke")
@admin_required
def revoke(invitation_id: str) -> ResponseReturnValue:
    """Close an invitation."""
    with transaction():
        invitations.revoke(invitation_id, current().member)
    flash(gettext("The invitation was revoked."))
    return redirect(url_for("desks.people"))


@blueprint.get("/desks")
@admin_required
def desks() -> ResponseReturnValue:
    """Show the desks and who is seated where."""
    held = {desk.id for _, desk, _ in seats.keys_held(current())}
    return render_template(
        "desks/desks.html",
        desks=queries.seated_desks(),
        held=held,
        people=members.all_active(),
        desk_name=desk_name,
        form=SeatForm(None),
    )


@blueprint.post(f"/desks/<int(max={LARGEST_NUMBER}):desk_id>/seats")
@admin_required
@password_again
def seat(desk_id: int) -> ResponseReturnValue:
    """Seat a member at a desk to which the admin holds the key."""
    form = SeatForm()
    form.validate()
    try:
        with transaction():
            member = seats.seat(current(), form.member.data or 0, desk_id)
    except seats.NoSeatError:
        abort(404)
    flash(gettext("%(name)s is seated at the desk.", name=member.name))
    return redirect(url_for("desks.desks"))


@blueprint.get("/invitation/<invitation_id>")
@public
def invitation(invitation_id: str) -> ResponseReturnValue:
    """Ask a newcomer for code, name and password."""
    found = _open_invitation(invitation_id)
    return _acceptance(found, AcceptanceForm(None))


@blueprint.post("/invitation/<invitation_id>")
@public
def accept(invitation_id: str) -> ResponseReturnValue:
    """Make the newcomer a member."""
    own_site_only()
    found = _open_invitation(invitation_id)
    form = AcceptanceForm()
    form.needs_address = found.address is None
    if WRONG_CODES.reached(invitation_id):
        form.code.errors = [gettext("Too many codes were wrong. Please wait ten minutes, then try again.")]
        return _acceptance(found, form), 429
    if not form.validate():
        return _acceptance(found, form), 422
    try:
        opened = invitations.open_code(found, form.code.data or "")
        made = secrets.make_identity(form.password.data or "", form.secret.data, form.step)
        with transaction():
            member = invitations.accept(invitation_id, opened, made, form.name.data or "", form.address.data or "")
            cookie = sessions.begin(member, made.identity, device.described(request.user_agent.string), "invitation")
    except secrets.BusyError:
        form.password.errors = [gettext("Somebody is signing in at this very moment. Please press again.")]
        return _acceptance(found, form), 503
    except invitations.InvitationError as error:
        return _refused(found, form, error)
    if found.invited_by_id is None:
        first_admin.forget()
    g.visitor = sessions.find(cookie)
    response = make_response(render_template("members/recovery_codes.html", codes=made.recovery.codes, welcome=True))
    sessions.COOKIE.set(response, cookie)
    return response


def _people(form: InvitationForm) -> str:
    return render_template(
        "desks/people.html",
        form=form,
        people=colleagues.roster(current()),
        invitations=queries.open_invitations(),
        now=now(),
        role_names=ROLE_NAMES,
        desk_name=desk_name,
    )


def _open_invitation(invitation_id: str) -> Invitation:
    found = queries.invitation(invitation_id)
    if found is None or not invitations.is_open(found, now()):
        abort(410)
    return found


def _acceptance(found: Invitation, form: AcceptanceForm) -> str:
    if not one_time_codes.is_secret(form.secret.data or ""):
        form.secret.data = one_time_codes.new_secret()
    return render_template(
        "desks/invitation.html",
        invitation=found,
        form=form,
        suggestion=secrets.suggestion(),
        role_names=ROLE_NAMES,
        enrolment=one_time_codes.Enrolment(form.secret.data or ""),
    )


def _refused(found: Invitation, form: AcceptanceForm, error: invitations.InvitationError) -> ResponseReturnValue:
    """Say why an invitation could not be accepted, with everything typed still there."""
    if error.reason == "ended":
        abort(410)
    if error.reason == "code":
        WRONG_CODES.failed(found.id)
        form.code.errors = [gettext("The code is not right. Please compare it with what you were told.")]
    else:
        form.address.errors = [gettext("A member with this address is here already. Please take another address.")]
    return _acceptance(found, form), 422
