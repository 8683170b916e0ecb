"""Files of a case of which some is still to come: how much is there, since when, and who sends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from intake.desks.seats import Opens
from intake.evidence import uploads
from intake.evidence.models import Chunk, Upload
from intake.evidence.uploads import Arriving
from intake.extensions import db


@dataclass(frozen=True)
class UnderWay:
    """An unfinished file, as whoever may open it sees it.

    Attributes:
        arriving: the file.
        arrived: how many bytes of it are there.
        member_id: the member who began it; None is the complainant.
    """

    arriving: Arriving
    arrived: int
    member_id: int | None

    @property
    def name(self) -> str:
        """Its name in the storage."""
        return self.arriving.name

    @property
    def file_name(self) -> str:
        """How it is called on the sender's device."""
        return self.arriving.wish.file_name

    @property
    def size(self) -> int:
        """How many bytes it will have."""
        return self.arriving.size

    @property
    def begun_at(self) -> datetime:
        """Since when it is under way."""
        return self.arriving.begun_at


def of_case(case_id: int, reference: str, opens: Opens) -> list[UnderWay]:
    """Return the unfinished files of a case, the oldest first: two statements, however many there are.

    Args:
        case_id: a case that whoever asks may open.
        reference: its reference.
        opens: gives the identities of the desk.

    Raises:
        sealing.SealError: one was altered, or moved here from another case.
    """
    rows = db.session.scalars(select(Upload).where(Upload.case_id == case_id).order_by(Upload.id)).all()
    if not rows:
        return []
    found = [(row, uploads.opened(row, reference, opens)) for row in rows]
    there = _arrived(arriving for _, arriving in found)
    return [UnderWay(arriving, there[arriving.name], row.member_id) for row, arriving in found]


def _arrived(files: Iterable[Arriving]) -> dict[str, int]:
    """Return how many bytes of each file are there: its last chunk may be shorter than the others."""
    known = {arriving.name: arriving for arriving in files}
    counted = select(Chunk.name, func.count(), func.max(Chunk.number)).where(Chunk.name.in_(known)).group_by(Chunk.name)
    there = dict.fromkeys(known, 0)
    for name, count, highest in db.session.execute(counted):
        arriving = known[name]
        there[name] = (count - 1) * arriving.chunk + arriving.length(highest)
    return there
