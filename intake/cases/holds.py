"""Holding a case: it is kept longer than its time, for a reason that its desk reads, until the hold is lifted."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from intake import audit
from intake.cases import assignment, envelope, outcome, queries, retention
from intake.cases.envelope import Envelope
from intake.cases.models import Case
from intake.cases.paper_models import Hold
from intake.desks.seats import Opens
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.sealing import SealError, unseal_document

HOLD = "hold/1"


class HeldError(Exception):
    """Somebody holds the case already."""


class NoHoldError(Exception):
    """Nobody holds the case."""


class NotYoursError(Exception):
    """The member neither made the hold nor is an editor."""


@dataclass(frozen=True)
class Holding:
    """A hold ready to be saved."""

    reason: Envelope
    member_id: int


@dataclass(frozen=True)
class OpenedHold:
    """A hold as the desk reads it."""

    reason: str = field(repr=False)
    begun_at: datetime
    ended_at: datetime | None
    member_id: int | None
    ended_by_id: int | None


@dataclass(frozen=True)
class Kept:
    """How long a case is kept, as its page says it.

    Attributes:
        days: for how many days after its outcome; None for ever, or while it is open.
        rests: whether it came to an outcome.
        hold: the hold on it.
        earlier: the holds that were lifted, newest first.
        may_lift: whether the visitor may lift it.
        names: the names of who made and lifted them.
    """

    days: int | None
    rests: bool
    hold: OpenedHold | None
    earlier: list[OpenedHold]
    may_lift: bool
    names: dict[int, str]


def seal_hold(visitor: Visitor, reference: str, reason: str) -> Holding:
    """Seal why a case is held, to its desk.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
    """
    case = queries.living_for(visitor, reference)
    return Holding(envelope.seal(case, HOLD, {"text": reason}, desk_only=True), visitor.member.id)


def hold(holding: Holding) -> None:
    """Hold a case. The warning that was given is void. A complainant's wish for deletion stands above it.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        HeldError: somebody holds it already.
        werkzeug.exceptions.NotFound: who holds it was locked out meanwhile.
    """
    members.hold_working(holding.member_id)
    case = envelope.held_case(holding.reason)
    if _open(case) is not None:
        raise HeldError
    kept = holding.reason
    db.session.add(
        Hold(
            case_id=case.id,
            member_id=holding.member_id,
            desk_key_id=kept.desk_key_id,
            sealed=kept.sealed,
            begun_at=now(),
        )
    )
    outcome.void_warning(case)
    db.session.flush()
    audit.record("case.held", desk_id=case.desk_id, member_id=holding.member_id, case_id=case.id)


def lift(visitor: Visitor, reference: str) -> Case:
    """Lift the hold of a case: its time counts again, and its end is announced anew.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or they were locked out meanwhile.
        NoHoldError: nobody holds it.
        NotYoursError: the visitor neither made the hold nor is an editor.
    """
    members.hold_working(visitor.member.id)
    case = queries.held_for(visitor, reference)
    found = _open(case)
    if found is None:
        raise NoHoldError
    if not _may_lift(visitor, found.member_id):
        raise NotYoursError
    found.ended_at, found.ended_by_id = now(), visitor.member.id
    outcome.void_warning(case)
    db.session.flush()
    audit.record("case.hold_lifted", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id)
    return case


def kept(visitor: Visitor, case: Case) -> Kept:
    """Return how long a case is kept, and who holds it why.

    Raises:
        sealing.SealError: a reason was altered, or moved here from another case.
    """
    found = _read(case, queries.desk_opens(visitor))
    current = next((one for one in found if one.ended_at is None), None)
    return Kept(
        retention.days_kept(case.status),
        case.status in outcome.OUTCOMES,
        current,
        [one for one in found if one is not current],
        current is not None and _may_lift(visitor, current.member_id),
        members.names({number for one in found for number in (one.member_id, one.ended_by_id)}) if found else {},
    )


def _read(case: Case, opens: Opens) -> list[OpenedHold]:
    rows = db.session.scalars(select(Hold).where(Hold.case_id == case.id).order_by(Hold.id.desc())).all()
    return [_opened(case, row, opens) for row in rows]


def _opened(case: Case, row: Hold, opens: Opens) -> OpenedHold:
    said = unseal_document(HOLD, row.sealed, opens(row.desk_key_id))
    if said["reference"] != case.reference:
        message = "a hold was moved here from another case"
        raise SealError(message)
    return OpenedHold(said["text"], row.begun_at, row.ended_at, row.member_id, row.ended_by_id)


def _open(case: Case) -> Hold | None:
    return db.session.scalar(select(Hold).where(Hold.case_id == case.id, Hold.ended_at.is_(None)))


def _may_lift(visitor: Visitor, member_id: int | None) -> bool:
    return visitor.member.id == member_id or assignment.may_assign(visitor)
