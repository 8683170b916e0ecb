"""The dashboard put together: for the desk, with every number; and for outside, where small ones are hidden."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, gettext

from intake.cases import dashboard_words as words
from intake.cases import detection, figures, queue, small_numbers
from intake.cases.dashboard_filter import Choice, monday
from intake.cases.feedback import QUESTIONS, RATINGS
from intake.cases.figures import ALL_DESKS, ANSWERING, WAITING, Span
from intake.cases.small_numbers import FEWEST, Cell
from intake.cases.words import FEEDBACK
from intake.desks import queries as desks
from intake.desks.models import Desk
from intake.i18n import COUNTRY_NAMES, LANGUAGE_NAMES, day, now
from intake.members.sessions import Visitor
from intake.outbox import queries as letters
from intake.outbox.queries import Health

FEWEST_FOR_HIGH = 2 * FEWEST  # of fewer, the 90th percentile is the time that one case alone took


@dataclass(frozen=True)
class Bar:
    """A number with what it counts; ``short`` where there is little room, ``key`` for a table of figures."""

    label: str
    cell: Cell
    short: str = ""
    key: str = ""


@dataclass(frozen=True)
class Series:
    """Numbers of one kind. Without bars there was nothing to count, or too little to be shown."""

    name: str
    title: str
    of: str
    bars: list[Bar] = field(default_factory=list)
    left_out: bool = False


@dataclass(frozen=True)
class Times:
    """How long cases of one desk, or of all, took: in minutes; nothing where that would tell of a few."""

    desk: Desk | None
    counts: Mapping[str, int]
    medians: Mapping[str, int]
    highs: Mapping[str, int]


@dataclass(frozen=True)
class Now:
    """What stands at one desk, or at all, at this moment: not acknowledged, since when, and overdue."""

    desk: Desk | None
    queued: Cell
    since: datetime | None
    overdue: Cell


@dataclass(frozen=True)
class Board:
    """All that stands on the dashboard.

    Attributes:
        choice: what is shown.
        own: the desks where whoever asks is seated.
        shown: those that are shown.
        total: how many cases arrived.
        series: arrivals and violations.
        ratings: what complainants thought, by question.
        times: how long cases took, by desk, all together last.
        standing: what stands at the desks now.
        health: how letters are delivered; nothing on a page for outside.
    """

    choice: Choice
    own: list[Desk]
    shown: list[Desk]
    total: Cell
    series: list[Series]
    ratings: list[Series]
    times: list[Times]
    standing: list[Now]
    health: Health | None


def own_desks(visitor: Visitor) -> list[Desk]:
    """Return the desks where a member is seated."""
    return [own.desk for own in desks.desks_of(visitor.member)]


def read(visitor: Visitor, choice: Choice, own: list[Desk]) -> Board:
    """Count what the dashboard shows: of the visitor's desks alone.

    Args:
        visitor: who asks.
        choice: which desk, which days, and for whom.
        own: the desks where the visitor is seated; without any, only the delivery of letters is told.
    """
    shown = [desk for desk in own if choice.desk in {"", str(desk.id)}]
    health = letters.health(now())
    if not shown:
        return Board(choice, own, shown, Cell(0), [], [], [], [], health)
    arrived = figures.arrivals(visitor, choice)
    rated = figures.rated(visitor, choice)
    board = Board(
        choice,
        own,
        shown,
        Cell(arrived.total),
        [
            _series(words.WEEKS, _weeks(choice, arrived.days) if arrived.total else []),
            _series(words.COUNTRIES, _named(arrived.countries, COUNTRY_NAMES)),
            _series(words.LANGUAGES, _named(arrived.languages, LANGUAGE_NAMES)),
            _series(words.DETECTED, _named(arrived.detected, detection.names())),
            _series(words.VIOLATED, _named(figures.coded(visitor, choice), words.CODES)),
        ],
        [_ratings(question, rated[question]) for question in QUESTIONS if question in rated],
        _times(shown, figures.spans(visitor, choice)),
        _standing(visitor, choice, shown),
        health,
    )
    return for_outside(board) if choice.outside else board


def for_outside(board: Board) -> Board:
    """Return a dashboard as it may be shown outside of the house.

    Small numbers are hidden, with what would tell them (see ``small_numbers``). No number stands beside a time, nor
    does a time that one case alone took; what stands at the desks now is told of all together, and of letters nothing.
    """
    together = [one for one in board.standing if one.desk is None or len(board.standing) == 1]
    return replace(
        board,
        total=small_numbers.alone(board.total.count or 0),
        series=[_protected(series) for series in board.series],
        ratings=[_protected(series) for series in board.ratings],
        times=[_protected_times(times) for times in board.times],
        standing=[
            Now(None, small_numbers.alone(one.queued.count or 0), None, small_numbers.alone(one.overdue.count or 0))
            for one in together
        ],
        health=None,
    )


def _protected(series: Series) -> Series:
    cells = small_numbers.protect([bar.cell.count or 0 for bar in series.bars])
    if cells is None:
        return replace(series, bars=[], left_out=True)
    return replace(series, bars=[replace(bar, cell=cell) for bar, cell in zip(series.bars, cells, strict=True)])


def _protected_times(times: Times) -> Times:
    medians = {kind: lasted for kind, lasted in times.medians.items() if times.counts[kind] >= FEWEST}
    highs = {kind: lasted for kind, lasted in times.highs.items() if times.counts[kind] >= FEWEST_FOR_HIGH}
    return Times(times.desk, {}, medians, highs)


def _series(name: str, bars: list[Bar]) -> Series:
    return Series(name, str(words.SERIES[name]), str(words.OF[name]), bars)


def _weeks(choice: Choice, days: Counter[date]) -> list[Bar]:
    counts: Counter[date] = Counter()
    for on, count in days.items():
        counts[monday(on)] += count
    return [
        Bar(day(begins), Cell(counts[begins]), str(format_date(begins, "d MMM")), begins.isoformat())
        for begins in choice.mondays
    ]


def _named(counts: Counter[str], names: Mapping[str, Any]) -> list[Bar]:
    """Return numbers in the order of their names, which does not tell which is larger."""
    order = [*names, *sorted(counts.keys() - names.keys())]
    return [
        Bar(str(names.get(key, key)) if key else gettext("not kept"), Cell(counts[key]), key=key)
        for key in order
        if counts[key]
    ]


def _ratings(question: str, counts: Counter[int]) -> Series:
    bars = [Bar(gettext("%(rating)s of 5", rating=rating), Cell(counts[rating]), key=str(rating)) for rating in RATINGS]
    return Series(question, str(FEEDBACK[question]), gettext("Rating"), bars)


def _times(shown: list[Desk], spans: Mapping[tuple[int, str], Span]) -> list[Times]:
    found = []
    for desk in _each_and_all(shown):
        of = {kind: spans.get((desk.id if desk else ALL_DESKS, kind)) for kind in (WAITING, ANSWERING)}
        known = {kind: span for kind, span in of.items() if span}
        found.append(
            Times(
                desk,
                {kind: span.count if span else 0 for kind, span in of.items()},
                {kind: span.median for kind, span in known.items()},
                {kind: span.high for kind, span in known.items()},
            )
        )
    return found


def _standing(visitor: Visitor, choice: Choice, shown: list[Desk]) -> list[Now]:
    queued = figures.queued(visitor, choice)
    overdue = queue.overdue(visitor, int(choice.desk) if choice.desk else None)
    found = []
    for desk in _each_and_all(shown):
        numbers = [desk.id] if desk else [each.id for each in shown]
        waiting = [queued[number] for number in numbers if number in queued]
        found.append(
            Now(
                desk,
                Cell(sum(one.count for one in waiting)),
                min((one.since for one in waiting), default=None),
                Cell(sum(overdue.get(number, 0) for number in numbers)),
            )
        )
    return found


def _each_and_all(shown: list[Desk]) -> Iterable[Desk | None]:
    """Yield the desks, and nothing for all together where they are several."""
    return [*shown, None] if len(shown) > 1 else shown
