"""Making the desks: each identity is sealed to the rescue recipient and to whom is invited, then forgotten."""

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import delete, insert, select, update

from intake import audit
from intake.desks import invitations, queries
from intake.desks.models import (
    EDITORS,
    Desk,
    DeskKey,
    House,
    Invitation,
    InvitationKey,
    InvitationPromise,
    Route,
)
from intake.extensions import db
from intake.i18n import NEVER_SEEN_LANGUAGE, now
from intake.members import codes
from intake.members.models import EDITOR
from intake.outbox import postmaster
from intake.reference.countries import COUNTRIES, OTHER, TIME_ZONES
from intake.sealing import (
    Identity,
    SealError,
    check_recipient,
    new_identity,
    new_salt,
    seal_identity,
    unseal_identity,
)


@dataclass(frozen=True)
class FirstAdmin:
    """The invitation of the first admin: its name, and the code that is shown once."""

    invitation_id: str
    code: str


def house() -> House | None:
    """Return the house, or None before ``init``."""
    return db.session.get(House, 1)


def code_salt() -> bytes:
    """Return the site-wide salt for return codes.

    Raises:
        LookupError: ``flask init`` was not run.
    """
    known: bytes | None = current_app.extensions.get("code_salt")
    if known is None:
        found = house()
        if found is None:
            message = "this instance is not set up: run flask init"
            raise LookupError(message)
        known = current_app.extensions["code_salt"] = found.code_salt  # it never changes: every code would be lost
    return known


def make_desks(rescue_recipient: str) -> list[tuple[DeskKey, Identity]]:
    """Make the country desks and the editors' desk, and return their keys while the identities are at hand.

    Args:
        rescue_recipient: the ``age1…`` recipient whose identity is kept offline.

    Raises:
        SealError: it is no recipient.
    """
    check_recipient(rescue_recipient)
    if house() is None:
        db.session.add(House(id=1, code_salt=new_salt(), rescue_recipient=rescue_recipient))
        db.session.flush()
    postmaster.begin()
    keys = [(new_key(_desk(name), rescue_recipient)) for name in (*COUNTRIES, EDITORS)]
    audit.record("house.set_up", rescue_recipient=rescue_recipient)
    return keys


def unmake_desks() -> None:
    """Remove the desks of an instance that nobody joined and nobody wrote to, so that they can be made anew."""
    for model in (InvitationKey, InvitationPromise, Invitation, Route, DeskKey):
        db.session.execute(delete(model))


def invite_first_admin(keys: list[tuple[DeskKey, Identity]]) -> FirstAdmin:
    """Invite one who is editor and admin, with the keys of every desk."""
    code = codes.new()
    place = invitations.Place(role=EDITOR, is_admin=True, language=NEVER_SEEN_LANGUAGE)
    return FirstAdmin(invitations.invite(place, keys, code).id, code)


def rescue(identity: Identity) -> FirstAdmin:
    """Open every desk with the rescue identity and invite a first admin anew.

    Raises:
        SealError: this is not the rescue identity of this house.
    """
    found = house()
    if found is None or identity.recipient != found.rescue_recipient:
        message = "this is not the rescue identity of this instance"
        raise SealError(message)
    keys = [(key, unseal_identity(key.rescue_copy, identity)) for key in queries.living_keys()]
    lost = select(Invitation.id).where(Invitation.invited_by_id.is_(None), Invitation.accepted_at.is_(None))
    db.session.execute(delete(InvitationKey).where(InvitationKey.invitation_id.in_(lost)))
    db.session.execute(
        update(Invitation).where(Invitation.id.in_(lost), Invitation.revoked_at.is_(None)).values(revoked_at=now())
    )
    audit.record("house.rescued")
    return invite_first_admin(keys)


def new_key(desk: Desk, rescue_recipient: str) -> tuple[DeskKey, Identity]:
    """Make the first key of a desk, and return it while its identity is at hand."""
    identity = new_identity()
    key = DeskKey(
        desk_id=desk.id,
        generation=1,
        recipient=identity.recipient,
        rescue_copy=seal_identity(identity, [rescue_recipient]),
        made_at=now(),
    )
    db.session.add(key)
    db.session.flush()
    return key, identity


def _desk(name: str) -> Desk:
    """Return the desk of that name, made and routed to if it is not there."""
    desk = db.session.scalar(select(Desk).where(Desk.name == name))
    if desk is None:
        desk = Desk(name=name, time_zone=TIME_ZONES.get(name, "UTC"))
        db.session.add(desk)
        db.session.flush()
    country = OTHER if name == EDITORS else name
    db.session.execute(insert(Route).values(country=country, desk_id=desk.id))
    return desk
