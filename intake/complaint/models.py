"""Canaries: invented complaints with which the house tests its own way, from the form to the mailbox."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment

# How far a run has come: made; its sender is at work; its case is there; its answer was right and its letters owed to
# whom they should; all are accepted by the mail server; all have arrived; its words are the ones that were sent.
STEPS = BEGUN, SENDING, SENT, ANSWERED, DELIVERED, ARRIVED, OPENED = (
    "begun",
    "sending",
    "sent",
    "answered",
    "delivered",
    "arrived",
    "opened",
)


class CanaryRun(Model):
    """One test of the way of a complaint of one country.

    Attributes:
        step: how far it came, one of ``STEPS``.
        case_id: the case that it opened, as long as that is there.
        ended_at: when it was over.
        what: what was found wrong, a code; empty where all was right, or it is not over.
    """

    __tablename__ = "canary_run"
    __table_args__ = (Index("ix_canary_run_country", "country", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(Moment)
    step: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    what: Mapped[str]
