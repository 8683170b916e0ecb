"""A copy of a case to take along, for the newsroom or for others: by what the person agreed to. It is kept nowhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from intake import audit
from intake.cases import (
    coding,
    consent,
    copy_words,
    dossier,
    enclosures,
    file_redaction,
    labels,
    notes,
    queries,
    redaction,
    verification,
)
from intake.cases.blacking import CONTACT, NAME, Blacking, Passage, parts_of_name
from intake.cases.consent import Verdict
from intake.cases.copy_sections import INSIDE, OUTSIDE, Piece, Section, Source, Speech
from intake.cases.dossier import Dossier
from intake.cases.enclosures import Enclosure, Viewed
from intake.cases.models import Case
from intake.cases.redaction import Marked
from intake.desks.seats import Opens
from intake.evidence.queries import OpenedFile
from intake.evidence.viewing import OpenedPart
from intake.extensions import StaleError
from intake.i18n import language_tag, now
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.web.forms import clean_line, clean_text

FORMAT = "case-export/1"


class RefusedError(Exception):
    """There is no such copy, by what the person agreed to."""

    def __init__(self, verdict: Verdict) -> None:
        """Keep why."""
        super().__init__(verdict.refusal)
        self.verdict = verdict


@dataclass(frozen=True)
class Wish:
    """What copy somebody wants.

    Attributes:
        audience: for whom, of ``consent.AUDIENCES``.
        reach: with the details to reach the person; for inside alone.
        blacked: with what is marked blacked out; outside it is in any case.
        originals: with attached files as they came, too; for inside alone.
    """

    audience: str
    reach: bool = False
    blacked: bool = False
    originals: bool = False

    @property
    def blacks(self) -> bool:
        """Whether the marked passages are blacked out."""
        return self.blacked or self.audience != consent.INSIDE


@dataclass(frozen=True)
class Copy:
    """A copy of a case, ready to be written in any form. Nothing that is left out or blacked out is in it.

    Attributes:
        files: the recordings that go along, where the form has room for them.
        spoken: what goes outside in their place, by their names: the viewing copies, where there are some.
        enclosures: what goes along of attached files.
        seen: whether publication was refused or deletion asked for, how many statements the case had, which list of
            redactions, and which marks its files: else it is made anew.
    """

    case: Case
    verdict: Verdict
    sections: Sequence[Section]
    files: Sequence[OpenedFile]
    spoken: Mapping[str, Sequence[OpenedPart]]
    enclosures: Sequence[Enclosure]
    blacked: int
    made_at: datetime
    made_by: str
    language: str
    seen: tuple[Any, ...]

    @property
    def reference(self) -> str:
        """The case's reference."""
        return self.case.reference

    @property
    def left_out(self) -> list[str]:
        """What is left out, in words."""
        return said_left_out(self.verdict, copy_words.REACH_INSIDE, copy_words.ORIGINALS_INSIDE)

    def goes_along(self, form: str) -> Iterator[tuple[str, bool]]:
        """Yield the name of every file of which something is in a form of the copy, and whether it is as it came."""
        whole = form == copy_words.ZIP
        yield from ((file.name, file.name not in self.spoken) for file in self.files if whole)
        for one in self.enclosures:
            shown = {consent.TEXT} | ({consent.PICTURE, consent.PAGE} if form == copy_words.PDF else set())
            parts = one.parts if whole else [part for part in one.parts if part.kind in shown]
            if parts or (whole and one.original):
                yield one.file.name, whole and one.original


def verdicts(opened: Dossier, marked: Marked) -> dict[str, Verdict]:
    """Return, for everybody for whom a copy can be wanted, whether there is one and what is left out."""
    return {one: judge(opened, marked, Wish(one)) for one in consent.AUDIENCES}


def judge(opened: Dossier, marked: Marked, wish: Wish) -> Verdict:
    """Return whether there is such a copy, and what is left out."""
    blacked = wish.blacks and bool(marked.passages)
    return consent.judge(opened, wish.audience, reach=wish.reach, blacked=blacked, originals=wish.originals)


def said_left_out(
    verdict: Verdict,
    reach: Any = copy_words.REACH_UNTICKED,  # noqa: ANN401 lazy words
    originals: Any = copy_words.ORIGINALS_UNTICKED,  # noqa: ANN401 lazy words
) -> list[str]:
    """Return what is left out, in words.

    Args:
        verdict: what is left out.
        reach: how it is said of a copy for the newsroom that how to reach the person is not in it.
        originals: how it is said of one that the originals of files are not in it.
    """
    inside = {} if verdict.is_outside else {consent.REACH: reach, consent.ORIGINALS: originals}
    return [str({**copy_words.LEFT_OUT, **inside}[one]) for one in verdict.left_out]


def make(visitor: Visitor, reference: str, wish: Wish, speech: Speech) -> Copy:
    """Return a copy of a case.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or its content was destroyed.
        RefusedError: the person did not agree to it.
        sealing.SealError: something was altered, or moved here from another case.
    """
    source, marked = _source(visitor, reference, wish, speech)
    if source.verdict.refusal:
        raise RefusedError(source.verdict)
    blacking = _blacking(source, marked if wish.blacks else Marked())
    enclosed = enclosures.enclose(
        source.opened.attachments, source.viewed, source.verdict, blacking if wish.blacks else None
    )
    source = replace(source, enclosures=enclosed)
    builders = OUTSIDE if source.verdict.is_outside else INSIDE
    made = [section for builder in builders if (section := builder(source)) is not None]
    return Copy(
        source.opened.case,
        source.verdict,
        [_blacked(section, blacking) for section in made],
        source.verdict.takes(source.opened.files),
        {name: known.parts for name, known in source.viewed.items() if source.verdict.is_outside and known.parts},
        enclosed,
        len(marked.passages) if wish.blacks else 0,
        now(),
        clean_line(visitor.member.name),
        language_tag(),
        (
            *(source.opened.case.not_for_publication, source.opened.case.deletion_asked_at),
            *(len(source.opened.statements), marked.number, _versions(source.viewed)),
        ),
    )


def counts(visitor: Visitor, reference: str, speech: Speech) -> tuple[Marked, list[dict[str, int]]]:
    """Return what is marked in a case, and for each passage how often it stands in which section.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or its content was destroyed.
    """
    source, marked = _source(visitor, reference, Wish(consent.INSIDE, reach=True), speech)
    blacking = Blacking(marked.passages, kinds())
    found: list[dict[str, int]] = [{} for _ in marked.passages]
    made = [builder(source) for builder in INSIDE] if marked.passages else []
    for section in filter(None, made):
        for text in _texts(section):
            for place, count in blacking.count(text).items():
                found[place][section.title] = found[place].get(section.title, 0) + count
    return marked, found


def note_taken(visitor: Visitor, copy: Copy, form: str) -> None:
    """Write down that a member took a copy along.

    Raises:
        werkzeug.exceptions.NotFound: the case is not there for them any more.
        StaleError: something was told meanwhile, consent perhaps, or marked: make it anew.
    """
    case = queries.held_for(visitor, copy.reference)
    marks = redaction.number_of(case), file_redaction.versions(case)
    now_is = (case.not_for_publication, case.deletion_asked_at, queries.statement_count(case), *marks)
    if now_is != copy.seen:
        raise StaleError
    desk_id, member_id, to = case.desk_id, visitor.member.id, copy.verdict.audience
    along = list(copy.goes_along(form))
    counted: dict[str, Any] = {"files": len(along)} if form == copy_words.ZIP else {}
    for name, original in along:
        audit.record(
            "evidence.copied",
            desk_id=desk_id,
            member_id=member_id,
            case_id=case.id,
            file=name,
            audience=to,
            original=original,
        )
    audit.record(
        "case.copied",
        desk_id=desk_id,
        member_id=member_id,
        case_id=case.id,
        form=form,
        audience=to,
        reach=not copy.verdict.is_outside and consent.REACH not in copy.verdict.left_out,
        **counted,
    )


def document(copy: Copy) -> dict[str, Any]:
    """Return a copy as data."""
    return {
        "format": FORMAT,
        "reference": copy.reference,
        "for": copy.verdict.audience,
        "made_at": copy.made_at.isoformat(timespec="seconds"),
        "made_by": copy.made_by,
        "language": copy.language,
        "not_for_publication": copy.case.not_for_publication,
        "passages_blacked_out": copy.blacked,
        "left_out": copy.left_out,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "pieces": [
                    {
                        "head": piece.head,
                        "meta": piece.meta,
                        "text": piece.text,
                        "facts": [{"label": label, "value": value} for label, value in piece.facts],
                    }
                    for piece in section.pieces
                ],
            }
            for section in copy.sections
        ],
    }


def _source(visitor: Visitor, reference: str, wish: Wish, speech: Speech) -> tuple[Source, Marked]:
    case, opens = queries.living_for(visitor, reference), queries.desk_opens(visitor)
    opened, marked = dossier.open_for(visitor, case.reference), redaction.read(case, opens)
    written = notes.read(case, opens)
    coded, record = coding.read(case, opens), verification.read(case, opens)
    wrote = {number for note in written for number in note.author_ids} | (coded.author_ids if coded else set())
    names = {**opened.names, **members.names(wrote | record.member_ids)}
    verdict = judge(opened, marked, wish)
    viewed = viewed_of(opened, opens)
    return Source(opened, opens, verdict, speech, names, written, coded, record, labels.on(case), viewed), marked


def viewed_of(opened: Dossier, opens: Opens) -> Mapping[str, Viewed]:
    """Return what is known of a case's files beside what they are, by their names.

    Raises:
        sealing.SealError: something was altered, or moved here from another case or file.
    """
    if not opened.files:
        return {}
    marks = file_redaction.read_all(opened.case, opens)
    return enclosures.seen_of(opened.case.id, opened.files, marks)


def _versions(viewed: Mapping[str, Viewed]) -> frozenset[tuple[str, int]]:
    return frozenset((name, known.marks.number) for name, known in viewed.items() if known.marks.number)


def _blacking(source: Source, marked: Marked) -> Blacking:
    """Return what is blacked out: what is marked; outside also what reaches the person, and a name that is left out."""
    passages = list(marked.passages)
    if source.verdict.is_outside:
        passages += [Passage(text, CONTACT) for text in consent.reaching(source.opened)]
        names = consent.names_to_hide(source.opened, source.verdict)
        passages += [Passage(part, NAME) for name in names for part in parts_of_name(name)]
    return Blacking(passages, kinds(), reaches=source.verdict.is_outside)


def kinds() -> dict[str, str]:
    """Return how each kind of passage is called."""
    return {kind: str(said) for kind, said in copy_words.KINDS.items()}


def _blacked(section: Section, blacking: Blacking) -> Section:
    return replace(section, pieces=[_blacked_piece(piece, blacking) for piece in section.pieces])


def _blacked_piece(piece: Piece, blacking: Blacking) -> Piece:
    def out(text: str) -> str:
        return blacking.out_of(clean_text(text))

    facts = [(label, out(value)) for label, value in piece.facts]
    return replace(piece, head=out(piece.head), meta=out(piece.meta), text=out(piece.text), facts=facts)


def _texts(section: Section) -> Iterable[str]:
    for piece in section.pieces:
        yield from (piece.head, piece.meta, piece.text, *(value for _, value in piece.facts))
