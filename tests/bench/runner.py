"""Run the measures one after the other: what fails names itself, and the others go on; none takes for ever."""

import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from rich.console import Console

from tests.bench import facts, measures
from tests.bench.instance import Bench
from tests.bench.report import Failure, Report
from tests.bench.rows import BenchError, Row

ALL, ONE = 1800.0, 600.0  # seconds that all measures may take together, and one of them
ALL_QUICK, ONE_QUICK = 1200.0, 300.0


@dataclass
class Run:
    """A run of the bench, and what it found until now.

    Args:
        bench: what the measures are given.
        console: where it is told how far it is.
    """

    bench: Bench
    console: Console
    rows: list[Row] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def all_of(self, names: list[str]) -> Report:
        """Run measures; return what they found."""
        began, (most, one) = time.monotonic(), (ALL_QUICK, ONE_QUICK) if self.bench.quick else (ALL, ONE)
        known = facts.of_machine(self.bench)
        known["measures"] = "all" if names == measures.names() else ", ".join(names)
        for number, name in enumerate(names, 1):
            self.console.print(f"[{number}/{len(names)}] {name} …", markup=False, highlight=False)
            left = most - (time.monotonic() - began)
            self._one(name, min(left, one))
        return Report(known, self.bench.quick, (time.monotonic() - began) / 60, self.rows, self.failures)

    def _one(self, name: str, seconds: float) -> None:
        began, before = time.monotonic(), len(self.rows)
        try:
            with within(seconds):
                for row in measures.rows_of(name, self.bench):
                    self.rows.append(row)
        except Exception as error:  # noqa: BLE001 whatever it is, it is told, and the others are measured
            reason = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
            self.failures.append(Failure(name, reason.partition("\n")[0]))
            self.console.print(f"  {name} failed: {reason}", style="red", markup=False, highlight=False)
            if not isinstance(error, BenchError):
                self.console.print(traceback.format_exc(), markup=False, highlight=False)
        told = f"  {time.monotonic() - began:.0f} s, {len(self.rows) - before} figures"
        self.console.print(told, markup=False, highlight=False)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give what is done inside so much time.

    Raises:
        BenchError: it took longer, or there was no time at all.
    """
    if seconds <= 0:
        message = "there was no time left for it"
        raise BenchError(message)

    def up(number: int, frame: FrameType | None) -> None:
        message = f"it took longer than {seconds:.0f} seconds"
        raise BenchError(message)

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
