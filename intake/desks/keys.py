"""A desk's keys: a new one takes the place of the one before, and an old one is retired when nothing needs it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from werkzeug.exceptions import NotFound

from intake import audit
from intake.desks import invitations, queries, signing_keys
from intake.desks.models import DeskKey, House, InvitationKey, Seat
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.sealing import SealedBytes, new_identity, seal_identity


@dataclass(frozen=True)
class NewKey:
    """A desk's next key: its identity sealed to the rescue recipient and to everybody who is seated, then forgotten."""

    desk_id: int
    replaces_id: int
    generation: int
    recipient: str
    rescue_copy: SealedBytes
    holders: Mapping[int, str]
    seats: Mapping[int, SealedBytes]
    member_id: int


def seal_new(visitor: Visitor, desk_id: int, generation: int) -> NewKey:
    """Make the key that takes the place of one generation of a desk's key.

    Raises:
        werkzeug.exceptions.NotFound: there is no such key, or the visitor is not seated at the desk.
    """
    desk, old = queries.desk_for(visitor.member, desk_id), queries.key_of(desk_id, generation)
    if old is None:
        raise NotFound
    identity, holders = new_identity(), queries.holders(old.id)
    rescue_recipient = db.session.get_one(House, 1).rescue_recipient
    return NewKey(
        desk.id,
        old.id,
        generation + 1,
        identity.recipient,
        seal_identity(identity, [rescue_recipient]),
        holders,
        {member_id: seal_identity(identity, [recipient]) for member_id, recipient in holders.items()},
        visitor.member.id,
    )


def begin(new: NewKey) -> bool:
    """Put a new key in the place of the one before: from here on nothing is sealed to that any more.

    Whoever writes holds the old key's row until they have saved, or finds it replaced and seals again.

    Returns:
        Whether it was put there; not if the one before was replaced already.

    Raises:
        StaleError: somebody was seated or locked out meanwhile; seal it again.
    """
    replaced = update(DeskKey).where(DeskKey.id == new.replaces_id, DeskKey.replaced_at.is_(None))
    moment = now()
    if db.session.scalar(replaced.values(replaced_at=moment).returning(DeskKey.id)) is None:
        return False
    if new.member_id not in new.holders or queries.holders(new.replaces_id) != new.holders:
        raise StaleError
    key = DeskKey(
        desk_id=new.desk_id,
        generation=new.generation,
        recipient=new.recipient,
        rescue_copy=new.rescue_copy,
        made_at=moment,
    )
    db.session.add(key)
    db.session.flush()
    for member_id, sealed in new.seats.items():
        db.session.add(
            Seat(member_id=member_id, desk_key_id=key.id, identity=sealed, since=moment, seated_by_id=new.member_id)
        )
    db.session.flush()
    invitations.void(new.desk_id)
    signing_keys.retire(new.desk_id, moment)
    audit.record("desk.rotated", desk_id=new.desk_id, member_id=new.member_id, generation=new.generation)
    return True


def retire(visitor: Visitor, desk_id: int, key_ids: Collection[int]) -> bool:
    """Retire old keys of a desk under which nothing is kept any more: the seats and invitations that held them go.

    Their rescue copies stay: only the rescue identity opens those, and they open nothing that is kept here.

    Returns:
        Whether the desk has no old key left by it.
    """
    old = select(DeskKey).where(DeskKey.desk_id == desk_id, DeskKey.replaced_at.is_not(None))
    living = db.session.scalars(old.where(DeskKey.retired_at.is_(None)).order_by(DeskKey.id).with_for_update()).all()
    emptied = [key for key in living if key.id in key_ids]
    for key in emptied:
        key.retired_at = now()
    db.session.flush()
    invitations.void(desk_id)
    for rows in (InvitationKey, Seat):
        db.session.execute(delete(rows).where(rows.desk_key_id.in_([key.id for key in emptied])))
    if not emptied or len(emptied) < len(living):
        return False
    audit.record("desk.rotation_finished", desk_id=desk_id, member_id=visitor.member.id)
    return True
