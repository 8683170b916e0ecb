"""Files of which every chunk is there: hashed as a whole, described, and no upload any more."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import delete, select
from werkzeug.exceptions import NotFound

from intake.evidence import running, uploads
from intake.evidence.kinds import HEAD, kind_of
from intake.evidence.models import Chunk, File, Upload
from intake.evidence.place import storage
from intake.evidence.queries import ATTACHMENT, FILE
from intake.evidence.receive import SealedFile
from intake.evidence.uploads import Arriving, Sender
from intake.extensions import db
from intake.i18n import now
from intake.sealing import SealError, seal_document, seal_identity, unseal_chunk


class UnfinishedError(Exception):
    """A file of which chunks are still missing."""


def sealed_file(sender: Sender, name: str, recipients: Sequence[str]) -> SealedFile:
    """Return what is saved of a file of which every chunk is there: read and hashed as a whole, and sealed.

    Args:
        sender: who sent it.
        name: its name.
        recipients: who shall open it, as the case's keys are now.

    Raises:
        UnfinishedError: chunks are missing, or the store lost them.
        werkzeug.exceptions.NotFound: the sender has no such upload.
        sealing.SealError: a chunk was altered.
        OSError: a chunk cannot be read.
    """
    arriving = uploads.find(sender, name)
    hashes = _hashes(arriving)
    db.session.rollback()  # no connection is held while a large file is read
    if storage().numbers(name) != set(range(arriving.chunks)):
        raise UnfinishedError  # the store lost some: whoever sends it asks what is there, see ``uploads.lost``
    first = unseal_chunk(0, storage().get(name, 0), arriving.identity, last=arriving.chunks == 1)
    sha256 = running.whole(name, arriving.chunks) or _read_whole(arriving)
    described = {
        "reference": sender.reference,
        "name": name,
        "received_at": now().isoformat(),
        "what": ATTACHMENT,
        "file_name": arriving.wish.file_name,
        "mark": arriving.wish.mark,
        "content_type": kind_of(first[:HEAD]),
        "size": arriving.size,
        "chunk": arriving.chunk,
        "chunks": arriving.chunks,
        "sha256": sha256,
    }
    sealed = seal_document(FILE, described, [arriving.identity.recipient])
    return SealedFile(name, seal_identity(arriving.identity, recipients), sealed, arriving.size, hashes)


def close(sender: Sender, name: str) -> bool:
    """Take away the row of an upload whose file is about to be saved. The case's row is held.

    Returns:
        Whether it was there: not if the same file was finished meanwhile.

    Raises:
        werkzeug.exceptions.NotFound: it was given up.
    """
    closed = delete(Upload).where(Upload.case_id == sender.case_id, Upload.name == name, uploads.of_sender(sender))
    if db.session.execute(closed.returning(Upload.id)).one_or_none() is not None:
        return True
    if not is_finished(sender, name):
        raise NotFound
    return False


def is_finished(sender: Sender, name: str) -> bool:
    """Return whether a file of the sender, or of a colleague, arrived whole under this name."""
    brought = File.member_id.is_not(None) if sender.member_id else File.member_id.is_(None)
    there = select(File.id).where(File.case_id == sender.case_id, File.name == name, brought)
    return db.session.scalar(there) is not None


def _hashes(arriving: Arriving) -> tuple[bytes, ...]:
    rows = select(Chunk.number, Chunk.sha256).where(Chunk.name == arriving.name).order_by(Chunk.number)
    found = db.session.execute(rows).all()
    if [row.number for row in found] != list(range(arriving.chunks)):
        raise UnfinishedError
    return tuple(row.sha256 for row in found)


def _read_whole(arriving: Arriving) -> str:
    """Return SHA-256 of a file, in hexadecimal digits: its chunks are opened one after the other."""
    whole, size, place = hashlib.sha256(), 0, storage()
    for number in range(arriving.chunks):
        sealed = place.get(arriving.name, number)
        plaintext = unseal_chunk(number, sealed, arriving.identity, last=number == arriving.chunks - 1)
        whole.update(plaintext)
        size += len(plaintext)
    if size != arriving.size:
        message = "these are not the bytes that came"
        raise SealError(message)
    return whole.hexdigest()
