"""What of a case's files goes into a copy: parts of their viewing copies, black where somebody marked them.

The original of a file that was attached goes along only where the newsroom asks for it: nobody can black anything out
in it, and it tells when, where and with what it was made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from intake.cases import consent
from intake.cases.blacking import Blacking
from intake.cases.consent import Verdict
from intake.cases.file_redaction import Marks
from intake.evidence import box, findings, read, viewing
from intake.evidence.kinds import ENDINGS
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.evidence.read import Keeper
from intake.evidence.viewing import OpenedPart

# Why nothing of a file goes along, beside the reasons of the box why there is no viewing copy.
UNSEEN, KEPT_INSIDE, NOT_AGREED, ALOUD = "unseen", "kept_inside", "not_agreed", "said_aloud"
PICTURES = (consent.PICTURE, consent.PAGE)


@dataclass(frozen=True)
class Viewed:
    """What is known of a file beside what it is.

    Attributes:
        parts: its viewing copy.
        reason: why there is none, where somebody looked.
        marks: what is marked in it.
    """

    parts: Sequence[OpenedPart] = ()
    reason: str = ""
    marks: Marks = field(default_factory=Marks)

    @property
    def why_none(self) -> str:
        """Why there is no viewing copy; nothing where there is one."""
        return "" if self.parts else self.reason or UNSEEN


@dataclass(frozen=True)
class Enclosure:
    """A file as it goes into a copy.

    Attributes:
        number: which of the case's files it is, from 1, whatever else is left out.
        parts: what goes along of its viewing copy.
        left_out: why nothing of that does.
        original: whether the file itself goes along, as it came.
        marks: what is blacked out in it.
        blacking: what is blacked out of its texts.
        is_blacked: whether what is marked is blacked out in this copy.
    """

    file: OpenedFile
    number: int
    parts: Sequence[OpenedPart]
    left_out: str
    original: bool
    marks: Marks
    blacking: Blacking
    is_blacked: bool = False

    def name_of(self, part: OpenedPart) -> str:
        """Return what a part is called in a ZIP: its name tells nothing."""
        of_many = f"-{part.number + 1}" if len(self.parts) > 1 else ""
        ending = "txt" if part.kind == consent.TEXT else ENDINGS.get(part.content_type, "bin")
        return f"files/{self.file.what}-{self.number}{of_many}.{ending}"

    @property
    def name_of_original(self) -> str:
        """What the original is called in a ZIP."""
        return f"originals/{self.file.what}-{self.number}.{ENDINGS.get(self.file.content_type, 'bin')}"

    @property
    def pictures(self) -> list[OpenedPart]:
        """The pictures and pages that go along."""
        return [part for part in self.parts if part.kind in PICTURES]

    @cached_property
    def text(self) -> str:
        """The text that goes along, without what is blacked out; empty where there is none."""
        parts = (part for part in self.parts if part.kind == consent.TEXT)
        texts = (_whole(part, storage()).decode(errors="replace") for part in parts)
        return "\n".join(self.blacking.out_of(text) for text in texts)

    def content(self, part: OpenedPart, kept: Keeper) -> Iterator[bytes]:
        """Yield what goes along of a part: a picture with a mark is whole in memory, of anything else one chunk is.

        Args:
            part: the part.
            kept: where its chunks are: the request may be over when they are asked for.

        Raises:
            box.NoCopyError: a picture could not be blacked out.
            sealing.SealError: a chunk was altered, moved or cut off.
            FileNotFoundError: a chunk is gone.
        """
        if part.kind == consent.TEXT:
            return iter([self.text.encode()])
        places = self.marks.on(part.number)
        return iter([blacked(part, places, kept)]) if places else read.whole(part, kept)


def blacked(part: OpenedPart, places: Sequence[tuple[int, int, int, int]], kept: Keeper) -> bytes:
    """Return a picture with these places black: made anew from its pixels, so that nothing is left of what was there.

    Raises:
        box.NoCopyError, sealing.SealError, FileNotFoundError: as above.
    """
    picture = _whole(part, kept)
    return box.black(part.content_type, picture, places) if places else picture


def enclose(
    files: Sequence[OpenedFile], viewed: Mapping[str, Viewed], verdict: Verdict, blacking: Blacking | None
) -> list[Enclosure]:
    """Return what of files goes into a copy.

    Args:
        files: those of a case that were attached.
        viewed: what is known of them, by their names.
        verdict: what is left out of the copy.
        blacking: what is blacked out of all texts of the copy; None where nothing that is marked is.
    """
    return [
        _enclosed(file, number, viewed.get(file.name, Viewed()), verdict, blacking)
        for number, file in enumerate(files, start=1)
    ]


def _enclosed(file: OpenedFile, number: int, known: Viewed, verdict: Verdict, blacking: Blacking | None) -> Enclosure:
    agreed = [part for part in known.parts if verdict.shows(part.kind)]
    refused = ALOUD if consent.SAID_ALOUD in verdict.left_out else NOT_AGREED
    reason = known.why_none or ("" if agreed else refused)
    if verdict.is_outside and not reason and not known.marks.goes_out:
        reason = KEPT_INSIDE
    marks = known.marks if blacking is not None else Marks()
    whole = Blacking((), {}) if blacking is None else blacking.also(marks.passages)
    original = verdict.has_originals and blacking is None
    return Enclosure(file, number, [] if reason else agreed, reason, original, marks, whole, blacking is not None)


def seen_of(case_id: int, files: Sequence[OpenedFile], marks: Mapping[str, Marks]) -> dict[str, Viewed]:
    """Return what is known of files of a case, by their names.

    Raises:
        sealing.SealError: a description was altered, or moved here from another file.
    """
    parts, looks = viewing.parts_of_case(case_id, files), findings.of_case(case_id, findings.VIEW, files)
    reasons = {name: str(told.get("reason", "")) for name, told in looks.items()}
    return {
        file.name: Viewed(parts.get(file.name, ()), reasons.get(file.name, ""), marks.get(file.name, Marks()))
        for file in files
    }


def _whole(part: OpenedPart, kept: Keeper) -> bytes:
    return b"".join(read.whole(part, kept))
