"""Files of a case of which some is still to come: how much is there, since when, and who sends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

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
        has_beginning: whether its first chunk is, so that a part could be kept.
        member_id: the member who began it; None is the complainant.
        desk_only: whether the complainant's code does not open it.
    """

    arriving: Arriving
    arrived: int
    has_beginning: bool
    member_id: int | None
    desk_only: bool

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
    return _opened(select(Upload).where(Upload.case_id == case_id).order_by(Upload.id), reference, opens)


def find(name: str, case_id: int, reference: str, opens: Opens) -> UnderWay | None:
    """Return an unfinished file of a case, whoever sends it; nothing where it is whole, removed or another case's.

    Raises:
        sealing.SealError: as above.
    """
    found = _opened(select(Upload).where(Upload.case_id == case_id, Upload.name == name), reference, opens)
    return found[0] if found else None


def _opened(which: Select[Upload], reference: str, opens: Opens) -> list[UnderWay]:
    rows = db.session.scalars(which).all()
    if not rows:
        return []
    found = [(row, uploads.opened(row, reference, opens)) for row in rows]
    there = _arrived(arriving for _, arriving in found)
    return [UnderWay(one, *there[one.name], row.member_id, row.desk_only) for row, one in found]


def _arrived(files: Iterable[Arriving]) -> dict[str, tuple[int, bool]]:
    """Return how many bytes of each file are there, and whether its first are: its last chunk may be shorter."""
    known = {arriving.name: arriving for arriving in files}
    counted = select(Chunk.name, func.count(), func.min(Chunk.number), func.max(Chunk.number))
    there = dict.fromkeys(known, (0, False))
    for name, count, lowest, highest in db.session.execute(counted.where(Chunk.name.in_(known)).group_by(Chunk.name)):
        arriving = known[name]
        there[name] = (count - 1) * arriving.chunk + arriving.length(highest), lowest == 0
    return there
