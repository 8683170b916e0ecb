"""A process of the box, seen from outside: started bare, fed through memory, read in bounds, ended by the clock."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from intake.evidence.boxed import frames
from intake.evidence.boxed.frames import FrameError, Head

ROOT = Path(__file__).parents[2]
LATER = 5.0  # seconds that the process has to say that its time is over, before it is ended
_START = "import sys; sys.path.append(sys.argv[1]); from intake.evidence.boxed.{} import main; main(*sys.argv[2:])"


_ENDS = {frames.NO_WALLS: frames.NO_SANDBOX, frames.NO_PROGRAM: frames.NO_FFMPEG}


@dataclass(frozen=True)
class Part:
    """A piece of a viewing copy. Its bytes must be read before the next part is asked for.

    Attributes:
        number: which it is, from 0.
        kind: ``picture``, ``page``, ``text``, ``sound`` or ``film``.
        content_type: what a browser must be told.
        pieces: its bytes.
        width: pixels, of a picture or page; else 0.
        height: likewise.
        more: on the last part, what is not shown: pages of a document, bytes of a text.
    """

    number: int
    kind: str
    content_type: str
    pieces: Iterable[bytes]
    width: int = 0
    height: int = 0
    more: int = 0


class NoCopyError(Exception):
    """There is nothing to show of a file.

    Attributes:
        reason: a word of ``REASONS``: ``no_sandbox`` (this machine cannot put walls around a process), ``kind``
            (nothing is made of files of this kind), ``too_large``, ``broken`` (it is not what its beginning says, or
            ends too early, or crashed what looked at it), ``locked`` (it has a password), ``too_long`` (it took too
            long), ``no_ffmpeg`` (sound and film need ffmpeg).
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason, whatever the box said."""
        self.reason = reason if reason in frames.REASONS else frames.BROKEN
        super().__init__(self.reason)


class Feed:
    """The bytes of a file in memory that has no name, sealed by the kernel: nobody can change them any more."""

    def __init__(self, pieces: Iterable[bytes], most: int) -> None:
        """Take the pieces of a file one after the other.

        Args:
            pieces: the bytes.
            most: how many are taken; what follows is not asked for.

        Raises:
            NoCopyError: they cannot be kept so.
        """
        self.size = 0
        if sys.platform != "linux":
            raise NoCopyError(frames.NO_SANDBOX)
        self.descriptor = os.memfd_create("intake", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            for piece in pieces:
                self._write(memoryview(piece)[: most - self.size])
                if self.size >= most:
                    break
            seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
        except BaseException:
            self.close()
            raise

    def _write(self, piece: memoryview) -> None:
        self.size += len(piece)
        try:
            while piece:
                piece = piece[os.write(self.descriptor, piece) :]
        except OSError as error:  # there is no memory for it
            raise NoCopyError(frames.TOO_LARGE) from error

    def close(self) -> None:
        """Let the bytes go."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
        self.descriptor = -1

    def __enter__(self) -> Self:
        """Be there."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the bytes go."""
        self.close()


class Process:
    """A process of the box while it runs. Leaving it ends it, and all that it might have started."""

    def __init__(self, module: str, arguments: Sequence[str], feed: Feed, seconds: int) -> None:
        """Start it.

        Args:
            module: the module of ``boxed`` whose ``main`` it runs.
            arguments: what ``main`` is given.
            feed: what it finds on its standard input.
            seconds: of the clock on the wall, until it is ended.
        """
        os.lseek(feed.descriptor, 0, os.SEEK_SET)
        command = [sys.executable, "-I", "-B", "-c", _START.format(module), str(ROOT), *arguments]
        self._at_end = False
        self._until = time.monotonic() + seconds + LATER
        try:
            self._process = subprocess.Popen(  # noqa: S603 our own command
                command,
                stdin=feed.descriptor,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={},
                cwd="/",
                umask=0o077,
                start_new_session=True,
            )
        except OSError as error:
            raise NoCopyError(frames.NO_SANDBOX) from error
        self._out = self._process.stdout.fileno() if self._process.stdout else -1

    def read(self, count: int) -> bytes:
        """Return so many bytes of what it says, or fewer at the end.

        Raises:
            NoCopyError: its time is over.
        """
        taken = bytearray()
        while len(taken) < count:
            piece = self.some(count - len(taken))
            if not piece:
                break
            taken += piece
        return bytes(taken)

    def some(self, most: int) -> bytes:
        """Return some of what it says, as soon as there is any; nothing at the end.

        Raises:
            NoCopyError: its time is over.
        """
        left = self._until - time.monotonic()
        waiting = select.poll()
        waiting.register(self._out, select.POLLIN)
        if left <= 0 or not waiting.poll(1000 * left):
            raise NoCopyError(frames.TOO_LONG)
        piece = os.read(self._out, min(most, frames.PIECE))
        self._at_end = not piece
        return piece

    def head(self) -> Head:
        """Return the head of the next frame.

        Raises:
            NoCopyError: there is none: it says why, or did not live to say it.
        """
        try:
            head = frames.head(self.read)
        except FrameError as error:
            raise NoCopyError(self.ended()) from error
        if "reason" in head:
            raise NoCopyError(str(head["reason"]))
        return head

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the bytes of a part.

        Raises:
            NoCopyError: they end too early.
        """
        while size:
            piece = self.some(size)
            if not piece:
                raise NoCopyError(self.ended())
            size -= len(piece)
            yield piece

    def ended(self) -> str:
        """Return nothing if it said all and ended well, else the reason that its end says."""
        if not self._at_end:
            return frames.BROKEN
        try:
            code = self._process.wait(max(0.0, self._until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return frames.TOO_LONG
        if code in _ENDS:
            return _ENDS[code]
        if code in {-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL}:
            return frames.TOO_LONG
        return frames.BROKEN if code else ""

    def close(self) -> None:
        """End it, and whatever belongs to it."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # it leads a group of its own, and is not yet waited for
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        """Be there."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()
