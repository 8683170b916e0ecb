"""What the web processes of a house count together: in Redis where the settings name one, for minutes, on no disk.

Redis is a convenience, never a need: while it is away each process counts by itself, at once, and asks again later.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import current_app
from limits.errors import StorageError
from limits.storage import RedisStorage

if TYPE_CHECKING:
    from redis import Redis

PATIENCE = 0.3  # seconds: a visitor waits for it
AGAIN_AFTER = 15.0  # seconds in which Redis is not asked once it did not answer
PREFIX = "intake"
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class State(Enum):
    """How the Redis of this house is."""

    NONE, AWAY, ON_DISK, WELL = "none", "away", "on disk", "well"


@dataclass
class _Redis:
    """The connections to Redis, and since when it is left in peace."""

    storage: RedisStorage
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_away: bool = False
    ask_at: float = 0.0

    def faults(self) -> tuple[type[Exception], ...]:
        """Return what asking may raise: the client's errors, bare or wrapped, and what it makes of nonsense."""
        bare = self.storage.base_exceptions
        return (StorageError, ValueError, *(bare if isinstance(bare, tuple) else (bare,)))


def asked(question: Callable[[RedisStorage], Answer]) -> Answer | None:
    """Return what Redis answers, or None where there is none, or it is away. Never raises for what Redis may do."""
    redis = _redis()
    if redis is None or not _may_ask(redis):
        return None
    try:
        answer = question(redis.storage)
    except redis.faults() as error:
        _went_away(redis, error)
        return None
    _came_back(redis)
    return answer


def agreed(name: str, proposal: str, seconds: int) -> str | None:
    """Return the word that all processes have for a name: the first that one of them proposed.

    Args:
        name: what the word is for.
        proposal: the word that this process would take.
        seconds: for how long the word is kept.
    """

    def agree(storage: RedisStorage) -> str:
        client, key = _client(storage), storage.prefixed_key(name)
        return _text(client, key) or (client.set(key, proposal, nx=True, ex=seconds) and proposal) or _text(client, key)

    return asked(agree)


def state() -> State:
    """Return how Redis is now: it is asked, though it was away a moment ago."""
    redis = _redis()
    if redis is None:
        return State.NONE
    redis.ask_at = 0.0
    kept = asked(_is_written_down)
    if kept is None:
        return State.AWAY
    return State.ON_DISK if kept else State.WELL


def place() -> str:
    """Return where Redis is, without what opens it."""
    parts = urlsplit(current_app.config["REDIS_URL"] or "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _client(storage: RedisStorage) -> "Redis":
    return cast("Redis", storage.get_connection())  # ``limits`` knows less of it than there is


def _text(client: "Redis", key: str) -> str:
    found = client.get(key)
    return found.decode() if isinstance(found, bytes) else str(found or "")


def _is_written_down(storage: RedisStorage) -> bool:
    """Return whether Redis writes to a disk what it holds, as far as it says: its CONFIG may be closed to us."""
    client = _client(storage)
    known = cast("dict[str, Any]", client.info("persistence"))
    try:
        snapshots = cast("dict[str, str]", client.config_get("save")).get("save")
    except storage.dependency.ResponseError:
        snapshots = None
    return bool(known.get("aof_enabled") or snapshots)


def _redis() -> _Redis | None:
    url = current_app.config["REDIS_URL"]
    if url is None:
        return None
    found: _Redis | None = current_app.extensions.get("redis")
    if found is None:
        # Two threads at once may both make one, and nothing connects before it is asked.
        found = current_app.extensions["redis"] = _Redis(_storage(url))
    return found


def _storage(url: str) -> RedisStorage:
    from redis.backoff import NoBackoff  # noqa: PLC0415 a library that most houses do not need
    from redis.exceptions import ConnectionError as BrokenError  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    # A connection that broke while it lay idle is opened anew, once; one that is only slow is not waited for again.
    options: dict[str, Any] = {
        "retry": Retry(NoBackoff(), 1, supported_errors=(BrokenError,)),
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
    }
    return RedisStorage(url, key_prefix=PREFIX, **options)


def _may_ask(redis: _Redis) -> bool:
    """Return whether to ask: where Redis was away, one visitor finds out for all others."""
    if not redis.is_away:
        return True
    with redis.lock:
        moment = time.monotonic()
        if moment < redis.ask_at:
            return False
        redis.ask_at = moment + AGAIN_AFTER
        return True


def _went_away(redis: _Redis, error: Exception) -> None:
    with redis.lock:
        is_news, redis.is_away, redis.ask_at = not redis.is_away, True, time.monotonic() + AGAIN_AFTER
    if is_news:
        log.warning("Redis is away (%s): each process counts by itself; trying again", type(error).__name__)


def _came_back(redis: _Redis) -> None:
    if redis.is_away:
        with redis.lock:
            is_news, redis.is_away = redis.is_away, False
        if is_news:
            log.warning("Redis is back: the processes count together")
