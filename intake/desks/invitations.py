"""Invitations carry keys: desk identities sealed to a code that is shown once."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from werkzeug.exceptions import NotFound

from intake import audit
from intake.desks import notices, promises, queries, seats
from intake.desks.models import Desk, DeskKey, Invitation, InvitationKey, InvitationPromise
from intake.extensions import db
from intake.i18n import now
from intake.members import codes
from intake.members import queries as member_queries
from intake.members.models import EDITOR, Member
from intake.members.secrets import NewIdentity, join, renew
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


def invite(  # noqa: PLR0913 what an invitation is made of
    place: Place,
    keys: list[tuple[DeskKey, Identity]],
    code: str,
    *,
    promised: Collection[int] = (),
    by: int | None = None,
    again: Member | None = None,
) -> Invitation:
    """Keep a place for a newcomer.

    Args:
        place: role, rights, language, address.
        keys: the desk keys that the newcomer shall have, opened.
        code: what opens the invitation, from ``codes.new``. It is not kept.
        promised: the desks to which the newcomer gets no key, and where they shall be seated by a colleague.
        by: the member who invites; nobody for a command.
        again: the member whom it is for, if not for a newcomer.
    """
    salt, moment = new_salt(), now()
    invitation = Invitation(
        id=secrets.token_urlsafe(12),
        member_id=again.id if again else None,
        address=member_queries.normal_address(place.address) if place.address else None,
        language=place.language,
        role=place.role,
        is_admin=place.is_admin,
        salt=salt,
        recipient=_identity(code, salt).recipient,
        invited_by_id=by,
        made_at=moment,
        ends_at=moment + LASTS,
    )
    db.session.add(invitation)
    db.session.flush()
    _carry(invitation, keys, promised)
    act = "member.invited_again" if again else "member.invited"
    whom = again.id if again else None
    audit.record(act, member_id=by, role=place.role, admin=place.is_admin, invited=whom)
    return invitation


def invite_from(
    visitor: Visitor, place: Place, desk_ids: set[int], held: list[tuple[DeskKey, Desk, Identity]]
) -> Invited:
    """Invite a newcomer to desks, an editor to all: with keys where the inviter is seated, with promises elsewhere.

    Args:
        visitor: who invites.
        place: role, rights, language, address.
        desk_ids: the desks chosen.
        held: the inviter's keys, opened (``seats.keys_held``).
    """
    member_queries.hold_working(visitor.member.id)
    to = {desk.id for desk in queries.all_desks() if place.role == EDITOR or desk.id in desk_ids}
    keys = [(key, identity) for key, desk, identity in held if desk.id in to]
    promised = sorted(to - {key.desk_id for key, _ in keys if key.replaced_at is None})
    code = codes.new()
    return Invited(invite(place, keys, code, promised=promised, by=visitor.member.id), code)


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
    """Make the newcomer a member and seal to them the desk identities that the invitation carries; tell the desks.

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
    known = _invited_anew(invitation, address)
    member = _renew(known, invitation, made) if known else _join(invitation, made, name, address)
    _seat(member, queries.invitation_keys(invitation_id), opened, invitation.invited_by_id)
    promises.promise_invited(member, invitation)
    if known:
        promises.remind(member)
    return member


def _invited_anew(invitation: Invitation, address: str) -> Member | None:
    """Return the member whom an invitation is for, if it is for one.

    What the operator hands over with the rescue identity opens the account with that address anew.
    """
    if invitation.member_id is not None:
        return member_queries.known(invitation.member_id)
    return member_queries.known_at(address) if invitation.invited_by_id is None else None


def _renew(member: Member, invitation: Invitation, made: NewIdentity) -> Member:
    """Give a member a new identity. Their seats were sealed to the one before: they are promised anew.

    Raises:
        InvitationError: the member left meanwhile.
    """
    if member.left_at is not None:
        reason = "ended"
        raise InvitationError(reason)
    promises.keep_seats_as_promises(member.id, invitation.invited_by_id)
    renew(made, member)
    if invitation.member_id is None:
        member.role, member.is_admin = invitation.role, True
    db.session.flush()
    audit.record("member.renewed", member_id=member.id)
    return member


def _join(invitation: Invitation, made: NewIdentity, name: str, address: str) -> Member:
    """Add a newcomer.

    Raises:
        InvitationError: the address belongs to a member.
    """
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
    audit.record("member.joined", member_id=member.id)
    return member


def invite_again(visitor: Visitor, member_id: int) -> Invited:
    """Invite a member who lost their secrets, or was locked out, to choose new ones: a new identity.

    It carries no keys: whoever is seated at their desks seats them again. Earlier ones of the kind are void.

    Args:
        visitor: the admin who invites.
        member_id: the member.

    Raises:
        werkzeug.exceptions.NotFound: there is no such member, or they left.
    """
    member_queries.hold_working(visitor.member.id)
    member = member_queries.known(member_id)
    if member is None or member.left_at is not None:
        raise NotFound
    again = (Invitation.member_id == member.id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    db.session.execute(update(Invitation).where(*again).values(revoked_at=now()))
    code = codes.new()
    place = Place(role=member.role, is_admin=member.is_admin, language=member.language, address=member.address)
    invitation = invite(place, [], code, by=visitor.member.id, again=member)
    return Invited(invitation, code)


def revoke(invitation_id: str, by: Member) -> None:
    """Close an invitation that was not accepted."""
    db.session.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    audit.record("member.uninvited", member_id=by.id)


def void(desk_id: int) -> None:
    """Close the invitations that carry an old key of a desk and not its newest: whoever came would read nothing."""
    of_desk = select(DeskKey.id).where(DeskKey.desk_id == desk_id)
    carries_any = select(InvitationKey.invitation_id).where(InvitationKey.desk_key_id.in_(of_desk))
    newest = of_desk.where(DeskKey.replaced_at.is_(None))
    carries_newest = select(InvitationKey.invitation_id).where(InvitationKey.desk_key_id.in_(newest))
    db.session.execute(
        update(Invitation)
        .where(Invitation.id.in_(carries_any), Invitation.id.not_in(carries_newest))
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now())
    )


def void_all_of(member_id: int) -> int:
    """Close the invitations that a member made, and those made for them; the keys in them go.

    Returns:
        How many were open.
    """
    theirs = or_(Invitation.invited_by_id == member_id, Invitation.member_id == member_id)
    still_open = update(Invitation).where(theirs, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    closed = db.session.scalars(still_open.values(revoked_at=now()).returning(Invitation.id)).all()
    carried = select(Invitation.id).where(theirs)
    for rows in (InvitationKey, InvitationPromise):
        db.session.execute(delete(rows).where(rows.invitation_id.in_(carried)))
    return len(closed)


def _take(invitation_id: str) -> Invitation:
    """Hold an invitation and the keys that it carries until the transaction ends, and mark it as accepted.

    Raises:
        InvitationError: it may not be accepted any more.
    """
    queries.hold_keys(invitation_id)
    invitation = db.session.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None or not is_open(invitation, now()):
        reason = "ended"
        raise InvitationError(reason)
    invitation.accepted_at = now()
    return invitation


def _carry(invitation: Invitation, keys: list[tuple[DeskKey, Identity]], promised: Collection[int]) -> None:
    for key, identity in keys:
        sealed = seal_identity(identity, [invitation.recipient])
        db.session.add(InvitationKey(invitation_id=invitation.id, desk_key_id=key.id, identity=sealed))
    for desk_id in promised:
        db.session.add(InvitationPromise(invitation_id=invitation.id, desk_id=desk_id))


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
    db.session.flush()
    notices.seated(queries.held_by(member), but=[member.id])


def _identity(code: str, salt: bytes) -> Identity:
    return identity_from_password(codes.normal(code), salt, CODE_COST)
