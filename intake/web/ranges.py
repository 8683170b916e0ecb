"""Answers that send the part of a file that was asked for: players and downloads that go on ask so (RFC 9110, 14)."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, request

PARTIAL, NONE_SUCH = 206, 416


@dataclass(frozen=True)
class Part:
    """The bytes from ``start`` up to ``stop`` of a file of ``size`` bytes."""

    start: int
    stop: int
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether that is all of it."""
        return (self.start, self.stop) == (0, self.size)


def asked(size: int) -> Part | None:
    """Return what of a file is asked for: all, where no part or several are; None where there are no such bytes.

    Args:
        size: how many bytes the file has.
    """
    parts = request.range
    if parts is None or parts.units != "bytes" or len(parts.ranges) != 1:
        return Part(0, size, size)
    start, stop = parts.ranges[0]
    if start < 0:  # the last bytes; of a file that has fewer, all of them
        start = max(0, start + size)
    if start >= size:
        return None
    return Part(start, size if stop is None else min(stop, size), size)


def nothing(size: int) -> Response:
    """Return the answer to who asks for bytes that a file of this size does not have."""
    return Response(status=NONE_SUCH, headers={"Content-Range": f"bytes */{size}"})


def answer(pieces: Iterator[bytes], part: Part, content_type: str, disposition: str) -> Response:
    """Return an answer that sends a part of a file while it is read.

    Args:
        pieces: yields the bytes of the part.
        part: which part.
        content_type: what the file is.
        disposition: how a browser takes it: ``inline`` or ``attachment``, and a name of letters, digits and hyphens.
    """
    response = Response(pieces, 200 if part.is_whole else PARTIAL, direct_passthrough=True)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = disposition
    response.headers["Content-Length"] = str(part.stop - part.start)
    response.headers["Accept-Ranges"] = "bytes"
    if not part.is_whole:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{part.size}"
    return response
