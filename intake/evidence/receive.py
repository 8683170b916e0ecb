"""Receiving a file: its chunks are made durable outside the transaction, its row is saved inside it.

A request that fails in between leaves chunks without a row, which ``remove.sweep`` takes away.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from intake import audit
from intake.desks import queries as keys
from intake.evidence.kinds import HEAD, kind_of
from intake.evidence.models import Chunk, File
from intake.evidence.place import storage
from intake.evidence.queries import ATTACHMENT, FILE, RECORDING, Part
from intake.extensions import db
from intake.i18n import now
from intake.sealing import Identity, SealedBytes, new_identity, seal_chunk, seal_document, seal_identity
from intake.storage import new_name
from intake.web.file_names import safe_name
from intake.web.recordings import content_type_of
from intake.web.uploads import CHUNK, SealedUpload


@dataclass(frozen=True)
class SealedFile:
    """A file ready to be saved: its chunks are kept already, and nothing here can be read."""

    name: str
    identity: SealedBytes
    sealed: SealedBytes
    size: int
    hashes: tuple[bytes, ...]  # SHA-256 of each chunk as it is kept

    @property
    def digest(self) -> bytes:
        """What the audit chain says of all chunks: SHA-256 over theirs, in order."""
        return hashlib.sha256(b"".join(self.hashes)).digest()


@dataclass(frozen=True)
class KeptFile:
    """A file of any kind whose chunks are kept; whose it is is not said yet, so nothing is made twice for that."""

    name: str
    identity: Identity = field(repr=False)
    file_name: str = field(repr=False)
    content_type: str
    size: int
    hashes: tuple[bytes, ...]
    sha256: str
    chunk: int = CHUNK
    part: Part | None = None


@dataclass(frozen=True)
class KeptBy:
    """Who kept what had arrived of a file, and of which.

    Attributes:
        of: the upload's name in the storage.
        desk_only: whether the upload is the desk's alone.
    """

    member_id: int
    of: str
    desk_only: bool


def keep_content(content: bytes, file_name: str) -> KeptFile:
    """Keep a file that is here whole: sealed chunk by chunk, to an identity of its own.

    Args:
        content: its bytes.
        file_name: how whoever sent it called it.

    Raises:
        OSError: the disk refused.
    """
    kept, name, identity = storage(), new_name(), new_identity()
    count, hashes = max(1, -(-len(content) // CHUNK)), []
    for number in range(count):
        chunk = content[number * CHUNK : (number + 1) * CHUNK]
        sealed = seal_chunk(number, chunk, identity.recipient, last=number == count - 1)
        kept.put(name, number, sealed)
        hashes.append(hashlib.sha256(sealed).digest())
    sha256, content_type = hashlib.sha256(content).hexdigest(), kind_of(content[:HEAD])
    return KeptFile(name, identity, file_name, content_type, len(content), tuple(hashes), sha256)


def describe(file: KeptFile, reference: str, recipients: Iterable[str]) -> SealedFile:
    """Seal what opens and what describes a file that is kept.

    Args:
        file: the file.
        reference: the case that it belongs to.
        recipients: who shall open it: the desk, and the complainant where there is a code.
    """
    description: dict[str, Any] = {
        "reference": reference,
        "name": file.name,
        "received_at": now().isoformat(),
        "what": ATTACHMENT,
        "file_name": safe_name(file.file_name),
        "content_type": file.content_type,
        "size": file.size,
        "chunk": file.chunk,
        "chunks": len(file.hashes),
        "sha256": file.sha256,
    }
    if file.part:
        description["part"] = asdict(file.part)
    return SealedFile(
        file.name,
        seal_identity(file.identity, recipients),
        seal_document(FILE, description, [file.identity.recipient]),
        file.size,
        file.hashes,
    )


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
        with suppress(FileExistsError):  # the same bytes: only the words are sealed anew
            kept.put(upload.name, number, chunk)
    description = {
        "reference": reference,
        "name": upload.name,
        "received_at": now().isoformat(),
        "what": RECORDING,
        "file_name": safe_name(upload.file_name),
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
        tuple(hashlib.sha256(chunk).digest() for chunk in upload.chunks),
    )


def save(file: SealedFile, case_id: int, desk_key_id: int, moment: datetime, member_id: int | None = None) -> None:
    """Save the row of a file whose chunks are kept, and write down that it came. Who told of it said so elsewhere.

    Args:
        file: the file.
        case_id: the case that it belongs to.
        desk_key_id: the key of the desk that its identity is sealed to.
        moment: when it came; a complainant's acts to ten minutes.
        member_id: the member who brought it, if one did.
    """
    _add(file, case_id, desk_key_id, member_id=member_id, received_at=moment, read_at=moment)
    note_chunks(file)


def save_sent(file: SealedFile, case_id: int, desk_key_id: int, moment: datetime, member_id: int | None = None) -> None:
    """Save the row of a file that was sent by itself, its chunks written down already: nobody at the desk has seen it.

    Args:
        file: the file.
        case_id: the case that it belongs to.
        desk_key_id: the key of the desk that its identity is sealed to.
        moment: when it came whole.
        member_id: the member who brought it for the desk alone; None is the complainant.
    """
    own = member_id is not None
    read_at = moment if own else None
    _add(file, case_id, desk_key_id, member_id=member_id, desk_only=own, received_at=moment, read_at=read_at)


def save_part(file: SealedFile, case_id: int, desk_key_id: int, moment: datetime, kept: KeptBy) -> None:
    """Save what had arrived of a file as one of its own, and write down that a member kept it.

    Args:
        file: the part, whose chunks are kept.
        case_id: the case that it belongs to.
        desk_key_id: the key of the desk that its identity is sealed to.
        moment: when.
        kept: by whom, and of what.
    """
    more = {"member_id": kept.member_id, "desk_only": kept.desk_only, "received_at": moment, "read_at": moment}
    note_chunks(file)
    _add(file, case_id, desk_key_id, **more)
    audit.record(
        "evidence.part_kept",
        desk_id=keys.desk_of(desk_key_id),
        member_id=kept.member_id,
        case_id=case_id,
        at=moment,
        file=file.name,
        upload=kept.of,
    )


def note_chunks(file: SealedFile) -> None:
    """Write down the chunks of a file that was kept whole."""
    kept = [{"name": file.name, "number": number, "sha256": one} for number, one in enumerate(file.hashes)]
    db.session.execute(insert(Chunk), kept)


def _add(file: SealedFile, case_id: int, desk_key_id: int, **more: Any) -> None:  # noqa: ANN401 columns
    row = File(
        name=file.name,
        case_id=case_id,
        desk_key_id=desk_key_id,
        identity=file.identity,
        sealed=file.sealed,
        size=file.size,
        chunk_count=len(file.hashes),
        digest=file.digest,
        **more,
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        "evidence.received",
        desk_id=keys.desk_of(desk_key_id),
        member_id=row.member_id,
        case_id=case_id,
        at=row.received_at,
        file=file.name,
        size=file.size,
        digest=file.digest.hex(),
    )
