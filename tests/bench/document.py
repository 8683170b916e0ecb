"""``docs/benchmarks.md``: what a full run found, in words and tables. Nobody writes in it by hand."""

from collections.abc import Sequence

from intake.config import ROOT
from tests.bench import tables
from tests.bench.report import Report

FILE, SOURCE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "benchmarks.json"
_INTRODUCTION = """\
# Benchmarks

`make bench` writes this page; a test compares it with the figures it was made of, `docs/benchmarks.json`. So nothing
here is written by hand. It takes some twenty minutes, half an hour at most, and 8 GB of disk for a while; measure on a
machine with nothing else to do: figures of two machines compare badly, ratios of one run well. `make bench QUICK=1`
takes two minutes and prints the table alone; `ONLY="sending queue"` names measures.

A form of other software that runs on the same machine is asked by the same load, by turns with ours, if it is named:

    make bench ONLY=peer PEER_URL=http://127.0.0.1:8080/form PEER_FORM="story=They+took+my+brother&contact=none"

Without `PEER_FORM` its form is only looked at, with it sent, hidden fields and cookies along. What is not on this
machine is refused.
"""
_READING = """\
Each database has three columns: the figure; within how many milliseconds 50, 95 and 99 of 100 answers came; the ratio
to what "ratio to" names, measured in the same run, by turns. Both databases wait for the disk at each commit.

- **bare Flask** is the same work written as bare as possible: a Flask view with nothing around it, no ORM, no forms, no
  templates (`tests/bench/bare.py`). It derives, seals, saves and answers alike, and the bench says so if it did not.
  **bare WSGI** does without Flask, too.
- Web servers run as `make run` and the units start them. Clients are a closed loop: each sends its next request when it
  has its answer. They run on the same machine, and take their share of it.
- Queue, cases, search, letters and dashboard are asked in one process, without a network between.
- A large file goes in requests of 4 MB; the milliseconds are those of one.
- Memory is what a process holds after complaints from 8 and 64 clients, pages of the desk, sign-ins and large files:
  what is its own, and its share of what several processes hold together (PSS), so that all of them together need the
  sum. RSS, which `ps` shows, counts what is shared whole in each of them.
"""


def written(report: Report) -> str:
    """Return the whole page."""
    grids = tables.all_of(report.rows)
    parts = [_INTRODUCTION, _hurried(report), _facts(report), "## Aims\n", _aims(grids), *_failures(report)]
    parts += ["## All that was measured\n", _READING, _table(grids[0])]
    for grid in grids[1:]:
        parts += [f"## {grid.title[:1].upper()}{grid.title[1:]}\n", _table(grid)]
    return "\n".join(part for part in parts if part)


def _hurried(report: Report) -> str:
    return "**This was a quick run: fewer cases, shorter turns.** Its figures say little.\n" if report.quick else ""


def _facts(report: Report) -> str:
    facts = {**report.facts, "took": f"{report.minutes:.0f} minutes"}
    return "## The machine\n\n" + _markdown(("", ""), [[name, fact] for name, fact in facts.items()])


def _aims(grids: list[tables.Grid]) -> str:
    asked = [line for grid in grids for line in grid.lines if line.ok is not None]
    missed = [line for line in asked if not line.ok]
    said = f"{len(asked) - len(missed)} of {len(asked)} lines are as they should be"
    return said + (".\n" if not missed else "; these are not:\n\n" + "".join(map(_missed, missed)))


def _missed(line: tables.Line) -> str:
    *_, aim, verdict = line.cells
    return f"- {line.cells[0]}: {aim}, {verdict}\n"


def _failures(report: Report) -> list[str]:
    if not report.failures:
        return []
    told = "".join(f"- {one.measure}: {one.reason}\n" for one in report.failures)
    return ["## Not measured, or not to its end\n", told]


def _table(grid: tables.Grid) -> str:
    return _markdown(grid.headings, [line.cells for line in grid.lines])


def _markdown(headings: Sequence[str], lines: list[list[str]]) -> str:
    rule = ["---", *("---:" for _ in headings[1:])]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in (headings, rule, *lines))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
