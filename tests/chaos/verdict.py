"""What became of it all: whether each promise was kept."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import select

from intake import audit
from intake.cases import queries as cases
from intake.cases.models import WEB, Case, Statement
from intake.desks.models import Desk
from intake.desks.routing import destination_at
from intake.desks.setup import code_salt
from intake.evidence import read
from intake.evidence.models import Upload
from intake.extensions import db
from intake.members import queries as members
from intake.outbox.models import Letter
from intake.reference.countries import COUNTRIES
from intake.sealing import CodeKeys, SealError, code_keys, unseal_document
from tests.chaos import post
from tests.chaos.people import Told
from tests.evidence import sending

NEWSROOM = "info@acca.media"
_REFERENCE = re.compile(r"\b[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{2}\b")


@dataclass
class Verdict:
    """What was found, a line each.

    Attributes:
        lost: what was promised and is not there, or not whole; who never heard of a case.
        leaked: where something lies in plain.
        stuck: who or what never came to its end.
        doubled: what is there more often than it may be.
        broken: what of the audit does not follow from what was before.
        counts: how many of what there are.
    """

    complaints: int = 0
    lost: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.leaked or self.stuck or self.doubled or self.broken)

    def add(self, other: "Verdict") -> None:
        """Add that of another ground."""
        self.complaints += other.complaints
        for name in ("lost", "leaked", "stuck", "doubled", "broken"):
            getattr(self, name).extend(getattr(other, name))
        self.counts.update(other.counts)


def cases_open(verdict: Verdict, promised: Sequence[Told]) -> None:
    """Open each case with the code that was promised, and read its story and its file."""
    salt = code_salt()
    for told in promised:
        keys = code_keys(told.code, salt)
        case = cases.by_tag(keys.tag)
        if case is None or (case.reference, case.country) != (told.reference, told.country):
            verdict.lost.append(f"{told.reference}: its code does not find it")
            continue
        _read(verdict, f"{told.reference}: its story", partial(_story, told, case, keys))
        if told.arrived:
            _read(verdict, f"{told.reference}: its file", partial(_file, told, case, keys))
    found = Counter(db.session.scalars(select(Case.reference).where(Case.channel == WEB)))
    asked = Counter(told.reference for told in promised)
    verdict.doubled += [f"{reference}: a case that nobody was promised" for reference in found - asked]
    verdict.counts.update(cases=found.total(), files=sum(told.arrived for told in promised))


def _read(verdict: Verdict, what: str, reading: Callable[[], int]) -> None:
    """Count what does not read as it was told as lost, and what is there twice as doubled."""
    try:
        count = reading()
    except (SealError, OSError, KeyError) as error:
        verdict.lost.append(f"{what} does not open: {type(error).__name__}")
        return
    if count < 1:
        verdict.lost.append(f"{what} is not as it was told")
    if count > 1:
        verdict.doubled.append(f"{what} is there {count} times")


def _story(told: Told, case: Case, keys: CodeKeys) -> int:
    sealed = db.session.scalars(select(Statement.sealed).where(Statement.case_id == case.id)).all()
    opened = [unseal_document(cases.STATEMENT, one, keys.identity) for one in sealed]
    return len(opened) if all(one["story"] == told.story for one in opened) else 0


def _file(told: Told, case: Case, keys: CodeKeys) -> int:
    files = sending.opened(sending.visit_of(case, keys), case)
    whole = [b"".join(read.plaintext(file)) == told.content and file.file_name == told.file_name for file in files]
    return len(whole) if all(whole) else 0


def letters_came(verdict: Verdict, folder: Path, known: Iterable[str], may_double: int, before: int) -> None:
    """Look who was told of what, and how often, at the mail server.

    Args:
        verdict: what is found is added to it.
        folder: what the mail server kept.
        known: letters that went elsewhere, before the storm.
        may_double: how many letters may have come twice.
        before: letters up to this number were owed when all was well again.
    """
    letters = post.read(folder)
    heard: dict[str, set[str]] = {}
    for letter in letters:
        for reference in _REFERENCE.findall(letter.words):
            heard.setdefault(reference, set()).update(letter.recipients)
    for case in db.session.scalars(select(Case).where(Case.channel == WEB)):
        people = destination_at(case.desk_id).journalists if case.country in COUNTRIES else members.editors()
        deaf = {NEWSROOM, *(person.address for person in people)} - heard.get(case.reference, set())
        verdict.lost += [f"{case.reference}: {one} never heard of it" for one in deaf]
    owed = select(Letter.kind).where(Letter.id <= before, Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    verdict.stuck += [f"a letter of the kind {kind} still waits" for kind in db.session.scalars(owed)]
    came = Counter(letter.name for letter in letters)
    sent = select(Letter.message_id).where(Letter.delivered_at.is_not(None), Letter.gathered_in_id.is_(None))
    gone = set(db.session.scalars(sent)) - set(came) - set(known)
    verdict.lost += [f"letter {name} is delivered, says the ledger, and never came" for name in gone]
    extra = came.total() - len(came)
    if extra > may_double or max(came.values(), default=0) > 2:
        verdict.doubled.append(f"{extra} letters came once more, {may_double} may have")
    verdict.counts.update(letters=len(came), twice=extra)


def nothing_half_done(verdict: Verdict) -> None:
    """Look for what was begun and never ended, and at the audit."""
    left = select(Case.reference).join(Upload, Upload.case_id == Case.id)
    verdict.stuck += [f"{reference}: a file that came by half" for reference in db.session.scalars(left)]
    for chain in (audit.HOUSE, *db.session.scalars(select(Desk.id))):
        if audit.broken_at(chain) is not None:
            verdict.broken.append(f"the audit of desk {chain} is broken")
