"""Reaching a person safely: their rules are read first, and whoever opens the details is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intake import audit
from intake.cases import queries
from intake.cases.conversation import CONSENT, CONTACT
from intake.cases.models import Case
from intake.cases.queries import STORY, OpenedStatement
from intake.members.sessions import Visitor

# What says how somebody may be reached; all else that is told about it reaches them, or somebody near them.
WAY = "contact_mode"
# What of a story says how to reach who told it: of a mail also whom it says it is from.
OF_A_STORY = (WAY, "contact_value", "sender_name", "sender")
RULES = (WAY, "safe_times", "message_ok", "shared_device", "say_you_are", "reply_lang")


@dataclass(frozen=True)
class Told:
    """What was told at one time about reaching the person."""

    at: datetime
    member_id: int | None
    rules: Mapping[str, Any]
    details: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Reach:
    """How a person can be reached.

    Attributes:
        case: the case.
        known: the number of the newest statement that says anything about it.
        current: what holds: the newest answers, after what further words said since.
        earlier: what held before, newest first.
        refused: whether the person must not be contacted.
    """

    case: Case
    known: int
    current: list[Told]
    earlier: list[Told]
    refused: bool

    @property
    def has_rules(self) -> bool:
        """Whether the person said more than by which way."""
        return any(set(told.rules) - {WAY} for told in self.current)


def how_to_reach(visitor: Visitor, reference: str) -> Reach:
    """Return how the person of a case can be reached.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or its content was destroyed.
        sealing.SealError: a statement was altered.
    """
    case = queries.living_for(visitor, reference)
    statements = queries.read_statements(case, queries.desk_opens(visitor))
    told = [(statement, answers) for statement in reversed(statements) if (answers := _answers(statement))]
    opened = [_told(statement, answers) for statement, answers in told]
    known = max((one.number for one in statements if _answers(one) or one.block == CONSENT), default=0)
    newest = _newest(told)
    return Reach(case, known, opened[: newest + 1], opened[newest + 1 :], not case.reachable)


def note_opened(visitor: Visitor, reach: Reach) -> None:
    """Write down that a member opened the details."""
    case = reach.case
    audit.record("case.contact_opened", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id)


def language_of(case: Case, statements: list[OpenedStatement]) -> str:
    """Return the tag of the language in which a person wants to be answered; of their form if they did not say."""
    asked = [one.words["answers"].get("reply_lang") for one in statements if one.block == CONTACT]
    return str(asked[-1]) if asked and asked[-1] else case.language


def _answers(statement: OpenedStatement) -> Mapping[str, Any]:
    """Return what a statement says about reaching the person."""
    if statement.block == CONTACT:
        answers: Mapping[str, Any] = statement.words["answers"]
        return answers or {WAY: ""}
    told = {name: statement.words.get(name) for name in OF_A_STORY} if statement.block == STORY else {}
    return {name: value for name, value in told.items() if value}


def _newest(told: Sequence[tuple[OpenedStatement, Mapping[str, Any]]]) -> int:
    """Return the place, newest first, of the answers that hold: who sends a further mail changes nothing of them."""
    blocks = [place for place, (statement, _) in enumerate(told) if statement.block == CONTACT]
    ways = [place for place, (_, answers) in enumerate(told) if WAY in answers]
    return next(iter([*blocks, *ways]), 0)


def _told(statement: OpenedStatement, answers: Mapping[str, Any]) -> Told:
    rules = {name: answers[name] for name in RULES if answers.get(name)}
    details = {name: value for name, value in answers.items() if name not in RULES}
    return Told(statement.received_at, statement.member_id, rules, details)
