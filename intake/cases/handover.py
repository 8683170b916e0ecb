"""Handing a case over: offered with a word to a colleague, who takes it or says why not; or given up, for anybody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from intake import audit
from intake.cases import assignment, conversation, envelope, notices, queries, statuses
from intake.cases.envelope import Envelope
from intake.cases.models import RECEIVED, Case, Handover, Note
from intake.desks import queries as desks
from intake.desks.seats import Opens
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.sealing import SealedBytes, SealError, seal, unseal, unseal_document


class NotYoursError(Exception):
    """The member does not answer for the case."""


class OfferedError(Exception):
    """The case is offered to somebody already."""


class NoOfferError(Exception):
    """The offer is open no longer: it was answered, taken back, or the case went elsewhere."""


@dataclass(frozen=True)
class Offer:
    """A case ready to be offered to a colleague, with a word about it."""

    envelope: Envelope
    from_id: int
    to_id: int


@dataclass(frozen=True)
class Refusal:
    """An offer ready to be refused, with the reason; its word comes along, sealed to the same key."""

    envelope: Envelope
    handover_id: int
    member_id: int
    word: SealedBytes
    was: SealedBytes


@dataclass(frozen=True)
class GivingUp:
    """A case ready to be given up: why, for the desk, and its status, for the complainant too."""

    reason: Envelope
    status: Envelope
    member_id: int


@dataclass(frozen=True)
class OpenedOffer:
    """An offer as who is seated at the desk reads it."""

    id: int
    from_id: int | None
    to_id: int
    word: str
    answer: str
    accepted: bool | None
    offered_at: datetime
    answered_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answered_at is None


def seal_offer(visitor: Visitor, reference: str, to_id: int, word: str) -> Offer:
    """Seal a word to the desk, for the colleague who shall take a case over.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
    """
    case = queries.living_for(visitor, reference)
    return Offer(envelope.seal(case, queries.HANDOVER, {"words": word}, desk_only=True), visitor.member.id, to_id)


def offer(offered: Offer) -> None:
    """Offer a case to a colleague, and tell them by letter; the giver answers for it until they take it.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        NotYoursError: the giver does not answer for the case.
        OfferedError: it is offered already.
        assignment.NobodyError: the colleague does not work here, is not seated at its desk, or is the giver.
    """
    case = envelope.held_case(offered.envelope)
    if case.assignee_id != offered.from_id:
        raise NotYoursError
    if db.session.scalar(_open(case).limit(1)) is not None:
        raise OfferedError
    if offered.to_id == offered.from_id:
        raise assignment.NobodyError
    colleague = assignment.colleague(case, offered.to_id)
    moment = now()
    row = Handover(
        case_id=case.id,
        from_id=offered.from_id,
        to_id=colleague.id,
        desk_key_id=offered.envelope.desk_key_id,
        sealed=offered.envelope.sealed,
        offered_at=moment,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("case.offered", desk_id=case.desk_id, member_id=offered.from_id, case_id=case.id, to=colleague.id)
    notices.to_member("handover", case, moment, colleague)


def accept(visitor: Visitor, reference: str, handover_id: int) -> Case:
    """Take a case over that was offered; whoever takes one that nobody acknowledged acknowledges it.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        NoOfferError: the offer is open no longer, or was never theirs.
    """
    case = queries.held_for(visitor, reference)
    row = _offer_to(case, handover_id, visitor.member.id)
    row.accepted, row.answered_at = True, now()
    statuses.take_up(case, visitor.member.id, now())
    assignment.answer_for(case, visitor.member.id)
    audit.record("case.handed_over", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id)
    return case


def seal_refusal(visitor: Visitor, reference: str, handover_id: int, reason: str) -> Refusal:
    """Seal the reason why a case is not taken over.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        NoOfferError: the offer is open no longer, or was never theirs.
    """
    case, opens = queries.living_for(visitor, reference), queries.desk_opens(visitor)
    row = _offer_to(case, handover_id, visitor.member.id)
    sealed = envelope.seal(case, queries.HANDOVER, {"words": reason}, desk_only=True)
    # One key of the desk stands for all columns of a row, and this one may be sealed to an older key still.
    word = seal(unseal(row.sealed, opens(row.desk_key_id)), [desks.current_key(case.desk_id).recipient])
    return Refusal(sealed, handover_id, visitor.member.id, word, row.sealed)


def refuse(refusal: Refusal) -> None:
    """Refuse a case that was offered, and tell the giver by letter: they go on answering for it.

    Raises:
        StaleError: a key or the offer changed meanwhile; seal it again.
        NoOfferError: the offer is open no longer, or was never theirs.
    """
    case = envelope.held_case(refusal.envelope)
    row = _offer_to(case, refusal.handover_id, refusal.member_id)
    if row.sealed != refusal.was:
        raise StaleError
    row.desk_key_id, row.sealed, row.answer = refusal.envelope.desk_key_id, refusal.word, refusal.envelope.sealed
    row.accepted, row.answered_at = False, now()
    db.session.flush()
    audit.record("case.handover_refused", desk_id=case.desk_id, member_id=refusal.member_id, case_id=case.id)
    giver = members.by_id(row.from_id) if row.from_id else None
    if giver is not None:
        notices.to_member("handover_refused", case, now(), giver)


def take_back(visitor: Visitor, reference: str, handover_id: int) -> Case:
    """Take an offer back.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        NoOfferError: the offer is open no longer, or was never theirs.
    """
    case = queries.held_for(visitor, reference)
    row = _open_offer(case, handover_id, Handover.from_id == visitor.member.id)
    row.answered_at = now()
    db.session.flush()
    audit.record("case.offer_taken_back", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id)
    return case


def seal_giving_up(visitor: Visitor, reference: str, reason: str) -> GivingUp:
    """Seal why a case is given up.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
    """
    case = queries.living_for(visitor, reference)
    why = envelope.seal(case, queries.NOTE, {"text": reason}, desk_only=True)
    return GivingUp(why, envelope.seal(case, queries.STATUS, {"words": ""}), visitor.member.id)


def give_up(giving: GivingUp) -> None:
    """Give a case up without a successor: it stands among the new ones again, and the desk is told.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        NotYoursError: the member does not answer for the case.
        statuses.NotAllowedError: it is done: nobody needs to take it up.
    """
    case, moment = envelope.held_case(giving.reason), now()
    if case.assignee_id != giving.member_id:
        raise NotYoursError
    if case.status not in statuses.OPEN:
        raise statuses.NotAllowedError
    assignment.answer_for(case, None)
    statuses.put(case, RECEIVED, giving.status, giving.member_id, moment)
    note(case, giving.reason, giving.member_id, moment)
    audit.record("case.given_up", desk_id=case.desk_id, member_id=giving.member_id, case_id=case.id)
    notices.given_up(case, moment)


def note(case: Case, words: Envelope, member_id: int, moment: datetime) -> None:
    """Keep a reason among the desk's notes."""
    kept = {"case_id": case.id, "member_id": member_id, "desk_key_id": words.desk_key_id}
    db.session.add(Note(**kept, once=conversation.once(), sealed=words.sealed, written_at=moment))
    db.session.flush()


def read(case: Case, opens: Opens) -> list[OpenedOffer]:
    """Open the offers of a case, newest first.

    Raises:
        sealing.SealError: one was altered, or moved here from another case.
    """
    rows = db.session.scalars(select(Handover).where(Handover.case_id == case.id).order_by(Handover.id.desc())).all()
    return [_opened(case, row, opens) for row in rows]


def read_open(case: Case, opens: Opens) -> OpenedOffer | None:
    """Open the offer of a case that waits for an answer, if there is one."""
    row = db.session.scalar(_open(case).limit(1))
    return _opened(case, row, opens) if row else None


def _opened(case: Case, row: Handover, opens: Opens) -> OpenedOffer:
    identity = opens(row.desk_key_id)

    def words(sealed: Any) -> str:  # noqa: ANN401 an age file, or none
        if sealed is None:
            return ""
        said = unseal_document(queries.HANDOVER, sealed, identity)
        if said["reference"] != case.reference:
            message = "a document was moved here from another case"
            raise SealError(message)
        return str(said["words"])

    return OpenedOffer(
        row.id,
        row.from_id,
        row.to_id,
        words(row.sealed),
        words(row.answer),
        row.accepted,
        row.offered_at,
        row.answered_at,
    )


def _open(case: Case) -> Any:  # noqa: ANN401 a select, whose type SQLAlchemy works out
    return select(Handover).where(Handover.case_id == case.id, Handover.answered_at.is_(None))


def _offer_to(case: Case, handover_id: int, member_id: int) -> Handover:
    return _open_offer(case, handover_id, Handover.to_id == member_id)


def _open_offer(case: Case, handover_id: int, concerns: ColumnElement[bool]) -> Handover:
    found = select(Handover).where(Handover.id == handover_id, Handover.case_id == case.id, concerns)
    row = db.session.scalar(found.with_for_update())
    if row is None or row.answered_at is not None:
        raise NoOfferError
    return row
