"""Request bodies: bounded, and a file part never touches the disk in plain."""

import hashlib
import io
import threading
from collections.abc import Callable, Collection
from typing import IO, Any, ParamSpec, TypeVar

from flask import Request, current_app, g, request
from werkzeug.exceptions import ServiceUnavailable

from intake import extensions, storage
from intake.sealing import SealedBytes, new_identity, seal_chunk
from intake.web.form_parser import LARGEST_BODY, FormParser

P = ParamSpec("P")
R = TypeVar("R")
LARGEST_RECORDING = 5 * 1024 * 1024  # bytes: five minutes of a phone's own recorder; of Opus, an hour
LARGEST_SMALL_FILE = 64 * 1024
LARGEST_BODY_WITH_RECORDING = LARGEST_BODY + LARGEST_RECORDING + 512 * 1024
LARGEST_CHUNKS = 4 * 1024 * 1024  # bytes of a body that brings chunks of a file
LARGEST_HELD = 64 * 1024 * 1024  # bytes of recordings that one process holds, sealed, until their forms are answered
RECORDINGS = 2  # files of a form that are sealed: one more than is taken, so that its sender is told
CHUNK = 256 * 1024  # bytes of plaintext in a sealed chunk
HEAD = 64  # bytes that tell what a file is
LINES = 8  # bodies of files that one process reads at a time: fewer than it has places for work, so that words find one
_lines = threading.BoundedSemaphore(LINES)


class _Share:
    """How much of what this process may hold of recordings one of them has."""

    _lock, _all = threading.Lock(), 0

    def __init__(self) -> None:
        self._size = 0

    def grow(self, size: int) -> None:
        """Take more.

        Raises:
            werkzeug.exceptions.ServiceUnavailable: all of it is taken; whoever writes words is still answered.
        """
        with _Share._lock:
            if _Share._all + size > LARGEST_HELD:
                raise ServiceUnavailable
            _Share._all += size
            self._size += size

    def give_back(self) -> None:
        """Give all of it back."""
        with _Share._lock:
            _Share._all -= self._size
            self._size = 0


class Nowhere(io.RawIOBase):
    """A sink for file parts that a page does not ask for: what is written is gone, neither kept nor read."""

    def writable(self) -> bool:
        """Say that it takes bytes."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 any buffer
        """Forget the bytes."""
        return len(data)

    def readable(self) -> bool:
        """Say that there is something to read: nothing."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401, ARG002 any buffer
        """Read nothing."""
        return 0

    def seekable(self) -> bool:
        """Say that it can be wound back."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 the signature is the library's
        """Be at the beginning, always."""
        return 0


class SmallFile(Nowhere):
    """A sink for a small file, such as a key: it stays in memory until the request is answered.

    Attributes:
        content: the bytes; none if there were too many.
        too_large: whether there were.
    """

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.content, self.too_large = b"", False

    def write(self, data: Any) -> int:  # noqa: ANN401 any buffer
        """Take bytes, or forget all of them once they are too many."""
        self.too_large = self.too_large or len(self.content) + len(data) > LARGEST_SMALL_FILE
        self.content = b"" if self.too_large else self.content + bytes(data)
        return len(data)


class SealedUpload(Nowhere):
    """A sink that seals while it is written to, and cannot be read: at most one chunk is in memory in plain.

    Attributes:
        name: the random name that the file will have.
        identity: what opens its chunks; made for this file alone.
        chunks: the sealed chunks; none if it was too large.
        size: how many bytes came, those that were dropped counted.
        head: the first bytes, which tell what it is.
        file_name: how the sender's device called it.
    """

    def __init__(self, file_name: str) -> None:
        """Make an identity for the file."""
        super().__init__()
        self.name, self.identity, self.file_name = storage.new_name(), new_identity(), file_name
        self.chunks: list[SealedBytes] = []
        self.size, self.head = 0, b""
        self._recipient, self._share = self.identity.recipient, _Share()
        self._waiting, self._hash, self._whole = bytearray(), hashlib.sha256(), False

    @property
    def too_large(self) -> bool:
        """Whether more came than is taken."""
        return self.size > LARGEST_RECORDING

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal digits."""
        return self._hash.hexdigest()

    def write(self, data: Any) -> int:  # noqa: ANN401 any buffer
        """Take bytes; what is more than a chunk is sealed at once."""
        self.size += len(data)
        if self.too_large:
            self.chunks.clear()
            self._waiting.clear()
            self._share.give_back()
            return len(data)
        self._share.grow(len(data))
        self.head += bytes(data[: HEAD - len(self.head)])
        self._hash.update(data)
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._seal(last=False)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Be whole: Werkzeug winds a part back once all of it is written."""
        if not self._whole and not self.too_large:
            self._seal(last=True)
        self._whole = True
        return super().seek(offset, whence)

    def close(self) -> None:
        """Make room for others: the form is answered, or was given up."""
        self._share.give_back()
        super().close()

    def _seal(self, *, last: bool) -> None:
        plaintext = bytes(self._waiting[:CHUNK])
        del self._waiting[:CHUNK]
        self.chunks.append(seal_chunk(len(self.chunks), plaintext, self._recipient, last=last))


def takes_recording(view: Callable[P, R]) -> Callable[P, R]:
    """Let a view's forms bring a recording: it is sealed as it arrives, and the body may be as large as it needs."""
    view.takes_recording = True  # type: ignore[attr-defined]  # the mark that the request reads
    return view


def takes_small_file(view: Callable[P, R]) -> Callable[P, R]:
    """Let a view's forms bring a small file, which is kept in memory alone."""
    view.takes_small_file = True  # type: ignore[attr-defined]  # the mark that the request reads
    return view


def take_line() -> Callable[[], None]:
    """Take one of the places of those whose files come slowly; return what gives it back.

    Raises:
        werkzeug.exceptions.ServiceUnavailable: all are taken; whoever writes words still finds a thread.
    """
    if not _lines.acquire(blocking=False):
        raise ServiceUnavailable
    return _lines.release


def takes_chunks(view: Callable[P, R]) -> Callable[P, R]:
    """Let the body of a view be chunks of a file, which it reads off the line itself."""
    view.takes_chunks = True  # type: ignore[attr-defined]  # the mark that the request reads
    return view


class SinkRequest(Request):
    """A request whose file parts are sealed, small or go nowhere, never to a file as Werkzeug would have it.

    A body that is shorter than it said is refused, whatever it is: half a story must not count as told. The web server
    ends one that was cut off as if it were whole, and says that it may be read to its end: that is not believed.
    """

    form_data_parser_class = FormParser
    _recordings = 0  # that came already

    def __init__(self, environ: dict[str, Any], *args: bool, **how: bool) -> None:
        """Let the stream end where the request says that it does, and no earlier."""
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        super().__init__(environ, *args, **how)

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__:
            extensions.rest()
        super()._load_form_data()

    @property
    def takes_recording(self) -> bool:
        """Whether the view that is asked for takes a recording."""
        return self._has_mark("takes_recording")

    def _has_mark(self, name: str) -> bool:
        return getattr(current_app.view_functions.get(self.endpoint or ""), name, False)

    @property
    def max_content_length(self) -> int | None:
        """How large the body may be."""
        if self._has_mark("takes_chunks"):
            return LARGEST_CHUNKS
        return LARGEST_BODY_WITH_RECORDING if self.takes_recording else super().max_content_length

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 the signature is Werkzeug's
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        # Werkzeug writes and seeks, no more.
        if filename and "file_sink" in g:  # whoever asks is known, and how much they may send
            sink: IO[bytes] = g.file_sink(filename)
            return sink
        if filename and self.takes_recording and self._recordings < RECORDINGS:
            self._recordings += 1
            return SealedUpload(filename)  # type: ignore[return-value]
        return SmallFile() if filename and self._has_mark("takes_small_file") else Nowhere()  # type: ignore[return-value]


def brought_files(asked_for: Collection[str] = ()) -> bool:
    """Return whether files came along that no field asks for, or two for one field; none of them was kept."""
    brought = [name for name, file in request.files.items(multi=True) if file.filename]
    return len(set(brought)) < len(brought) or not set(brought) <= set(asked_for)
