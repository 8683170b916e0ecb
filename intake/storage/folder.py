"""Sealed chunks in a folder of this machine: ``ab/abcd…/0`` and so on, durable before anybody is told so."""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from intake.sealing import SealedBytes
from intake.storage import NAME, Storage

_PIECE = 256 * 1024  # bytes
_SHELF = re.compile(r"[0-9a-f]{2}")
_HOUR = 3600  # seconds


@dataclass(frozen=True)
class Folder(Storage):
    """Files as folders of numbered chunks, on shelves that are called like the beginning of their names.

    Attributes:
        folder: where they are; it need not exist yet.
    """

    folder: Path

    def __str__(self) -> str:
        """Say where it is."""
        return str(self.folder)

    def names(self) -> Iterator[str]:
        """Yield the name of every file that has a folder."""
        for place in self._places():
            yield place.name

    def counts(self) -> dict[str, int]:
        """Return of every file how many chunks are there."""
        return {place.name: len(_numbers_in(place)) for place in self._places()}

    def reach(self) -> None:
        """Look whether the folder is to be read; where nothing was kept yet, there is none."""
        if self.folder.exists():
            next(self.folder.iterdir(), None)

    def try_out(self) -> bool:
        """Write something and remove it: a link never takes the place of what is there."""
        place = self.folder if self.folder.exists() else self.folder.parent
        waiting = place / f".trial.{secrets.token_hex(4)}"
        _write(waiting, b"trial")
        waiting.unlink()
        return True

    def place_of(self, name: str) -> Path:
        """Return the folder of a file. An earlier version kept all of them side by side: it is moved to its shelf."""
        place, before = self.folder / name[:2] / name, self.folder / name
        if not before.is_dir():
            return place
        self._make(place.parent)
        with suppress(OSError):  # another thread was quicker, or this is a backup that nobody may change
            before.rename(place)
            _make_durable(place.parent)
            _make_durable(self.folder)
        return place if place.is_dir() else before

    def _keep(self, name: str, number: int, sealed: SealedBytes) -> None:
        place = self.place_of(name)
        self._make(place)
        waiting = place / f".{number}.{secrets.token_hex(4)}"
        try:
            _write(waiting, sealed)
            _round(waiting)
            (place / str(number)).hardlink_to(waiting)
        finally:
            waiting.unlink(missing_ok=True)
            _round(place)
        _make_durable(place)

    def _pieces(self, name: str, number: int) -> Iterator[bytes]:
        with (self.place_of(name) / str(number)).open("rb", buffering=0) as chunk:
            while piece := chunk.read(_PIECE):
                yield piece

    def _remove(self, name: str) -> None:
        place = self.place_of(name)
        for last in (False, True):
            try:
                if place.is_dir():
                    shutil.rmtree(place)
                    _make_durable(place.parent)
            except OSError as error:  # something is kept there at this moment, or somebody else removes it
                if last or error.errno not in {errno.ENOTEMPTY, errno.ENOENT}:
                    raise
            else:
                return

    def _numbers(self, name: str) -> set[int]:
        place = self.place_of(name)
        return _numbers_in(place) if place.is_dir() else set()

    def _added_at(self, name: str) -> datetime | None:
        try:
            return datetime.fromtimestamp(self.place_of(name).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def _places(self) -> Iterator[Path]:
        for entry in self.folder.iterdir() if self.folder.is_dir() else ():
            if NAME.fullmatch(entry.name):
                yield entry
            elif _SHELF.fullmatch(entry.name):
                yield from (place for place in entry.iterdir() if NAME.fullmatch(place.name))

    def _make(self, place: Path) -> None:
        """Make a folder and those that it is in, each durable and its owner's alone."""
        if place.is_dir():
            return
        if place != self.folder:
            self._make(place.parent)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_durable(place.parent)
        for made in (place, place.parent):
            if made != self.folder.parent:
                _round(made)


def _numbers_in(place: Path) -> set[int]:
    return {int(chunk.name) for chunk in place.iterdir() if chunk.name.isdecimal()}


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        path.unlink()
        raise


def _round(path: Path) -> None:
    """Let a time say no closer than to the hour when a complainant sent something."""
    hour = time.time() // _HOUR * _HOUR
    os.utime(path, (hour, hour))


def _make_durable(folder: Path) -> None:
    """Write a folder's entries to the disk: a file whose name is lost in a power cut is lost as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
