"""Charts as plain geometry, which a template writes as SVG. Pure.

Widths are in per cent and heights in pixels, so that words keep their size on whatever screen.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from intake.cases.board import Bar, Series
from intake.cases.dashboard_words import said
from intake.i18n import number

LONGEST_LINE = 36  # characters of a label, beside its number, on a phone
_LINE, _BAR, _GAP = 20, 12, 14  # pixels
_TOP, _PLOT, _BELOW = 28, 150, 30  # pixels: over the plot, of it, and for the weeks below
_FIRST, _LAST = 8.0, 95.0  # per cent: where the first and the last point stand
_MOST_LABELS, _MOST_DOTS, _FEWEST_WITH_MIDDLE = 13, 60, 5


@dataclass(frozen=True)
class Row:
    """A bar with its label, in lines, and its number."""

    lines: list[tuple[str, int]]
    said: str
    y: int
    bar_y: int
    width: str


@dataclass(frozen=True)
class BarChart:
    """Bars, one below the other."""

    rows: list[Row]
    height: int
    bar: int = _BAR


@dataclass(frozen=True)
class Point:
    """A number on the line: where it stands, and how it is said there, if there is room."""

    x: str
    y: float
    said: str = ""
    is_dot: bool = True


@dataclass(frozen=True)
class LineChart:
    """A line with the scale behind it; where a number is hidden, the line has a gap."""

    points: list[Point]
    pieces: list[str]
    scale: list[tuple[str, float]]
    weeks: list[tuple[str, str, str]] = field(default_factory=list)
    top: int = _TOP
    plot: int = _PLOT
    height: int = _TOP + _PLOT + _BELOW


def bar_chart(series: Series) -> BarChart:
    """Return the bars of a series."""
    most, y, rows = _most(series), 0, []
    for bar in series.bars:
        words = textwrap.wrap(bar.label, LONGEST_LINE) or [""]
        lines = [(line, y + _LINE * (at + 1) - 5) for at, line in enumerate(words)]
        bar_y = y + _LINE * len(words)
        rows.append(Row(lines, said(bar.cell), lines[0][1], bar_y, f"{100 * (bar.cell.count or 0) / most:.2f}%"))
        y = bar_y + _BAR + _GAP
    return BarChart(rows, max(y - _GAP, 0))


def line_chart(series: Series) -> LineChart:
    """Return the line of a series."""
    bars = series.bars
    most = _round_up(_most(series))
    labelled, dotted = len(bars) <= _MOST_LABELS, len(bars) <= _MOST_DOTS
    points = [
        Point(f"{_x(at, len(bars)):.2f}%", _y(bar.cell.count or 0, most), said(bar.cell) if labelled else "", dotted)
        for at, bar in enumerate(bars)
        if bar.cell.count is not None
    ]
    scale = [(number(mark), _y(mark, most)) for mark in sorted({0, most // 2 if most % 2 == 0 else 0, most})]
    return LineChart(points, list(_pieces(bars, most)), scale, _weeks(bars))


def summary(series: Series) -> Bar | None:
    """Return the largest number of a series among those that are shown."""
    shown = [bar for bar in series.bars if bar.cell.count is not None]
    return max(shown, key=lambda bar: bar.cell.count or 0, default=None)


def _most(series: Series) -> int:
    return max((bar.cell.count or 0 for bar in series.bars), default=0) or 1


def _round_up(most: int) -> int:
    """Return the next of 2, 4, 6, 8, 10, 20, 40 and so on: half of it is a number too."""
    unit = int("1".ljust(len(str(most)), "0"))
    return next(unit * part for part in (2, 4, 6, 8, 10, 20) if unit * part >= most)


def _x(at: int, count: int) -> float:
    return (_FIRST + _LAST) / 2 if count == 1 else _FIRST + (_LAST - _FIRST) * at / (count - 1)


def _y(count: int, most: int) -> float:
    return round(_TOP + _PLOT * (1 - count / most), 1)


def _pieces(bars: list[Bar], most: int) -> Iterator[str]:
    """Yield the points of each unbroken piece of the line, ten of its units to a per cent of the width."""
    placed = [(at, bar.cell.count) for at, bar in enumerate(bars)]
    for is_shown, piece in groupby(placed, key=lambda one: one[1] is not None):
        if is_shown:
            yield " ".join(f"{10 * _x(at, len(bars)):.1f},{_y(count or 0, most) - _TOP:.1f}" for at, count in piece)


def _weeks(bars: list[Bar]) -> list[tuple[str, str, str]]:
    """Return where a week is named below the line, to which side of it, and how: the first, the middle, the last."""
    last = len(bars) - 1
    named = {0: "start" if last else "middle", last: "end" if last else "middle"}
    if len(bars) >= _FEWEST_WITH_MIDDLE and last % 2 == 0:
        named[last // 2] = "middle"
    return [(f"{_x(at, len(bars)):.2f}%", side, bars[at].short) for at, side in sorted(named.items())]
