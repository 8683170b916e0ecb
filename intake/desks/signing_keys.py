"""The keys that desks sign with: one at a time, made when a desk first signs, and retired with the desk's own key."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update

from intake import audit, signing
from intake.desks import queries
from intake.desks.models import Desk, SigningKey
from intake.desks.seats import Opens
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.sealing import SealedBytes, SealError, seal_document, unseal_document
from intake.signing import Signer

SIGNING_KEY = "signing-key/1"


@dataclass(frozen=True)
class Ready:
    """What signs for a desk at this moment: a key that is kept, or one that is to be.

    Attributes:
        key_id: the row; None where it was made just now.
        desk_key_id: the key of the desk that it is sealed to.
        sealed: itself, sealed, where it was made just now.
    """

    desk_id: int
    key_id: int | None
    signer: Signer = field(repr=False)
    public: bytes
    desk_key_id: int
    sealed: SealedBytes | None = None

    @property
    def fingerprint(self) -> str:
        """What the public key is known by."""
        return signing.fingerprint(self.public)


@dataclass(frozen=True)
class PublicKey:
    """A key of a desk as others know it, and until when the desk signed with it."""

    pem: str
    fingerprint: str
    made_at: datetime
    retired_at: datetime | None


def ready(desk_id: int, opens: Opens) -> Ready:
    """Return what signs for a desk: the key that it signs with now, opened, or a new one, to be kept by ``keep``.

    Args:
        desk_id: a desk where whoever asks is seated.
        opens: gives the desk's identities.

    Raises:
        sealing.SealError: the key was altered, or is another desk's.
        werkzeug.exceptions.NotFound: whoever asks lacks the key of the desk that it is sealed to.
    """
    found = _living(desk_id)
    if found is None:
        key, made = queries.current_key(desk_id), Signer.new()
        sealed = seal_document(SIGNING_KEY, {"desk": desk_id, "private": made.text}, [key.recipient])
        return Ready(desk_id, None, made, made.public, key.id, sealed)
    told = unseal_document(SIGNING_KEY, found.sealed, opens(found.desk_key_id))
    signer = Signer(told["private"])
    if told["desk"] != desk_id or signer.public != found.public:
        message = "a signing key was moved here from another desk"
        raise SealError(message)
    return Ready(desk_id, found.id, signer, found.public, found.desk_key_id)


def keep(made: Ready, visitor: Visitor) -> None:
    """Save a key that was made just now, or see that an older one still signs; it does until the transaction ends.

    Raises:
        StaleError: the desk signs with another one by now, or its own key was replaced: get ready again.
    """
    if made.sealed is None or made.key_id is not None:
        kept = select(SigningKey.id).where(SigningKey.id == made.key_id, SigningKey.retired_at.is_(None))
        if db.session.scalar(kept.with_for_update(read=True)) is None:
            raise StaleError
        return
    # Two who make the first at once come one after the other; whoever rotates the desk is not waited for in a knot.
    db.session.execute(select(Desk.id).where(Desk.id == made.desk_id).with_for_update(key_share=True))
    if queries.current_key(made.desk_id, held=True).id != made.desk_key_id or _living(made.desk_id) is not None:
        raise StaleError
    db.session.add(
        SigningKey(
            desk_id=made.desk_id,
            desk_key_id=made.desk_key_id,
            public=made.public,
            sealed=made.sealed,
            made_at=now(),
        )
    )
    db.session.flush()
    audit.record(
        "desk.signing_key_made", desk_id=made.desk_id, member_id=visitor.member.id, fingerprint=made.fingerprint
    )


def retire(desk_id: int, moment: datetime) -> None:
    """Let a desk sign with its key no more: whoever is gone may know it. The next bundle makes another."""
    living = update(SigningKey).where(SigningKey.desk_id == desk_id, SigningKey.retired_at.is_(None))
    db.session.execute(living.values(retired_at=moment))


def public_keys(desk_id: int) -> list[PublicKey]:
    """Return every key that a desk ever signed with, the newest first."""
    rows = db.session.scalars(
        select(SigningKey).where(SigningKey.desk_id == desk_id).order_by(SigningKey.id.desc())
    ).all()
    return [
        PublicKey(
            signing.pem(row.public),
            signing.in_groups(signing.fingerprint(row.public)),
            row.made_at,
            row.retired_at,
        )
        for row in rows
    ]


def _living(desk_id: int) -> SigningKey | None:
    return db.session.scalar(
        select(SigningKey).where(SigningKey.desk_id == desk_id, SigningKey.retired_at.is_(None)).limit(1)
    )
