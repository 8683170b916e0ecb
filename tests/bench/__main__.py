"""``python -m tests.bench [--quick]``: measure, print a table, write ``bench.json`` beside the Makefile."""

import argparse
import json
import signal
import sys
from types import FrameType

from rich.console import Console

from intake.config import ROOT
from tests.bench import tables
from tests.bench.instance import place
from tests.bench.measures import all_rows
from tests.bench.rows import BenchError

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
    Console(width=max(Console().width, WIDTH)).print(*tables.all_of(rows))
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
