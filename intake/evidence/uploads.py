"""Files that arrive chunk by chunk: begun, taken up again, finished, given up.

A chunk is sealed and durable before anybody is told that it is there; who was cut off asks which ones are, and sends
the others. So a cut, a reload or another device costs what was on its way, and nothing that came. However long nobody
goes on, what came is kept: whoever sent it may have been stopped.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.exceptions import NotFound

from intake.desks.seats import Opens
from intake.evidence import limits, running
from intake.evidence.limits import Limits
from intake.evidence.models import Chunk, File, Upload
from intake.evidence.place import storage
from intake.extensions import StaleError, core, db, table
from intake.file_settings import MEGABYTE
from intake.i18n import now
from intake.sealing import (
    Identity,
    SealError,
    new_identity,
    seal_document,
    seal_identity,
    unseal_document,
    unseal_identity,
)
from intake.storage import new_name
from intake.web.file_names import safe_name
from intake.web.forms import clean_line
from intake.web.uploads import CHUNK

UPLOAD = "upload/1"
LARGE = 64 * MEGABYTE  # bytes: a file with more has chunks of a megabyte
LARGE_CHUNK = MEGABYTE
LONGEST_MARK = 100  # characters
Ranges = list[tuple[int, int]]


@dataclass(frozen=True)
class Sender:
    """Who sends files for a case, and what they may.

    Attributes:
        case_id: the case, which whoever sends may open.
        reference: its reference.
        opens: gives the identities of the desk, or the complainant's.
        limits: how much they may send.
        member_id: the member who sends; None is the complainant.
    """

    case_id: int
    reference: str
    opens: Opens = field(repr=False)
    limits: Limits
    member_id: int | None = None

    @property
    def desk_only(self) -> bool:
        """Whether the complainant's code does not open what they send."""
        return self.member_id is not None


@dataclass(frozen=True)
class Wish:
    """A file that somebody wants to send, as their device describes it.

    Attributes:
        file_name: how it is called there.
        size: how many bytes it has.
        mark: what tells it from another of that name and size; of its first and last bytes, or its time.
    """

    file_name: str = field(repr=False)
    size: int
    mark: str = field(repr=False)

    def neat(self) -> "Wish":
        """Return the same without what no name has."""
        return Wish(safe_name(self.file_name), self.size, clean_line(self.mark)[:LONGEST_MARK])


@dataclass(frozen=True)
class Arriving:
    """A file of which chunks are still to come, opened for who sends it; it outlives the database's connection."""

    name: str
    case_id: int
    identity: Identity = field(repr=False)
    wish: Wish
    chunk: int
    begun_at: datetime

    @property
    def size(self) -> int:
        """How many bytes it will have."""
        return self.wish.size

    @property
    def chunks(self) -> int:
        """How many chunks it will have."""
        return -(-self.size // self.chunk)

    def length(self, number: int) -> int:
        """Return how many bytes a chunk has."""
        return min(self.chunk, self.size - number * self.chunk)


@dataclass(frozen=True)
class Beginning:
    """An upload ready to be saved: one that is there already, or a new one.

    Attributes:
        arriving: the file.
        row: what is saved of it; None where it is there.
        newest: the case's newest upload, and its newest file, before that was looked at.
    """

    arriving: Arriving
    row: dict[str, object] | None = field(repr=False)
    newest: tuple[int, int]


def grid(size: int) -> int:
    """Return how many bytes the chunks of a file have."""
    return LARGE_CHUNK if size > LARGE else CHUNK


def prepare(
    sender: Sender, wish: Wish, desk_key_id: int, recipients: Sequence[str], newest: tuple[int, int]
) -> Beginning:
    """Find the unfinished upload of this very file, or seal what a new one needs.

    Args:
        sender: who sends it.
        wish: the file.
        desk_key_id: the key of the desk that its identity is sealed to.
        recipients: who shall open it.
        newest: from ``newest_of``, before anything else was looked at.

    Raises:
        limits.RefusedError: it is too large, empty, too much together with the others; or the disk is nearly full.
    """
    wish = wish.neat()
    known = next((one for one in unfinished(sender) if one.wish == wish), None)
    if known is not None:
        return Beginning(known, None, newest)
    check(sender, wish.size)
    limits.check_disk(wish.size)
    name, identity, moment, chunk = new_name(), new_identity(), now(), grid(wish.size)
    described = {"reference": sender.reference, "name": name, "size": wish.size, "chunk": chunk}
    described |= {"file_name": wish.file_name, "mark": wish.mark, "begun_at": moment.isoformat()}
    row = {
        "name": name,
        "case_id": sender.case_id,
        "desk_key_id": desk_key_id,
        "member_id": sender.member_id,
        "desk_only": sender.desk_only,
        "identity": seal_identity(identity, recipients),
        "recipient": identity.recipient,
        "sealed": seal_document(UPLOAD, described, [identity.recipient]),
        "size": wish.size,
        "chunk": chunk,
    }
    return Beginning(Arriving(name, sender.case_id, identity, wish, chunk, moment), row, newest)


def begin(sender: Sender, beginning: Beginning, moment: datetime) -> Arriving:
    """Save an upload; one that is there goes on. The case's row is held, so that nobody begins beside it.

    Args:
        sender: who sends it.
        beginning: from ``prepare``.
        moment: when; a complainant's acts to ten minutes.

    Raises:
        StaleError: another one was begun meanwhile, or finished, or this one given up; prepare it again.
        limits.RefusedError: what came meanwhile leaves no room for it.
    """
    if newest_of(sender.case_id) != beginning.newest:
        raise StaleError
    if beginning.row is not None:
        check(sender, beginning.arriving.size)
        db.session.add(Upload(**beginning.row, begun_at=moment))
        db.session.flush()
    elif _row(sender, beginning.arriving.name, held=True) is None:
        raise StaleError
    return beginning.arriving


def newest_of(case_id: int) -> tuple[int, int]:
    """Return the newest upload of a case, and its newest file: an upload that is finished is none any more.

    Whoever prepares to save one reads them first, and is stale if they are others by then.
    """
    upload, file = (
        select(func.max(rows.id)).where(rows.case_id == case_id).scalar_subquery() for rows in (Upload, File)
    )
    found = db.session.execute(select(upload, file)).one()
    return found[0] or 0, found[1] or 0


def check(sender: Sender, size: int) -> None:
    """Refuse a file that would be too much for its sender.

    Raises:
        limits.RefusedError: it is.
    """
    limits.used(sender.case_id, by_member=sender.member_id is not None).check(sender.limits, size)


def unfinished(sender: Sender) -> list[Arriving]:
    """Return the unfinished uploads of a sender, the oldest first.

    Raises:
        sealing.SealError: one was altered, or moved here from another case.
    """
    rows = select(Upload).where(Upload.case_id == sender.case_id, of_sender(sender)).order_by(Upload.id)
    return [opened(row, sender.reference, sender.opens) for row in db.session.scalars(rows).all()]


def find(sender: Sender, name: str) -> Arriving:
    """Return an unfinished upload of a sender.

    Raises:
        werkzeug.exceptions.NotFound: there is none such of theirs: it is finished, given up, or somebody else's.
        sealing.SealError: as above.
    """
    row = _row(sender, name)
    if row is None:
        raise NotFound
    return opened(row, sender.reference, sender.opens)


def kept(name: str) -> Ranges:
    """Return which chunks of a file are there: from the first to the one after the last, as often as there are gaps."""
    numbers = list(db.session.scalars(select(Chunk.number).where(Chunk.name == name).order_by(Chunk.number)))
    if not numbers:
        return []
    gaps = [(before, after) for before, after in pairwise(numbers) if after != before + 1]
    starts, ends = [numbers[0], *(after for _, after in gaps)], [*(before for before, _ in gaps), numbers[-1]]
    return [(start, end + 1) for start, end in zip(starts, ends, strict=True)]


def lost(name: str) -> set[int]:
    """Return which chunks of a file were there, and are no more: the store lost them.

    Raises:
        OSError: the store does not answer.
    """
    noted = set(db.session.scalars(select(Chunk.number).where(Chunk.name == name)))
    return noted - storage().numbers(name) if noted else set()


def forget_lost(name: str, numbers: Collection[int]) -> None:
    """Strike out chunks that the store lost, so that whoever sends the file sends them again."""
    running.forget(name)
    db.session.execute(delete(Chunk).where(Chunk.name == name, Chunk.number.in_(numbers)))


def arrived(arriving: Arriving) -> int:
    """Return how many bytes of a file are there."""
    return sum(
        min(after * arriving.chunk, arriving.size) - first * arriving.chunk for first, after in kept(arriving.name)
    )


def note(arriving: Arriving, hashes: Iterable[tuple[int, bytes]]) -> None:
    """Write down that chunks are kept; one that was written down stays as it was.

    Args:
        arriving: the file.
        hashes: their numbers, each with SHA-256 of the chunk as it is kept.

    Raises:
        werkzeug.exceptions.NotFound: the upload was finished or given up meanwhile.
    """
    going = select(Upload.id).where(Upload.name == arriving.name).with_for_update(read=True)
    if db.session.scalar(going) is None:
        raise NotFound
    rows = [{"name": arriving.name, "number": number, "sha256": sha256} for number, sha256 in hashes]
    if rows:
        dialect = postgresql if core().dialect.name == "postgresql" else sqlite
        core().execute(dialect.insert(table(Chunk)).on_conflict_do_nothing(), rows)


def drop(sender: Sender, name: str) -> bool:
    """Give an unfinished upload up: what opens it is gone, and nothing counts as kept. What came is for ``clear``.

    Returns:
        Whether it was there; one that is not is given up already.
    """
    row = _row(sender, name, held=True)
    if row is None:
        return False
    db.session.execute(delete(Chunk).where(Chunk.name == name))
    db.session.execute(delete(Upload).where(Upload.id == row.id))
    return True


def clear(name: str) -> None:
    """Remove what came of an upload that was given up. Its rows are gone for good by then: chunks never go before them.

    Raises:
        OSError: the storage refused; what is left has no row, and is swept later.
    """
    running.forget(name)
    storage().delete(name)


def _row(sender: Sender, name: str, *, held: bool = False) -> Upload | None:
    row = select(Upload).where(Upload.name == name, Upload.case_id == sender.case_id, of_sender(sender))
    return db.session.scalar(row.with_for_update() if held else row)


def of_sender(sender: Sender) -> ColumnElement[bool]:
    """Return what is true of a sender's uploads, in every case; what one member began, all of the desk go on with."""
    return Upload.member_id.is_not(None) if sender.member_id else Upload.member_id.is_(None)


def opened(row: Upload, reference: str, opens: Opens) -> Arriving:
    """Open the description of an upload.

    Args:
        row: an upload of a case that whoever asks may open.
        reference: the reference of that case.
        opens: gives the identities of the desk, or the complainant's.

    Raises:
        sealing.SealError: it was altered, or moved here from another case.
    """
    identity = unseal_identity(row.identity, opens(row.desk_key_id))
    told = unseal_document(UPLOAD, row.sealed, identity)
    said = (told["reference"], told["name"], told["size"], told["chunk"])
    if said != (reference, row.name, row.size, row.chunk):
        message = "an upload was moved here from another case"
        raise SealError(message)
    wish = Wish(told["file_name"], told["size"], told["mark"])
    return Arriving(row.name, row.case_id, identity, wish, row.chunk, row.begun_at)
