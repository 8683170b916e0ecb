"""Working on a case together with another of the same desk, the main one. Nothing is sealed anew for it.

Both keep their statements, their conversations and their statuses: each complainant sees what is true of their own. A
main case is never led itself, so there are no chains and no loops. It ends by one press, or when either is moved.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, union_all
from sqlalchemy.orm import aliased

from intake import audit
from intake.cases import envelope, links, queries
from intake.cases.envelope import Envelope
from intake.cases.links import GoneError, TooManyError
from intake.cases.models import DELETED, Case, Message, Statement
from intake.cases.paper_models import CaseMerge
from intake.desks.seats import Opens
from intake.evidence.models import File
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members.sessions import Visitor

MERGE = "merge/1"
WAYS = UNDER, LEADS = ("under", "leads")  # a case is worked on with the other, or the other with it
MOST = 100  # cases that are worked on with one


class LoopError(Exception):
    """The other case is worked on with this one already."""


class LedError(Exception):
    """The case is worked on with another one already."""


class LeadsError(Exception):
    """Others are worked on with the case: it cannot be led itself."""


class OtherDeskError(Exception):
    """The two are at different desks."""


@dataclass(frozen=True)
class Merging:
    """A case ready to be worked on with a main one."""

    envelope: Envelope
    main_id: int
    member_id: int


@dataclass(frozen=True)
class OpenedMerge:
    """That a case is worked on with another: ``other`` is the main one, or the one that is led, as asked."""

    id: int
    other: Case
    reason: str = field(repr=False)
    made_at: datetime
    member_id: int | None
    unread: int = 0


@dataclass(frozen=True)
class Together:
    """What a case is worked on with: its main one, or those that it leads."""

    main: OpenedMerge | None
    led: list[OpenedMerge]


def seal(visitor: Visitor, reference: str, other_reference: str, reason: str, *, leads: bool) -> Merging:
    """Seal why a case is worked on with another. Where the other is led itself, its own main case leads.

    Args:
        visitor: who merges.
        reference: the case.
        other_reference: the other one.
        reason: why.
        leads: whether ``reference`` is the main one of the two.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        links.NoCaseError: no such other case there.
        links.ItselfError: both are the same.
        LoopError: the main one is worked on with the other already.
        OtherDeskError: they are at different desks.
    """
    case, main = links.both(visitor, reference, other_reference)
    if leads:
        case, main = main, case
    main_id = _main_id(main.id) or main.id
    if main_id == case.id:
        raise LoopError
    if main.desk_id != case.desk_id:
        raise OtherDeskError
    return Merging(envelope.seal(case, MERGE, {"words": reason}, desk_only=True), main_id, visitor.member.id)


def keep(merging: Merging) -> bool:
    """Let a case be worked on with its main one. Twice is once.

    Returns:
        Whether it is new.

    Raises:
        LedError: the case is worked on with another already.
        LeadsError: others are worked on with it.
        TooManyError: as many are worked on with the main one as can be.
        StaleError: a key, a desk or the main case's own place changed meanwhile; seal it again.
    """
    case_id, main_id = merging.envelope.case_id, merging.main_id
    held = {case.id: case for case in links.hold((case_id, main_id))}
    case, main = envelope.held_case(merging.envelope), held[main_id]
    if main.status == DELETED or main.desk_id != case.desk_id or _main_id(main_id) is not None:
        raise StaleError
    known = _main_id(case_id)
    if known == main_id:
        return False
    if known is not None:
        raise LedError
    if _led_count(case_id):
        raise LeadsError
    if _led_count(main_id) >= MOST:
        raise TooManyError
    row = {"case_id": case_id, "main_id": main_id, "member_id": merging.member_id, "made_at": now()}
    db.session.add(CaseMerge(**row, desk_key_id=merging.envelope.desk_key_id, sealed=merging.envelope.sealed))
    db.session.flush()
    by = merging.member_id
    audit.record("case.merged", desk_id=case.desk_id, member_id=by, case_id=case_id, main=main.reference)
    audit.record("case.leads", desk_id=case.desk_id, member_id=by, case_id=main_id, led=case.reference)
    return True


def undo(visitor: Visitor, reference: str, merge_id: int) -> None:
    """Take a case out of another: from the page of either.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        GoneError: there is no such merge of that case, or no longer.
    """
    case = queries.living_for(visitor, reference)
    concerns = or_(CaseMerge.case_id == case.id, CaseMerge.main_id == case.id)
    found = db.session.scalar(select(CaseMerge).where(CaseMerge.id == merge_id, concerns))
    if found is None:
        raise GoneError
    held = links.hold((found.case_id, found.main_id))
    if not _ended(CaseMerge.id == merge_id, held, visitor.member.id):
        raise GoneError


def end(case: Case, member_id: int) -> None:
    """End what a case is worked on with: to be called where it is moved away; whoever calls it holds the case."""
    of_it = or_(CaseMerge.case_id == case.id, CaseMerge.main_id == case.id)
    cases = db.session.scalars(select(Case).where(Case.id.in_(with_which(case)))).all()
    _ended(of_it, cases, member_id)


def forget(case_id: int) -> None:
    """Let a case be worked on with nothing: to be called where it is destroyed."""
    db.session.execute(delete(CaseMerge).where(or_(CaseMerge.case_id == case_id, CaseMerge.main_id == case_id)))


def read(case: Case, opens: Opens) -> Together:
    """Open what a case is worked on with, the first that was merged first.

    Raises:
        sealing.SealError: a reason was altered, or moved here from another case.
    """
    other = or_(
        (CaseMerge.case_id == case.id) & (Case.id == CaseMerge.main_id),
        (CaseMerge.main_id == case.id) & (Case.id == CaseMerge.case_id),
    )
    rows = db.session.execute(
        select(CaseMerge, Case).join(Case, other).where(Case.desk_id == case.desk_id).order_by(CaseMerge.id)
    ).all()
    unread = _unread([found.id for row, found in rows if row.main_id == case.id])
    opened = [
        (row, _opened(row, found, case if row.case_id == case.id else found, unread.get(found.id, 0), opens))
        for row, found in rows
    ]
    main = next((one for row, one in opened if row.case_id == case.id), None)
    return Together(main, [one for row, one in opened if row.main_id == case.id])


def mains_of(cases: Collection[Case]) -> dict[int, str]:
    """Return the reference of the main case of each of these that is worked on with one, by their numbers."""
    own, main = aliased(Case), aliased(Case)
    rows = db.session.execute(
        select(CaseMerge.case_id, main.reference)
        .join(main, main.id == CaseMerge.main_id)
        .join(own, own.id == CaseMerge.case_id)
        .where(CaseMerge.case_id.in_([case.id for case in cases]), main.desk_id == own.desk_id)
    )
    return {number: reference for number, reference in rows}  # noqa: C416 dict() would not know the types


def with_which(case: Case) -> set[int]:
    """Return the numbers of the cases that one is worked on with."""
    of_it = or_(CaseMerge.case_id == case.id, CaseMerge.main_id == case.id)
    found = db.session.execute(select(CaseMerge.case_id, CaseMerge.main_id).where(of_it))
    return {number for pair in found for number in pair}


def _opened(row: CaseMerge, other: Case, led: Case, unread: int, opens: Opens) -> OpenedMerge:
    """Open one: its reason is sealed with the case that is led."""
    words = queries.opened(MERGE, led, row, opens)["words"]
    return OpenedMerge(row.id, other, words, row.made_at, row.member_id, unread)


def _unread(case_ids: list[int]) -> Mapping[int, int]:
    """Return how much the complainants of some cases wrote that nobody has read."""
    told = select(Statement.case_id).where(
        Statement.number > 1, Statement.read_at.is_(None), Statement.member_id.is_(None)
    )
    written = select(Message.case_id).where(Message.read_at.is_(None), Message.member_id.is_(None))
    both = union_all(
        told.where(Statement.case_id.in_(case_ids)),
        written.where(Message.case_id.in_(case_ids)),
        select(File.case_id).where(File.read_at.is_(None), File.case_id.in_(case_ids)),
    ).subquery()
    rows = db.session.execute(select(both.c.case_id, func.count()).group_by(both.c.case_id)) if case_ids else ()
    return {number: count for number, count in rows}  # noqa: C416 dict() would not know the types


def _main_id(case_id: int) -> int | None:
    return db.session.scalar(select(CaseMerge.main_id).where(CaseMerge.case_id == case_id))


def _led_count(case_id: int) -> int:
    return db.session.scalar(select(func.count()).where(CaseMerge.main_id == case_id)) or 0


def _ended(of_them: ColumnElement[bool], cases: Collection[Case], member_id: int) -> bool:
    """Delete merges among held cases; return whether there were any."""
    pairs = db.session.execute(delete(CaseMerge).where(of_them).returning(CaseMerge.case_id, CaseMerge.main_id)).all()
    concerned = {number for pair in pairs for number in pair}
    for case in cases:
        if case.id in concerned:
            audit.record("case.unmerged", desk_id=case.desk_id, member_id=member_id, case_id=case.id)
    return bool(pairs)
