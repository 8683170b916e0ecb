"""The page on which a file is marked: what is seen of it, where somebody pressed, and where a passage stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from werkzeug.exceptions import NotFound

from intake.cases import consent, copies, enclosures, file_redaction, queries, redaction
from intake.cases.blacking import Blacking
from intake.cases.enclosures import Viewed
from intake.cases.file_redaction import WHOLE, Box, Marks
from intake.cases.models import Case
from intake.desks.seats import Opens
from intake.evidence import queries as evidence
from intake.evidence import read
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.evidence.viewing import OpenedPart
from intake.members.sessions import Visitor

WIDTHS = (320, 640, 960, 1400)  # pixels in which a picture may be shown, so that a press says where it was
LONGEST_SHOWN = 100_000  # characters of a text
Corner = tuple[int, int]  # thousandths from the left and from the top


@dataclass(frozen=True)
class Sheet:
    """A file as it is marked.

    Attributes:
        viewed: its viewing copy and its marks.
        shown: the part that is looked at; None where there is no viewing copy.
        everywhere: the passages that are marked in the whole case.
    """

    case: Case
    file: OpenedFile
    number: int
    viewed: Viewed
    shown: OpenedPart | None
    everywhere: Blacking = field(repr=False)

    @property
    def marks(self) -> Marks:
        """What is marked."""
        return self.viewed.marks

    @property
    def is_picture(self) -> bool:
        """Whether boxes can be marked on what is shown."""
        return self.shown is not None and self.shown.kind in enclosures.PICTURES

    @property
    def is_text(self) -> bool:
        """Whether passages can be marked in what is shown."""
        return self.shown is not None and self.shown.kind == consent.TEXT

    @property
    def places(self) -> list[tuple[int, int, int, int]]:
        """The boxes on the part that is shown."""
        return self.marks.on(self.shown.number) if self.shown else []

    def height(self, width: int) -> int:
        """Return how high the part is where it is shown so wide."""
        shown = self.shown
        return max(1, round(width * shown.height / shown.width)) if shown and shown.width and shown.height else width

    @cached_property
    def text(self) -> str:
        """The text that is shown, as it came."""
        return b"".join(read.plaintext(self.shown)).decode(errors="replace") if self.shown and self.is_text else ""

    @cached_property
    def counts(self) -> Counter[int]:
        """How often each of the file's passages, by its place, stands in the text."""
        return Blacking(self.marks.passages, copies.kinds()).count(self.text)

    @cached_property
    def leaves_as(self) -> str:
        """The text as it leaves, but for what is blacked out in all texts of a copy because of for whom it is."""
        return self.everywhere.also(self.marks.passages).out_of(self.text)


def open_for(visitor: Visitor, reference: str, name: str, part: int) -> Sheet:
    """Open a file to be marked; a part that it does not have is the first.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or no such file that was attached.
        sealing.SealError: something was altered, or moved here from another case or file.
    """
    case, opens = queries.living_for(visitor, reference), queries.desk_opens(visitor)
    files = attached(case, opens)
    number = next((number for number, file in enumerate(files, start=1) if file.name == name), 0)
    if not number:
        raise NotFound
    file = files[number - 1]
    viewed = enclosures.seen_of(case.id, [file], {name: file_redaction.read(case, name, opens)})[name]
    shown = next((one for one in viewed.parts if one.number == part), next(iter(viewed.parts), None))
    return Sheet(case, file, number, viewed, shown, Blacking(redaction.read(case, opens).passages, copies.kinds()))


def listed(visitor: Visitor, case: Case) -> list[tuple[OpenedFile, Viewed]]:
    """Return the attached files of a case with what is known of them, first to last."""
    opens = queries.desk_opens(visitor)
    files = attached(case, opens)
    return known_of(files, enclosures.seen_of(case.id, files, file_redaction.read_all(case, opens)) if files else {})


def known_of(files: Sequence[OpenedFile], viewed: Mapping[str, Viewed]) -> list[tuple[OpenedFile, Viewed]]:
    """Return each file with what is known of it."""
    return [(file, viewed[file.name]) for file in files]


def attached(case: Case, opens: Opens) -> Sequence[OpenedFile]:
    """Return the attached files of a case, first to last."""
    return [file for file in evidence.opened_files(case.id, case.reference, opens) if file.is_attachment]


def note_seen(visitor: Visitor, sheet: Sheet) -> None:
    """Write down that a member looked at a file, once in ten minutes; where there is no viewing copy, nobody did.

    Raises:
        werkzeug.exceptions.NotFound: the case is not there for them any more.
    """
    if sheet.shown is None:
        return
    case = queries.living_for(visitor, sheet.case.reference)
    opening = read.Opening(sheet.file, read.LOOKED_AT, case.id, case.desk_id, visitor.member.id)
    if not opening.is_noted:
        opening.note()


def picture(sheet: Sheet, *, blacked: bool) -> tuple[bytes, str]:
    """Return the picture or page that is shown, and what it is.

    Args:
        sheet: the file.
        blacked: as it leaves: made anew with what is marked black.

    Raises:
        werkzeug.exceptions.NotFound: what is shown is no picture.
        box.NoCopyError: it could not be blacked out.
        sealing.SealError, FileNotFoundError: it was altered, or is gone.
    """
    if sheet.shown is None or not sheet.is_picture:
        raise NotFound
    return enclosures.blacked(sheet.shown, sheet.places if blacked else [], storage()), sheet.shown.content_type


def corner(x: int, y: int, width: int, height: int) -> Corner:
    """Return where on a picture somebody pressed.

    Args:
        x: pixels from the left, as the browser says; where they lie outside, the nearest inside counts.
        y: likewise from the top.
        width: pixels in which the picture was shown.
        height: likewise.
    """
    return _thousandth(x, width), _thousandth(y, height)


def between(part: int, first: Corner, second: Corner) -> Box:
    """Return the box between two corners that are opposite; without a size, where they are one."""
    left, top = (min(pair) for pair in zip(first, second, strict=True))
    right, bottom = (max(pair) for pair in zip(first, second, strict=True))
    return Box(part, left, top, right - left, bottom - top)


def _thousandth(pixel: int, of: int) -> int:
    return min(WHOLE, max(0, round(pixel * WHOLE / of)))
