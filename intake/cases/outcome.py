"""Since when a case rests: from when the time counts for which what it tells is kept."""

from datetime import datetime

from intake.cases.models import CLOSED, NOT_A_COMPLAINT, PASSED_ON, PUBLISHED, Case

OUTCOMES = (PUBLISHED, PASSED_ON, CLOSED, NOT_A_COMPLAINT)


def begin(case: Case, moment: datetime) -> None:
    """Let the time count from a moment: the case came to its outcome, or something was written in it since.

    While a case is open no time counts. A warning that was given is void. The case's row is held.

    Args:
        case: the case, with the status that it has from now on.
        moment: when; where it was rounded down, the time does not go back by it.
    """
    since = max(moment, case.outcome_at or moment)
    case.outcome_at = since if case.status in OUTCOMES else None
    void_warning(case)


def void_warning(case: Case) -> None:
    """Let a case be one of whose end nobody was warned."""
    case.warned_at = case.ends_at = None
