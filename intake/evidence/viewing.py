"""Viewing copies: a file without its traces and dangers, made in the box, kept sealed to the file's own identity.

The box is another process; what comes out of it is sealed chunk by chunk as it comes. This process waits for one of
them at a time, so that looking at files never takes the threads that complaints need.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import exists, insert, select
from werkzeug.exceptions import NotFound

from intake.evidence import box, findings, kinds, read, scan
from intake.evidence.findings import SealedFinding
from intake.evidence.models import Chunk, File, View
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.extensions import db
from intake.i18n import now
from intake.sealing import Identity, SealedBytes, SealError, seal_chunk, seal_document, unseal_document
from intake.storage import new_name
from intake.web.uploads import CHUNK

VIEW = "view/1"
SHOWN = 200_000  # bytes of a text that stand on the page itself
DANGEROUS, TOO_LARGE, BROKEN = "dangerous", "too_large", "broken"
_alone = threading.Lock()


class BusyError(Exception):
    """The box is at work on another file: ask again in a moment."""


@dataclass(frozen=True)
class OpenedPart:
    """A part of a viewing copy, and what opens its chunks, for who may open the file.

    Attributes:
        kind: ``picture``, ``page``, ``text``, ``sound`` or ``film``.
        width: pixels of a picture, page or film; else 0.
        height: likewise.
        more: on the last part, what is not in the copy: pages of a document, bytes of a text.
    """

    number: int
    name: str
    identity: Identity
    kind: str
    content_type: str
    size: int
    chunk: int
    chunks: int
    sha256: str
    width: int
    height: int
    more: int


@dataclass(frozen=True)
class KeptPart:
    """A part whose chunks are kept, ready to be saved."""

    number: int
    name: str
    sealed: SealedBytes
    size: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True)
class Looked:
    """What looking at a file brought: the parts of its viewing copy, and what was found out, all of it sealed."""

    file: str
    parts: tuple[KeptPart, ...] = ()
    found: list[SealedFinding] = field(default_factory=list)


def look(file: OpenedFile) -> Looked:
    """Make the viewing copy of a file, read its clues, let a scanner look through it; what is known is not done again.

    Raises:
        BusyError: another file is looked at.
        sealing.SealError, FileNotFoundError: the file itself was altered, or a chunk of it is gone.
        OSError: the disk refused; nothing is left of it.
    """
    known, has_copy = findings.read(file), bool(parts(file))
    db.session.rollback()  # it may take a minute: no transaction stays open meanwhile
    with _the_only_one():
        found = [] if findings.SCAN in known else [_scanned(file)]
        found += [] if findings.CLUES in known and not known[findings.CLUES].told["reason"] else [_clues(file)]
        kept, reason = ((), "") if has_copy else _copied(file)
    if reason:
        found.append(findings.seal(file, findings.VIEW, {"reason": reason}))
    return Looked(file.name, kept, found)


def scan_again(file: OpenedFile) -> Looked:
    """Let the scanner look through a file anew.

    Raises:
        BusyError, sealing.SealError, FileNotFoundError: as above.
    """
    db.session.rollback()
    with _the_only_one():
        return Looked(file.name, found=[_scanned(file)])


def keep(looked: Looked) -> bool:
    """Save what looking at a file brought. The case is held by whoever calls.

    Returns:
        Whether the parts were kept: not where a colleague was quicker. Then ``drop`` them.

    Raises:
        werkzeug.exceptions.NotFound: there is no such file any more.
    """
    row = db.session.scalar(select(File).where(File.name == looked.file).with_for_update())
    if row is None:
        raise NotFound
    for finding in looked.found:
        findings.save(row.id, finding)
    if db.session.scalar(select(exists().where(View.file_id == row.id))):
        return not looked.parts
    for part in looked.parts:
        count = len(part.hashes)
        view = View(number=part.number, name=part.name, sealed=part.sealed, size=part.size, chunk_count=count)
        view.file_id, view.made_at = row.id, now()
        db.session.add(view)
    chunks = [
        {"name": part.name, "number": number, "sha256": one}
        for part in looked.parts
        for number, one in enumerate(part.hashes)
    ]
    if chunks:
        db.session.execute(insert(Chunk), chunks)
    db.session.flush()
    return True


def drop(looked: Looked) -> None:
    """Remove the parts of a copy that is kept already."""
    for part in looked.parts:
        storage().delete(part.name)


def parts(file: OpenedFile) -> list[OpenedPart]:
    """Open what the parts of a file's viewing copy are, first to last; none where there is no copy.

    Raises:
        sealing.SealError: one was altered, or moved here from another file.
    """
    of_file = select(View).join(File, File.id == View.file_id).where(File.name == file.name)
    return [_opened(row, file) for row in db.session.scalars(of_file.order_by(View.number))]


def part(file: OpenedFile, number: int) -> OpenedPart:
    """Open what one part of a viewing copy is.

    Raises:
        werkzeug.exceptions.NotFound: there is none such.
        sealing.SealError: as above.
    """
    wanted = select(View).join(File, File.id == View.file_id).where(File.name == file.name, View.number == number)
    row = db.session.scalar(wanted)
    if row is None:
        raise NotFound
    return _opened(row, file)


def beginning(text: OpenedPart) -> tuple[str, bool]:
    """Return how a text begins, and whether that is all of it.

    Raises:
        sealing.SealError, FileNotFoundError: it was altered, or is gone.
    """
    stop = min(text.size, SHOWN)
    return b"".join(read.plaintext(text, 0, stop)).decode(errors="ignore"), stop == text.size


def parts_of_case(case_id: int, files: Sequence[OpenedFile]) -> dict[str, list[OpenedPart]]:
    """Open what the parts of the viewing copies of a case's files are, by the files' names, each first to last.

    Raises:
        sealing.SealError: one was altered, or moved here from another file.
    """
    known = {file.name: file for file in files}
    wanted = select(View, File.name).join(File, File.id == View.file_id).where(File.case_id == case_id)
    found: dict[str, list[OpenedPart]] = {}
    for row, name in db.session.execute(wanted.order_by(View.number)):
        if name in known:
            found.setdefault(name, []).append(_opened(row, known[name]))
    return found


def with_copy(case_id: int) -> frozenset[str]:
    """Return the names of those files of a case that have a viewing copy."""
    of_case = select(File.name).join(View, View.file_id == File.id).where(File.case_id == case_id).distinct()
    return frozenset(db.session.scalars(of_case))


@contextmanager
def _the_only_one() -> Iterator[None]:
    if not _alone.acquire(blocking=False):
        raise BusyError
    try:
        yield
    finally:
        _alone.release()


def _scanned(file: OpenedFile) -> SealedFinding:
    verdict = scan.scan(current_app.config["FILES"].scanner, read.plaintext(file))
    return findings.seal(file, findings.SCAN, {"result": verdict.result, "signature": verdict.signature})


def _clues(file: OpenedFile) -> SealedFinding:
    told, reason = [], _refusal(file)
    try:
        told = box.clues(file.content_type, read.plaintext(file), file.size) if not reason else []
    except box.NoCopyError as error:
        reason = error.reason
    return findings.seal(file, findings.CLUES, {"clues": told, "reason": reason})


def _copied(file: OpenedFile) -> tuple[tuple[KeptPart, ...], str]:
    """Return the parts of a copy, kept; or why there is none."""
    if refusal := _refusal(file):
        return (), refusal
    names: list[str] = []
    try:
        kept = tuple(_kept(one, file, names) for one in box.look(file.content_type, read.plaintext(file), file.size))
    except BaseException as error:
        for name in names:
            storage().delete(name)
        if isinstance(error, box.NoCopyError):
            return (), error.reason
        raise
    return kept, "" if kept else BROKEN


def _refusal(file: OpenedFile) -> str:
    """Return why nothing is to look into a file; nothing where the box may."""
    if kinds.is_dangerous(file.content_type, file.file_name):
        return DANGEROUS
    return TOO_LARGE if file.size > current_app.config["FILES"].largest_viewed else ""


def _kept(made: box.Part, file: OpenedFile, names: list[str]) -> KeptPart:
    """Keep a part that comes out of the box; its name is noted before anything of it is kept."""
    name, recipient, place = new_name(), file.identity.recipient, storage()
    names.append(name)
    hashes, whole, size = [], hashlib.sha256(), 0
    for number, (chunk, last) in enumerate(_in_chunks(made.pieces)):
        sealed = seal_chunk(number, chunk, recipient, last=last)
        place.put(name, number, sealed)
        hashes.append(hashlib.sha256(sealed).digest())
        whole.update(chunk)
        size += len(chunk)
    description = {
        "file": file.name,
        "name": name,
        "number": made.number,
        "part": made.kind,
        "content_type": made.content_type,
        "size": size,
        "chunk": CHUNK,
        "chunks": len(hashes),
        "sha256": whole.hexdigest(),
        "width": made.width,
        "height": made.height,
        "more": made.more,
    }
    return KeptPart(made.number, name, seal_document(VIEW, description, [recipient]), size, tuple(hashes))


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the bytes in chunks of the usual size, each with whether it is the last."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > CHUNK:
            yield bytes(waiting[:CHUNK]), False
            del waiting[:CHUNK]
    yield bytes(waiting), True


def _opened(row: View, file: OpenedFile) -> OpenedPart:
    told = unseal_document(VIEW, row.sealed, file.identity)
    seen = (told["file"], told["name"], told["number"], told["size"], told["chunks"])
    if seen != (file.name, row.name, row.number, row.size, row.chunk_count):
        message = "a part of a viewing copy was moved here from another file"
        raise SealError(message)
    names = ("content_type", "size", "chunk", "chunks", "sha256", "width", "height", "more")
    return OpenedPart(row.number, row.name, file.identity, told["part"], **{name: told[name] for name in names})
