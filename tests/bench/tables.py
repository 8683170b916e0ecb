"""The tables that the bench prints: one of all that was measured, and one for each page in each language."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from tests.bench.rows import DATABASES, VALUE, Row, Target, Times

MISSED = "red bold"
MILLISECONDS = "ms: p50 / p95 / p99"
HEADINGS = ("measured", *(part for name in DATABASES for part in (name, MILLISECONDS, "ratio")), "ratio to", "aim", "")


@dataclass(frozen=True)
class Line:
    """A line of a table, and whether what it says is as it should be; None where nothing is asked."""

    cells: list[str]
    ok: bool | None


@dataclass(frozen=True)
class Grid:
    """A table with a name, headings and lines."""

    title: str
    headings: Sequence[str]
    lines: list[Line]


def all_of(rows: list[Row]) -> list[Grid]:
    """Return the tables: the one of all first, then those with rows and columns of their own."""
    names = dict.fromkeys(row.place.table for row in rows if row.place)
    grids = [_grid(name, [row for row in rows if row.place and row.place.table == name]) for name in names]
    return [listing([row for row in rows if row.place is None]), *grids]


def listing(rows: list[Row]) -> Grid:
    """Return a table in which rows of one name stand side by side, each database with its figures."""
    named: dict[str, dict[str, Row]] = {}
    for row in rows:
        named.setdefault(row.name, {})[row.database] = row
    return Grid("", HEADINGS, [_line(name, found) for name, found in named.items()])


def printable(grid: Grid) -> Table:
    """Return a table for a terminal."""
    style = box.SIMPLE_HEAD if not grid.title else box.HEAVY_HEAD
    table = Table(title=grid.title or None, title_justify="left", box=style, padding=(0, 1) if grid.title else (0, 0))
    for place, heading in enumerate(grid.headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    for line in grid.lines:
        *cells, verdict = line.cells
        marked = [Text(cell, MISSED if cell.endswith("!") else "") for cell in cells]
        table.add_row(*marked, Text(verdict, "green" if line.ok else MISSED))
    return table


def _line(name: str, found: dict[str, Row]) -> Line:
    cells = [name]
    for database in DATABASES:
        row = found.get(database)
        cells += [_figure(row), _milliseconds(row.times), _number(row.ratio)] if row else ["", "", ""]
    against = dict.fromkeys(row.against for row in found.values())
    aims = dict.fromkeys(_bound(row, aim) for row in found.values() for aim in row.aims)
    missed = [database for database, row in found.items() if not row.ok]
    verdict = "" if not aims else "ok" if not missed else "missed"
    if missed and len(missed) < len(found):
        verdict += f" on {missed[0]}"
    return Line([*cells, ", ".join(filter(None, against)), ", ".join(aims), verdict], not missed if aims else None)


def _figure(row: Row) -> str:
    """Return a row's figure with its unit; nothing where it is the median that stands beside it."""
    errors = f", {row.errors} errors" if row.errors else ""
    return errors.removeprefix(", ") if _is_median(row) else f"{_number(row.value)} {row.unit}{errors}"


def _is_median(row: Row) -> bool:
    return row.times is not None and row.unit == "ms" and row.value == row.times.p50


def _bound(row: Row, aim: Target) -> str:
    return f"p50 {aim}" if aim.of == VALUE and _is_median(row) else str(aim)


def _milliseconds(times: Times | None) -> str:
    return " / ".join(map(_number, (times.p50, times.p95, times.p99))) if times else ""


def _number(value: float | None) -> str:
    """Return a number with as many places as mean anything."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _grid(title: str, rows: list[Row]) -> Grid:
    """Return a table with a cell for each row; one that misses its target has an exclamation mark."""
    cells = {(row.place.row, row.place.column): row for row in rows if row.place}
    columns = list(dict.fromkeys(column for _, column in cells))
    lines = []
    for name in dict.fromkeys(name for name, _ in cells):
        found = [row for column in columns if (row := cells.get((name, column)))]
        aims = dict.fromkeys(str(aim) for row in found for aim in row.aims)
        ok = all(row.ok for row in found)
        shown = [_cell(cells.get((name, column))) for column in columns]
        lines.append(Line([name, *shown, ", ".join(aims), "" if not aims else "ok" if ok else "missed"], ok))
    return Grid(title, ["", *columns, "aim", ""], lines)


def _cell(row: Row | None) -> str:
    return "" if row is None else f"{row.value:,.0f}{'' if row.ok else '!'}"
