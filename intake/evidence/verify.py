"""Whether every sealed chunk is still the one that came: for the operator, who can open none of them.

A chunk is compared with the hash that was kept of it; the hashes of a file with its digest; and the digest with the
audit entry of its receipt. What opens a file is not needed, and no more of one is in memory than a piece of a chunk.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from intake.audit import AuditEntry
from intake.evidence.models import Chunk, File, Upload, View
from intake.evidence.place import storage
from intake.extensions import db
from intake.sealing import BEGINNING
from intake.storage import StoreError

FILE, UPLOAD, VIEW = "file", "unfinished upload", "viewing copy"
RECEIVED = "evidence.received"
_AT_ONCE = 200  # rows
_Row = File | Upload | View


@dataclass(frozen=True)
class Kept:
    """What should be in the storage: a file, an upload that goes on, or a part of a viewing copy.

    Attributes:
        case_id: whose it is.
        name: its name in the storage, which says nothing.
        what: which of the three.
        count: how many chunks it has; None while they are still coming.
        size: how many bytes they hold, unsealed.
        digest: what the row says of all chunks; None where nothing was kept when it came.
    """

    case_id: int
    name: str
    what: str
    count: int | None
    size: int
    digest: bytes | None = None


@dataclass(frozen=True)
class Verified:
    """What was found of one of them.

    Attributes:
        kept: which.
        chunks: how many were read.
        faults: what is wrong, in words.
        compared: whether there is anything to compare its chunks with: not if it came before that was kept.
    """

    kept: Kept
    chunks: int
    faults: tuple[str, ...]
    compared: bool


def verified(case_id: int | None = None) -> Iterator[Verified]:
    """Yield what is found of everything that is kept, or of one case; nothing is held while a chunk is read.

    Args:
        case_id: look at this case alone.

    Raises:
        storage.StoreError: the store is away: that says nothing of any file.
    """
    for kept in _everything(case_id):
        found = _look_at(kept)
        if not found.faults or _is_there_still(kept):
            yield found


def missing() -> Iterator[tuple[Kept, int]]:
    """Yield the files of which chunks are missing, and how many: by what the storage lists, without reading one.

    Raises:
        OSError: the disk or the store refused.
    """
    counts = storage().counts()
    for kept in _everything(None):
        expected = _expected(kept)
        if counts.get(kept.name, 0) >= len(expected):
            continue
        gone = expected - storage().numbers(kept.name)  # it may have come since, and a file may have gone
        if gone and _is_there_still(kept):
            yield kept, len(gone)


def _everything(case_id: int | None) -> Iterator[Kept]:
    """Yield what should be there, a few rows in memory and no transaction left open."""
    rows: tuple[tuple[type[_Row], Any], ...] = (  # of each, what chooses its rows
        (File, select(File.id, File.case_id, File.name, File.chunk_count, File.size, File.digest)),
        (
            View,
            select(View.id, File.case_id, View.name, View.chunk_count, View.size).join(File, File.id == View.file_id),
        ),
        (Upload, select(Upload.id, Upload.case_id, Upload.name, Upload.size)),
    )
    for model, chosen in rows:
        of_case = Upload.case_id if model is Upload else File.case_id
        wanted = chosen if case_id is None else chosen.where(of_case == case_id)
        last = 0
        while some := db.session.execute(wanted.where(model.id > last).order_by(model.id).limit(_AT_ONCE)).all():
            db.session.rollback()
            yield from (_kept(model, row) for row in some)
            last = some[-1].id


def _kept(model: type[_Row], row: Any) -> Kept:  # noqa: ANN401 a row of one of three shapes
    if model is File:
        return Kept(row.case_id, row.name, FILE, row.chunk_count, row.size, row.digest)
    if model is View:
        return Kept(row.case_id, row.name, VIEW, row.chunk_count, row.size)
    return Kept(row.case_id, row.name, UPLOAD, None, row.size)


def _hashes(name: str) -> dict[int, bytes]:
    """Return the hashes of a file's chunks, by number."""
    found = db.session.execute(select(Chunk.number, Chunk.sha256).where(Chunk.name == name).order_by(Chunk.number))
    hashes = dict(found.all())
    db.session.rollback()
    return hashes


def _expected(kept: Kept) -> set[int]:
    return set(_hashes(kept.name)) if kept.count is None else set(range(kept.count))


def _look_at(kept: Kept) -> Verified:
    hashes = _hashes(kept.name)
    compared = bool(hashes) or kept.digest is not None or kept.what == UPLOAD
    expected = set(hashes) if kept.count is None else set(range(kept.count))
    there = storage().numbers(kept.name)
    altered, unread, strange = [], [], []
    for number in sorted(expected & there):
        found = _read(kept.name, number)
        if found is None:
            unread.append(number)
        elif compared and number in hashes and found[0] != hashes[number]:
            altered.append(number)
        elif not found[1]:
            strange.append(number)
    said = [
        _of_chunks(expected - there, "missing"),
        _of_chunks(altered, "not what came"),
        _of_chunks(unread, "not to be read"),
        _of_chunks(strange, "no age file"),
        _of_chunks(expected - set(hashes) if compared else (), "without the hash that was kept of it"),
        _of_chunks(set() if kept.count is None else (there | set(hashes)) - expected, "one too many"),
        *(_faults_of_record(kept, hashes) if kept.what == FILE else ()),
    ]
    return Verified(kept, len(expected & there) - len(unread), tuple(filter(None, said)), compared)


def _read(name: str, number: int) -> tuple[bytes, bool] | None:
    """Return a chunk's hash and whether it is an age file; None where the disk does not give it back."""
    seen, head = hashlib.sha256(), b""
    try:
        for piece in storage().pieces(name, number):
            seen.update(piece)
            head = head or bytes(piece[:64])
    except StoreError:
        raise
    except OSError:
        return None
    return seen.digest(), head.startswith(BEGINNING)


def _faults_of_record(kept: Kept, hashes: dict[int, bytes]) -> Iterator[str]:
    """Yield what is wrong with the digest of a file, and with the audit entry that says it."""
    entries = db.session.scalars(
        select(AuditEntry.detail).where(
            AuditEntry.case_id == kept.case_id,
            AuditEntry.act == RECEIVED,
            AuditEntry.detail["file"].as_string() == kept.name,
        )
    ).all()
    db.session.rollback()
    told = {entry.get("digest") for entry in entries} - {None}
    if kept.digest is None:
        if hashes or told:  # it did not come before they were kept
            yield "its digest is gone"
        return
    if hashlib.sha256(b"".join(hashes.values())).digest() != kept.digest:
        yield "its digest is not that of the hashes that are kept"
    if not told:
        yield "no audit entry says its digest"
    elif told != {kept.digest.hex()}:
        yield "the audit entry says another digest"
    if any(entry.get("size") != kept.size for entry in entries):
        yield "the audit entry says another size"


def _is_there_still(kept: Kept) -> bool:
    """Return whether the row is as it was: a case may be destroyed, or an upload end, while we look."""
    model: type[_Row] = File if kept.what == FILE else View if kept.what == VIEW else Upload
    found = db.session.scalar(select(func.count()).select_from(model).where(model.name == kept.name))
    db.session.rollback()
    return bool(found)


def _of_chunks(numbers: Iterable[int], what: str) -> str:
    """Say something of chunks; nothing where there are none."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    if not runs:
        return ""
    one = len(runs) == len(runs[0]) == 1
    return f"chunk{'' if one else 's'} {', '.join(map(_span, runs))} {'is' if one else 'are'} {what}"


def _span(run: Sequence[int]) -> str:
    return "-".join(map(str, run))
