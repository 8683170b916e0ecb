"""Request bodies: bounded, and a file part never touches the disk."""

import io
from typing import IO, Any

from flask import Request, request

LARGEST_BODY = 1024 * 1024  # bytes


class Nowhere(io.RawIOBase):
    """A sink for file parts, which no page asks for yet: what is written is gone, neither kept nor read."""

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


class SinkRequest(Request):
    """A request whose file parts go nowhere, instead of to a plaintext temporary file as Werkzeug would have it."""

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 the signature is Werkzeug's
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return Nowhere()  # type: ignore[return-value]  # Werkzeug writes and seeks, no more


def brought_files() -> bool:
    """Return whether files came along with the request; none of them was kept."""
    return any(file.filename for file in request.files.values())
