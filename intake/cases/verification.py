"""What a desk checked about a case: claims, each with its sources, and a checklist. Sealed to the desk alone.

Every save is a further version of one claim or of the checklist; none is lost, and nothing is saved over a newer one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import envelope, queries
from intake.cases.envelope import Envelope
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import Verification
from intake.desks.seats import Opens
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.sealing import digest

CLAIM, CHECKLIST = "claim/1", "checklist/1"
OF_CHECKLIST = 0  # the part that is the checklist; claims are parts from 1 on
UNCHECKED, CONFIRMED, PARTLY, NOT_CONFIRMED, REFUTED = STATES = (
    "unchecked",
    "confirmed",
    "partly",
    "not_confirmed",
    "refuted",
)
KINDS = ("complainant", "witness", "official", "document", "picture", "open_source", "lawyer", "other")
# How reliable a source is, in five steps as in list 42 of HURIDOCS' Events Standard Formats; the words are ours.
HIGHLY, FAIRLY, LITTLE, NOT, UNKNOWN = RELIABILITIES = ("highly", "fairly", "little", "not", "unknown")


@dataclass(frozen=True)
class Source:
    """Who or what a claim rests on.

    Attributes:
        key: its number within the claim; 0 for one that is new.
        kind: one of ``KINDS``.
        who: who or what it is.
        how: how it was checked.
        reliability: one of ``RELIABILITIES``.
        day: on which day it was checked, if it was.
        member_id: who wrote down last what it is and how it was checked.
    """

    key: int
    kind: str
    who: str = field(repr=False)
    how: str = field(repr=False)
    reliability: str
    day: date | None
    member_id: int | None = None


@dataclass(frozen=True)
class Claim:
    """What is said to have happened, in a sentence, how sure it is, and on what it rests."""

    text: str = field(repr=False)
    state: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Tick:
    """Whether an item of the checklist is done, with a word about it, and who said so when."""

    done: bool
    word: str = field(repr=False)
    member_id: int | None = None
    at: datetime | None = None

    def says(self, other: "Tick") -> bool:
        """Return whether it says the same, whoever said it."""
        return (self.done, self.word) == (other.done, other.word)


Ticks = Mapping[str, Tick]


@dataclass(frozen=True)
class Version:
    """A version of a claim or of the checklist, as somebody saved it at one time.

    Attributes:
        number: of the record, counted over all of its parts; 0 where nothing was saved yet.
        part: the claim; ``OF_CHECKLIST`` for the checklist.
        claim: the claim, if it is one.
        ticks: of the checklist, if it is that.
    """

    number: int
    part: int
    member_id: int | None = None
    at: datetime | None = None
    claim: Claim = field(default_factory=lambda: Claim("", UNCHECKED))
    ticks: Ticks = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What was checked about a case, as it stands.

    Attributes:
        number: its number: whoever signs it off names it.
        claims: the newest version of each claim, the oldest claim first.
        checklist: the newest version of the checklist.
        checkers: who saved any version of anything.
    """

    number: int
    claims: list[Version]
    checklist: Version
    checkers: frozenset[int | None]

    @property
    def member_ids(self) -> set[int | None]:
        """Everybody who is named in it."""
        checked = {source.member_id for claim in self.claims for source in claim.claim.sources}
        ticked = {tick.member_id for tick in self.checklist.ticks.values()}
        return {*self.checkers, *checked, *ticked}


@dataclass(frozen=True)
class Writing:
    """A version ready to be saved.

    Attributes:
        envelope: what it says, sealed.
        member_id: who saves it.
        part: the claim that it is of, or the checklist; none for a new claim.
        base: the number of the version that its form showed.
        once: equal for the same words on the same form.
        changes: whether it says anything else than that version.
    """

    envelope: Envelope
    member_id: int
    part: int | None
    base: int
    once: str
    changes: bool


def seal_claim(visitor: Visitor, case: Case, claim: Claim, once: str, base: Version | None = None) -> Writing:
    """Seal a claim to the desk alone. Whoever adds or changes a source is written down as who checked it.

    Args:
        visitor: who saves it.
        case: the case.
        claim: what they wrote.
        once: the random word of the form.
        base: the version that the form showed; none for a new claim.
    """
    before = {source.key: source for source in base.claim.sources} if base else {}
    free = max(before, default=0) + 1
    sources: list[Source] = []
    for source in claim.sources:
        known = before.pop(source.key, None)
        key, free = (known.key, free) if known else (free, free + 1)
        same = known is not None and replace(source, key=known.key, member_id=known.member_id) == known
        who = known.member_id if known and same else visitor.member.id
        sources.append(replace(source, key=key, member_id=who))
    whole = replace(claim, sources=tuple(sources))
    words = _claim_words(whole)
    return Writing(
        envelope.seal(case, CLAIM, words, desk_only=True),
        visitor.member.id,
        base.part if base else None,
        base.number if base else 0,
        _once(once, words, base),
        base is None or whole != base.claim,
    )


def seal_checklist(visitor: Visitor, case: Case, ticks: Ticks, once: str, base: Version) -> Writing:
    """Seal the checklist to the desk alone. An item that was changed says who did it and when; others stay.

    Args:
        visitor: who saves it.
        case: the case.
        ticks: the items that the form showed.
        once: the random word of the form.
        base: the version that the form showed.
    """
    moment, nothing = now(), Tick(done=False, word="")
    fresh = {
        item: replace(tick, member_id=visitor.member.id, at=moment)
        for item, tick in ticks.items()
        if not tick.says(base.ticks.get(item, nothing))
    }
    whole = {**base.ticks, **fresh}
    said = {item: [tick.done, tick.word] for item, tick in whole.items()}
    return Writing(
        envelope.seal(case, CHECKLIST, {"ticks": _tick_words(whole)}, desk_only=True),
        visitor.member.id,
        OF_CHECKLIST,
        base.number,
        _once(once, said, base),
        bool(fresh),
    )


def keep(writing: Writing) -> int:
    """Save a version of a claim or of the checklist. The same form twice is one; what changes nothing is none.

    Returns:
        The claim's number, or ``OF_CHECKLIST``.

    Raises:
        CollisionError: there is a newer version than the one that the form showed.
        StaleError: the desk's key changed meanwhile; seal it again.
        werkzeug.exceptions.NotFound: the case has no such claim, or who saves it was locked out meanwhile.
    """
    members.hold_working(writing.member_id)
    case = envelope.held_case(writing.envelope)
    twice = select(Verification.part).where(Verification.case_id == case.id, Verification.once == writing.once)
    saved = db.session.scalar(twice)
    if saved is not None:
        return saved
    part = _part_of(case, writing)
    if not writing.changes:
        return part
    row = Verification(
        case_id=case.id,
        number=number_of(case.id) + 1,
        part=part,
        member_id=writing.member_id,
        desk_key_id=writing.envelope.desk_key_id,
        once=writing.once,
        sealed=writing.envelope.sealed,
        at=now(),
    )
    db.session.add(row)
    db.session.flush()
    change = "case.claim" if writing.part is None else "case.claim_changed"
    act = "case.checklist" if part == OF_CHECKLIST else change
    audit.record(act, desk_id=case.desk_id, member_id=writing.member_id, case_id=case.id)
    return part


def number_of(case_id: int) -> int:
    """Return the number of the record of a case as it stands; 0 where nothing was saved yet."""
    return db.session.scalar(select(func.max(Verification.number)).where(Verification.case_id == case_id)) or 0


def has_claims(case_id: int) -> bool:
    """Return whether any claim of a case was written down."""
    claims = select(Verification.id).where(Verification.case_id == case_id, Verification.part != OF_CHECKLIST)
    return db.session.scalar(claims.limit(1)) is not None


def checkers(case_id: int) -> set[int | None]:
    """Return who saved anything of the record of a case."""
    return set(db.session.scalars(select(Verification.member_id).where(Verification.case_id == case_id).distinct()))


def read(case: Case, opens: Opens) -> Record:
    """Open the newest version of everything that was checked about a case.

    Raises:
        sealing.SealError: something was altered, or moved here from another case.
    """
    rows = _rows(case)
    newest = {row.part: row for row in rows}
    versions = {part: _opened(case, row, opens) for part, row in newest.items()}
    checklist = versions.pop(OF_CHECKLIST, None) or Version(0, OF_CHECKLIST)
    return Record(
        max((row.number for row in rows), default=0),
        [versions[part] for part in sorted(versions)],
        checklist,
        frozenset(row.member_id for row in rows),
    )


def versions(case: Case, part: int, opens: Opens) -> list[Version]:
    """Open every version of a claim or of the checklist, newest first.

    Raises:
        werkzeug.exceptions.NotFound: the case has no such claim.
        sealing.SealError: one was altered, or moved here from another case.
    """
    rows = [row for row in _rows(case) if row.part == part]
    if not rows and part != OF_CHECKLIST:
        raise NotFound
    return [_opened(case, row, opens) for row in reversed(rows)]


def shown(found: Sequence[Version], part: int, number: int) -> Version:
    """Return the version of a part that a form showed; a number that no version has is one that is stale."""
    known = (version for version in found if version.number == number)
    return next(known, Version(0, part))


def _part_of(case: Case, writing: Writing) -> int:
    of_case = select(func.max(Verification.part)).where(Verification.case_id == case.id)
    if writing.part is None:
        return (db.session.scalar(of_case) or 0) + 1
    of_part = select(func.max(Verification.number)).where(
        Verification.case_id == case.id, Verification.part == writing.part
    )
    newest = db.session.scalar(of_part)
    if newest is None and writing.part != OF_CHECKLIST:
        raise NotFound
    if (newest or 0) != writing.base:
        raise CollisionError
    return writing.part


def _rows(case: Case) -> Sequence[Verification]:
    found = select(Verification).where(Verification.case_id == case.id).order_by(Verification.number)
    return db.session.scalars(found).all()


def _opened(case: Case, row: Verification, opens: Opens) -> Version:
    if row.part == OF_CHECKLIST:
        ticks = {
            item: Tick(**{**tick, "at": datetime.fromisoformat(tick["at"])})
            for item, tick in queries.opened(CHECKLIST, case, row, opens)["ticks"].items()
        }
        return Version(row.number, row.part, row.member_id, row.at, ticks=ticks)
    said = queries.opened(CLAIM, case, row, opens)
    sources = tuple(
        Source(**{**source, "day": date.fromisoformat(source["day"]) if source["day"] else None})
        for source in said["sources"]
    )
    return Version(row.number, row.part, row.member_id, row.at, Claim(said["text"], said["state"], sources))


def _claim_words(claim: Claim) -> dict[str, Any]:
    sources = [{**asdict(source), "day": source.day.isoformat() if source.day else None} for source in claim.sources]
    return {"text": claim.text, "state": claim.state, "sources": sources}


def _tick_words(ticks: Ticks) -> dict[str, Any]:
    return {item: {**asdict(tick), "at": tick.at.isoformat() if tick.at else ""} for item, tick in ticks.items()}


def _once(once: str, words: Mapping[str, Any], base: Version | None) -> str:
    about = [base.part, base.number] if base else None
    return digest(once.encode(), {"words": words, "base": about}).hex()
