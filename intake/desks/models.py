"""Desks, their keys, who is seated at them, which country goes to which, and invitations."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

EDITORS = "editors"
URGENT_MINUTES, OTHER_MINUTES = 60, 24 * 60  # within which a case is to be acknowledged, unless the desk has its own
OTHERS = ""  # the language of the route for all languages that have none of their own


class House(Model):
    """What the house keeps once for all: the site-wide salt for return codes, and who can rescue it."""

    __tablename__ = "house"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code_salt: Mapped[bytes] = mapped_column(LargeBinary)
    rescue_recipient: Mapped[str]
    watched_at: Mapped[datetime | None] = mapped_column(Moment)
    warned_at: Mapped[datetime | None] = mapped_column(Moment)


class Desk(Model):
    """The members who answer for one or more countries. Its name is a country's code, ``editors``, or its own words.

    Attributes:
        time_zone: in which its clocks run, by its name in the IANA database.
        urgent_minutes: within how many minutes an urgent case is to be acknowledged.
        other_minutes: the same for the others.
    """

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default=text("'UTC'"))
    urgent_minutes: Mapped[int] = mapped_column(default=URGENT_MINUTES, server_default=text(str(URGENT_MINUTES)))
    other_minutes: Mapped[int] = mapped_column(default=OTHER_MINUTES, server_default=text(str(OTHER_MINUTES)))


_CURRENT = text("replaced_at IS NULL")


class DeskKey(Model):
    """One generation of a desk's key: what seals to it, and its identity sealed to the rescue recipient.

    Nothing is sealed to it any more once it was replaced, and nothing that is kept opens with it once it is retired.
    """

    __tablename__ = "desk_key"
    __table_args__ = (
        UniqueConstraint("desk_id", "generation"),
        Index("ix_desk_key_current", "desk_id", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    generation: Mapped[int]
    recipient: Mapped[str]
    rescue_copy: Mapped[SealedBytes] = mapped_column(Sealed("rescue"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    replaced_at: Mapped[datetime | None] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)


class SigningKey(Model):
    """What a desk signs with (Ed25519, RFC 8032): its public key, and the private one sealed to the desk.

    Attributes:
        public: the 32 bytes of the public key; they stay, so that what was signed can be recognised for ever.
        retired_at: since when nothing is signed with it: the desk's key was replaced, whoever is gone may know it.
    """

    __tablename__ = "signing_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    public: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)


class Seat(Model):
    """A member at a desk: the desk's identity, sealed to the member."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("member_id", "desk_key_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"), index=True)
    identity: Mapped[SealedBytes] = mapped_column(Sealed("member"))
    since: Mapped[datetime] = mapped_column(Moment)
    seated_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class Promise(Model):
    """A seat that a member shall have: whoever holds the desk's key grants it."""

    __tablename__ = "promise"
    __table_args__ = (UniqueConstraint("member_id", "desk_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), index=True)
    promised_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    promised_at: Mapped[datetime] = mapped_column(Moment)


class Route(Model):
    """Which desk answers for a country, or for ``other``: for complainants of one language, or of all others."""

    __tablename__ = "route"

    country: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True, default="", server_default=text("''"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))


class Invitation(Model):
    """A place kept for a newcomer, opened by a code that is handed over by another way than the letter.

    It is for the member in ``member_id`` where one who lost their secrets, or was locked out, is invited anew.
    """

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("role IN ('journalist', 'editor')", name="role"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    address: Mapped[str | None]
    language: Mapped[str]
    role: Mapped[str | None]
    is_admin: Mapped[bool]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    recipient: Mapped[str]
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class InvitationKey(Model):
    """A desk's identity that the newcomer shall have, sealed to what the invitation code makes."""

    __tablename__ = "invitation_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    identity: Mapped[SealedBytes] = mapped_column(Sealed("invitation"))


class InvitationPromise(Model):
    """A desk at which the newcomer shall be seated, though the inviter holds no key to it."""

    __tablename__ = "invitation_promise"

    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), primary_key=True)
