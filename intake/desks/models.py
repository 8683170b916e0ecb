"""Desks, their keys, who is seated at them, which country goes to which, and invitations."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

EDITORS = "editors"


class House(Model):
    """What the house keeps once for all: the site-wide salt for return codes, and who can rescue it."""

    __tablename__ = "house"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code_salt: Mapped[bytes] = mapped_column(LargeBinary)
    rescue_recipient: Mapped[str]


class Desk(Model):
    """The members who answer for one or more countries. Its name is a country's code, or ``editors``."""

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class DeskKey(Model):
    """One generation of a desk's key: what seals to it, and its identity sealed to the rescue recipient."""

    __tablename__ = "desk_key"
    __table_args__ = (UniqueConstraint("desk_id", "generation"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    generation: Mapped[int]
    recipient: Mapped[str]
    rescue_copy: Mapped[SealedBytes] = mapped_column(Sealed("rescue"))
    made_at: Mapped[datetime] = mapped_column(Moment)


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


class Route(Model):
    """Which desk answers for a country, or for ``other``."""

    __tablename__ = "route"

    country: Mapped[str] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))


class Invitation(Model):
    """A place kept for a newcomer, opened by a code that is handed over by another way than the letter."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("role IN ('journalist', 'editor')", name="role"),)

    id: Mapped[str] = mapped_column(primary_key=True)
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
