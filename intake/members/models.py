"""Members, the secrets that open their identities, and their sessions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

JOURNALIST = "journalist"
EDITOR = "editor"
ROLES = (JOURNALIST, EDITOR)


class Member(Model):
    """A journalist, editor or admin. A pseudonym and an alias address will do."""

    __tablename__ = "member"
    __table_args__ = (CheckConstraint("role IN ('journalist', 'editor')", name="role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(unique=True)
    language: Mapped[str]
    role: Mapped[str | None]
    is_admin: Mapped[bool]
    recipient: Mapped[str]
    joined_at: Mapped[datetime] = mapped_column(Moment)
    left_at: Mapped[datetime | None] = mapped_column(Moment)


class MemberSecret(Model):
    """A member's identity, sealed to what one secret of theirs makes: one row per secret."""

    __tablename__ = "member_secret"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    identity: Mapped[SealedBytes] = mapped_column(Sealed("secret"))


class MemberSession(Model):
    """A signed-in browser: the member's identity, sealed to a secret that only its cookie holds."""

    __tablename__ = "member_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    identity: Mapped[SealedBytes] = mapped_column(Sealed("session"))
    began_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime] = mapped_column(Moment)
