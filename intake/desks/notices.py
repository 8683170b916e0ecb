"""The letters that desks cause."""

from datetime import datetime

from flask import current_app
from flask_babel import force_locale

from intake.desks.models import Invitation
from intake.i18n import day, now
from intake.members.cover import last_day
from intake.members.models import Member
from intake.outbox.enqueue import Addressee, enqueue


def invited(invitation: Invitation) -> int:
    """Send the link of an invitation. Its code goes another way.

    Returns:
        How many letters are owed: one, or none where the invitation names no address.
    """
    if invitation.address is None:
        return 0
    addressee = Addressee(invitation.address, invitation.language)
    return enqueue("invitation", [addressee], now(), fills={"link": link(invitation.id)})


def link(invitation_id: str) -> str:
    """Return the address at which an invitation is accepted."""
    return f"{current_app.config['DESK_URL']}/desk/invitation/{invitation_id}"


def stand_in(member: Member, from_at: datetime, until_at: datetime, *, over: bool) -> int:
    """Tell a member that they stand in for a colleague, or no longer do: never for whom.

    Args:
        member: who stands in.
        from_at: when the colleague goes.
        until_at: when the colleague is back.
        over: whether it is called off.

    Returns:
        How many letters are owed: one.
    """
    with force_locale(member.language):
        days = {"first": day(from_at), "last": day(last_day(until_at))}
    addressee = Addressee(member.address, member.language, member.id)
    queue = f"{current_app.config['DESK_URL']}/desk/"
    return enqueue("stand_in", [addressee], now(), fills={**days, "link": queue}, over=over)
