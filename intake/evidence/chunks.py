"""Chunks as they come: read off the line one by one, sealed and durable before the next is asked for."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

from werkzeug.exceptions import BadRequest

from intake.evidence import running
from intake.evidence.place import storage
from intake.evidence.uploads import Arriving
from intake.sealing import SealedBytes, seal_chunk, unseal_chunk

Hash = tuple[int, bytes]  # a chunk's number, and SHA-256 of it as it is kept


class Stream(Protocol):
    """What a request's body is read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at its end."""


class MisfitError(Exception):
    """A body that does not fit the file: from a place that it has not, or with more bytes than it has."""


def check(arriving: Arriving, first: int, length: int) -> None:
    """Refuse a body before it is read.

    Args:
        arriving: the file.
        first: the number of the chunk with which it begins.
        length: how many bytes it says to have.

    Raises:
        MisfitError: the file has no such chunk, or not so many bytes from there.
    """
    if not 0 <= first < arriving.chunks or not 0 < length <= arriving.size - first * arriving.chunk:
        raise MisfitError


def keep(arriving: Arriving, first: int, body: Stream) -> Iterator[Hash]:
    """Seal and keep the chunks that a body brings; what is no whole chunk at its end is forgotten.

    Args:
        arriving: the file.
        first: the number of the chunk with which the body begins.
        body: the bytes.

    Yields:
        Each chunk that is durable now. One that was there already stays as it was.

    Raises:
        MisfitError: there were more bytes than the file has; the chunks before were kept.
        OSError: the storage refused.
    """
    for number in range(first, arriving.chunks):
        plaintext = _read(body, arriving.length(number))
        if len(plaintext) < arriving.length(number):
            return
        yield number, _keep(arriving, number, plaintext)
        del plaintext
    if _read(body, 1):
        raise MisfitError


def _read(body: Stream, length: int) -> bytes:
    """Return so many bytes, or fewer where the line was cut."""
    pieces, left = [], length
    while left:
        try:
            piece = body.read(left)
        except (BadRequest, OSError):  # whoever sent it is gone
            break
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _keep(arriving: Arriving, number: int, plaintext: bytes) -> bytes:
    last, place = number == arriving.chunks - 1, storage()
    sealed: SealedBytes = seal_chunk(number, plaintext, arriving.identity.recipient, last=last)
    try:
        place.put(arriving.name, number, sealed)
    except FileExistsError:  # it came before; a crash may have taken its row
        sealed = place.get(arriving.name, number)
        unseal_chunk(number, sealed, arriving.identity, last=last)
        return hashlib.sha256(sealed).digest()
    running.add(arriving.name, number, plaintext)
    return hashlib.sha256(sealed).digest()
