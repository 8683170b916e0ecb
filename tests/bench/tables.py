"""The tables that the bench prints: one of all that was measured once, and one for each page in each language."""

from rich.table import Table
from rich.text import Text

from tests.bench.rows import Row

MISSED = "red bold"


def all_of(rows: list[Row]) -> list[Table]:
    """Return the tables: those with rows and columns of their own first."""
    names = dict.fromkeys(row.place.table for row in rows if row.place)
    grids = [grid(name, [row for row in rows if row.place and row.place.table == name]) for name in names]
    return [*grids, listing([row for row in rows if row.place is None])]


def listing(rows: list[Row]) -> Table:
    """Return a table with a line for each row."""
    table = Table("measured", "unit")
    for heading in ("value", "reference", "ratio", "target"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in rows:
        written = row.as_json()
        figures = ["" if written[name] is None else f"{written[name]:g}" for name in ("value", "reference", "ratio")]
        mark = "" if row.target is None else "[green]ok" if row.ok else "[red]missed"
        table.add_row(row.name, row.unit, *figures, written["target"] or "", mark)
    return table


def grid(title: str, rows: list[Row]) -> Table:
    """Return a table with a cell for each row; one that misses its target has an exclamation mark."""
    cells = {(row.place.row, row.place.column): row for row in rows if row.place}
    columns = list(dict.fromkeys(column for _, column in cells))
    table = Table(title, title=title, title_justify="left")
    for heading in (*columns, "target", ""):
        table.add_column(heading, justify="right")
    for line in dict.fromkeys(name for name, _ in cells):
        found = [cells.get((line, column)) for column in columns]
        targets = {str(row.target) for row in found if row and row.target}
        all_ok = all(row.ok for row in found if row)
        mark = Text("ok", "green") if all_ok else Text("missed", MISSED)
        table.add_row(line, *map(_cell, found), ", ".join(sorted(targets)), mark if targets else "")
    return table


def _cell(row: Row | None) -> Text:
    if row is None:
        return Text("")
    figure = f"{row.as_json()['value']:,g}"
    return Text(figure) if row.ok else Text(f"{figure}!", MISSED)
