"""Telling more about a case: answers to a block of questions, each save a new version of it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from intake import audit
from intake.cases import envelope, notices, outcome, queries, waiting
from intake.cases.envelope import Envelope
from intake.cases.models import Case, Statement
from intake.cases.visits import Visit
from intake.extensions import StaleError, db
from intake.i18n import now, to_ten_minutes
from intake.members.sessions import Visitor
from intake.outbox import reminders
from intake.sealing import digest

PLAIN = frozenset({"urgent", "alarm_at", "reachable", "not_for_publication"})
SEALED_DIGEST = 32  # bytes
_NEWEST = select(Statement.number, Statement.digest).order_by(Statement.number.desc()).limit(1)


@dataclass(frozen=True)
class Answers:
    """What was answered to a block of questions.

    Attributes:
        block: the block's name.
        words: the answers, as JSON can hold them.
        base: the number of the version that the form showed: the same answers to the same version are one save.
        plain: the plain columns of the case that change by them: ``urgent``, ``alarm_at``, ``reachable``,
            ``not_for_publication``.
        consent: whether they say what may be done with the case.
        again: whether danger is told anew, so that everybody hears although the case was urgent already.
    """

    block: str
    words: Mapping[str, Any] = field(repr=False)
    base: int = 0
    plain: Mapping[str, Any] = field(default_factory=dict)
    consent: bool = False
    again: bool = False

    def cautious(self) -> "Answers":
        """Return the same, lifting no urgency: for a form that did not know of the newest answers."""
        plain = {name: value for name, value in self.plain.items() if name not in {"urgent", "alarm_at"} or value}
        return replace(self, plain=plain)


@dataclass(frozen=True)
class Telling:
    """Answers ready to be saved: sealed, with what of them the server must know."""

    envelope: Envelope
    digest: bytes
    member_id: int | None
    plain: Mapping[str, Any]
    consent: bool
    again: bool
    after: int


def seal_answers(who: Visit | Visitor, case: Case, answers: Answers) -> Telling:
    """Seal the answers of a block. Danger told meanwhile is not lifted by a form that did not know of it.

    Args:
        who: the complainant, or a member who writes for them.
        case: the case.
        answers: what was answered.
    """
    after = queries.statement_count(case)
    if answers.block == queries.DANGER and answers.base < _newest_danger(who, case):
        answers = answers.cautious()
    words = {"block": answers.block, "answers": dict(answers.words), "base": answers.base}
    return Telling(
        envelope.seal(case, queries.STATEMENT, words),
        digest(who.digest_key, words) if isinstance(who, Visit) else secrets.token_bytes(SEALED_DIGEST),
        None if isinstance(who, Visit) else who.member.id,
        answers.plain,
        answers.consent,
        answers.again,
        after,
    )


def tell(telling: Telling) -> int:
    """Save answers: a new version of their block. The same again at once changes nothing; later it is meant.

    Returns:
        The number of the statement.

    Raises:
        StaleError: a key changed meanwhile, or something was told; seal it again.
    """
    case = envelope.held_case(telling.envelope)
    newest = db.session.execute(_NEWEST.where(Statement.case_id == case.id)).one()
    if newest.number != telling.after:
        raise StaleError
    if newest.digest == _kept_digest(telling.digest, newest.number):
        return int(newest.number)
    number = int(newest.number) + 1
    moment = now() if telling.member_id else to_ten_minutes(now())
    db.session.add(
        Statement(
            case_id=case.id,
            number=number,
            member_id=telling.member_id,
            desk_key_id=telling.envelope.desk_key_id,
            digest=_kept_digest(telling.digest, number),
            sealed=telling.envelope.sealed,
            received_at=moment,
        )
    )
    raised = bool(telling.plain.get("urgent")) and (telling.again or not case.urgent)
    outcome.begin(case, moment)
    _change(case, telling.plain)
    if raised or telling.plain.get("alarm_at"):
        waiting.hasten(case, moment)
    act = "case.consent_changed" if telling.consent else "case.added_to"
    audit.record(act, desk_id=case.desk_id, member_id=telling.member_id, case_id=case.id, at=moment, raised=raised)
    if telling.consent:
        reminders.forget(case.id, now())  # what is owed still goes by the earlier answers
    if telling.member_id is None:
        notices.told_more(case, moment, raised=raised, consent=telling.consent)
    return number


def _newest_danger(who: Visit | Visitor, case: Case) -> int:
    opens = who.opens if isinstance(who, Visit) else queries.desk_opens(who)
    return queries.known_by(queries.read_statements(case, opens), queries.DANGER)


def _kept_digest(digest_of_words: bytes, number: int) -> bytes:
    """Return what knows words again at their place among the statements: at another place they were meant anew."""
    return hashlib.sha256(digest_of_words + str(number).encode()).digest()


def _change(case: Case, plain: Mapping[str, Any]) -> None:
    """Change the plain columns of a case.

    Raises:
        ValueError: answers may not change such a column.
    """
    if not PLAIN.issuperset(plain):
        message = f"answers may change {sorted(PLAIN)} alone"
        raise ValueError(message)
    for name, value in plain.items():
        setattr(case, name, value)
    db.session.flush()
