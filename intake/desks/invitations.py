"""Invitations carry keys: desk identities sealed to a code that is shown once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from intake import audit
from intake.desks import queries, seats
from intake.desks.models import Desk, DeskKey, Invitation, InvitationKey
from intake.extensions import db
from intake.i18n import now
from intake.members import codes
from intake.members import queries as member_queries
from intake.members.models import EDITOR, Member
from intake.members.secrets import NewIdentity, join
from intake.members.sessions import Visitor
from intake.sealing import (
    CODE_COST,
    Identity,
    identity_from_password,
    new_salt,
    same,
    seal_identity,
    unseal_identity,
)

LASTS = timedelta(hours=72)


class InvitationError(Exception):
    """The invitation cannot be accepted: ``reason`` is ``code``, ``ended`` or ``taken``."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Place:
    """What an invitation offers."""

    role: str | None
    is_admin: bool
    language: str
    address: str | None = None


@dataclass(frozen=True)
class Invited:
    """An invitation, and the code that is shown once."""

    invitation: Invitation
    code: str


def invite(
    place: Place, keys: list[tuple[DeskKey, Identity]], code: str, *, by: int | None = None, lasts: timedelta = LASTS
) -> Invitation:
    """Keep a place for a newcomer.

    Args:
        place: role, rights, language, address.
        keys: the desk keys that the newcomer shall have, opened.
        code: what opens the invitation, from ``codes.new``. It is not kept.
        by: the member who invites; nobody for a command.
        lasts: how long it may be accepted.
    """
    salt, moment = new_salt(), now()
    recipient = _identity(code, salt).recipient
    invitation = Invitation(
        id=secrets.token_urlsafe(12),
        address=member_queries.normal_address(place.address) if place.address else None,
        language=place.language,
        role=place.role,
        is_admin=place.is_admin,
        salt=salt,
        recipient=recipient,
        invited_by_id=by,
        made_at=moment,
        ends_at=moment + lasts,
    )
    db.session.add(invitation)
    db.session.flush()
    for key, identity in keys:
        db.session.add(
            InvitationKey(
                invitation_id=invitation.id, desk_key_id=key.id, identity=seal_identity(identity, [recipient])
            )
        )
    audit.record("member.invited", member_id=by, role=place.role, admin=place.is_admin)
    return invitation


def invite_from(
    visitor: Visitor, place: Place, desk_ids: set[int], held: list[tuple[DeskKey, Desk, Identity]]
) -> Invited:
    """Invite a newcomer to desks where the inviter is seated; an editor to all of those.

    Args:
        visitor: who invites.
        place: role, rights, language, address.
        desk_ids: the desks chosen; others than the inviter's own are left out.
        held: the inviter's keys, opened (``seats.keys_held``).
    """
    keys = [(key, identity) for key, desk, identity in held if place.role == EDITOR or desk.id in desk_ids]
    code = codes.new()
    return Invited(invite(place, keys, code, by=visitor.member.id), code)


def is_open(invitation: Invitation, moment: datetime) -> bool:
    """Return whether an invitation may still be accepted."""
    if invitation.accepted_at is not None or invitation.revoked_at is not None or moment >= invitation.ends_at:
        return False
    if invitation.invited_by_id is not None and member_queries.by_id(invitation.invited_by_id) is None:
        return False
    return queries.are_current([key.desk_key_id for key in queries.invitation_keys(invitation.id)])


def open_code(invitation: Invitation, code: str) -> Identity:
    """Return the identity that an invitation code makes, if it is the right one.

    Raises:
        InvitationError: it is not.
    """
    identity = _identity(code, invitation.salt)
    if not same(identity.recipient.encode(), invitation.recipient.encode()):
        reason = "code"
        raise InvitationError(reason)
    return identity


def accept(invitation_id: str, opened: Identity, made: NewIdentity, name: str, address: str) -> Member:
    """Make the newcomer a member and seal to them the desk identities that the invitation carries.

    Args:
        invitation_id: the name in the link.
        opened: what ``open_code`` returned.
        made: the newcomer's identity, from ``members.secrets.make_identity``.
        name: how colleagues see them.
        address: where their letters go; ignored where the invitation names one.

    Raises:
        InvitationError: it ended meanwhile, or the address belongs to a member.
    """
    invitation = _take(invitation_id)
    address = invitation.address or address
    if member_queries.is_taken(address):
        reason = "taken"
        raise InvitationError(reason)
    member = join(
        made,
        name=name,
        address=address,
        language=invitation.language,
        role=invitation.role,
        is_admin=invitation.is_admin,
    )
    _seat(member, queries.invitation_keys(invitation_id), opened, invitation.invited_by_id)
    audit.record("member.joined", member_id=member.id)
    return member


def revoke(invitation_id: str, by: Member) -> None:
    """Close an invitation that was not accepted."""
    db.session.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    audit.record("member.uninvited", member_id=by.id)


def void_all_of(member_id: int) -> int:
    """Close the invitations that a member made, and those made for them; the keys in them go.

    Returns:
        How many were open.
    """
    theirs = or_(Invitation.invited_by_id == member_id, Invitation.member_id == member_id)
    still_open = update(Invitation).where(theirs, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    closed = db.session.scalars(still_open.values(revoked_at=now()).returning(Invitation.id)).all()
    carried = select(Invitation.id).where(theirs)
    db.session.execute(delete(InvitationKey).where(InvitationKey.invitation_id.in_(carried)))
    return len(closed)


def _take(invitation_id: str) -> Invitation:
    """Hold an invitation until the transaction ends, and mark it as accepted, if it may still be.

    Raises:
        InvitationError: it may not.
    """
    invitation = db.session.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None or not is_open(invitation, now()):
        reason = "ended"
        raise InvitationError(reason)
    invitation.accepted_at = now()
    return invitation


def _seat(member: Member, keys: list[InvitationKey], opened: Identity, by: int | None) -> None:
    for carried in keys:
        key = db.session.get_one(DeskKey, carried.desk_key_id)
        identity = unseal_identity(carried.identity, opened)
        seats.give(
            member,
            db.session.get_one(Desk, key.desk_id),
            key.id,
            seal_identity(identity, [member.recipient]),
            by=by,
        )
        db.session.delete(carried)


def _identity(code: str, salt: bytes) -> Identity:
    return identity_from_password(codes.normal(code), salt, CODE_COST)
