"""The letters that desks cause."""

from collections.abc import Collection
from datetime import datetime

from flask import current_app

from intake.desks import queries
from intake.desks.models import Invitation
from intake.i18n import day, now, speaking
from intake.members.cover import last_day
from intake.members.letter_choices import addressee
from intake.members.models import Member
from intake.outbox.enqueue import Addressee, enqueue


def invited(invitation: Invitation) -> int:
    """Send the link of an invitation. Its code goes another way.

    Returns:
        How many letters are owed: one, or none where the invitation names no address.
    """
    if invitation.address is None:
        return 0
    to = Addressee(invitation.address, invitation.language)
    return enqueue("invitation", [to], now(), fills={"link": link(invitation.id)})


def seat_promised(desk_ids: Collection[int], but: Collection[int | None]) -> int:
    """Tell who is seated at these desks that a seat was promised there, which one of them may grant.

    Args:
        desk_ids: the desks. Whoever is seated at several of them gets one letter.
        but: the members who need not be told: they did it.

    Returns:
        How many letters are owed.
    """
    return _tell("seat_promised", desk_ids, but)


def seated(desk_ids: Collection[int], but: Collection[int | None]) -> int:
    """Tell who is seated at these desks that somebody was seated there, them included.

    Args:
        desk_ids: the desks. Whoever is seated at several of them gets one letter.
        but: the members who need not be told: they did it.

    Returns:
        How many letters are owed.
    """
    return _tell("seated", desk_ids, but)


def link(invitation_id: str) -> str:
    """Return the address at which an invitation is accepted."""
    return f"{current_app.config['DESK_URL']}/desk/invitation/{invitation_id}"


def _tell(kind: str, desk_ids: Collection[int], but: Collection[int | None]) -> int:
    told = [member for member in queries.seated_at_any(desk_ids) if member.id not in but]
    addressees = [addressee(member) for member in told]
    return enqueue(kind, addressees, now(), fills={"link": f"{current_app.config['DESK_URL']}/desk/promises"})


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
    with speaking(member.language):
        days = {"first": day(from_at), "last": day(last_day(until_at))}
    queue = f"{current_app.config['DESK_URL']}/desk/"
    return enqueue("stand_in", [addressee(member)], now(), fills={**days, "link": queue}, over=over)
