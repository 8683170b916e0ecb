"""Slowing down who guesses. Visitors are known for a day by a keyed hash that never leaves this process's memory."""

import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address

from flask import current_app, request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from intake.i18n import now


@dataclass
class _DailyKey:
    """The key of the keyed hash, forgotten with its day."""

    day: date
    key: bytes


_lock = threading.Lock()
_daily = _DailyKey(date.min, b"")
_failures = MemoryStorage()
_counter = MovingWindowRateLimiter(_failures)


@dataclass(frozen=True)
class Limit:
    """How many failures of one kind there may be before whoever asks is told to wait.

    Attributes:
        kind: what fails.
        failures: how many in which time, such as ``5 per 5 minutes``.
        of_one_visitor: whether each visitor's failures count apart; else those of all, about the same thing, together.
    """

    kind: str
    failures: str
    of_one_visitor: bool = True

    def reached(self, *about: str) -> bool:
        """Return whether there were too many failures about these things (such as one account)."""
        return not _counter.test(parse(self.failures), self.kind, *self._keys(about))

    def failed(self, *about: str) -> None:
        """Count a failure."""
        _counter.hit(parse(self.failures), self.kind, *self._keys(about))

    def _keys(self, about: tuple[str, ...]) -> list[str]:
        key = _key_of_today()
        who = (_address(), *about) if self.of_one_visitor else about
        return [hmac.digest(key, part.encode(), "sha256").hex() for part in who]


def forget() -> None:
    """Forget every failure."""
    _failures.reset()


def _key_of_today() -> bytes:
    today = now().date()
    with _lock:
        if _daily.day != today:
            _daily.day, _daily.key = today, secrets.token_bytes(32)
        return _daily.key


def _address() -> str:
    """Return the visitor's address as a proxy of ours saw it, or as this server does. It is never kept."""
    remote = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For", "")
    behind_proxy = current_app.config["PUBLIC_URL"].startswith("https://")  # an onion service adds no such header
    if behind_proxy and forwarded and _is_proxy(remote):
        return forwarded.rsplit(",", 1)[-1].strip()
    return remote


def _is_proxy(address: str) -> bool:
    try:
        asking = ip_address(address)
    except ValueError:
        return False
    return any(asking in network for network in current_app.config["PROXIES"])
