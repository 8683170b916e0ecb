"""Files on their way out: opened chunk by chunk while they are sent, long after the request was answered."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import select

from intake.evidence.models import File, View
from intake.evidence.queries import OpenedFile
from intake.extensions import db
from intake.sealing import Identity, SealedBytes, SealError, unseal_chunk, unseal_document

VIEW = "view/1"


class Keeper(Protocol):
    """What gives sealed chunks: the storage, asked for while a request is there."""

    def get(self, name: str, number: int) -> SealedBytes:
        """Return a chunk as it is kept."""


@dataclass(frozen=True)
class Carried:
    """Something that lies in chunks, and what opens them.

    Attributes:
        sha256: the SHA-256 that its bytes must have, in hexadecimal digits; empty where none was written down.
    """

    name: str
    identity: Identity = field(repr=False)
    content_type: str
    size: int
    chunks: int
    sha256: str = ""

    def pieces(self, keeper: Keeper) -> Iterator[bytes]:
        """Yield its bytes, one chunk in memory at a time; the last only if they are those that came.

        Nothing is opened before the first is asked for.

        Raises:
            sealing.SealError: a chunk was altered, moved or cut off, or is another file's.
            FileNotFoundError: a chunk is gone.
        """
        seen = hashlib.sha256()
        for number in range(self.chunks):
            last = number == self.chunks - 1
            chunk = unseal_chunk(number, keeper.get(self.name, number), self.identity, last=last)
            seen.update(chunk)
            if last and self.sha256 and seen.hexdigest() != self.sha256:
                message = "these are not the bytes that came"
                raise SealError(message)
            yield chunk
            del chunk


def original(file: OpenedFile) -> Carried:
    """Return a file as it came."""
    return Carried(file.name, file.identity, file.content_type, file.size, file.chunks, file.sha256)


def viewing_copies(files: Sequence[OpenedFile]) -> dict[str, list[Carried]]:
    """Return the parts of the files' viewing copies that are kept, by the file's name, in order: one statement.

    Raises:
        sealing.SealError: what a part is was altered, or is another file's.
    """
    of_name = {file.name: file for file in files}
    found: dict[str, list[Carried]] = {name: [] for name in of_name}
    parts = select(File.name, View).join(File, File.id == View.file_id).where(File.name.in_(of_name))
    for name, part in db.session.execute(parts.order_by(View.file_id, View.number)):
        identity = of_name[name].identity
        told = unseal_document(VIEW, part.sealed, identity)
        if (told["file"], told["name"], told["number"], told["size"]) != (name, part.name, part.number, part.size):
            message = "a part of a viewing copy was moved here from another file"
            raise SealError(message)
        one = Carried(part.name, identity, told["content_type"], part.size, part.chunk_count, told["sha256"])
        found[name].append(one)
    return found
