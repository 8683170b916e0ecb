"""A ZIP that is made while it is sent, in flat memory, never on the disk."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, Self

SETTINGS = 0o600 << 16  # of a file in it: its owner's alone, run by nobody


class Summed(NamedTuple):
    """A file that was written into a ZIP."""

    path: str
    size: int
    sha256: str


class Zip:
    """A ZIP that is written from the first byte to the last, and what of it is ready to be sent.

    Its entries say neither who wrote them nor where, and no time but that of the whole. Left by an exception, it is
    never ended: nothing opens it as whole.

    Attributes:
        sums: what was written, in order.
    """

    def __init__(self, folder: str, moment: datetime) -> None:
        """Begin.

        Args:
            folder: in which everything lies.
            moment: the time of every entry.
        """
        self.sums: list[Summed] = []
        self._folder, self._moment = folder, moment
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w")

    def __enter__(self) -> Self:
        """Go on."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it; after an exception nobody takes the end."""
        self._archive.close()

    def put(self, path: str, pieces: Iterable[bytes], size: int = 0, *, squeezed: bool = False) -> Iterator[bytes]:
        """Write a file, hashed as it is, and yield what is ready.

        Args:
            path: where it lies in the folder.
            pieces: its bytes.
            size: how many they are, where they may be many: of more than 2 GB the ZIP says so before them.
            squeezed: whether it is worth compressing.
        """
        entry = zipfile.ZipInfo(f"{self._folder}/{path}", self._moment.timetuple()[:6])
        entry.external_attr, entry.file_size = SETTINGS, size
        entry.compress_type = zipfile.ZIP_DEFLATED if squeezed else zipfile.ZIP_STORED
        seen, count = hashlib.sha256(), 0
        with self._archive.open(entry, "w") as inside:
            for piece in pieces:
                inside.write(piece)
                seen.update(piece)
                count += len(piece)
                del piece
                yield self.taken()
        self.sums.append(Summed(path, count, seen.hexdigest()))

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """What the ZIP is written to: it keeps nothing that was taken."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 any buffer
        self._waiting.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken
