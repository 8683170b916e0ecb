"""One line of the bench: what was measured, on which database, against what, and what it should be."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Self

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
DATABASES = (SQLITE, POSTGRESQL)
VALUE, RATIO, P95, ERRORS = "value", "ratio", "p95", "errors"  # what a target may bound


class BenchError(Exception):
    """Something answered wrongly, so that what was measured means nothing."""


@dataclass(frozen=True)
class Target:
    """A bound on a row's value, on its ratio to the reference, on how late 5 of 100 came, or on how many failed.

    Args:
        at_least: the least that is good.
        at_most: the most that is good.
        of: what is bound.
    """

    at_least: float | None = None
    at_most: float | None = None
    of: str = VALUE

    def met(self, row: "Row") -> bool:
        """Return whether a row keeps to the bound."""
        late = row.times.p95 if row.times else None
        found: dict[str, float | None] = {VALUE: row.value, RATIO: row.ratio, P95: late, ERRORS: row.errors}
        measured = found[self.of]
        if measured is None:
            return False
        high_enough = self.at_least is None or measured >= self.at_least
        return high_enough and (self.at_most is None or measured <= self.at_most)

    def __str__(self) -> str:
        """Say the bound."""
        if self.of == ERRORS and self.at_most == 0:
            return "no error"
        bound = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"
        return bound if self.of == VALUE else f"{self.of} {bound}"


NO_ERROR = Target(at_most=0, of=ERRORS)


@dataclass(frozen=True)
class Times:
    """In how many milliseconds 50, 95 and 99 of 100 answers came."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, took: Iterable[float]) -> "Times":
        """Return the quantiles of what was measured: each is one of the times, the nearest rank.

        Raises:
            BenchError: nothing was measured.
        """
        ordered = sorted(took)
        if not ordered:
            message = "there was no answer"
            raise BenchError(message)
        return cls(*(ordered[ceil(part * len(ordered)) - 1] for part in (0.50, 0.95, 0.99)))


@dataclass(frozen=True)
class Place:
    """Where a row stands that is one cell of a table of its own."""

    table: str
    row: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Extra:
    """What a row may have besides its figure.

    Attributes:
        against: what the reference is, in a word or two.
        aims: what it should be; without one it only informs.
        times: how long answers took, where these were many.
        errors: how many answers were wrong or did not come, where that was counted.
        database: on which it was measured; rows of one name stand side by side.
        place: where it stands, if not in the one table of all.
    """

    against: str = ""
    aims: tuple[Target, ...] = ()
    times: Times | None = None
    errors: int | None = None
    database: str = SQLITE
    place: Place | None = None


@dataclass(frozen=True)
class Row(Extra):
    """One figure of the bench: a cell of the one table, or of one of the tables beside it."""

    name: str
    value: float
    unit: str
    reference: float | None = None

    @classmethod
    def of_times(cls, name: str, took: list[float], few: list[float] | None = None, **extra: Any) -> Self:
        """Return the row of pages that took so many milliseconds: its figure is the median, beside another's."""
        times = Times.of(took)
        return cls(name, times.p50, "ms", Times.of(few).p50 if few else None, times=times, **extra)

    @property
    def ratio(self) -> float | None:
        """The value in units of its reference."""
        return self.value / self.reference if self.reference else None

    @property
    def ok(self) -> bool:
        """Whether the targets are met, where there are any."""
        return all(aim.met(self) for aim in self.aims)

    def as_json(self) -> dict[str, Any]:
        """Return the row as ``bench.json`` keeps it."""
        kept = asdict(self, dict_factory=_rounded)
        told = {"ratio": self.ratio, "ok": self.ok if self.aims else None}
        return kept | _rounded(list(told.items()))

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Return the row that ``as_json`` wrote."""
        known = {name: value for name, value in kept.items() if name not in {"ratio", "ok"}}
        known["aims"] = tuple(Target(**aim) for aim in kept["aims"])
        known["times"] = kept["times"] and Times(**kept["times"])
        known["place"] = kept["place"] and Place(**kept["place"])
        return cls(**known)


def _rounded(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return names and values, figures with as many places as anybody reads."""
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in pairs}
