"""The pages of one member: what is known of them, their rights, locking them out, removing them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import lockdown
from intake.cases.lockdown import ShutOut
from intake.desks import colleagues, rights
from intake.desks import queries as desks
from intake.desks.colleagues import Colleague
from intake.desks.forms import ROLE_NAMES, RightsForm, desk_name
from intake.extensions import settle
from intake.members import admins, sessions
from intake.members.admins import LastAdminError
from intake.members.guards import admin_required, current, member_required, password_again
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("people", __name__, url_prefix="/desk/members")
MEMBER = f"/<int(max={LARGEST_NUMBER}):member_id>"


@blueprint.get(MEMBER)
@member_required
def person(member_id: int) -> ResponseReturnValue:
    """Show a member, and what may be done about them."""
    found = colleagues.colleague(current(), member_id)
    return _person(found, RightsForm(None, obj=found.member))


@blueprint.post(MEMBER)
@admin_required
@password_again
def change(member_id: int) -> ResponseReturnValue:
    """Give a member other rights."""
    found, form = colleagues.colleague(current(), member_id), RightsForm()
    if not form.validate():
        return _person(found, form), 422
    try:
        settle(form.chosen, lambda chosen: rights.change(current(), member_id, chosen))
    except LastAdminError:
        form.is_admin.errors = [_last_admin()]
        return _person(colleagues.colleague(current(), member_id), form), 422
    flash(gettext("Saved."))
    return redirect(url_for("people.person", member_id=member_id))


@blueprint.get(f"{MEMBER}/lock")
@member_required
def ask_lock(member_id: int) -> ResponseReturnValue:
    """Say what locking a member out does, and ask whether to."""
    found = colleagues.colleague(current(), member_id)
    if not found.may_lock:
        return redirect(url_for("people.person", member_id=member_id))
    return _lock_page(found)


@blueprint.post(f"{MEMBER}/lock")
@member_required
@password_again
def lock(member_id: int) -> ResponseReturnValue:
    """Lock a member out, now."""
    try:
        done = settle(lambda: member_id, lambda number: lockdown.lock(current(), number))
    except lockdown.LockedAlreadyError:
        return redirect(url_for("people.person", member_id=member_id))
    except LastAdminError:
        return _lock_page(colleagues.colleague(current(), member_id)), 422
    if member_id == current().member.id:
        answer = redirect(url_for("members.ask"))
        sessions.COOKIE.drop(answer)
        return answer
    return _locked(done)


@blueprint.get(f"{MEMBER}/remove")
@admin_required
def ask_removal(member_id: int) -> ResponseReturnValue:
    """Say what removing a member does, and ask whether to."""
    return _removal_page(colleagues.colleague(current(), member_id))


@blueprint.post(f"{MEMBER}/remove")
@admin_required
@password_again
def remove(member_id: int) -> ResponseReturnValue:
    """Take a member out for good."""
    try:
        done = settle(lambda: member_id, lambda number: lockdown.remove(current(), number))
    except lockdown.OneselfError:
        return _removal_page(colleagues.colleague(current(), member_id)), 422
    return _locked(done)


def _person(found: Colleague, form: RightsForm) -> str:
    return render_template(
        "desks/person.html",
        person=found,
        form=form,
        role_names=ROLE_NAMES,
        desk_name=desk_name,
        own_desks=_own_desks(),
    )


def _lock_page(found: Colleague) -> str:
    return render_template("desks/lock.html", person=found, is_last=admins.is_last(found.member))


def _removal_page(found: Colleague) -> str:
    return render_template("desks/remove.html", person=found)


def _locked(done: ShutOut) -> str:
    concerned = [desk for desk in desks.all_desks() if desk.id in done.desk_ids]
    return render_template(
        "desks/locked.html", done=done, concerned=concerned, desk_name=desk_name, own_desks=_own_desks()
    )


def _own_desks() -> set[int]:
    """Return the numbers of the desks that the visitor may give a new key."""
    return desks.held_by(current().member)


def _last_admin() -> str:
    return gettext(
        "This is the last admin: without one, nobody could let anybody in. Make somebody else an admin first."
    )
