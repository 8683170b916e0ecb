"""What came of backups."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment


class BackupRun(Model):
    """A backup that was begun.

    Attributes:
        name: its name on the shelf.
        case_id: the invented case that is opened after coming back from it, as long as that is here.
        ended_at: when it was over; None while it is made, or where it was broken off.
        what: what was wrong with it, a code; empty where nothing was, or it is not over.
        size: how many bytes were written for it: what an earlier one had written already does not count.
        tried_at: when the operator said that coming back from it was tried.
    """

    __tablename__ = "backup_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    began_at: Mapped[datetime] = mapped_column(Moment)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    what: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    tried_at: Mapped[datetime | None] = mapped_column(Moment)
