"""Members, the secrets that open their identities, their second factors, their sessions, and when they are away."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, ForeignKey, Index, LargeBinary, and_, false, text
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

JOURNALIST = "journalist"
EDITOR = "editor"
ROLES = (JOURNALIST, EDITOR)
RHYTHMS = AT_ONCE, HOURLY, DAILY = ("at_once", "hourly", "daily")
PASSWORD, RECOVERY, PASSKEY = "password", "recovery", "passkey"  # what a member's identity is sealed to
ONE_TIME_CODE = "one_time_code"  # a second factor beside passkeys


_HERE = text("left_at IS NULL")


class Member(Model):
    """A journalist, editor or admin. A pseudonym and an alias address will do.

    Attributes:
        rhythm: how often letters come that are not urgent, one of ``RHYTHMS``.
        quiet_from: from which minute of the day on only urgent letters come; none where they always do.
        quiet_until: until which minute; a smaller one is of the next morning.
        time_zone: in which these minutes are meant, by its name in the IANA database; empty for that of a desk.
    """

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("role IN ('journalist', 'editor')", name="role"),
        Index(
            "ix_member_address", "address", unique=True, sqlite_where=_HERE, postgresql_where=_HERE
        ),  # of one who left it may be taken again
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    role: Mapped[str | None]
    is_admin: Mapped[bool]
    recipient: Mapped[str]
    reads: Mapped[str] = mapped_column(default="", server_default=text("''"))
    joined_at: Mapped[datetime] = mapped_column(Moment)
    signed_in_on: Mapped[date | None]
    rhythm: Mapped[str] = mapped_column(default=AT_ONCE, server_default=text(f"'{AT_ONCE}'"))
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    time_zone: Mapped[str] = mapped_column(default="", server_default=text("''"))
    locked_at: Mapped[datetime | None] = mapped_column(Moment)
    left_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def works_here(self) -> bool:
        """Whether they may sign in and are told of cases: neither gone nor locked out."""
        return self.left_at is None and self.locked_at is None


def working() -> ColumnElement[bool]:
    """Return what is true of the members who work here: neither gone nor locked out."""
    return and_(Member.left_at.is_(None), Member.locked_at.is_(None))


class MemberSecret(Model):
    """A member's identity, sealed to what one secret of theirs makes: one row per secret.

    A recovery code finds its row by a tag, which one derivation makes together with what opens the row.
    """

    __tablename__ = "member_secret"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity: Mapped[SealedBytes] = mapped_column(Sealed("secret"))


class Factor(Model):
    """A second factor: what makes one-time codes, or a passkey.

    Sealed to the member are the secret of the codes, and what they call the passkey. ``counter`` is the last time step
    that passed, or the passkey's own counter. A passkey that opens the identity by itself has a row in
    ``member_secret``.
    """

    __tablename__ = "member_factor"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("member"))
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_id: Mapped[int | None] = mapped_column(ForeignKey("member_secret.id"))
    added_at: Mapped[datetime] = mapped_column(Moment)
    used_on: Mapped[date | None]


class MemberSession(Model):
    """A signed-in browser: the member's identity, sealed to a secret that only its cookie holds.

    Sealed to the member is what they know it by. ``recovered`` says that a recovery code stood in for the password, so
    that a new one may be chosen without the old.
    """

    __tablename__ = "member_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    identity: Mapped[SealedBytes] = mapped_column(Sealed("session"))
    label: Mapped[SealedBytes] = mapped_column(Sealed("member"))
    began_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    recovered: Mapped[bool] = mapped_column(default=False, server_default=false())


class SpentChallenge(Model):
    """A challenge that a passkey has answered: whoever sends the same answer again is refused."""

    __tablename__ = "spent_challenge"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)


class Absence(Model):
    """A time in which a member is away, and who stands in for them."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_member_id", "member_id", "until_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    from_at: Mapped[datetime] = mapped_column(Moment)
    until_at: Mapped[datetime] = mapped_column(Moment)
