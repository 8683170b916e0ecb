"""An evidence bundle: originals of a case's files with their record of custody, signed, for others to verify.

An original shows all that is in it, and what the device wrote into it. Nobody can black anything out there, so it goes
outside only where nothing of the case must be hidden from those who get it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from intake import audit
from intake.cases import consent, dossier, file_redaction, queries, redaction
from intake.cases.consent import Verdict
from intake.cases.dossier import Dossier
from intake.cases.models import Case
from intake.cases.redaction import Marked
from intake.desks import queries as desks
from intake.desks import signing_keys
from intake.desks.seats import Opens
from intake.desks.signing_keys import Ready
from intake.evidence import custody, viewing
from intake.evidence.custody import Custody, Kept
from intake.evidence.kinds import ENDINGS
from intake.evidence.queries import OpenedFile
from intake.evidence.viewing import OpenedPart
from intake.extensions import StaleError
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.web.forms import clean_line

AUDIENCES = (consent.INSIDE, consent.LAWYERS, consent.NGOS, consent.UN)  # an original is never published
HIDDEN = "hidden"  # why there is no bundle: something must not be shown to them
SHORT = 8  # digits of a file's name


class RefusedError(Exception):
    """There is no such bundle, by what the person agreed to or what members marked."""

    def __init__(self, refusal: str) -> None:
        """Keep why."""
        super().__init__(refusal)
        self.refusal = refusal


class NoSuchFileError(Exception):
    """One of the chosen files is none of this case's, or none was chosen."""


class MarkedFileError(Exception):
    """Places of a file are marked: it does not go outside.

    Attributes:
        places: which of the case's files, counted from 1.
    """

    def __init__(self, places: Sequence[int]) -> None:
        """Keep which."""
        super().__init__()
        self.places = places


class AlteredError(MarkedFileError):
    """A file is not what came: a bundle would vouch for what is not so."""


@dataclass(frozen=True)
class Wish:
    """What bundle somebody wants: for whom, of ``AUDIENCES``, and which files, by their names in the storage."""

    audience: str
    names: frozenset[str]


@dataclass(frozen=True)
class Offered:
    """A file of a case that can be chosen.

    Attributes:
        place: which of the case's, from 1: it has the same in every bundle.
        stays: whether places of it are marked, so that it does not go outside.
    """

    place: int
    file: OpenedFile
    kept: Kept
    stays: bool

    @property
    def path(self) -> str:
        """What the original is called in a bundle: nothing that its sender wrote."""
        return f"originals/{self._stem}.{_ending(self.file.content_type)}"

    def path_of_copy(self, number: int, part: OpenedPart) -> str:
        """Return what a part of the viewing copy is called there.

        Args:
            number: which part, from 1.
            part: the part.
        """
        return f"copies/{self._stem}-{number:03}.{_ending(part.content_type)}"

    @property
    def _stem(self) -> str:
        return f"{self.place:02}-{self.file.name[:SHORT]}"


@dataclass(frozen=True)
class Bundle:
    """A bundle, ready to be written, with what must not have changed until that is written down.

    Attributes:
        copies: the viewing copies that are kept, by the file's name.
        seen: what the case was like.
    """

    case_id: int
    reference: str
    desk_id: int
    verdict: Verdict
    items: Sequence[Offered]
    copies: Mapping[str, Sequence[OpenedPart]] = field(repr=False)
    ready: Ready = field(repr=False)
    made_at: datetime
    made_by: str
    seen: tuple[Any, ...]


@dataclass(frozen=True)
class Record:
    """What the audit says of the files of a bundle, itself included, in whose words it is said."""

    custody: Custody
    names: Mapping[int, str]
    chains: Mapping[int, str]


def offered(case: Case, opened: Dossier, opens: Opens) -> list[Offered]:
    """Return the files of a case that can be chosen.

    Raises:
        sealing.SealError: what is marked in a file was altered, or moved here from another case.
    """
    kept, stay = custody.kept_of(case.id), _staying(case, opens)
    return [
        Offered(place, file, kept[file.name], file.name in stay)
        for place, file in enumerate(opened.files, start=1)
        if file.name in kept
    ]


def verdicts(opened: Dossier, marked: Marked) -> list[Verdict]:
    """Return for everybody who may get a bundle whether there is one."""
    return [judge(opened, marked, audience) for audience in AUDIENCES]


def judge(opened: Dossier, marked: Marked, audience: str) -> Verdict:
    """Return whether there is a bundle for somebody."""
    verdict = consent.judge(opened, audience, blacked=bool(marked.passages))
    if verdict.is_outside and not verdict.refusal and (marked.passages or verdict.hides_name):
        return replace(verdict, refusal=HIDDEN, left_out=())
    return verdict


def make(visitor: Visitor, reference: str, wish: Wish) -> Bundle:
    """Return a bundle: outside of any transaction, since what signs is opened, or made and sealed.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or its content was destroyed.
        RefusedError: the person did not agree to it, or something must not be shown to them.
        NoSuchFileError: the case has no such file, or none was chosen.
        MarkedFileError: places of a file are marked, and it is for outside.
        AlteredError: a file is not what came.
        sealing.SealError: something was altered, or moved here from another case.
    """
    case, opens = queries.living_for(visitor, reference), queries.desk_opens(visitor)
    seen = _seen(case)
    opened, marked = dossier.open_for(visitor, case.reference), redaction.read(case, opens)
    verdict = judge(opened, marked, wish.audience)
    if verdict.refusal:
        raise RefusedError(verdict.refusal)
    items = _chosen(offered(case, opened, opens), wish, outside=verdict.is_outside)
    files = [item.file for item in items]
    kept = [item.kept for item in items]
    wrong = custody.altered(kept, custody.of_case(case.id, kept))
    if wrong:
        raise AlteredError([item.place for item in items if item.file.name in wrong])
    return Bundle(
        case.id,
        case.reference,
        case.desk_id,
        verdict,
        items,
        viewing.parts_of_case(case.id, files),
        signing_keys.ready(case.desk_id, opens),
        now().replace(microsecond=0),
        clean_line(visitor.member.name),
        seen,
    )


def note_taken(visitor: Visitor, bundle: Bundle) -> None:
    """Write down that a member took originals along, one entry for each, and keep what signs if it is new.

    Raises:
        werkzeug.exceptions.NotFound: the case is not there for them any more.
        StaleError: something was told, marked or moved meanwhile, or the desk signs with another key: make it anew.
    """
    case = queries.held_for(visitor, bundle.reference)
    if _seen(case) != bundle.seen:
        raise StaleError
    signing_keys.keep(bundle.ready, visitor)
    for item in bundle.items:
        audit.record(
            "evidence.exported",
            desk_id=case.desk_id,
            member_id=visitor.member.id,
            case_id=case.id,
            file=item.file.name,
            audience=bundle.verdict.audience,
        )


def record_of(bundle: Bundle) -> Record:
    """Return what the audit says of the files of a bundle that was written down."""
    found = custody.of_case(bundle.case_id, [item.kept for item in bundle.items])
    who = {link.entry.member_id for links in found.links.values() for link in links}
    who |= {one for item in bundle.items for one in (item.file.member_id, item.file.sender_id)}
    return Record(found, members.names(who), desks.chain_names())


def _chosen(files: Sequence[Offered], wish: Wish, *, outside: bool) -> list[Offered]:
    items = [one for one in files if one.file.name in wish.names]
    if not items or len(items) != len(wish.names):
        raise NoSuchFileError
    staying = [one.place for one in items if one.stays]
    if outside and staying:
        raise MarkedFileError(staying)
    return items


def _staying(case: Case, opens: Opens) -> set[str]:
    """Return the names of the files in which anything is marked, as their newest versions say."""
    return {name for name, marks in file_redaction.read_all(case, opens).items() if marks}


def _seen(case: Case) -> tuple[Any, ...]:
    """Return what makes a bundle stale where it changes: whose the case is, what was told, agreed to and marked."""
    told = (queries.statement_count(case), redaction.number_of(case), file_redaction.versions(case))
    return (case.desk_id, case.not_for_publication, case.deletion_asked_at, *told)


def _ending(content_type: str) -> str:
    return ENDINGS.get(content_type.partition(";")[0].strip(), "bin")
