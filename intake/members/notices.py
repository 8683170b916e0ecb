"""The letters that members' accounts cause."""

from flask import current_app

from intake.i18n import now
from intake.members.letter_choices import addressee
from intake.members.models import Member
from intake.outbox.enqueue import enqueue


def secrets_changed(member: Member) -> int:
    """Tell a member that how they sign in was changed: whoever did not do it must speak up.

    Returns:
        How many letters are owed: one.
    """
    link = f"{current_app.config['DESK_URL']}/desk/account"
    return enqueue("secrets_changed", [addressee(member)], now(), fills={"link": link}, urgent=True)
