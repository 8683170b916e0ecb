"""Which variants of a test wait for ``make test-all``: each is the same test once more, on another ground."""

import functools
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

# The grounds of a journey. Where one stands on several, it is run on the first of each, and on the second of each.
GROUNDS = ("database", "javascript", "dark", "size", "lang")
# What people outside see runs on each ground once. The journeys of members, whose browsers the desk knows, run on one
# ground, as do those whose only ground is the database, and the storm of kills.
OUTSIDE = frozenset({"test_main_job.py", "test_return_visit.py", "test_voice.py", "test_languages.py"})
ON_SECOND = 16  # of so many tests of the default database one runs on the other too


def leave_to_test_all(items: list[pytest.Item]) -> None:
    """Mark variants as slow: mixed grounds, and most tests on the second database.

    A module that names PostgreSQL itself, for its locks say, always runs on it. Which of the others do, and on which
    ground a journey of members runs, their names decide.
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
        if len(places) > 1 or _is_second(item, params) or _is_other_ground(item, grounds, places):
            item.add_marker(pytest.mark.slow)


def _is_second(item: pytest.Item, params: Mapping[str, Any]) -> bool:
    if params.get("database") != "postgresql" or "journeys" in item.path.parts or _speaks_of_postgresql(item.path):
        return False
    return zlib.crc32(_name(item).encode()) % ON_SECOND > 0


def _is_other_ground(item: pytest.Item, grounds: list[str], places: set[int]) -> bool:
    """Return whether a journey that runs on one ground runs on the other here."""
    outside = item.path.name in OUTSIDE and grounds != ["database"]
    if not grounds or outside or not {"journeys", "test_chaos.py"} & set(item.path.parts):
        return False
    return places != {zlib.crc32(_name(item).encode()) % 2}


def _name(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@functools.cache
def _speaks_of_postgresql(path: Path) -> bool:
    return "postgres" in path.read_text(encoding="utf-8").lower()
