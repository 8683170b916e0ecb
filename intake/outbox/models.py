"""Letters, and every attempt at delivering them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes


class Letter(Model):
    """An e-mail: owed until it is delivered. Never lost, never dropped: withdrawn if its addressee was locked out."""

    __tablename__ = "letter"
    __table_args__ = (Index("ix_letter_owed", "delivered_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    language: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    address: Mapped[str]
    sealed_address: Mapped[SealedBytes | None] = mapped_column(Sealed("outbox"))
    subject: Mapped[str]
    body: Mapped[str]
    owed_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class Attempt(Model):
    """One attempt at a letter and what the mail server said: rows that are only added to."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    accepted: Mapped[bool]
    smtp_code: Mapped[int | None]
    answer: Mapped[str]
