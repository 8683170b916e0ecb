"""Sealed chunks of files: put, get, delete. Nothing else is ever kept there, and nothing here opens anything.

Where they lie is one of two: a folder of this machine, or a bucket of a store that speaks S3. Both keep the same
promises, and the same tests ask both.
"""

import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import datetime

from intake.sealing import SealedBytes

NAME = re.compile(r"[0-9a-f]{32}")


class StoreError(OSError):
    """The store is not to be reached now, or refuses; says why, and nothing that opens it. Try again later."""


def new_name() -> str:
    """Return a random name for a file: 128 bits, so that it says nothing and is never drawn twice."""
    return secrets.token_hex(16)


class Storage(ABC):
    """Files as numbered chunks. Threads may share one."""

    def put(self, name: str, number: int, sealed: SealedBytes) -> None:
        """Keep a chunk. Once this returns it survives a power cut; until then there is none.

        Args:
            name: the file, from ``new_name``.
            number: the chunk's place in it, from 0.
            sealed: what ``sealing`` made of it.

        Raises:
            FileExistsError: this chunk is kept already; it stays as it is.
            TypeError: it is not sealed.
            OSError: the disk or the store refused.
        """
        if not isinstance(sealed, SealedBytes):
            message = "only what is sealed is kept"
            raise TypeError(message)
        self._keep(checked(name), number, sealed)

    def get(self, name: str, number: int) -> SealedBytes:
        """Return a chunk as it is kept.

        Raises:
            FileNotFoundError: it is not there.
            OSError: the disk or the store refused.
        """
        return SealedBytes(b"".join(self._pieces(checked(name), number)))

    def pieces(self, name: str, number: int) -> Iterator[bytes]:
        """Yield the bytes of a chunk, few at a time: whoever altered it may have made it as large as the disk.

        Raises:
            FileNotFoundError: it is not there.
            OSError: the disk or the store refused.
        """
        return self._pieces(checked(name), number)

    def delete(self, name: str) -> None:
        """Remove a file with all its chunks; one that is not there is removed already.

        Raises:
            OSError: the disk or the store refused; some chunks may be left.
        """
        self._remove(checked(name))

    def numbers(self, name: str) -> set[int]:
        """Return which chunks of a file are there."""
        return self._numbers(checked(name))

    def older_than(self, moment: datetime, names: Iterable[str] | None = None) -> Iterator[str]:
        """Yield the names of the files to which nothing was added since a moment.

        Args:
            moment: since when; times are kept no closer than to the hour.
            names: look at these files alone; by default at all.
        """
        for name in self.names() if names is None else names:
            added_at = self._added_at(checked(name))
            if added_at is not None and added_at < moment:
                yield name

    @abstractmethod
    def names(self) -> Iterator[str]:
        """Yield the name of every file that has a chunk."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """Return of every file how many chunks are there, read in one go."""

    @abstractmethod
    def reach(self) -> None:
        """Look whether the store answers.

        Raises:
            OSError: it does not.
        """

    @abstractmethod
    def try_out(self) -> bool:
        """Keep something, and something else in its place, then remove it; return whether what came first stayed.

        Raises:
            OSError: the disk or the store refused.
        """

    @abstractmethod
    def _keep(self, name: str, number: int, sealed: SealedBytes) -> None: ...

    @abstractmethod
    def _pieces(self, name: str, number: int) -> Iterator[bytes]: ...

    @abstractmethod
    def _remove(self, name: str) -> None: ...

    @abstractmethod
    def _numbers(self, name: str) -> set[int]: ...

    @abstractmethod
    def _added_at(self, name: str) -> datetime | None:
        """Return when something was added to a file last; None where there is no such file."""


def checked(name: str) -> str:
    """Return a name that a file may have.

    Raises:
        ValueError: no file is called so.
    """
    if not NAME.fullmatch(name):
        message = "this is no name of a file"
        raise ValueError(message)
    return name
