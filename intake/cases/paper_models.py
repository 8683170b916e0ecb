"""What a desk works out about a case and keeps with it, sealed to the desk alone."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes


class Redaction(Model):
    """The passages of a case that are blacked out in its copies: one list, its versions counted."""

    __tablename__ = "redaction"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    number: Mapped[int]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    saved_at: Mapped[datetime] = mapped_column(Moment)
