"""Cases, their statements, and the complainant's key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

RECEIVED = "received"
ACKNOWLEDGED = "acknowledged"
CHECKING = "checking"
NEEDS_ANSWER = "needs_answer"
PUBLISHED = "published"
PASSED_ON = "passed_on"
CLOSED = "closed"
DELETED = "deleted"  # a tombstone: reference, country and dates, nothing else
STATUSES = (RECEIVED, ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, PUBLISHED, PASSED_ON, CLOSED, DELETED)
WEB = "web"
DEMO = "demo"
PHONE, PAPER, IN_PERSON = ENTERED = ("phone", "paper", "in_person")  # what a member enters for a person


class ComplainantKey(Model):
    """What a return code opens: the tag that finds the case, and the recipient that seals to its holder.

    The tag of a dead code stays, without recipient or case, so that an old page does not bring the code back to life.
    """

    __tablename__ = "complainant_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    recipient: Mapped[str]


class Case(Model):
    """The newsroom's record of a complaint. Plain columns only: what it tells is in its statements, sealed."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(
            "status IN ('received', 'acknowledged', 'checking', 'needs_answer', 'published', 'passed_on', 'closed', "
            "'deleted')",
            name="status",
        ),
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
    alarm_at: Mapped[datetime | None] = mapped_column(Moment)
    reachable: Mapped[bool]
    not_for_publication: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Moment)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment)
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    deletion_asked_at: Mapped[datetime | None] = mapped_column(Moment)


class Statement(Model):
    """What was told about a case, sealed to desk and complainant: further words and answers are further statements.

    A member wrote it down where ``member_id`` says so; else the complainant did.
    """

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("case_id", "digest"), UniqueConstraint("case_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    received_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)


class Message(Model):
    """A message between complainant and desk; the complainant wrote it where no member did."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("case_id", "once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    once: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    sent_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)


class StatusChange(Model):
    """A status that a member gave a case, with the words that go with it: the link, to whom, why."""

    __tablename__ = "status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    status: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    at: Mapped[datetime] = mapped_column(Moment)


class Feedback(Model):
    """What a complainant thought of the help, once a case was closed."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    given_at: Mapped[datetime] = mapped_column(Moment)


class RatingCount(Model):
    """How many gave a rating, by desk and month: no case is behind it."""

    __tablename__ = "rating_count"

    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    rating: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


class ComplainantSession(Model):
    """A browser of one who came back with a code. What opens the case is sealed to its cookie."""

    __tablename__ = "complainant_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("session"))
    began_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime] = mapped_column(Moment)
