"""``python -m tests.bench [--quick]``: measure, print a table, write ``bench.json`` beside the Makefile."""

import argparse
import json
import signal
import sys
from types import FrameType

from rich.console import Console
from rich.table import Table

from intake.config import ROOT
from tests.bench.instance import place
from tests.bench.measures import all_rows
from tests.bench.rows import BenchError, Row

WIDTH = 116  # columns that the table needs, also where the output is no terminal
FILE = ROOT / "bench.json"


def main() -> int:
    """Measure all; return 1 if something answered wrongly. A missed target is shown, and fails nothing: clocks lie."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure; compare ratios only.")
    parser.add_argument("--quick", action="store_true", help="take two minutes")
    quick: bool = parser.parse_args().quick
    signal.signal(signal.SIGTERM, _end)  # the servers end with us however we are told to
    try:
        with place(quick=quick) as bench, Console(stderr=True).status("Measuring …"):
            rows = list(all_rows(bench))
    except BenchError as error:
        sys.stderr.write(f"The bench failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    FILE.write_text(json.dumps([row.as_json() for row in rows], indent=1, ensure_ascii=False) + "\n")
    Console(width=max(Console().width, WIDTH)).print(_table(rows))
    return 0


def _table(rows: list[Row]) -> Table:
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


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
