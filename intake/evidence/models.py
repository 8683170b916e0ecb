"""Files: what opens one, and what it is. Their bytes lie in the storage."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes


class File(Model):
    """A file of a case. Its chunks and its description are sealed to an identity of its own.

    That identity is sealed to desk and complainant: a new desk or a new code is one row sealed anew. A member brought
    the file where ``member_id`` says so; else the complainant did.
    """

    __tablename__ = "evidence_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    identity: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("file"))
    size: Mapped[int]
    chunk_count: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(Moment)
