"""Files on their way: who sends them, and bytes for them. Everything here is invented."""

import io
import random
from dataclasses import dataclass

from sqlalchemy import select

from intake.cases import queries as cases
from intake.cases import sent_files, visits
from intake.cases.models import Case
from intake.cases.visits import Visit
from intake.evidence import chunks, uploads
from intake.evidence import queries as evidence
from intake.evidence.models import File
from intake.evidence.queries import OpenedFile
from intake.evidence.uploads import Arriving, Sender, Wish
from intake.extensions import db, settle, transaction
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys

SMALL = 1000  # bytes of a chunk, where a test wants many


def photo(size: int = 3500, seed: int = 1) -> bytes:
    """Return what passes for a photograph."""
    return (b"\xff\xd8\xff\xe0" + random.Random(seed).randbytes(size))[:size]  # noqa: S311 noise


def visit_of(case: Case, keys: CodeKeys) -> Visit:
    """Return the holder of a code at their case."""
    return Visit(case, keys.identity, keys.digest_key, "")


@dataclass
class Line:
    """A body that ends early: the line is cut after some bytes, by an error or by silence."""

    content: bytes
    cut: int
    fails: bool = False

    def __post_init__(self) -> None:
        """Let there be no more than comes through."""
        self._body = io.BytesIO(self.content[: self.cut])

    def read(self, size: int, /) -> bytes:
        """Return bytes until the cut."""
        piece = self._body.read(size)
        if not piece and self.fails:
            message = "the line is cut"
            raise OSError(message)
        return piece


def case_now(who: Visit | Visitor, case: Case) -> Case:
    """Return a case as it is now."""
    return visits.living(who) if isinstance(who, Visit) else cases.case_for(who, case.reference)


def begin(who: Visit | Visitor, case: Case, content: bytes, name: str = "wound.jpg", mark: str = "m") -> Arriving:
    """Begin to send a file, or go on."""
    wish = Wish(name, len(content), mark)
    return settle(lambda: sent_files.seal_wish(who, case_now(who, case), wish), sent_files.begin)


def send(arriving: Arriving, first: int, body: chunks.Stream) -> int:
    """Send a body from a chunk on, as the endpoint takes it; return how many chunks were kept."""
    kept = list(chunks.keep(arriving, first, body))
    with transaction():
        uploads.note(arriving, kept)
    return len(kept)


def send_all(arriving: Arriving, content: bytes) -> None:
    """Send a whole file at once."""
    send(arriving, 0, io.BytesIO(content))


def finish(who: Visit | Visitor, case: Case, name: str) -> bool:
    """Say that a file is whole."""
    return settle(lambda: sent_files.seal_whole(who, case_now(who, case), name), sent_files.finish)


def arrive(who: Visit | Visitor, case: Case, content: bytes, name: str = "wound.jpg", mark: str = "m") -> str:
    """Send a file from beginning to end; return its name in the storage."""
    arriving = begin(who, case, content, name, mark)
    send_all(arriving, content)
    finish(who, case, arriving.name)
    return arriving.name


def sender_of(who: Visit | Visitor, case: Case) -> Sender:
    """Return who sends."""
    return sent_files.sender(who, case_now(who, case))


def opened(who: Visit | Visitor, case: Case) -> list[OpenedFile]:
    """Return the files of a case as somebody opens them."""
    db.session.rollback()
    return evidence.opened_files(case.id, case.reference, sender_of(who, case).opens)


def rows(case: Case) -> list[File]:
    """Return the rows of a case's files."""
    db.session.rollback()
    return list(db.session.scalars(select(File).where(File.case_id == case.id).order_by(File.id)))
