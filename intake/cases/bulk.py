"""One press for many cases: who answers for them, a label, urgency, a status; and taking it back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.audit import AuditEntry
from intake.cases import assignment, envelope, outcome, queries, statuses, waiting
from intake.cases.envelope import Envelope
from intake.cases.models import (
    CHECKING,
    NOT_A_COMPLAINT,
    RECEIVED,
    UNSEEN,
    BulkChange,
    Case,
    CaseLabel,
    ComplainantKey,
    Label,
    StatusChange,
)
from intake.desks import queries as desks
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor

ASSIGN, LABEL, UNLABEL, URGENT, CALM, CHECK, PUT_ASIDE = ACTS = (
    "assign",
    "label",
    "unlabel",
    "urgent",
    "calm",
    "check",
    "put_aside",
)
WITH_NUMBER = frozenset({ASSIGN, LABEL, UNLABEL})  # of a member or of a label
GIVES = {CHECK: CHECKING, PUT_ASIDE: NOT_A_COMPLAINT}
# From which statuses many cases at once may come to one; from others, one by one and with a reason.
FROM = {
    act: frozenset(before for before in statuses.OPEN if given in statuses.NEXT[before]) for act, given in GIVES.items()
}
WRITTEN = {ASSIGN: "case.assigned", LABEL: "case.labelled", UNLABEL: "case.unlabelled"}
WRITTEN |= dict.fromkeys((URGENT, CALM), "case.urgency") | dict.fromkeys(GIVES, "case.status")
MOST = 100  # cases at once
TAKEN_BACK_WITHIN = timedelta(minutes=10)
READING = "%opened"  # acts that change nothing of a case


@dataclass(frozen=True)
class Wish:
    """What shall be done to which cases.

    Attributes:
        references: of the cases.
        act: one of ``ACTS``.
        number: of the member who shall answer for them, or of the label.
    """

    references: tuple[str, ...]
    act: str
    number: int = 0


@dataclass(frozen=True)
class Prepared:
    """A wish, with the words of a status sealed for each case."""

    visitor: Visitor
    wish: Wish
    words: dict[int, Envelope] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """How many cases were changed, and how many were left as they are."""

    changed: int
    skipped: int


def prepare(visitor: Visitor, wish: Wish) -> Prepared:
    """Seal what a status says, which is nothing, for each case that is there for the visitor."""
    if wish.act not in GIVES:
        return Prepared(visitor, wish)
    cases = db.session.scalars(_there_for(visitor).where(Case.reference.in_(wish.references))).all()
    keys = select(ComplainantKey).where(ComplainantKey.id.in_([case.complainant_key_id for case in cases]))
    known = db.session.scalars(keys).all()  # held, so that sealing asks for none of them
    words = {case.id: envelope.seal(case, queries.STATUS, {"words": ""}) for case in cases}
    del known
    return Prepared(visitor, wish, words)


def change(prepared: Prepared) -> Done:
    """Do what was wished to each case that is there for the visitor and to which it can be done.

    Raises:
        StaleError: a key changed meanwhile; prepare it again.
        werkzeug.exceptions.NotFound: there is no such member or label.
    """
    wish, visitor = prepared.wish, prepared.visitor
    may_take = _desks_of(wish.number) if wish.act == ASSIGN else set()
    if wish.act in {LABEL, UNLABEL} and db.session.get(Label, wish.number) is None:
        raise NotFound
    cases = _held(_there_for(visitor).where(Case.reference.in_(wish.references)))
    counted, labelled = _acts([case.id for case in cases]), _labelled(wish.number, cases)
    before: dict[str, Any] = {}
    for case in cases:
        if not _is_possible(case, wish, may_take, labelled):
            continue
        was = {**_state(case), "acts": counted.get(case.id, 0) + 1}
        was["given"] = _DO[wish.act](case, prepared)
        before[str(case.id)] = was
        what = WRITTEN[wish.act]
        detail = {"status": GIVES[wish.act]} if wish.act in GIVES else {"number": wish.number, "urgent": case.urgent}
        audit.record(what, desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id, **detail)
    if before:
        kept = {"cases": before, "number": wish.number}
        db.session.add(BulkChange(member_id=visitor.member.id, act=wish.act, before=kept, at=now()))
    return Done(len(before), len(set(wish.references)) - len(before))


def last(visitor: Visitor) -> BulkChange | None:
    """Return the member's last change of many cases, while it can be taken back."""
    own = select(BulkChange).where(BulkChange.member_id == visitor.member.id)
    found = db.session.scalar(own.order_by(BulkChange.id.desc()).limit(1))
    return found if found and found.undone_at is None and found.at > now() - TAKEN_BACK_WITHIN else None


def undo(visitor: Visitor, change_id: int) -> Done:
    """Take a change of many cases back, where nothing was done to a case since.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, it is somebody else's or too old, or it was taken back.
    """
    own = select(BulkChange).where(BulkChange.id == change_id, BulkChange.member_id == visitor.member.id)
    row = db.session.scalar(own.with_for_update())
    if row is None or row.undone_at is not None or row.at <= now() - TAKEN_BACK_WITHIN:
        raise NotFound
    before, number = row.before["cases"], int(row.before["number"])
    cases = _held(_there_for(visitor).where(Case.id.in_([int(one) for one in before])))
    counted, changed = _acts([case.id for case in cases]), 0
    for case in cases:
        was = before[str(case.id)]
        if counted.get(case.id, 0) != was["acts"]:
            continue
        _restore(case, row.act, number, was)
        audit.record(
            "case.taken_back", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id, act_was=row.act
        )
        changed += 1
    row.undone_at = now()
    db.session.flush()
    return Done(changed, len(before) - changed)


def _there_for(visitor: Visitor) -> Any:  # noqa: ANN401 a statement that is narrowed further
    seated = desks.desk_ids_of(visitor.member)
    return select(Case).where(Case.desk_id.in_(seated), Case.status.not_in(UNSEEN))


def _held(chosen: Any) -> list[Case]:  # noqa: ANN401 as above
    held = chosen.order_by(Case.id).limit(MOST).with_for_update(of=Case)
    return list(db.session.scalars(held.execution_options(populate_existing=True)))


def _desks_of(member_id: int) -> set[int]:
    member = members.by_id(member_id, held=True)
    if member is None:
        raise NotFound
    return desks.held_by(member)


def _acts(case_ids: list[int]) -> dict[int, int]:
    """Return how many acts changed each case so far."""
    entries = select(AuditEntry.case_id, func.count()).where(AuditEntry.case_id.in_(case_ids))
    rows = db.session.execute(entries.where(AuditEntry.act.not_like(READING)).group_by(AuditEntry.case_id))
    return {number: count for number, count in rows if number is not None}


def _labelled(label_id: int, cases: list[Case]) -> set[int]:
    of_them = CaseLabel.case_id.in_([case.id for case in cases])
    return set(db.session.scalars(select(CaseLabel.case_id).where(CaseLabel.label_id == label_id, of_them)))


def _is_possible(case: Case, wish: Wish, may_take: set[int], labelled: set[int]) -> bool:
    """Return whether something can be done to a case, and would change it."""
    if wish.act == ASSIGN:
        return case.desk_id in may_take and case.assignee_id != wish.number
    if wish.act in {LABEL, UNLABEL}:
        return (case.id in labelled) == (wish.act == UNLABEL)
    if wish.act in GIVES:
        return case.status in FROM[wish.act]
    return case.urgent != (wish.act == URGENT)


def _state(case: Case) -> dict[str, Any]:
    at = case.acknowledged_at
    return {
        "status": case.status,
        "assignee": case.assignee_id,
        "urgent": case.urgent,
        "acknowledged_at": at.isoformat() if at else None,
        "acknowledged_by": case.acknowledged_by_id,
    }


def _assign(case: Case, prepared: Prepared) -> None:
    assignment.answer_for(case, prepared.wish.number)


def _label(case: Case, prepared: Prepared) -> None:
    db.session.add(CaseLabel(case_id=case.id, label_id=prepared.wish.number))


def _unlabel(case: Case, prepared: Prepared) -> None:
    db.session.execute(_LABELS.where(CaseLabel.case_id == case.id, CaseLabel.label_id == prepared.wish.number))


def _set_urgency(case: Case, prepared: Prepared) -> None:
    case.urgent = prepared.wish.act == URGENT
    waiting.weigh(case, now())


def _give_status(case: Case, prepared: Prepared) -> int:
    """Give a case a status; return the number of its row, by which it can be taken back."""
    words, moment = prepared.words.get(case.id), now()
    if words is None:
        message = "a case came to the desk while the words were sealed"
        raise StaleError(message)
    envelope.held_case(words)
    if case.status == RECEIVED:
        case.acknowledged_at, case.acknowledged_by_id = moment, prepared.visitor.member.id
    if case.assignee_id is None:
        case.assignee_id = prepared.visitor.member.id  # nobody's case is ever nobody's
    statuses.put(case, GIVES[prepared.wish.act], words, prepared.visitor.member.id, moment)
    newest = select(func.max(StatusChange.id)).where(StatusChange.case_id == case.id)
    return db.session.scalars(newest).one() or 0


def _restore(case: Case, act: str, number: int, was: dict[str, Any]) -> None:
    if act == ASSIGN:
        case.assignee_id = was["assignee"]
    elif act == LABEL:
        db.session.execute(_LABELS.where(CaseLabel.case_id == case.id, CaseLabel.label_id == number))
    elif act == UNLABEL:
        db.session.add(CaseLabel(case_id=case.id, label_id=number))
    elif act in GIVES:
        at = was["acknowledged_at"]
        case.status, case.acknowledged_by_id = was["status"], was["acknowledged_by"]
        case.assignee_id = was["assignee"]
        case.acknowledged_at = datetime.fromisoformat(at) if at else None
        waiting.follow(case, now())
        outcome.begin(case, now())
        db.session.execute(delete(StatusChange).where(StatusChange.id == was["given"]))
    else:
        case.urgent = was["urgent"]
        waiting.weigh(case, now())


_LABELS = delete(CaseLabel)
_DO: dict[str, Callable[[Case, Prepared], int | None]] = {
    ASSIGN: _assign,
    LABEL: _label,
    UNLABEL: _unlabel,
    URGENT: _set_urgency,
    CALM: _set_urgency,
    CHECK: _give_status,
    PUT_ASIDE: _give_status,
}
