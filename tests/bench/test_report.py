"""The page that the bench writes: it is what its figures make of it, and a run that fails in part says so."""

import io
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console

from tests.bench import document, facts, measures, runner
from tests.bench.report import Failure, Report
from tests.bench.rows import POSTGRESQL, RATIO, BenchError, Place, Row, Target, Times

ROWS = [
    Row("POST", 412.3456, "POST/s", 500, against="bare", aims=(Target(at_least=0.9, of=RATIO),), times=Times(1, 2, 3)),
    Row("POST", 488, "POST/s", 500, against="bare", aims=(Target(at_least=0.9, of=RATIO),), database=POSTGRESQL),
    Row("a|b", 7, "ms"),
    Row("form, ru", 7000, "bytes", aims=(Target(at_most=8192),), place=Place("page bytes", "form", "ru")),
]


def test_the_page_is_what_is_made_of_its_figures() -> None:
    assert document.FILE.read_text() == document.written(Report.read(document.SOURCE)), "python -m tests.bench --render"


def test_figures_come_back_as_they_were_written_and_the_page_tells_them(tmp_path: Path) -> None:
    file, failure = tmp_path / "bench.json", Failure("letters", "two were lost")
    Report({"cores": "2"}, quick=False, minutes=12.34, rows=ROWS, failures=[failure]).write(file)
    read = Report.read(file)
    assert read.rows == [Row.from_json(row.as_json()) for row in ROWS]
    assert (read.facts, read.quick, read.failures) == ({"cores": "2"}, False, [failure])
    page = document.written(read)
    assert "| cores | 2 |" in page
    assert (
        "| POST | 412 POST/s | 1 / 2 / 3 | 0.82 | 488 POST/s |  | 0.98 | bare | ratio ≥ 0.9 | missed on SQLite |"
        in page
    )
    assert r"| a\|b | 7 ms |" in page
    assert "| form | 7,000 | ≤ 8192 | ok |" in page
    assert "1 of 2 lines are as they should be; these are not:\n\n- POST: ratio ≥ 0.9, missed on SQLite" in page
    assert "- letters: two were lost" in page
    assert "quick" not in page
    assert "quick run" in document.written(Report({}, quick=True, minutes=1, rows=ROWS, failures=[]))


def _measure(*rows: Row, fault: Exception | None = None, hangs: bool = False) -> ModuleType:
    def go(bench: object) -> Iterator[Row]:
        yield from rows
        if hangs:
            time.sleep(60)
        if fault:
            raise fault

    return SimpleNamespace(rows=go)  # type: ignore[return-value]  # all that is asked of one


def test_what_fails_or_hangs_names_itself_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "first": _measure(ROWS[0], fault=BenchError("it was answered with 500")),
        "second": _measure(fault=ZeroDivisionError("odd")),
        "third": _measure(ROWS[1], hangs=True),
        "last": _measure(ROWS[2]),
    }
    monkeypatch.setattr(measures, "rows_of", lambda name, bench: found[name].rows(bench))
    monkeypatch.setattr(facts, "of_machine", lambda _: {})
    monkeypatch.setattr(runner, "ONE", 0.2)
    said = io.StringIO()
    report = runner.Run(SimpleNamespace(quick=False), Console(file=said, width=200)).all_of(list(found))  # type: ignore[arg-type]  # a bench of nothing
    assert report.rows == ROWS[:3], "what was measured before it failed is kept"
    assert [failure.measure for failure in report.failures] == ["first", "second", "third"]
    reasons = [failure.reason for failure in report.failures]
    assert reasons[:2] == ["it was answered with 500", "ZeroDivisionError: odd"]
    assert reasons[2].startswith("it took longer than")
    assert "[4/4] last" in said.getvalue()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_what_has_no_time_left_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "rows_of", lambda *_: pytest.fail("it was begun"))
    monkeypatch.setattr(facts, "of_machine", lambda _: {})
    monkeypatch.setattr(runner, "ALL", 0.0)
    report = runner.Run(SimpleNamespace(quick=False), Console(file=io.StringIO())).all_of(["one"])  # type: ignore[arg-type]  # a bench of nothing
    assert [failure.reason for failure in report.failures] == ["there was no time left for it"]


def test_every_measure_that_the_order_names_is_there() -> None:
    assert set(measures.FIRST) <= set(measures.names())
    assert len(measures.names()) == len(set(measures.names()))
