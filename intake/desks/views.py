"""Members and desks: inviting, accepting, seating, making desks."""

from secrets import token_bytes

from flask import Blueprint, abort, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.desks import colleagues, first_admin, invitations, new_desk, notices, queries, roster, seats
from intake.desks.forms import (
    ROLE_NAMES,
    AcceptanceForm,
    DeskNameForm,
    InvitationForm,
    LanguagesForm,
    SeatForm,
    desk_name,
)
from intake.desks.models import Desk, Invitation
from intake.extensions import transaction
from intake.i18n import now
from intake.members import device, one_time_codes, passkeys, reads, secrets, sessions
from intake.members import queries as members
from intake.members.cover import now_away
from intake.members.guards import admin_required, current, editor_required, member_required, password_again
from intake.members.models import Member
from intake.members.passkeys import PasskeyError
from intake.web.access import own_site_only, public
from intake.web.forms import LARGEST_NUMBER
from intake.web.slowing import Limit

blueprint = Blueprint("desks", __name__, url_prefix="/desk")
DESK = f"/desks/<int(max={LARGEST_NUMBER}):desk_id>"
MEMBER = f"/members/<int(max={LARGEST_NUMBER}):member_id>"
WRONG_CODES = Limit("invitation-code", "10 per 10 minutes")


@blueprint.get("/members")
@member_required
def people() -> ResponseReturnValue:
    """Show who works here; to admins, who is invited, and whom to invite."""
    form = InvitationForm(None)
    form.offered = queries.all_desks()
    return _people(form)


@blueprint.post("/members")
@admin_required
@password_again
def invite() -> ResponseReturnValue:
    """Invite a newcomer, with keys to the desks where the inviter is seated, promises for others; show the code."""
    form = InvitationForm()
    held = seats.keys_held(current())
    form.offered = queries.all_desks()
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
@editor_required
def desks() -> ResponseReturnValue:
    """Show the desks: what is routed there, who is seated, who shall be, and what they read."""
    return _desks(DeskNameForm(None))


@blueprint.post("/desks")
@admin_required
def make() -> ResponseReturnValue:
    """Make a desk, at which every editor is seated."""
    form = DeskNameForm()
    if not form.validate():
        return _desks(form), 422
    try:
        with transaction():
            new_desk.make(form.name.data or "", current().member.id)
    except new_desk.NameTakenError:
        form.name.errors = [form.taken()]
        return _desks(form), 422
    flash(gettext("The desk is there. Every editor is seated at it, and so far no country is routed to it."))
    return redirect(url_for("desks.desks"))


@blueprint.get(f"{DESK}/name")
@admin_required
def ask_name(desk_id: int) -> ResponseReturnValue:
    """Ask what a desk shall be called."""
    desk = _renamed(desk_id)
    return _name_page(desk, DeskNameForm(None, name=desk.name))


@blueprint.post(f"{DESK}/name")
@admin_required
def rename(desk_id: int) -> ResponseReturnValue:
    """Call a desk by another name."""
    desk, form = _renamed(desk_id), DeskNameForm()
    if not form.validate():
        return _name_page(desk, form), 422
    try:
        with transaction():
            new_desk.rename(desk_id, form.name.data or "", current().member.id)
    except new_desk.NameTakenError:
        form.name.errors = [form.taken()]
        return _name_page(desk, form), 422
    return redirect(url_for("desks.desks"))


@blueprint.post(f"{DESK}/seats")
@editor_required
@password_again
def seat(desk_id: int) -> ResponseReturnValue:
    """Seat a member at a desk to which the visitor holds the key."""
    form = SeatForm()
    form.validate()
    try:
        with transaction():
            member = seats.seat(current(), form.member.data or 0, desk_id)
    except seats.NoSeatError:
        abort(404)
    flash(gettext("%(name)s is seated at the desk.", name=member.name))
    return redirect(url_for("desks.desks"))


@blueprint.post(f"{DESK}/seats/remove")
@editor_required
@password_again
def unseat(desk_id: int) -> ResponseReturnValue:
    """Take a member's seat at a desk away."""
    form = SeatForm()
    form.validate()
    try:
        with transaction():
            member = seats.unseat(form.member.data or 0, desk_id, current().member.id)
    except seats.NoSeatError:
        abort(404)
    flash(
        gettext(
            "%(name)s is seated there no longer. Whoever may have copied the desk's key can still open what was sealed "
            "with it: give the desk a new key.",
            name=member.name,
        )
    )
    return redirect(url_for("desks.desks"))


@blueprint.get(f"{MEMBER}/languages")
@editor_required
def languages(member_id: int) -> ResponseReturnValue:
    """Ask which languages a member reads."""
    member = members.by_id(member_id) or abort(404)
    return _languages_page(member, LanguagesForm(None, reads=reads.read_by(member)))


@blueprint.post(f"{MEMBER}/languages")
@editor_required
def note_languages(member_id: int) -> ResponseReturnValue:
    """Write down which languages a member reads."""
    member, form = members.by_id(member_id) or abort(404), LanguagesForm()
    if not form.validate():
        return _languages_page(member, form), 422
    with transaction():
        reads.note(member_id, " ".join(form.reads.data or ()), current().member.id)
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
    """Make the newcomer a member and sign them in, or give a member new secrets; show the recovery codes once."""
    own_site_only()
    found = _open_invitation(invitation_id)
    form = AcceptanceForm()
    form.needs_address = found.address is None
    if WRONG_CODES.reached(invitation_id):
        form.code.errors = [gettext("Too many codes were wrong. Please wait ten minutes, then try again.")]
        return _acceptance(found, form), 429
    if not form.validate():
        return _acceptance(found, form), 422
    browser = device.described(request.user_agent.string)
    try:
        opened = invitations.open_code(found, form.code.data or "")
        made = form.identity(browser)
        with transaction():
            member = invitations.accept(invitation_id, opened, made, form.name.data or "", form.address.data or "")
            cookie = sessions.begin(member, made.identity, browser, "invitation")
    except secrets.BusyError:
        form.password.errors = [gettext("Somebody is signing in at this very moment. Please press again.")]
        return _acceptance(found, form), 503
    except PasskeyError:
        form.one_time.errors = [gettext("The device gave no passkey that can be used. Please try again.")]
        return _acceptance(found, form), 422
    except invitations.InvitationError as error:
        return _refused(found, form, error)
    return _welcome(found, cookie, made.recovery.codes)


@blueprint.post(f"/members/<int(max={LARGEST_NUMBER}):member_id>/invite")
@admin_required
@password_again
def invite_again(member_id: int) -> ResponseReturnValue:
    """Invite a member who lost their secrets, or was locked out, to choose new ones; show the code once."""
    with transaction():
        invited = invitations.invite_again(current(), member_id)
        notices.invited(invited.invitation)
    return render_template("desks/invited.html", invited=invited, link=notices.link(invited.invitation.id))


def _welcome(found: Invitation, cookie: str, recovery_codes: list[str]) -> ResponseReturnValue:
    if found.invited_by_id is None:
        first_admin.forget()
    g.visitor = sessions.find(cookie)
    response = make_response(render_template("members/recovery_codes.html", codes=recovery_codes, welcome=True))
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
        held=queries.held_by(current().member),
    )


def _desks(form: DeskNameForm) -> str:
    return render_template(
        "desks/desks.html",
        form=form,
        cards=roster.cards(),
        held=queries.held_by(current().member),
        people=members.all_active(),
        away=now_away(now()),
        desk_name=desk_name,
        role_names=ROLE_NAMES,
        language_names_of=reads.names,
    )


def _renamed(desk_id: int) -> Desk:
    """Return a desk that can be renamed; the others have no such page."""
    desk = queries.desk(desk_id)
    if desk is None or not new_desk.has_own_name(desk):
        abort(404)
    return desk


def _name_page(desk: Desk, form: DeskNameForm) -> str:
    return render_template("desks/name.html", desk=desk, form=form)


def _languages_page(member: Member, form: LanguagesForm) -> str:
    return render_template("desks/languages.html", member=member, form=form, names=reads.OWN_NAMES)


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
        ceremony=passkeys.to_add(token_bytes(32), one_time_codes.APP_NAME, []) if passkeys.are_possible() else None,
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
