"""What is measured: each module here has ``rows(bench)``. A new one is found by being here."""

import importlib
import pkgutil
from collections.abc import Iterator

from tests.bench.instance import Bench
from tests.bench.rows import Row

FIRST = ("sending", "page", "queue", "search", "files", "letters", "login", "memory", "peer")  # if time is up, the rest


def names() -> list[str]:
    """Return the names of all measures, in the order in which they are run."""
    found = {module.name for module in pkgutil.iter_modules(__path__)}
    return [name for name in FIRST if name in found] + sorted(found.difference(FIRST))


def rows_of(name: str, bench: Bench) -> Iterator[Row]:
    """Run a measure and yield its rows."""
    yield from importlib.import_module(f"{__name__}.{name}").rows(bench)
