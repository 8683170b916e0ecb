"""Receiving a file: its chunks are made durable outside the transaction, its row is saved inside it.

A request that fails in between leaves chunks without a row, which ``remove.sweep`` takes away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from intake.evidence.models import File
from intake.evidence.place import storage
from intake.evidence.queries import FILE
from intake.extensions import db
from intake.i18n import now
from intake.sealing import SealedBytes, seal_document, seal_identity
from intake.web.forms import clean_line
from intake.web.recordings import content_type_of
from intake.web.uploads import CHUNK, SealedUpload

RECORDING = "recording"
LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class SealedFile:
    """A file ready to be saved: its chunks are kept already, and nothing here can be read."""

    name: str
    identity: SealedBytes
    sealed: SealedBytes
    size: int
    chunk_count: int


def keep(upload: SealedUpload, reference: str, recipients: Iterable[str]) -> SealedFile:
    """Keep the chunks of an upload, and seal what opens and what describes them.

    Args:
        upload: a recording that its field accepted.
        reference: the case that it belongs to: a file moved to another case shows.
        recipients: who shall open it: desk and complainant.

    Raises:
        OSError: the disk refused.
    """
    kept = storage()
    for number, chunk in enumerate(upload.chunks):
        kept.put(upload.name, number, chunk)
    description = {
        "reference": reference,
        "name": upload.name,
        "received_at": now().isoformat(),
        "what": RECORDING,
        "file_name": clean_line(upload.file_name)[:LONGEST_NAME],
        "content_type": content_type_of(upload.head),
        "size": upload.size,
        "chunk": CHUNK,
        "chunks": len(upload.chunks),
        "sha256": upload.sha256,
    }
    return SealedFile(
        upload.name,
        seal_identity(upload.identity, recipients),
        seal_document(FILE, description, [upload.identity.recipient]),
        upload.size,
        len(upload.chunks),
    )


def save(file: SealedFile, case_id: int, desk_key_id: int, moment: datetime, member_id: int | None = None) -> None:
    """Save the row of a file whose chunks are kept.

    Args:
        file: the file.
        case_id: the case that it belongs to.
        desk_key_id: the key of the desk that its identity is sealed to.
        moment: when it came; a complainant's acts to ten minutes.
        member_id: the member who brought it, if one did.
    """
    db.session.add(
        File(
            name=file.name,
            case_id=case_id,
            desk_key_id=desk_key_id,
            member_id=member_id,
            identity=file.identity,
            sealed=file.sealed,
            size=file.size,
            chunk_count=file.chunk_count,
            received_at=moment,
        )
    )
    db.session.flush()
