"""Cases, their statements, and the complainant's key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

RECEIVED = "received"
ACKNOWLEDGED = "acknowledged"
STATUSES = (RECEIVED, ACKNOWLEDGED)
WEB = "web"
DEMO = "demo"


class ComplainantKey(Model):
    """What a return code opens: the tag that finds the case, and the recipient that seals to its holder."""

    __tablename__ = "complainant_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    recipient: Mapped[str]


class Case(Model):
    """The newsroom's record of a complaint. Plain columns only: what it tells is in its statements, sealed."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint("status IN ('received', 'acknowledged')", name="status"),
        Index("ix_case_queue", "desk_id", "status", "urgent", "received_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    complainant_key_id: Mapped[int | None] = mapped_column(ForeignKey("complainant_key.id"), unique=True)
    country: Mapped[str]
    language: Mapped[str]
    channel: Mapped[str]
    urgent: Mapped[bool]
    reachable: Mapped[bool]
    status: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Moment)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment)
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class Statement(Model):
    """What the complainant told, sealed to the desk and to themselves; further words are further statements."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("case_id", "digest"), UniqueConstraint("case_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[int]
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    received_at: Mapped[datetime] = mapped_column(Moment)
