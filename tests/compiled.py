"""Statements compiled once for all applications on a database: else each test would compile its own anew."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

_MOST = 5_000  # statements
_SHARED: dict[str, tuple[Dialect, LRUCache[Any, Any]]] = {}


def share(engine: Engine) -> None:
    """Let an engine use what others of its kind compiled: their dialect is part of what a statement is known by."""
    engine.connect().close()  # the dialect learns about its database at the first connection
    dialect, statements = _SHARED.setdefault(engine.dialect.name, (engine.dialect, LRUCache(_MOST)))
    engine.dialect = dialect
    engine._compiled_cache = statements  # noqa: SLF001 it has no public name
