"""Links between two cases: what they are to each other, and why. A link is there for who may open both, nobody else.

Each case has a row of its own, sealed to its desk. Who may open one of the two alone sees nothing of the link, nor is
it in that case's history: a desk learns of no case of another desk by it. A link stays when one of them is moved.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, or_, select

from intake import audit
from intake.cases import envelope, queries
from intake.cases.envelope import Envelope
from intake.cases.models import DELETED, Case
from intake.cases.paper_models import CaseLink
from intake.desks import queries as desks
from intake.desks.seats import Opens
from intake.extensions import db
from intake.i18n import now
from intake.members.sessions import Visitor

LINK = "link/1"
KINDS = RELATED, SAME_EVENT, DUPLICATE = ("related", "same_event", "duplicate")
MOST = 100  # of one case


class NoCaseError(Exception):
    """There is no such case at the visitor's desks."""


class ItselfError(Exception):
    """It is the same case."""


class LinkedError(Exception):
    """The two are linked already."""


class TooManyError(Exception):
    """One of the two has as many links as a case can have."""


class GoneError(Exception):
    """There is no such link, or no longer."""


@dataclass(frozen=True)
class Linking:
    """A link ready to be saved: its side of each of the two cases."""

    sides: tuple[Envelope, Envelope]
    member_id: int


@dataclass(frozen=True)
class OpenedLink:
    """A link as who may open both cases reads it, from one of them."""

    id: int
    other: Case
    kind: str
    reason: str = field(repr=False)
    made_at: datetime
    member_id: int | None


def seal(visitor: Visitor, reference: str, other_reference: str, kind: str, reason: str) -> Linking:
    """Seal a link between two cases, to the desk of each.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        NoCaseError: no such other case there, or nothing but its tombstone is left.
        ItselfError: both are the same.
        ValueError: the kind is none of ``KINDS``.
    """
    if kind not in KINDS:
        message = f"{kind} is no kind of link"
        raise ValueError(message)
    words = {"as": kind, "words": reason}
    first, second = both(visitor, reference, other_reference)
    sides = [envelope.seal(case, LINK, words, desk_only=True) for case in (first, second)]
    return Linking((sides[0], sides[1]), visitor.member.id)


def keep(linking: Linking) -> None:
    """Save a link.

    Raises:
        LinkedError: the two are linked already.
        TooManyError: one of them has as many links as there can be.
        StaleError: a key changed meanwhile, or a case is gone; seal it again.
    """
    one, other = linking.sides
    hold((one.case_id, other.case_id))
    cases = [envelope.held_case(side) for side in linking.sides]
    if db.session.scalar(_pair(one.case_id, other.case_id)) is not None:
        raise LinkedError
    ids = (one.case_id, other.case_id)
    counted = select(func.count()).where(CaseLink.case_id.in_(ids)).group_by(CaseLink.case_id)
    if max(db.session.scalars(counted), default=0) >= MOST:
        raise TooManyError
    moment = now()
    for side, to in ((one, other), (other, one)):
        row = {"case_id": side.case_id, "other_id": to.case_id, "member_id": linking.member_id, "made_at": moment}
        db.session.add(CaseLink(**row, desk_key_id=side.desk_key_id, sealed=side.sealed))
    db.session.flush()
    _write_down(cases, linking.member_id, made=True)


def remove(visitor: Visitor, reference: str, link_id: int) -> None:
    """Take a link off both cases.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        GoneError: it has no such link, or no longer, or the visitor may not open the other case.
    """
    case = queries.living_for(visitor, reference)
    other_id = db.session.scalar(
        _seen(visitor, case).with_only_columns(CaseLink.other_id).where(CaseLink.id == link_id)
    )
    if other_id is None:
        raise GoneError
    cases = hold((case.id, other_id))
    there = or_(_is_side(case.id, other_id), _is_side(other_id, case.id))
    if not db.session.execute(delete(CaseLink).where(there).returning(CaseLink.id)).all():
        raise GoneError
    _write_down(cases, visitor.member.id, made=False)


def read(visitor: Visitor, case: Case, opens: Opens) -> list[OpenedLink]:
    """Open the links of a case to others that the visitor may open, newest first.

    Raises:
        sealing.SealError: one was altered, or moved here from another case.
    """
    found = []
    for row, other in db.session.execute(_seen(visitor, case).order_by(CaseLink.id.desc())):
        said = queries.opened(LINK, case, row, opens)
        found.append(OpenedLink(row.id, other, said["as"], said["words"], row.made_at, row.member_id))
    return found


def linked_to(case: Case) -> set[int]:
    """Return the numbers of the cases that a case is linked to, for leaving them out elsewhere."""
    return set(db.session.scalars(select(CaseLink.other_id).where(CaseLink.case_id == case.id)))


def forget(case_id: int) -> None:
    """Let a case be linked to nothing, and nothing to it: to be called where it is destroyed."""
    db.session.execute(delete(CaseLink).where(or_(CaseLink.case_id == case_id, CaseLink.other_id == case_id)))


def both(visitor: Visitor, reference: str, other_reference: str) -> tuple[Case, Case]:
    """Return a case, and another one that is named beside it.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        NoCaseError: no such other case there, or nothing but its tombstone is left.
        ItselfError: both are the same.
    """
    case, other = queries.living_for(visitor, reference), queries.seen_by(visitor, other_reference.upper())
    if other is None or other.status == DELETED:
        raise NoCaseError
    if other.id == case.id:
        raise ItselfError
    return case, other


def hold(case_ids: Collection[int]) -> list[Case]:
    """Return cases, their rows held until the transaction ends: always in the same order, so nobody waits in a knot."""
    rows = select(Case).where(Case.id.in_(case_ids)).order_by(Case.id).with_for_update()
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def _seen(visitor: Visitor, case: Case) -> Select[CaseLink, Case]:
    """Return the links of a case whose other end the visitor may open."""
    found = select(CaseLink, Case).join(Case, Case.id == CaseLink.other_id).where(CaseLink.case_id == case.id)
    return found.where(Case.desk_id.in_(desks.desk_ids_of(visitor.member)), Case.status != DELETED)


def _is_side(case_id: int, other_id: int) -> ColumnElement[bool]:
    return (CaseLink.case_id == case_id) & (CaseLink.other_id == other_id)


def _pair(case_id: int, other_id: int) -> Select[int]:
    return select(CaseLink.id).where(_is_side(case_id, other_id))


def _write_down(cases: Collection[Case], member_id: int, *, made: bool) -> None:
    """Write it down for each case; across two desks in their chains alone, not in the histories of the cases."""
    is_within = len({case.desk_id for case in cases}) == 1
    for case in cases:
        act = "case.linked" if made else "case.unlinked"
        audit.record(act, desk_id=case.desk_id, member_id=member_id, case_id=case.id if is_within else None)
