"""Files looked at where they can do no harm: in a process behind walls that knows nothing else and ends soon.

What comes out of it is bounded, and checked to be what was asked for. No hostile byte is read in this process, nothing
plain touches a disk, and no failure of what looks is a failure of who asked: it is a ``NoCopyError`` with a reason.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from intake.evidence import box_player
from intake.evidence.box_process import Feed, NoCopyError, Part, Process
from intake.evidence.boxed import clues as boxed_clues
from intake.evidence.boxed import frames
from intake.evidence.boxed.frames import FrameError, Head

__all__ = ["CLUES", "NO_FFMPEG", "NO_SANDBOX", "NoCopyError", "Part", "black", "clues", "ill", "look"]

MEGABYTE = 1024**2
CLUES = boxed_clues.KEYS
NO_SANDBOX, NO_FFMPEG = frames.NO_SANDBOX, frames.NO_FFMPEG
MOST_PAGES = 50
MOST_OF_PART = 64 * MEGABYTE
MOST_SIDE = 4096
MOST_LEFT = 1 << 40
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class _Job:
    """How files of a kind are looked at.

    Attributes:
        module: the module of ``boxed`` that does it.
        kind: what its parts are.
        seconds: how long it may take.
        largest: bytes of a file that it is given.
        fed: bytes that it is given of one that is larger; by default none.
        order: what it must know beside the size.
    """

    module: str
    kind: str
    seconds: int
    largest: int
    fed: int = 0
    order: tuple[tuple[str, Any], ...] = ()
    parts: int = 1


_PICTURES = {
    content_type: _Job("pictures", "picture", 30, 128 * MEGABYTE, order=(("format", name),))
    for content_type, name in {
        "image/jpeg": "JPEG",
        "image/png": "PNG",
        "image/webp": "WEBP",
        "image/gif": "GIF",
        "image/heic": "HEIF",
        "image/avif": "AVIF",
        "image/bmp": "BMP",
    }.items()
}
_TEXTS = {
    content_type: _Job("texts", "text", 10, 0, fed=MEGABYTE)
    for content_type in ("text/plain", "text/csv", "text/vcard")
}
_DOCUMENT = _Job("documents", "page", 90, 256 * MEGABYTE, order=(("pages", MOST_PAGES),), parts=MOST_PAGES)
_JOBS = {**_PICTURES, **_TEXTS, "application/pdf": _DOCUMENT}
_OVER = {"image/jpeg": "JPEG", "image/png": "PNG"}
PAIR = 2
MOST_BOXES = 1000
WHOLE = 1000  # what the sides of a box are counted in
# A tenth of a second, 8 bits at 16 kHz.
_SILENCE = b"RIFF" + struct.pack("<I8sIHHIIHH4sI", 1636, b"WAVEfmt ", 16, 1, 1, 16000, 16000, 1, 8, b"data", 1600)
_SILENCE += bytes(1600)
_MAY_BE = {"picture": {"image/jpeg", "image/png"}, "page": {"image/jpeg", "image/png"}, "text": {TEXT}}


def look(content_type: str, pieces: Iterable[bytes], size: int) -> Iterator[Part]:
    """Look at a file: return the parts of its viewing copy, each as soon as it is made.

    Failures show when a part, or the bytes of a part, are asked for; what came before is then no whole copy. Closing
    the iterator ends the look.

    Args:
        content_type: what the file is by its content (``kinds.kind_of``).
        pieces: its bytes, in order; they are read once.
        size: how many they are.

    Raises:
        NoCopyError: there is no viewing copy, for the reason that it says.
    """
    name = content_type.partition(";")[0].strip()
    if name in box_player.DEMUXERS:
        return _played(name, pieces, size)
    job = _JOBS.get(name)
    if job is None:
        raise NoCopyError(frames.KIND)
    if size > job.largest and not job.fed:
        raise NoCopyError(frames.TOO_LARGE)
    return _parts(job, pieces, size)


def clues(content_type: str, pieces: Iterable[bytes], size: int) -> list[tuple[str, str]]:
    """Return what the metadata of a file says, as pairs of a key and a value of one line; nothing where there is none.

    Raises:
        NoCopyError: it cannot be looked at, for the reason that it says.
    """
    name = content_type.partition(";")[0].strip()
    if name in _TEXTS:
        return []
    if name in box_player.DEMUXERS:
        with _fed(pieces, size) as feed:
            return _trimmed(box_player.said(name, feed, "clues"))
    job = _JOBS.get(name)
    if job is None:
        raise NoCopyError(frames.KIND)
    if size > job.largest:
        raise NoCopyError(frames.TOO_LARGE)
    module, order = f"{job.module.removesuffix('s')}_traces", json.dumps(dict(job.order))
    with _fed(pieces, size) as feed, Process(module, [order], feed, job.seconds) as process:
        return _trimmed(process.head())


def black(content_type: str, image: bytes, boxes: Iterable[tuple[int, int, int, int]]) -> bytes:
    """Return a picture with boxes painted over it, made anew from its pixels: what lay under them is gone.

    Args:
        content_type: what the picture is (of a viewing copy: ``image/jpeg`` or ``image/png``).
        image: its bytes.
        boxes: left, top, width and height of each, in thousandths of the picture's width and height.

    Returns:
        A picture of the same type.

    Raises:
        NoCopyError: it cannot be done, for the reason that it says.
    """
    name = _OVER.get(content_type)
    if name is None:
        raise NoCopyError(frames.KIND)
    painted = [[min(max(0, int(side)), WHOLE) for side in box] for box in boxes]
    if len(painted) > MOST_BOXES:
        raise NoCopyError(frames.TOO_LARGE)
    job = replace(_PICTURES[content_type], module="blacking", order=(("format", name), ("boxes", painted)))
    for part in _parts(job, [image], len(image)):
        taken = b"".join(part.pieces)
        if part.content_type != content_type:
            break
        return taken
    raise NoCopyError(frames.BROKEN)


def ill() -> str:
    """Try what this machine can; return what it lacks: ``no_sandbox``, ``no_ffmpeg``, or nothing."""
    for content_type, tried, lacking in (
        ("text/plain", b".", frames.NO_SANDBOX),
        ("audio/wav", _SILENCE, frames.NO_FFMPEG),
    ):
        try:
            for part in look(content_type, [tried], len(tried)):
                for _ in part.pieces:
                    pass
        except NoCopyError:
            return lacking
    return ""


def _parts(job: _Job, pieces: Iterable[bytes], size: int) -> Iterator[Part]:
    order = json.dumps({**dict(job.order), "size": size})
    with _fed(pieces, size, job.fed) as feed, Process(job.module, [order], feed, job.seconds) as process:
        feed.close()
        for number in range(job.parts + 1):
            head = process.head()
            if head.get("end") is True:
                return
            part, rest = _part(job, number, head, process)
            yield part
            for _ in rest:
                pass
        raise NoCopyError(frames.BROKEN)


def _part(job: _Job, number: int, head: Head, process: Process) -> tuple[Part, Iterator[bytes]]:
    """Return what a head says that a part is, and its bytes, if it may be that."""
    content_type = head.get("content_type")
    if number >= job.parts or head.get("kind") != job.kind or content_type not in _MAY_BE[job.kind]:
        raise NoCopyError(frames.BROKEN)
    try:
        width, height = (frames.number(head, side, MOST_SIDE) for side in ("width", "height"))
        size, more = frames.number(head, "size", MOST_OF_PART), frames.number(head, "more", MOST_LEFT)
    except FrameError as error:
        raise NoCopyError(frames.BROKEN) from error
    rest = process.pieces(size)
    return Part(number, job.kind, content_type, rest, width, height, more), rest


def _played(content_type: str, pieces: Iterable[bytes], size: int) -> Iterator[Part]:
    with _fed(pieces, size) as feed:
        yield from box_player.played(content_type, feed)


def _trimmed(head: Head) -> list[tuple[str, str]]:
    """Return the clues of a head, whatever else it holds."""
    pairs = head.get("clues")
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == PAIR for pair in pairs):
        raise NoCopyError(frames.BROKEN)
    return boxed_clues.trimmed(pairs)


def _fed(pieces: Iterable[bytes], size: int, most: int = 0) -> Feed:
    """Put the bytes, or the first of them, where a process of the box finds them."""
    most = min(size, most) if most else size
    feed = Feed(pieces, most)
    if feed.size != most:
        feed.close()
        raise NoCopyError(frames.BROKEN)
    return feed
