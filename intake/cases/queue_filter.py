"""The filter of the queue: which tab, narrowed by what, in which order. The page's address says all of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from intake.cases.detection import TONGUES, UNKNOWN
from intake.cases.models import (
    ACKNOWLEDGED,
    CHECKING,
    CLOSED,
    DELETED,
    DEMO,
    EMAIL,
    ENTERED,
    NEEDS_ANSWER,
    NOT_A_COMPLAINT,
    PASSED_ON,
    PUBLISHED,
    RECEIVED,
    STATUSES,
    WEB,
    Label,
)
from intake.cases.outcome import OUTCOMES
from intake.cases.wishes import PUBLISH, SHARE
from intake.desks.queries import OwnDesk
from intake.i18n import COUNTRY_NAMES, TAGS
from intake.members.models import Member
from intake.reference.countries import COUNTRIES, regions_of
from intake.reference.leaf_codes import LEAVES

MINE, OPEN, OVERDUE, DONE, ENDING, ALL = "mine", "open", "overdue", "done", "ending", "all"
OPEN_STATUSES = (RECEIVED, ACKNOWLEDGED, CHECKING, NEEDS_ANSWER)
# The tabs of the queue, and the statuses under each.
TABS = {
    RECEIVED: (RECEIVED,),
    MINE: OPEN_STATUSES,
    OPEN: OPEN_STATUSES,
    OVERDUE: OPEN_STATUSES,
    NEEDS_ANSWER: (NEEDS_ANSWER,),
    DONE: (PUBLISHED, PASSED_ON, CLOSED),
    NOT_A_COMPLAINT: (NOT_A_COMPLAINT,),
    ENDING: OUTCOMES,
    DELETED: (DELETED,),
    ALL: tuple(status for status in STATUSES if status != DELETED),
}
URGENCY, NEWEST, OLDEST, DEADLINE = SORTS = ("urgency", "newest", "oldest", "deadline")
YES, NO = "yes", "no"
NOBODY = "nobody"  # of cases that nobody answers for, or that may be shown to nobody
UNCODED = "none"  # of cases that no member has coded
SEALED = frozenset({"code", "region", "publish", "share"})  # what is read out of sealed pages
_REGIONS = [code for country in COUNTRIES for code, _ in regions_of(country, "en")]
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
PLACES = ("after", "before")  # from which case a page goes on
LONGEST_QUERY = 600  # characters of a saved view's address


@dataclass(frozen=True)
class Choices:
    """What can be chosen in the filter: by whoever asks, at their desks."""

    desks: list[OwnDesk]
    members: list[Member]
    labels: list[Label]

    def values(self, name: str) -> Collection[str]:
        """Return the values that a choice may have."""
        known: dict[str, Collection[str]] = {
            "tab": TABS,
            "sort": SORTS,
            "desk": [str(own.desk.id) for own in self.desks],
            "country": COUNTRY_NAMES,
            "status": TABS[ALL],
            "urgent": (YES, NO),
            "assignee": [NOBODY, *(str(member.id) for member in self.members)],
            "language": TAGS,
            "detected": (*TONGUES, UNKNOWN),
            "label": [str(label.id) for label in self.labels],
            "files": (YES, NO),
            "channel": (WEB, DEMO, EMAIL, *ENTERED),
            "code": (UNCODED, *LEAVES),
            "region": _REGIONS,
            "publish": PUBLISH,
            "share": (*SHARE, NOBODY),
        }
        return known[name]

    @property
    def desk_ids(self) -> list[int]:
        """The numbers of the desks where whoever asks is seated."""
        return [own.desk.id for own in self.desks]


@dataclass(frozen=True)
class Filter:
    """The state of the queue, as its address says it. An empty text narrows nothing.

    Attributes:
        since: the first day on which a case was received, as ISO 8601 writes it.
        until: the last one.
        code: a leaf code, or ``UNCODED``.
        detected: the language that the words are in, or ``detection.UNKNOWN``.
        region: where it happened.
        publish: whether it may be published.
        share: to whom it may be shown.
        ignored: the names of what stood in the address and means nothing here.
    """

    tab: str = RECEIVED
    sort: str = URGENCY
    desk: str = ""
    country: str = ""
    status: str = ""
    urgent: str = ""
    assignee: str = ""
    language: str = ""
    detected: str = ""
    label: str = ""
    since: str = ""
    until: str = ""
    files: str = ""
    channel: str = ""
    code: str = ""
    region: str = ""
    publish: str = ""
    share: str = ""
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def given(self) -> dict[str, Any]:
        """What differs from the queue as it opens, by name: what its address carries."""
        return {name: getattr(self, name) for name in NAMES if getattr(self, name) != _USUAL[name]}

    @property
    def narrows(self) -> bool:
        """Whether anything besides tab and order is chosen."""
        return bool(set(self.given) - {"tab", "sort"})

    @property
    def narrows_by_sealed(self) -> bool:
        """Whether anything is chosen that stands in sealed pages."""
        return bool(SEALED.intersection(self.given))

    @property
    def query(self) -> str:
        """The same as the query string of an address."""
        return urlencode(self.given)

    def under(self, tab: str) -> "Filter":
        """Return the same under another tab; a status that does not stand under it is left out."""
        kept = self.status if self.status in TABS[tab] else ""
        return replace(self, tab=tab, status=kept, ignored=())

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses of the cases that it shows."""
        under = TABS[self.tab]
        return tuple(status for status in under if status == self.status) if self.status else under

    @property
    def order(self) -> str:
        """The order that is shown: what ends first stands first, unless the order of arrival was chosen."""
        return ENDING if self.tab == ENDING and self.sort in {URGENCY, DEADLINE} else self.sort

    @property
    def offered(self) -> tuple[str, ...]:
        """The statuses that stand under its tab."""
        return TABS[self.tab]

    @property
    def received_from(self) -> datetime | None:
        """The moment from which cases were received."""
        return _midnight(date.fromisoformat(self.since)) if self.since else None

    @property
    def received_before(self) -> datetime | None:
        """The moment before which cases were received."""
        return _midnight(date.fromisoformat(self.until) + timedelta(days=1)) if self.until else None


_USUAL: dict[str, Any] = {one.name: one.default for one in fields(Filter) if one.name != "ignored"}
NAMES = tuple(_USUAL)


def read(args: Mapping[str, str], choices: Choices) -> Filter:
    """Return the filter that an address says; what means nothing here is left out, and named.

    Args:
        args: the parameters of the address.
        choices: what whoever asks may choose.
    """
    given = {name: args[name] for name in NAMES if args.get(name)}
    good = {name: value for name, value in given.items() if _means_something(name, value, choices)}
    if "status" in good and "tab" not in good:
        good["tab"] = ALL
    ignored = [name for name in given if name not in good]
    if "status" in good and good["status"] not in TABS[good["tab"]]:
        del good["status"]
        ignored.append("status")
    return Filter(**good, ignored=tuple(ignored))


def read_query(query: str, choices: Choices) -> Filter:
    """Return the filter that a query string says."""
    return read(dict(parse_qsl(query[:LONGEST_QUERY])), choices)


def parameters(query: str) -> dict[str, Any]:
    """Return what a query string says of a page of the queue, by name, for an address."""
    return {name: value for name, value in parse_qsl(query[:LONGEST_QUERY]) if name in (*NAMES, *PLACES)}


def _means_something(name: str, value: str, choices: Choices) -> bool:
    if name not in {"since", "until"}:
        return value in choices.values(name)
    try:
        return EARLIEST <= date.fromisoformat(value) <= LATEST and len(value) == len("2026-01-01")
    except ValueError:
        return False


def _midnight(of: date) -> datetime:
    return datetime.combine(of, time(), UTC)
