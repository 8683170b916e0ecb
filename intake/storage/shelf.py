"""A shelf for backups, apart from where files are kept: sealed objects with names, each there whole or not at all.

It is one of two, as the storage of files is: a folder, best on a disk of its own, or a bucket.
"""

import fcntl
import os
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from obstore import open_writer

from intake.file_settings import ObjectStore
from intake.sealing import Sink
from intake.storage.bucket import ANSWER_WITHIN, store_of, told

NAME = re.compile(r"[a-z]+/[0-9A-Za-z-]{2,40}/[0-9a-z.]{3,80}")
_PIECE = 256 * 1024  # bytes
_PART = 8 * 1024**2  # bytes of a part of an object in a bucket
_AT_ONCE = 1000  # objects of a list
_MISSING = "no such object"
_DRAFTS = "drafts"
_GATE = ".in-use"


class Shelf(ABC):
    """Objects by name: ``folder/part/name``."""

    @abstractmethod
    def names(self, below: str) -> Iterator[str]:
        """Yield the names of the objects that begin with ``below/``."""

    @abstractmethod
    def size(self, name: str) -> int | None:
        """Return how many bytes an object has; None where there is none."""

    @abstractmethod
    def writing(self, name: str) -> AbstractContextManager[Sink]:
        """Write an object piece by piece; it is there when the block ends well, and not before.

        Raises:
            OSError: the disk or the store refused.
        """

    @abstractmethod
    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of an object, few at a time.

        Raises:
            FileNotFoundError: it is not there.
            OSError: the disk or the store refused.
        """

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is removed already."""

    @abstractmethod
    def alone(self) -> AbstractContextManager[bool]:
        """Say whether nobody else on this machine writes to the shelf; nobody else does until the end.

        What a writer that was killed had begun is thrown away.
        """


class FolderShelf(Shelf):
    """Objects as files in a folder, written durably beside their place and moved there."""

    def __init__(self, folder: Path) -> None:
        """Prepare. The folder is never made here: where it is missing, its disk is not mounted."""
        self._folder = folder

    def __str__(self) -> str:
        """Say where it is."""
        return str(self._folder)

    def names(self, below: str) -> Iterator[str]:
        """Yield the names of the files."""
        for place, _, files in os.walk(self._folder / below):
            for file in sorted(files):
                name = (Path(place) / file).relative_to(self._folder).as_posix()
                if NAME.fullmatch(name):
                    yield name

    def size(self, name: str) -> int | None:
        """Return a file's size."""
        try:
            return self._place(name).stat().st_size
        except FileNotFoundError:
            return None

    @contextmanager
    def writing(self, name: str) -> Iterator[Sink]:
        """Write a file."""
        place, draft = self._place(name), self._folder / _DRAFTS / secrets.token_hex(8)
        self._make(draft.parent)
        self._make(place.parent)
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.rename(place)
        finally:
            draft.unlink(missing_ok=True)
        _make_durable(place.parent)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        with self._place(name).open("rb", buffering=0) as file:
            while piece := file.read(_PIECE):
                yield piece

    def remove(self, name: str) -> None:
        """Remove a file, and its folder if that is empty now."""
        place = self._place(name)
        place.unlink(missing_ok=True)
        with suppress(OSError):  # other files are there
            place.parent.rmdir()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the folder's gate, and clear its drafts."""
        with _gate(self._folder / _GATE) as alone:
            if alone:
                for draft in (self._folder / _DRAFTS).glob("*"):
                    draft.unlink(missing_ok=True)
            yield alone

    def _place(self, name: str) -> Path:
        return self._folder / checked(name)

    def _make(self, place: Path) -> None:
        """Make a folder, and those between it and the shelf's own."""
        if place != self._folder and not place.is_dir():
            self._make(place.parent)
            place.mkdir(mode=0o700, exist_ok=True)
            _make_durable(place.parent)


class BucketShelf(Shelf):
    """Objects of a bucket. What was begun and not ended is no object there; the store throws it away."""

    def __init__(self, settings: ObjectStore, instance: Path) -> None:
        """Prepare; nobody is asked yet.

        Args:
            settings: where the bucket is, and what opens it.
            instance: the folder where the gate is, since a bucket has none.
        """
        self._said, self._gate = f"{settings.endpoint}/{settings.bucket}", instance / f".backup{_GATE}"
        self._store = store_of(settings, ANSWER_WITHIN)

    def __str__(self) -> str:
        """Say where it is, without what opens it."""
        return self._said

    def names(self, below: str) -> Iterator[str]:
        """Yield the names of the objects."""
        with told():
            for some in self._store.list(below, chunk_size=_AT_ONCE):
                yield from (one["path"] for one in some if NAME.fullmatch(one["path"]))

    def size(self, name: str) -> int | None:
        """Return an object's size."""
        try:
            with told(_MISSING):
                return int(self._store.head(checked(name))["size"])
        except FileNotFoundError:
            return None

    @contextmanager
    def writing(self, name: str) -> Iterator[Sink]:
        """Write an object in parts: it is one when the last was taken."""
        with told():
            sink = open_writer(self._store, checked(name), buffer_size=_PART)
        taking = _Taking(sink)
        yield taking  # without an end, there is no object
        with told():
            sink.close()

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of an object."""
        with told(_MISSING):
            pieces = iter(self._store.get(checked(name)).stream(min_chunk_size=_PIECE))
        while True:
            with told():
                piece = next(pieces, None)
            if piece is None:
                return
            yield bytes(piece)

    def remove(self, name: str) -> None:
        """Remove an object."""
        with told():
            self._store.delete([checked(name)])

    def alone(self) -> AbstractContextManager[bool]:
        """Hold a gate of this machine: let no other write to the same bucket."""
        return _gate(self._gate)


class _Taking:
    """A sink whose failures are those of a store."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, piece: bytes) -> None:
        with told():
            self._sink.write(piece)


def checked(name: str) -> str:
    """Return a name that an object may have.

    Raises:
        ValueError: no object is called so.
    """
    if not NAME.fullmatch(name):
        message = "this is no name of an object"
        raise ValueError(message)
    return name


@contextmanager
def _gate(path: Path) -> Iterator[bool]:
    with path.open("w") as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
