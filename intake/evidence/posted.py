"""Files in an ordinary form: sealed and kept chunk by chunk while they come, each with an outcome of its own."""

import hashlib
from contextlib import suppress
from typing import Any

from intake.evidence import limits
from intake.evidence.kinds import HEAD, kind_of
from intake.evidence.limits import AWAY, Limits, RefusedError, Used
from intake.evidence.place import storage
from intake.evidence.receive import KeptFile
from intake.sealing import new_identity, seal_chunk
from intake.storage import new_name
from intake.web.form_parser import LARGEST_BODY
from intake.web.uploads import Nowhere


class Room:
    """What one form may bring, and what it brought.

    Attributes:
        files: the files, in the order in which they came.
    """

    def __init__(self, allowed: Limits, used: Used, chunk: int) -> None:
        """Begin with what a case has already.

        Args:
            allowed: how much who sends may send.
            used: what the case has.
            chunk: bytes of a chunk.
        """
        self.limits, self.chunk, self.files = allowed, chunk, list[PostedFile]()
        self._used = used

    @property
    def largest_body(self) -> int:
        """How many bytes the form may have: enough for one file too many, so that it costs no other."""
        return (self.limits.most or self.limits.largest) + self.limits.largest + LARGEST_BODY

    def sink(self, file_name: str) -> "PostedFile":
        """Return what the next file is written to."""
        self.files.append(PostedFile(self, file_name))
        return self.files[-1]

    def check(self, latest: "PostedFile") -> None:
        """Refuse a file as soon as it is too much.

        Raises:
            limits.RefusedError: it is, by itself or with the others.
        """
        others = [one for one in self.files if one is not latest and not one.refused]
        size, count = sum(one.size for one in others), len(others)
        Used(self._used.size + size, self._used.files + count).check(self.limits, latest.size)

    def clear(self) -> None:
        """Remove what is not saved: of a form that was cut off, or is not ours."""
        for one in self.files:
            if not one.saved:
                one.forget()


class PostedFile(Nowhere):
    """A sink that seals and keeps while it is written to: at most one chunk is in memory in plain.

    Attributes:
        size: how many bytes came.
        refused: why it is not taken; empty where it is.
        saved: whether its row was saved, or may have been; what has none after all is swept later.
        whole: whether its end came.
    """

    def __init__(self, room: Room, file_name: str) -> None:
        """Make an identity for the file."""
        super().__init__()
        self.name, self.identity, self.file_name = new_name(), new_identity(), file_name
        self.size, self.refused, self.saved = 0, "", False
        self._room, self._recipient, self._head = room, self.identity.recipient, b""
        self._waiting, self._hash, self._hashes = bytearray(), hashlib.sha256(), list[bytes]()
        self.whole = False

    def write(self, data: Any) -> int:  # noqa: ANN401 any buffer
        """Take bytes; what is more than a chunk is sealed and kept at once."""
        self.size += len(data)
        if self.refused:
            return len(data)
        self._head += bytes(data[: HEAD - len(self._head)])
        self._hash.update(data)
        self._waiting += data
        self._attempt(last=False)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Be whole: Werkzeug winds a part back once all of it is written."""
        if not self.whole and not self.refused:
            self._attempt(last=True)
        self.whole = True
        return super().seek(offset, whence)

    def kept(self) -> KeptFile:
        """Return the file, of which every chunk is kept."""
        hashes, kind = tuple(self._hashes), kind_of(self._head)
        sha256, chunk = self._hash.hexdigest(), self._room.chunk
        return KeptFile(self.name, self.identity, self.file_name, kind, self.size, hashes, sha256, chunk)

    def refuse(self, reason: str) -> None:
        """Take it no more; what came of it is removed."""
        self.refused = reason
        self._waiting.clear()
        self.forget()

    def forget(self) -> None:
        """Remove its chunks; what cannot be removed now is swept later."""
        with suppress(OSError):
            storage().delete(self.name)

    def _attempt(self, *, last: bool) -> None:
        try:
            if self.size or last:
                self._room.check(self)
            while len(self._waiting) > self._room.chunk:
                self._keep(last=False)
            if last:
                self._keep(last=True)
        except RefusedError as error:
            self.refuse(error.reason)
        except OSError:
            self.refuse(AWAY)

    def _keep(self, *, last: bool) -> None:
        chunk, number = self._room.chunk, len(self._hashes)
        limits.check_disk(chunk)
        sealed = seal_chunk(number, bytes(self._waiting[:chunk]), self._recipient, last=last)
        del self._waiting[:chunk]
        storage().put(self.name, number, sealed)
        self._hashes.append(hashlib.sha256(sealed).digest())
