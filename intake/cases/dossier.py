"""All that a desk reads of a case, opened at once for one who may."""

from dataclasses import dataclass
from typing import Any

from intake.cases import queries
from intake.cases.models import Case
from intake.cases.queries import STORY, Act, OpenedMessage, OpenedStatement, OpenedStatus
from intake.desks import cover
from intake.desks.cover import Holder
from intake.evidence import queries as evidence
from intake.evidence.queries import OpenedFile
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor


@dataclass(frozen=True)
class Answered:
    """The answers to a block of questions: its newest version, and those before it, newest first."""

    block: str
    newest: OpenedStatement
    earlier: list[OpenedStatement]


@dataclass(frozen=True)
class Dossier:
    """A case as its desk reads it."""

    case: Case
    statements: list[OpenedStatement]
    answered: list[Answered]
    files: list[OpenedFile]
    messages: list[OpenedMessage]
    statuses: list[OpenedStatus]
    feedback: dict[str, Any] | None
    history: list[Act]
    names: dict[int, str]
    holder: Holder | None

    @property
    def stories(self) -> list[OpenedStatement]:
        """What was told in free words."""
        return [statement for statement in self.statements if statement.block == STORY]

    @property
    def recordings(self) -> list[OpenedFile]:
        """What was spoken to us."""
        return [file for file in self.files if not file.is_attachment]

    @property
    def attachments(self) -> list[OpenedFile]:
        """What came with a mail, or was sent by itself."""
        return [file for file in self.files if file.is_attachment]

    @property
    def statement_numbers(self) -> list[int]:
        """The numbers of all statements that are shown."""
        return [statement.number for statement in self.statements]

    @property
    def message_ids(self) -> list[int]:
        """The numbers of all messages that are shown."""
        return [message.id for message in self.messages]

    @property
    def shown(self) -> tuple[list[int], list[int], list[str]]:
        """What counts as read once a page shows it all: statements, messages, files."""
        return self.statement_numbers, self.message_ids, [file.name for file in self.files]

    def newest(self, block: str) -> OpenedStatement | None:
        """Return the newest answers to a block, if it was answered."""
        return next((answered.newest for answered in self.answered if answered.block == block), None)


def open_for(visitor: Visitor, reference: str) -> Dossier:
    """Open everything that a desk reads of a case.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        sealing.SealError: something was altered, or moved here from another case.
    """
    case, opens = queries.case_for(visitor, reference), queries.desk_opens(visitor)
    statements = queries.read_statements(case, opens)
    messages = queries.read_messages(case, opens)
    statuses = queries.read_statuses(case, opens)
    files = evidence.opened_files(case.id, case.reference, opens)
    wrote = {
        *(statement.member_id for statement in statements),
        *(message.member_id for message in messages),
        *(status.member_id for status in statuses),
        *(file.sender_id for file in files),
    }
    return Dossier(
        case,
        statements,
        answered(statements),
        files,
        messages,
        statuses,
        queries.read_feedback(case, opens),
        queries.history(case),
        members.names(wrote),
        cover.holder(case.assignee_id, case.desk_id, now()) if case.assignee_id else None,
    )


def answered(statements: list[OpenedStatement]) -> list[Answered]:
    """Return the blocks that statements answer, in the order in which they were answered first."""
    versions: dict[str, list[OpenedStatement]] = {}
    for statement in statements:
        if statement.block != STORY:
            versions.setdefault(statement.block, []).insert(0, statement)
    return [Answered(block, newest, earlier) for block, (newest, *earlier) in versions.items()]
