"""``python -m tests.bench``: measure, print a table, write ``bench.json``, and the page ``docs/benchmarks.md``."""

import argparse
import signal
import sys
from types import FrameType

from rich.console import Console

from intake.config import ROOT
from tests.bench import document, measures, peer_form, tables
from tests.bench.instance import place
from tests.bench.report import Report
from tests.bench.rows import BenchError
from tests.bench.runner import Run

WIDTH = 168  # columns that the table needs, also where the output is no terminal
FILE = ROOT / "bench.json"


def main() -> int:
    """Measure all; return 1 if something answered wrongly. A missed target is shown, and fails nothing: clocks lie."""
    asked = _asked()
    if asked.render:
        document.FILE.write_text(document.written(Report.read(document.SOURCE)))
        return 0
    signal.signal(signal.SIGTERM, _end)  # the servers end with us however we are told to
    console = Console(stderr=True)
    try:
        peer_form.of_environment()  # what is wrong with it is said at once
        with place(quick=asked.quick) as bench:
            report = Run(bench, console).all_of(asked.only or measures.names())
    except BenchError as error:
        sys.stderr.write(f"The bench failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    report.write(FILE)
    report = Report.read(FILE)
    for grid in reversed(tables.all_of(report.rows)):  # what matters most stands at the end
        Console(width=max(Console().width, WIDTH)).print(tables.printable(grid))
    if asked.document or not (asked.quick or asked.only):
        report.write(document.SOURCE)
        document.FILE.write_text(document.written(report))
    for failure in report.failures:
        console.print(f"{failure.measure} failed: {failure.reason}", style="red", markup=False, highlight=False)
    return 1 if report.failures else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure; compare ratios only.")
    parser.add_argument("--quick", action="store_true", help="take two minutes, and leave docs/benchmarks.md alone")
    parser.add_argument("--only", nargs="+", choices=measures.names(), help="these measures; leaves that page alone")
    parser.add_argument("--document", action="store_true", help="write docs/benchmarks.md all the same")
    parser.add_argument("--render", action="store_true", help="measure nothing: write that page from its figures anew")
    return parser.parse_args()


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
