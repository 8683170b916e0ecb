"""Marking passages of a case that its copies shall not have: one list, sealed to the desk, that counts its versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from intake import audit
from intake.cases import envelope, queries
from intake.cases.blacking import Passage
from intake.cases.envelope import Envelope
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import Redaction
from intake.desks.seats import Opens
from intake.extensions import db
from intake.i18n import now
from intake.members.sessions import Visitor

REDACTION = "redaction/1"
MOST = 200  # passages of one case


class TooManyError(Exception):
    """A case has as many passages marked as it may have."""


@dataclass(frozen=True)
class Marked:
    """The passages that are marked in a case, and the version of the list: 0 where nobody has marked any."""

    passages: Sequence[Passage] = ()
    number: int = 0


@dataclass(frozen=True)
class Marking:
    """A list ready to be saved, and the version that it replaces."""

    envelope: Envelope
    member_id: int
    base: int


def read(case: Case, opens: Opens) -> Marked:
    """Open the list of a case.

    Raises:
        sealing.SealError: it was altered, or moved here from another case.
    """
    row = db.session.scalar(select(Redaction).where(Redaction.case_id == case.id))
    if row is None:
        return Marked()
    passages = queries.opened(REDACTION, case, row, opens)["passages"]
    return Marked([Passage(one["text"], one["kind"], one["instead"]) for one in passages], row.number)


def number_of(case: Case) -> int:
    """Return the version of a case's list; 0 where there is none."""
    return db.session.scalar(select(Redaction.number).where(Redaction.case_id == case.id)) or 0


def seal_with(visitor: Visitor, case: Case, passage: Passage, base: int) -> Marking:
    """Seal the list with one passage more; one that finds the same gives way to it.

    Args:
        visitor: who marks.
        case: the case.
        passage: what shall be blacked out.
        base: the version of the list that the form showed.

    Raises:
        CollisionError: there is a newer list than that.
        TooManyError: the list is full.
    """
    marked = _unless_newer(visitor, case, base)
    passages = [one for one in marked.passages if one.key != passage.key]
    if len(passages) >= MOST:
        raise TooManyError
    return _marking(visitor, case, [*passages, passage], base)


def seal_without(visitor: Visitor, case: Case, place: int, base: int) -> Marking:
    """Seal the list without the passage at a place; the same list where there is none.

    Raises:
        CollisionError: there is a newer list than that.
    """
    marked = _unless_newer(visitor, case, base)
    return _marking(visitor, case, [one for at, one in enumerate(marked.passages) if at != place], base)


def keep(marking: Marking) -> None:
    """Save a list in the place of the one before.

    Raises:
        CollisionError: somebody saved a newer one meanwhile.
        StaleError: the desk's key changed meanwhile; seal it again.
    """
    case = envelope.held_case(marking.envelope)
    row = db.session.scalar(
        select(Redaction).where(Redaction.case_id == case.id).execution_options(populate_existing=True)
    )
    if (row.number if row else 0) != marking.base:
        raise CollisionError
    if row is None:
        row = Redaction(case_id=case.id)
        db.session.add(row)
    row.member_id, row.number, row.saved_at = marking.member_id, marking.base + 1, now()
    row.desk_key_id, row.sealed = marking.envelope.desk_key_id, marking.envelope.sealed
    db.session.flush()
    audit.record("case.redacted", desk_id=case.desk_id, member_id=marking.member_id, case_id=case.id)


def _unless_newer(visitor: Visitor, case: Case, base: int) -> Marked:
    marked = read(case, queries.desk_opens(visitor))
    if marked.number != base:
        raise CollisionError
    return marked


def _marking(visitor: Visitor, case: Case, passages: Sequence[Passage], base: int) -> Marking:
    listed: list[dict[str, Any]] = [{"text": one.text, "kind": one.kind, "instead": one.instead} for one in passages]
    sealed = envelope.seal(case, REDACTION, {"passages": listed}, desk_only=True)
    return Marking(sealed, visitor.member.id, base)
