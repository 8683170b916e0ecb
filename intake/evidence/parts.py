"""The beginning of a file of which the rest has not come: kept as a file of its own, while the upload goes on.

A chunk says inside whether it is the last, and is sealed to its file's identity. So a part is a copy, chunk by chunk.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from intake.evidence import limits, uploads
from intake.evidence.kinds import HEAD, kind_of
from intake.evidence.place import storage
from intake.evidence.queries import Part
from intake.evidence.receive import KeptFile
from intake.evidence.underway import UnderWay
from intake.sealing import Identity, new_identity, seal_chunk, unseal_chunk
from intake.storage import new_name

_alone = threading.Lock()


class NoBeginningError(Exception):
    """Of a file's chunks the first is missing: what came after it is of no use."""


class BusyError(Exception):
    """Another part is being kept by this process: ask again in a moment."""


def length(upload: UnderWay) -> int:
    """Return how many chunks of a file are there before the first that is missing."""
    ranges = uploads.kept(upload.name)
    return ranges[0][1] if ranges and ranges[0][0] == 0 else 0


def size(upload: UnderWay, count: int) -> int:
    """Return how many bytes the first chunks of a file have."""
    return min(count * upload.arriving.chunk, upload.size)


def copy(upload: UnderWay, count: int, called: str) -> KeptFile:
    """Keep the first chunks of a file once more, sealed to an identity of their own; one is in memory at a time.

    Args:
        upload: the file.
        count: how many chunks.
        called: how the part shall be called.

    Raises:
        BusyError: another part is being kept.
        limits.RefusedError: the disk is nearly full.
        sealing.SealError, FileNotFoundError: a chunk was altered, or is gone.
        OSError: the storage refused; nothing of the part is left.
    """
    arriving, identity, name = upload.arriving, new_identity(), new_name()
    limits.check_disk(size(upload, count))
    whole, head, hashes = hashlib.sha256(), b"", []
    with _the_only_one(), _all_or_nothing(name):
        for number in range(count):
            plaintext = _chunk(upload, number)
            head = head or plaintext[:HEAD]
            whole.update(plaintext)
            hashes.append(_keep(name, number, plaintext, identity, last=number == count - 1))
    part = Part(upload.name, upload.file_name, upload.size, upload.member_id)
    came, kind = size(upload, count), kind_of(head)
    return KeptFile(name, identity, called, kind, came, tuple(hashes), whole.hexdigest(), arriving.chunk, part)


def forget(file: KeptFile) -> None:
    """Remove a part that is not saved; what cannot be removed now is swept later."""
    with suppress(OSError):
        storage().delete(file.name)


def _chunk(upload: UnderWay, number: int) -> bytes:
    arriving = upload.arriving
    sealed = storage().get(arriving.name, number)
    return unseal_chunk(number, sealed, arriving.identity, last=number == arriving.chunks - 1)


def _keep(name: str, number: int, plaintext: bytes, identity: Identity, *, last: bool) -> bytes:
    sealed = seal_chunk(number, plaintext, identity.recipient, last=last)
    storage().put(name, number, sealed)
    return hashlib.sha256(sealed).digest()


@contextmanager
def _the_only_one() -> Iterator[None]:
    if not _alone.acquire(blocking=False):
        raise BusyError
    try:
        yield
    finally:
        _alone.release()


@contextmanager
def _all_or_nothing(name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            storage().delete(name)
        raise
