"""Handing a case over, all of it still sealed, for the age program to open: with no line of this code."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from sqlalchemy import select

from intake import audit
from intake.cases.models import Case, Feedback, Message, Note, Statement, StatusChange
from intake.cases.paper_models import CaseLink, CaseMerge, Coding, FileRedaction, Hold, Redaction, SignOff, Verification
from intake.cases.queries import SealedRow
from intake.desks.models import DeskKey
from intake.evidence import queries as evidence
from intake.evidence.place import storage
from intake.extensions import db

_Row = SealedRow | Coding | Verification | SignOff | Redaction | FileRedaction | CaseLink | CaseMerge | Hold
_PARTS: tuple[tuple[str, type[_Row]], ...] = (
    ("statement", Statement),
    ("message", Message),
    ("status", StatusChange),
    ("feedback", Feedback),
    ("note", Note),
    ("coding", Coding),
    ("verification", Verification),
    ("sign-off", SignOff),
    ("redaction", Redaction),
    ("file-redaction", FileRedaction),
    ("link", CaseLink),
    ("merge", CaseMerge),
    ("hold", Hold),
)


class Piece(NamedTuple):
    """One sealed file of a case: what to call it, its bytes, and the desk's key that opens it, if that does."""

    name: str
    sealed: bytes
    desk_key_id: int | None


def pieces(case: Case) -> Iterator[Piece]:
    """Yield everything of a case as it is kept, in order.

    A recording is its identity, which the desk's opens, and what that opens: its description, and chunk after chunk.

    Raises:
        FileNotFoundError: a chunk of a recording is gone.
    """
    for part, model in _PARTS:
        found = db.session.scalars(select(model).where(model.case_id == case.id).order_by(model.id))
        rows = cast("list[_Row]", found.all())
        for place, row in enumerate(rows, start=1):
            yield Piece(f"{case.reference}-{part}-{place}.age", row.sealed, row.desk_key_id)
    for place, file in enumerate(evidence.sealed_files(case.id), start=1):
        name = f"{case.reference}-recording-{place}"
        yield Piece(f"{name}-identity.age", file.identity, file.desk_key_id)
        yield Piece(f"{name}-description.age", file.sealed, None)
        for number in range(file.chunk_count):
            yield Piece(f"{name}-chunk-{number}.age", storage().get(file.name, number), None)


def rescue_copies(desk_key_ids: set[int]) -> Iterator[Piece]:
    """Yield the desk's keys as the rescue identity opens them."""
    for key in db.session.scalars(select(DeskKey).where(DeskKey.id.in_(desk_key_ids)).order_by(DeskKey.id)):
        yield Piece(f"desk-key-{key.id}.age", key.rescue_copy, None)


def note_exported(case: Case) -> None:
    """Write down that the operator took a case out of the house."""
    audit.record("case.exported", desk_id=case.desk_id, case_id=case.id)
