"""One line of the bench: what was measured, against what, and what it should be."""

from dataclasses import asdict, dataclass
from typing import Any


class BenchError(Exception):
    """Something answered wrongly, so that what was measured means nothing."""


@dataclass(frozen=True)
class Target:
    """A bound on a row's value, or on its ratio to the reference.

    Args:
        at_least: the least that is good.
        at_most: the most that is good.
        of_ratio: whether the bound is on the ratio.
    """

    at_least: float | None = None
    at_most: float | None = None
    of_ratio: bool = False

    def met(self, value: float, ratio: float | None) -> bool:
        """Return whether a value, or its ratio, keeps to the bound."""
        measured = ratio if self.of_ratio else value
        if measured is None:
            return False
        high_enough = self.at_least is None or measured >= self.at_least
        return high_enough and (self.at_most is None or measured <= self.at_most)

    def __str__(self) -> str:
        """Say the bound."""
        bound = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"
        return f"ratio {bound}" if self.of_ratio else bound


@dataclass(frozen=True)
class Place:
    """Where a row stands that is one cell of a table of its own."""

    table: str
    row: str
    column: str


@dataclass(frozen=True)
class Row:
    """One line of the bench, or one cell of a table in it; without a target it only informs."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    target: Target | None = None
    place: Place | None = None

    @property
    def ratio(self) -> float | None:
        """The value in units of its reference."""
        return self.value / self.reference if self.reference else None

    @property
    def ok(self) -> bool:
        """Whether the target is met, where there is one."""
        return self.target is None or self.target.met(self.value, self.ratio)

    def as_json(self) -> dict[str, Any]:
        """Return the row as ``bench.json`` keeps it."""
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "reference": _rounded(self.reference),
            "ratio": _rounded(self.ratio),
            "target": str(self.target) if self.target else None,
            "ok": self.ok,
            **({} if self.place is None else asdict(self.place)),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
