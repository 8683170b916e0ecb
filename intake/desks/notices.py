"""The letters that desks cause."""

from flask import current_app

from intake.desks.models import Invitation
from intake.i18n import now
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
