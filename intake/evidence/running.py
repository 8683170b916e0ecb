"""The SHA-256 of files that arrive, kept up while their chunks come in order: so that none is opened again at the end.

It is only a saving: where chunks came out of order, to another process or before a start, the file is read again.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from flask import current_app

MOST = 256  # files


@dataclass
class _Sum:
    """How far a file was hashed: the number of the next chunk."""

    next: int = 0
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)


@dataclass
class _Sums:
    """The files that arrive in this process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    of: OrderedDict[str, _Sum] = field(default_factory=OrderedDict)


def add(name: str, number: int, plaintext: bytes) -> None:
    """Take a chunk that was kept just now; one that does not follow the last ends the counting of its file."""
    sums = _sums()
    with sums.lock:
        if number == 0:
            sums.of[name] = _Sum()
        found = sums.of.get(name)
        if found is None:
            return
        if found.next != number:
            del sums.of[name]
            return
        found.hash.update(plaintext)
        found.next += 1
        sums.of.move_to_end(name)
        while len(sums.of) > MOST:
            sums.of.popitem(last=False)


def whole(name: str, chunks: int) -> str | None:
    """Return SHA-256 of a file in hexadecimal digits, if all of its chunks were taken in order."""
    sums = _sums()
    with sums.lock:
        found = sums.of.get(name)
        return found.hash.hexdigest() if found is not None and found.next == chunks else None


def forget(name: str) -> None:
    """Count a file no longer."""
    sums = _sums()
    with sums.lock:
        sums.of.pop(name, None)


def _sums() -> _Sums:
    found: _Sums = current_app.extensions.setdefault("running_sums", _Sums())
    return found
