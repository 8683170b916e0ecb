"""The filter of the letters: how far they came, what they tell, at which desk, to whom, when. The address says it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from intake.cases import letter_words
from intake.cases.queue_filter import EARLIEST, LATEST
from intake.desks.models import Desk

OWED, FAILING, ACCEPTED, BOUNCED, UNOPENED, WITHDRAWN, DUPLICATES = (
    *("owed", "failing", "accepted", "bounced", "unopened", "withdrawn", "duplicates"),
)
STATES = {
    OWED: _l("Not accepted yet"),
    FAILING: _l("Tried in vain so far"),
    ACCEPTED: _l("Accepted by the mail server"),
    BOUNCED: _l("Came back"),
    UNOPENED: _l("Accepted, and the case not opened since"),
    WITHDRAWN: _l("Withdrawn"),
    DUPLICATES: _l("May have arrived twice"),
}
IGNORED = {
    "state": _l("Letters are never in this state: all are shown."),
    "kind": _l("There is no such letter: all are shown."),
    "desk": _l("There is no such desk: all are shown."),
    "member": _l("There is no such member here: all are shown."),
    "since": _l("The first day is not a date: it was ignored."),
    "until": _l("The last day is not a date: it was ignored."),
    "backwards": _l("The first day is after the last: both were ignored."),
    "before": _l("There is no such page: the newest letters are shown."),
}


@dataclass(frozen=True)
class Choices:
    """What can be chosen: the desks whose letters are shown, and who works here or did."""

    desks: list[Desk]
    members: dict[int, str]

    def values(self, name: str) -> Collection[str]:
        """Return the values that a choice may have."""
        known: dict[str, Collection[str]] = {
            "state": STATES,
            "kind": {**letter_words.KINDS, **letter_words.OF_THE_HOUSE},
            "desk": [str(desk.id) for desk in self.desks],
            "member": [str(number) for number in self.members],
        }
        return known[name]


@dataclass(frozen=True)
class Filter:
    """What of the letters is wanted. An empty text narrows nothing.

    Attributes:
        state: how far they came, one of ``STATES``.
        kind: what they tell.
        desk: the number of the desk that their cases are at.
        member: the number of the member whom they go to.
        since: the first day on which they were owed, as ISO 8601 writes it, in UTC.
        until: the last one.
        ignored: the names of what stood in the address and means nothing here.
    """

    state: str = ""
    kind: str = ""
    desk: str = ""
    member: str = ""
    since: str = ""
    until: str = ""
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def given(self) -> dict[str, Any]:
        """What narrows the letters, by name: what the page's address carries."""
        return {name: getattr(self, name) for name in NAMES if getattr(self, name)}

    @property
    def owed_from(self) -> datetime | None:
        """The moment from which they were owed."""
        return datetime.combine(date.fromisoformat(self.since), time(), UTC) if self.since else None

    @property
    def owed_before(self) -> datetime | None:
        """The moment before which they were owed."""
        last = date.fromisoformat(self.until) if self.until else None
        return datetime.combine(last + timedelta(days=1), time(), UTC) if last else None


NAMES = tuple(one.name for one in fields(Filter) if one.name != "ignored")


def read(args: Mapping[str, str], choices: Choices) -> Filter:
    """Return the filter that an address says; what means nothing here is left out, and named.

    Args:
        args: the parameters of the address.
        choices: what whoever asks may choose.
    """
    given = {name: args[name] for name in NAMES if args.get(name)}
    good = {name: value for name, value in given.items() if _means_something(name, value, choices)}
    ignored = [name for name in given if name not in good]
    if good.get("since", "") > good.get("until", "9999"):
        del good["since"], good["until"]
        ignored.append("backwards")
    return Filter(**good, ignored=tuple(ignored))


def parameters(args: Mapping[str, str]) -> dict[str, Any]:
    """Return what an address of the letters carries of what a form sent along."""
    return {name: args[name] for name in (*NAMES, "before") if args.get(name)}


def _means_something(name: str, value: str, choices: Choices) -> bool:
    if name not in {"since", "until"}:
        return value in choices.values(name)
    try:
        return EARLIEST <= date.fromisoformat(value) <= LATEST and len(value) == len("2026-01-01")
    except ValueError:
        return False
