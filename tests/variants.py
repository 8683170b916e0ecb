"""Which variants of a test wait for ``make test-all``: each is the same test once more, on another ground."""

import functools
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

# The grounds of a journey. Where one stands on several, it is run on the first of each, and on the second of each.
GROUNDS = ("database", "javascript", "dark", "size", "lang")


def leave_to_test_all(items: list[pytest.Item]) -> None:
    """Mark variants as slow: mixed grounds, and four of five tests on the second database.

    A module that names PostgreSQL itself, for its locks say, always runs on it. Which of the others do, their names
    decide.
    """
    met: dict[tuple[str, str], list[Any]] = {}  # the values that a ground of a test has, in order
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        places = set()
        grounds = [ground for ground in GROUNDS if ground in params]
        for ground in grounds:
            values = met.setdefault((_name(item), ground), [])
            if params[ground] not in values:
                values.append(params[ground])
            places.add(values.index(params[ground]) % 2)
        if len(places) > 1 or _is_second(item, params):
            item.add_marker(pytest.mark.slow)


def _is_second(item: pytest.Item, params: Mapping[str, Any]) -> bool:
    if params.get("database") != "postgresql" or "journeys" in item.path.parts or _speaks_of_postgresql(item.path):
        return False
    return zlib.crc32(_name(item).encode()) % 5 > 0


def _name(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@functools.cache
def _speaks_of_postgresql(path: Path) -> bool:
    return "postgres" in path.read_text(encoding="utf-8").lower()
