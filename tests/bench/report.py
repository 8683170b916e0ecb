"""What a run of the bench found, as it is kept: ``bench.json``, and for the document ``docs/benchmarks.json``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.bench.rows import Row


@dataclass(frozen=True)
class Failure:
    """A measure that did not end well, and why."""

    measure: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What was measured, on what machine, and what could not be measured.

    Attributes:
        facts: of the machine and of what ran on it.
        quick: whether it hurried: fewer cases, shorter turns.
        minutes: how long all of it took.
        rows: the figures.
        failures: the measures that did not end well.
    """

    facts: dict[str, str]
    quick: bool
    minutes: float
    rows: list[Row]
    failures: list[Failure]

    def write(self, file: Path) -> None:
        """Write it as JSON, a line for each row, so that two runs can be compared."""
        told = {"facts": self.facts, "quick": self.quick, "minutes": round(self.minutes, 1)}
        told["failures"] = [vars(failure) for failure in self.failures]
        head = json.dumps(told, indent=1, ensure_ascii=False).removesuffix("\n}")
        lines = ",\n".join(json.dumps(row.as_json(), ensure_ascii=False) for row in self.rows)
        file.write_text(f'{head},\n "rows": [\n{lines}\n]}}\n')

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return what ``write`` wrote."""
        kept: dict[str, Any] = json.loads(file.read_text())
        kept["rows"] = [Row.from_json(row) for row in kept["rows"]]
        kept["failures"] = [Failure(**failure) for failure in kept["failures"]]
        return cls(**kept)
