"""Marking what copies shall not show of a file, and whether it may leave at all. Each change is a further version.

Boxes lie on pictures and pages, passages stand in texts. A file leaves the newsroom only once somebody who looked at it
said so: what a person agreed to is no look at what a picture shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import func, select

from intake import audit
from intake.cases import envelope, queries
from intake.cases.blacking import Passage
from intake.cases.envelope import Envelope
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import FileRedaction
from intake.cases.redaction import TooManyError
from intake.desks.seats import Opens
from intake.extensions import db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.sealing import SealError

FILE_REDACTION = "file-redaction/1"
MOST = 400  # marks of one file
WHOLE = 1000  # thousandths of a picture's width and height


@dataclass(frozen=True)
class Box:
    """A place on a picture or page: which part of the viewing copy, and thousandths of its width and height."""

    part: int
    x: int
    y: int
    w: int
    h: int

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Where it is on its part."""
        return self.x, self.y, self.w, self.h

    @property
    def is_possible(self) -> bool:
        """Whether it has a size, and lies on the picture."""
        return (
            self.part >= 0
            and min(self.x, self.y) >= 0
            and min(self.w, self.h) > 0
            and max(self.x + self.w, self.y + self.h) <= WHOLE
        )


@dataclass(frozen=True)
class Marks:
    """What is marked in a file.

    Attributes:
        boxes: places on pictures and pages.
        passages: words in texts.
        goes_out: whether somebody said that the file may leave as it is marked.
        number: which version; 0 where nobody has marked anything.
    """

    boxes: Sequence[Box] = ()
    passages: Sequence[Passage] = field(default=(), repr=False)
    goes_out: bool = False
    number: int = 0

    def __len__(self) -> int:
        """Return how many marks there are."""
        return len(self.boxes) + len(self.passages)

    def __bool__(self) -> bool:
        """Say whether anything is marked."""
        return len(self) > 0

    def on(self, part: int) -> list[tuple[int, int, int, int]]:
        """Return the places on a part of the viewing copy."""
        return [box.place for box in self.boxes if box.part == part]

    def with_one(self, mark: Box | Passage) -> "Marks":
        """Return these marks and one more; a passage that finds the same gives way to it."""
        if isinstance(mark, Box):
            return replace(self, boxes=[*(one for one in self.boxes if one != mark), mark])
        return replace(self, passages=[*(one for one in self.passages if one.key != mark.key), mark])

    def without(self, place: int) -> "Marks":
        """Return these marks without the one at a place, boxes first: somebody must say anew that the file may leave.

        The same marks where there is none.
        """
        if not 0 <= place < len(self):
            return self
        count = len(self.boxes)
        boxes = [one for at, one in enumerate(self.boxes) if at != place]
        passages = [one for at, one in enumerate(self.passages, count) if at != place]
        return replace(self, boxes=boxes, passages=passages, goes_out=False)


@dataclass(frozen=True)
class Marking:
    """Marks ready to be saved, and the version that they replace."""

    envelope: Envelope
    name: str
    member_id: int
    base: int
    marks: bool = True  # whether something was marked, or taken off
    leaves: bool | None = None  # whether the file may leave from then on, where that changes


def read(case: Case, name: str, opens: Opens) -> Marks:
    """Open what is marked in a file of a case.

    Raises:
        sealing.SealError: it was altered, or moved here from another case or file.
    """
    newest = (
        select(FileRedaction)
        .where(FileRedaction.case_id == case.id, FileRedaction.name == name)
        .order_by(FileRedaction.number.desc())
        .limit(1)
    )
    row = db.session.scalar(newest)
    return _opened(case, row, opens) if row else Marks()


def read_all(case: Case, opens: Opens) -> Mapping[str, Marks]:
    """Open what is marked in all files of a case, by their names; a file without marks has none.

    Raises:
        sealing.SealError: as above.
    """
    newest = (
        select(FileRedaction.name, func.max(FileRedaction.number).label("number"))
        .where(FileRedaction.case_id == case.id)
        .group_by(FileRedaction.name)
        .subquery()
    )
    rows = db.session.scalars(
        select(FileRedaction)
        .join(newest, (FileRedaction.name == newest.c.name) & (FileRedaction.number == newest.c.number))
        .where(FileRedaction.case_id == case.id)
    )
    return {row.name: _opened(case, row, opens) for row in rows.all()}


def versions(case: Case) -> frozenset[tuple[str, int]]:
    """Return which version of which file's marks counts in a case."""
    newest = (
        select(FileRedaction.name, func.max(FileRedaction.number))
        .where(FileRedaction.case_id == case.id)
        .group_by(FileRedaction.name)
    )
    return frozenset((name, number) for name, number in db.session.execute(newest))


def seal_with(visitor: Visitor, case: Case, name: str, mark: Box | Passage, base: int) -> Marking:
    """Seal a file's marks with one more.

    Args:
        visitor: who marks.
        case: the case.
        name: a file of the case.
        mark: what shall not be seen.
        base: the version that the page showed.

    Raises:
        CollisionError: there is a newer version than that.
        TooManyError: the file has as many marks as it may have.
        ValueError: the box lies on no picture.
    """
    if isinstance(mark, Box) and not mark.is_possible:
        message = "a box must have a size, and lie on the picture"
        raise ValueError(message)
    marks = _unless_newer(visitor, case, name, base).with_one(mark)
    if len(marks) > MOST:
        raise TooManyError
    return _marking(visitor, case, name, marks)


def seal_without(visitor: Visitor, case: Case, name: str, place: int, base: int) -> Marking:
    """Seal a file's marks without the one at a place, boxes first.

    Raises:
        CollisionError: there is a newer version than that.
    """
    before = _unless_newer(visitor, case, name, base)
    marks = before.without(place)
    return replace(_marking(visitor, case, name, marks), leaves=False if before.goes_out > marks.goes_out else None)


def seal_release(visitor: Visitor, case: Case, name: str, base: int, *, goes_out: bool) -> Marking:
    """Seal that a file may leave as it is marked, or that it stays inside.

    Raises:
        CollisionError: there is a newer version than the page showed.
    """
    marks = replace(_unless_newer(visitor, case, name, base), goes_out=goes_out)
    return replace(_marking(visitor, case, name, marks), marks=False, leaves=goes_out)


def keep(marking: Marking) -> None:
    """Save a version of a file's marks.

    Raises:
        CollisionError: somebody saved a newer one meanwhile.
        StaleError: the desk's key changed meanwhile; seal it again.
    """
    case = envelope.held_case(marking.envelope)
    if dict(versions(case)).get(marking.name, 0) != marking.base:
        raise CollisionError
    row = FileRedaction(case_id=case.id, name=marking.name, number=marking.base + 1, member_id=marking.member_id)
    row.desk_key_id, row.sealed, row.saved_at = marking.envelope.desk_key_id, marking.envelope.sealed, now()
    db.session.add(row)
    db.session.flush()
    member_id, file = marking.member_id, marking.name
    if marking.marks:
        audit.record("evidence.redacted", desk_id=case.desk_id, member_id=member_id, case_id=case.id, file=file)
    if marking.leaves is not None:
        act = "evidence.released" if marking.leaves else "evidence.withheld"
        audit.record(act, desk_id=case.desk_id, member_id=member_id, case_id=case.id, file=file)


def _unless_newer(visitor: Visitor, case: Case, name: str, base: int) -> Marks:
    marks = read(case, name, queries.desk_opens(visitor))
    if marks.number != base:
        raise CollisionError
    return marks


def _marking(visitor: Visitor, case: Case, name: str, marks: Marks) -> Marking:
    words: dict[str, Any] = {
        "name": name,
        "number": marks.number + 1,
        "boxes": [[box.part, *box.place] for box in marks.boxes],
        "passages": [{"text": one.text, "kind": one.kind, "instead": one.instead} for one in marks.passages],
        "goes_out": marks.goes_out,
    }
    sealed = envelope.seal(case, FILE_REDACTION, words, desk_only=True)
    return Marking(sealed, name, visitor.member.id, marks.number)


def _opened(case: Case, row: FileRedaction, opens: Opens) -> Marks:
    told = queries.opened(FILE_REDACTION, case, row, opens)
    if (told["name"], told["number"]) != (row.name, row.number):
        message = "marks were moved here from another file or version"
        raise SealError(message)
    passages = [Passage(one["text"], one["kind"], one["instead"]) for one in told["passages"]]
    return Marks([Box(*box) for box in told["boxes"]], passages, told["goes_out"], row.number)
