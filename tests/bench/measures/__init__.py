"""What is measured: each module here has ``rows(bench)``. A new one is found by being here."""

import importlib
import pkgutil
from collections.abc import Iterator

from tests.bench.instance import Bench
from tests.bench.rows import Row


def all_rows(bench: Bench) -> Iterator[Row]:
    """Run every measure and yield its rows."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        yield from importlib.import_module(f"{__name__}.{module.name}").rows(bench)
