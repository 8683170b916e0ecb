"""What the holder of a return code may know of their case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake.cases import queries as cases
from intake.cases.models import Case
from intake.cases.queries import OpenedMessage, OpenedStatement, OpenedStatus
from intake.cases.visits import Visit
from intake.desks.setup import code_salt
from intake.sealing import CodeKeys, code_keys

NEWEST = 3  # messages on the page of the case


@dataclass(frozen=True)
class Version:
    """The newest answers to a block: their number, and what was answered."""

    number: int
    at: datetime
    answers: dict[str, Any]


@dataclass(frozen=True)
class Overview:
    """A case as its complainant sees it."""

    case: Case
    statements: list[OpenedStatement]
    messages: list[OpenedMessage]
    statuses: list[OpenedStatus]
    feedback_given: bool

    @property
    def answered(self) -> dict[str, Version]:
        """The newest version of every block that was answered."""
        return newest_versions(self.statements)

    @property
    def unread(self) -> int:
        """How many of the desk's messages the complainant has not read."""
        return sum(message.member_id is not None and message.read_at is None for message in self.messages)

    @property
    def newest(self) -> list[OpenedMessage]:
        """The last messages, and before them all since the first that was not read."""
        unread = [n for n, one in enumerate(self.messages) if one.member_id is not None and one.read_at is None]
        return self.messages[max(0, min([len(self.messages) - NEWEST, *unread[:1]])) :]

    @property
    def categories(self) -> list[str]:
        """What kinds of violation the complainant ticked."""
        kind = self.answered.get("kind")
        return list(kind.answers.get("categories", [])) if kind else []

    @property
    def may_publish(self) -> bool:
        """Whether the complainant allowed publication, with or without a name."""
        said = self.answered.get("publication")
        return said is not None and said.answers.get("pub_level") in {"with_name", "without_name"}

    @property
    def words_of_status(self) -> str:
        """What a member wrote beside the status that the case has now."""
        return self._given.words if self._given else ""

    @property
    def status_since(self) -> datetime:
        """Since when the case has had its status, as far as is known."""
        if self._given:
            return self._given.at
        return self.case.acknowledged_at or self.case.received_at

    @property
    def moved_at(self) -> datetime | None:
        """When the case was last given to other journalists, if ever."""
        return next((given.at for given in reversed(self.statuses) if given.moved), None)

    @property
    def _given(self) -> OpenedStatus | None:
        """When a member gave the case the status that it has now, and with what words."""
        return next((given for given in reversed(self.statuses) if given.status == self.case.status), None)


def keys_of(digits: str) -> CodeKeys:
    """Return what a return code opens.

    Args:
        digits: its 24 digits.
    """
    return code_keys(digits, code_salt())


def case_of(keys: CodeKeys) -> Case | None:
    """Return the case that a return code finds, if it finds one."""
    return cases.by_tag(keys.tag)


def statements_of(visit: Visit) -> list[OpenedStatement]:
    """Open what was told about the visit's case."""
    return cases.read_statements(visit.case, visit.opens)


def overview(visit: Visit) -> Overview:
    """Open everything that a complainant may see of their case."""
    return Overview(
        visit.case,
        statements_of(visit),
        cases.read_messages(visit.case, visit.opens),
        cases.read_statuses(visit.case, visit.opens),
        cases.has_feedback(visit.case),
    )


def newest_versions(statements: list[OpenedStatement]) -> dict[str, Version]:
    """Return the newest version of every block that statements answer."""
    answered = [statement for statement in statements if statement.block != cases.STORY]
    return {
        statement.block: Version(statement.number, statement.received_at, statement.words["answers"])
        for statement in answered
    }
