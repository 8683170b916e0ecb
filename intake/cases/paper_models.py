"""What a desk works out about a case and keeps with it, sealed to the desk alone."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes


class Verification(Model):
    """A version of a part of what was checked about a case: the checklist, or a claim with its sources.

    All parts of a case are counted together, so that the highest number names the record as it stands.
    """

    __tablename__ = "verification"
    __table_args__ = (UniqueConstraint("case_id", "number"), UniqueConstraint("case_id", "once"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[int]
    part: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    once: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    at: Mapped[datetime] = mapped_column(Moment)


class SignOff(Model):
    """That an editor signed off what was checked, up to a number; or, with 0, that no sign-off stands any more."""

    __tablename__ = "sign_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    up_to: Mapped[int]
    alone: Mapped[bool]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    at: Mapped[datetime] = mapped_column(Moment)
