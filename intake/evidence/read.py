"""Opening a file: chunk after chunk, so that no more than one of them is in memory in plain."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from intake import audit
from intake.audit import AuditEntry
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.extensions import db
from intake.i18n import now
from intake.sealing import SealError, unseal_chunk

ONE_LISTENING = timedelta(minutes=10)  # a player asks for a recording in pieces: that is one opening


def plaintext(file: OpenedFile, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
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
    pieces = _whole(file) if (start, stop) == (0, file.size) else _part(file, start, stop)
    first = next(pieces, b"")
    return _chain(first, pieces)


def note_opened(file: OpenedFile, *, case_id: int, desk_id: int, member_id: int) -> None:
    """Write down that a member opened a file; the pieces of one listening are one opening."""
    act = "evidence.taken" if file.is_attachment else "evidence.opened"
    last = db.session.scalar(
        select(AuditEntry).where(AuditEntry.case_id == case_id).order_by(AuditEntry.id.desc()).limit(1)
    )
    if (
        last is not None
        and (last.act, last.member_id, last.detail.get("file")) == (act, member_id, file.name)
        and now() - last.at < ONE_LISTENING
    ):
        return
    audit.record(act, desk_id=desk_id, member_id=member_id, case_id=case_id, file=file.name)


def _whole(file: OpenedFile) -> Iterator[bytes]:
    """Yield all chunks; the last only if the bytes are those that came."""
    seen = hashlib.sha256()
    for chunk, last in _chunks(file, 0, file.chunks):
        seen.update(chunk)
        if last and seen.hexdigest() != file.sha256:
            message = "these are not the bytes that came"
            raise SealError(message)
        yield chunk


def _part(file: OpenedFile, start: int, stop: int) -> Iterator[bytes]:
    """Yield the bytes from ``start`` up to ``stop``, opening no chunk that has none of them."""
    first = start // file.chunk
    offset = first * file.chunk
    for chunk, _ in _chunks(file, first, -(-stop // file.chunk)):
        yield chunk[max(0, start - offset) : stop - offset]
        offset += file.chunk


def _chunks(file: OpenedFile, first: int, after: int) -> Iterator[tuple[bytes, bool]]:
    kept = storage()
    for number in range(first, after):
        last = number == file.chunks - 1
        yield unseal_chunk(number, kept.get(file.name, number), file.identity, last=last), last


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
