"""Slowing down who guesses. Visitors are known for a day by a keyed hash, which only memory ever holds.

Each process counts by itself, and where there is Redis all of them together: whichever count is reached counts.
The key of the hash is made of two halves. One is of the day, random, agreed upon through Redis and gone with its day.
The other is made of the key that signs cookies, which Redis never sees: who reads Redis learns no address, and who
takes the disk later lacks the half of that day.
"""

import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address

from flask import current_app, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from intake.i18n import now
from intake.web import shared

KEPT_FOR = 25 * 60 * 60  # seconds; clocks of several machines differ a little
_PURPOSE = b"who is slowed "


@dataclass
class _HalfOfDay:
    """The random half of the key, forgotten with its day."""

    day: date
    half: str


_lock = threading.Lock()
_daily = _HalfOfDay(date.min, "")
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
        limit, keys = parse(self.failures), (self.kind, *self._keys(about))
        return not _counter.test(limit, *keys) or not _tested_together(limit, keys)

    def failed(self, *about: str) -> None:
        """Count a failure."""
        limit, keys = parse(self.failures), (self.kind, *self._keys(about))
        _counter.hit(limit, *keys)
        shared.asked(lambda storage: MovingWindowRateLimiter(storage).hit(limit, *keys))

    def _keys(self, about: tuple[str, ...]) -> list[str]:
        key = _key_of_today()
        who = (_address(), *about) if self.of_one_visitor else about
        return [hmac.digest(key, part.encode(), "sha256").hex() for part in who]


def forget() -> None:
    """Forget every failure that this process counted."""
    _failures.reset()


def _tested_together(limit: RateLimitItem, keys: tuple[str, ...]) -> bool:
    """Return whether all processes together let it pass; while Redis is away, it passes."""
    return shared.asked(lambda storage: MovingWindowRateLimiter(storage).test(limit, *keys)) is not False


def _key_of_today() -> bytes:
    today = now().date()
    with _lock:
        if _daily.day != today:
            _daily.day, _daily.half = today, secrets.token_hex(32)
        half = _daily.half
    agreed = shared.agreed(f"day:{today}", half, KEPT_FOR)
    if agreed is not None and agreed != half:
        with _lock:
            if _daily.day == today:  # so that this process goes on with it while Redis is away
                _daily.half = agreed
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(secret, _PURPOSE + (agreed or half).encode(), "sha256")


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
