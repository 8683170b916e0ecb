"""What a desk works out about a case and keeps with it, sealed to the desk alone."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes


class Hold(Model):
    """Why a case is kept longer than its time, until somebody lifts the hold."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
