"""What the holder of a return code may know of their case."""

from dataclasses import dataclass
from datetime import datetime

from intake.cases import queries as cases
from intake.desks.setup import code_salt
from intake.sealing import code_keys


@dataclass(frozen=True)
class Status:
    """A case, as its complainant sees it."""

    reference: str
    status: str
    urgent: bool
    received_at: datetime
    acknowledged_at: datetime | None
    statements: int


def status_of(digits: str) -> Status | None:
    """Return the status of the case that a code finds, if it finds one.

    Args:
        digits: the 24 digits of a return code.
    """
    case = cases.by_tag(code_keys(digits, code_salt()).tag)
    if case is None:
        return None
    return Status(
        case.reference,
        case.status,
        case.urgent,
        case.received_at,
        case.acknowledged_at,
        cases.statement_count(case),
    )
