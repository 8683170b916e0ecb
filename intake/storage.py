"""Sealed chunks in a folder: put, get, delete. Nothing else is ever kept there, and nothing here opens anything."""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from intake.sealing import SealedBytes

_NAME = re.compile(r"[0-9a-f]{32}")


def new_name() -> str:
    """Return a random name for a file: 128 bits, so that it says nothing and is never drawn twice."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Storage:
    """Files as folders of numbered chunks.

    Attributes:
        folder: where they are; it need not exist yet.
    """

    folder: Path

    def put(self, name: str, number: int, sealed: SealedBytes) -> None:
        """Keep a chunk. Once this returns it survives a power cut; until then there is none.

        Args:
            name: the file, from ``new_name``.
            number: the chunk's place in it, from 0.
            sealed: what ``sealing`` made of it.

        Raises:
            FileExistsError: this chunk is kept already; it stays as it is.
            TypeError: it is not sealed.
            OSError: the disk refused.
        """
        if not isinstance(sealed, SealedBytes):
            message = "only what is sealed is kept"
            raise TypeError(message)
        place = self._of(name)
        if not place.is_dir():
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_durable(self.folder.parent)
            _make_durable(self.folder)
        waiting = place / f".{number}.{secrets.token_hex(4)}"
        descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as chunk:
                chunk.write(sealed)
                chunk.flush()
                os.fsync(descriptor)
            hour = time.time() // 3600 * 3600  # when a complainant sent it is told no closer than to the hour
            os.utime(waiting, (hour, hour))
            (place / str(number)).hardlink_to(waiting)
        finally:
            waiting.unlink()
        _make_durable(place)

    def get(self, name: str, number: int) -> SealedBytes:
        """Return a chunk as it is kept.

        Raises:
            FileNotFoundError: it is not there.
        """
        return SealedBytes((self._of(name) / str(number)).read_bytes())

    def delete(self, name: str) -> None:
        """Remove a file with all its chunks; one that is not there is removed already."""
        place = self._of(name)
        if place.is_dir():
            shutil.rmtree(place)
            _make_durable(self.folder)

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Yield the names of the files to which nothing was added since a moment."""
        for place in self.folder.iterdir() if self.folder.is_dir() else ():
            if _NAME.fullmatch(place.name) and datetime.fromtimestamp(place.stat().st_mtime, UTC) < moment:
                yield place.name

    def _of(self, name: str) -> Path:
        """Return a file's folder.

        Raises:
            ValueError: no file is called so.
        """
        if not _NAME.fullmatch(name):
            message = "this is no name of a file"
            raise ValueError(message)
        return self.folder / name


def _make_durable(folder: Path) -> None:
    """Write a folder's entries to the disk: a file whose name is lost in a power cut is lost as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
