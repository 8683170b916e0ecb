"""The delivery ledger of a case: each letter about it, to whom it goes, and what the mail server said."""

from dataclasses import dataclass
from datetime import datetime

from intake.cases import letter_words
from intake.cases.models import Case
from intake.i18n import now
from intake.members import queries as members
from intake.outbox import queries as letters
from intake.outbox.models import Attempt, Letter

MOST = 100  # letters that are shown


@dataclass(frozen=True)
class Delivery:
    """What became of a letter. No address stands in it.

    Attributes:
        kind: what it tells, in words.
        to: the member's name, or whom it goes to.
        owed_at: since when it is owed.
        accepted_at: when the mail server took it.
        withdrawn_at: when it was withdrawn.
        next_at: when it is tried next; None where it is done with.
        attempts: how often it was tried.
        failures: how often in vain.
        tried_at: when it was tried last.
        smtp_code: the number that the server answered then.
        answer: its words, without addresses.
    """

    kind: str
    to: str
    owed_at: datetime
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    next_at: datetime | None
    attempts: int
    failures: int
    tried_at: datetime | None
    smtp_code: int | None
    answer: str

    @property
    def is_due(self) -> bool:
        """Whether it is to be tried at the next look."""
        return self.next_at is not None and self.next_at <= now()


@dataclass(frozen=True)
class Ledger:
    """The letters about a case, newest first, and whether there are older ones."""

    letters: list[Delivery]
    more: bool

    @property
    def owed(self) -> int:
        """How many of them are not accepted yet."""
        return sum(letter.next_at is not None for letter in self.letters)


def of_case(case: Case) -> Ledger:
    """Return what became of the letters about a case.

    Args:
        case: the case, fetched for a member of its desk.
    """
    rows = letters.about(case.id, MOST + 1)
    names = members.names({letter.member_id for letter, _, _ in rows})
    return Ledger([_delivery(*row, names) for row in rows[:MOST]], len(rows) > MOST)


def _delivery(letter: Letter, last: Attempt | None, attempts: int, names: dict[int, str]) -> Delivery:
    is_done = letter.delivered_at is not None or letter.withdrawn_at is not None
    return Delivery(
        kind=letter_words.kind(letter.kind),
        to=names.get(letter.member_id or 0) or letter_words.to(letter.kind),
        owed_at=letter.owed_at,
        accepted_at=letter.delivered_at,
        withdrawn_at=letter.withdrawn_at,
        next_at=None if is_done else letter.due_at,
        attempts=attempts,
        failures=letter.failures,
        tried_at=last.at if last else None,
        smtp_code=last.smtp_code if last else None,
        answer=letters.without_address(last.answer, letter.address) if last else "",
    )
