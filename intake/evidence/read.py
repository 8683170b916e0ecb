"""Opening a file: chunk after chunk, so that no more than one of them is in memory in plain."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import select

from intake import audit
from intake.audit import AuditEntry
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.extensions import db
from intake.i18n import now
from intake.sealing import Identity, SealedBytes, SealError, unseal_chunk

PLAYED, TAKEN, LOOKED_AT = "played", "taken", "looked at"
_ACTS = {PLAYED: "evidence.opened", TAKEN: "evidence.taken", LOOKED_AT: "evidence.viewed"}
ONE_OPENING = timedelta(minutes=10)  # a player asks for a recording in pieces, a page for its pictures: that is one


class Chunks(Protocol):
    """What is kept in chunks: a file as it came, or a part of its viewing copy."""

    @property
    def name(self) -> str:
        """Its name in the storage."""

    @property
    def identity(self) -> Identity:
        """What opens its chunks."""

    @property
    def size(self) -> int:
        """How many bytes it has."""

    @property
    def chunk(self) -> int:
        """How many bytes each chunk but the last has."""

    @property
    def chunks(self) -> int:
        """How many chunks there are."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal digits."""


class Keeper(Protocol):
    """What gives sealed chunks: the storage."""

    def get(self, name: str, number: int) -> SealedBytes:
        """Return a chunk as it is kept."""


def plaintext(file: Chunks, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Return what yields the bytes of a file; the first piece is opened now, so that a fault shows before any answer.

    Args:
        file: the file.
        start: the first byte.
        stop: the byte after the last; by default the file's end.

    Raises:
        sealing.SealError: a chunk was altered, moved or cut off, or is another file's.
        FileNotFoundError: a chunk is gone.
    """
    stop = file.size if stop is None else stop
    pieces = whole(file, storage()) if (start, stop) == (0, file.size) else _part(file, start, stop)
    first = next(pieces, b"")
    return _chain(first, pieces)


def whole(file: Chunks, kept: Keeper) -> Iterator[bytes]:
    """Yield all bytes of a file, one chunk in memory at a time; the last only if they are those that came.

    Nothing is opened before the first is asked for, which may be long after the request was answered.

    Args:
        file: the file.
        kept: where its chunks are.

    Raises:
        sealing.SealError, FileNotFoundError: as above.
    """
    seen = hashlib.sha256()
    for chunk, last in _chunks(file, kept, 0, file.chunks):
        seen.update(chunk)
        if last and seen.hexdigest() != file.sha256:
            message = "these are not the bytes that came"
            raise SealError(message)
        yield chunk
        del chunk


@dataclass(frozen=True)
class Opening:
    """A member opens a file: written down once in ten minutes, however many pieces a browser asks for.

    Attributes:
        how: ``PLAYED``, ``TAKEN`` or ``LOOKED_AT``.
        case_id: the file's case.
        desk_id: the case's desk.
        member_id: who opens it.
    """

    file: OpenedFile
    how: str
    case_id: int
    desk_id: int
    member_id: int

    @property
    def is_noted(self) -> bool:
        """Whether it was written down lately, so that nobody who writes needs to wait for it."""
        lately = select(AuditEntry.detail).where(
            AuditEntry.case_id == self.case_id,
            AuditEntry.member_id == self.member_id,
            AuditEntry.act == _ACTS[self.how],
            AuditEntry.at > now() - ONE_OPENING,
        )
        return any(detail.get("file") == self.file.name for detail in db.session.scalars(lately))

    def note(self) -> None:
        """Write it down."""
        act = _ACTS[self.how]
        desk_id, member_id, case_id = self.desk_id, self.member_id, self.case_id
        audit.record(act, desk_id=desk_id, member_id=member_id, case_id=case_id, file=self.file.name)


def _part(file: Chunks, start: int, stop: int) -> Iterator[bytes]:
    """Yield the bytes from ``start`` up to ``stop``, opening no chunk that has none of them."""
    first = start // file.chunk
    offset = first * file.chunk
    for chunk, _ in _chunks(file, storage(), first, -(-stop // file.chunk)):
        yield chunk[max(0, start - offset) : stop - offset]
        offset += file.chunk


def _chunks(file: Chunks, kept: Keeper, first: int, after: int) -> Iterator[tuple[bytes, bool]]:
    for number in range(first, after):
        last = number == file.chunks - 1
        yield unseal_chunk(number, kept.get(file.name, number), file.identity, last=last), last


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
