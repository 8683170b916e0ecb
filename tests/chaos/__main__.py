"""``python -m tests.chaos``: storms over both grounds, a table of what was struck, and what became of each promise."""

import argparse
import secrets
import sys
from collections.abc import Iterable
from functools import partial

from tests.chaos import disk

CUT_OFF = disk.own_mounts() if __name__ == "__main__" else ""  # before anything makes a thread

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from tests.chaos import power, strikes  # noqa: E402
from tests.chaos.stage import GROUNDS, POSTGRESQL, Able, Stage, lacks  # noqa: E402
from tests.chaos.storm import Plan, Report, storm  # noqa: E402
from tests.chaos.verdict import Verdict  # noqa: E402

FULL, QUICK, SHORT = 2000, 200, 24  # complaints over all grounds
MOST_LINES = 30
SHORT_KINDS = ("web process", "worker", "mail server", "full disk", "clock", "power")
ANSWERS = {0: "no answer", 200: "well", 303: "leads on", 422: "one press more", 503: "busy, kept what was typed"}


def main() -> int:
    """Return 1 if a promise was not kept."""
    asked = _asked()
    able, said = Able(CUT_OFF, power.why_not()), Console(stderr=True)
    grounds = [ground for ground in asked.database if ground != POSTGRESQL or not lacks("postgresql")]
    reports = []
    for ground in grounds:
        plan = _plan(asked, len(grounds))
        with Stage(ground, able).raised() as stage:
            reports.append(storm(stage, plan, partial(said.print, f"{ground}:")))
    _tell(reports, asked.seed, able, [ground for ground in asked.database if ground not in grounds])
    whole = Verdict()
    for report in reports:
        whole.add(report.verdict)
    sys.stdout.write(
        f"{whole.complaints} complaints, {len(whole.lost)} lost, {len(whole.leaked)} leaked, {len(whole.stuck)} stuck\n"
    )
    return 0 if whole.is_good and reports else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help=f"{QUICK} complaints instead of {FULL}")
    size.add_argument("--short", action="store_true", help=f"{SHORT}, and few kinds of strikes, as in make test")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the same storm again")
    parser.add_argument("--database", action="append", choices=GROUNDS, help="on this ground alone")
    asked = parser.parse_args()
    asked.database = asked.database or list(GROUNDS)
    return asked


def _plan(asked: argparse.Namespace, grounds: int) -> Plan:
    if asked.short:
        kinds = tuple(kind for kind in strikes.ALL if kind.name in SHORT_KINDS)
        return Plan(SHORT, asked.seed, kinds, longest=1.0)
    if asked.quick:
        return Plan(QUICK // grounds, asked.seed, longest=1.0)
    return Plan(FULL // grounds, asked.seed, density=0.25, longest=6.0)


def _tell(reports: list[Report], seed: int, able: Able, left_out: list[str]) -> None:
    console = Console(width=110)
    table = Table(title=f"Strikes, seed {seed}", title_justify="left")
    table.add_column("struck")
    for report in reports:
        table.add_column(report.ground, justify="right")
    for kind in strikes.ALL:
        table.add_row(kind.name, *(str(report.struck[kind.name] or "–") for report in reports))
    console.print(table)
    for line in _lines(reports, able, left_out):
        console.print(line, highlight=False, markup=False)


def _lines(reports: list[Report], able: Able, left_out: list[str]) -> Iterable[str]:
    yield from (f"{ground} was left out: PostgreSQL is not here, or is to be skipped." for ground in left_out)
    if able.disks:
        yield f"No disk was filled or made read-only: {able.disks}."
    if able.cuts:
        yield f"There was no power cut: {able.cuts}."
    for report in reports:
        found = report.verdict
        answers = ", ".join(
            f"{count} {ANSWERS.get(status, status)}" for status, count in sorted(report.answers.items())
        )
        yield f"{report.ground}: {found.complaints} complaints in {report.seconds:.0f} s. Requests: {answers}."
        counted = ", ".join(f"{found.counts[name]} {name}" for name in ("cases", "files", "letters", "twice"))
        yield f"  {counted}; power cuts took something from {report.lost_in_cuts} files."
        yield from (f"  logged {count} times as a fault: {what}" for what, count in report.faults.most_common())
        for kind in ("lost", "leaked", "stuck", "doubled", "broken"):
            lines = getattr(found, kind)
            yield from (f"  {kind}: {line}" for line in lines[:MOST_LINES])
            if len(lines) > MOST_LINES:
                yield f"  {kind}: and {len(lines) - MOST_LINES} more"


if __name__ == "__main__":
    sys.exit(main())
