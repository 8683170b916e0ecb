"""Pages that are the same for everybody but for a few texts of a fixed length: rendered and compressed once.

Where the code of a form stands, both formats let bytes stand as they are: a stored block in gzip, an uncompressed
meta-block in brotli. What was compressed before and behind it points nowhere into it, so each answer puts its own code
between pieces that lie ready. That costs a few dozen bytes, and saves the hardest levels' time at every answer.
"""

import itertools
import mimetypes
import random
import threading
import zlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, abort, current_app, request
from werkzeug.datastructures import Accept

from intake.web.inlined import STATIC, static_version

EDGE = "\x02"  # stands on both sides of a place: no template has this character
BROTLI, GZIP = "br", "gzip"
ENCODINGS = (BROTLI, GZIP)  # what is the smallest comes first
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\2\xff"  # deflated, without name and time, as hard as can be
_EMPTY_BLOCK = b"\0\0\xff\xff"  # the lengths of the stored block with which a flush ends
# What compressors see in gaps, so that nothing is like it: no two bytes of it stand beside each other elsewhere in it,
# nor in UTF-8. Each 64 bytes go round the same circle in strides of their own.
_UNLIKE = bytes(0xC0 + place * (2 * (place // 64) + 1) % 64 for place in range(32 * 64))
_FILLS = b"0123456789.-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # what is tried out in a gap
_WINDOW = 16  # 64 KiB: more than a page
_SEEN_BEHIND = 2  # bytes before a letter that say how brotli writes it
_NEAR = 24  # bytes between two gaps that are longer compressed than as they are
_NEVER = "public, max-age=31536000, immutable"  # for how long an address that changes with its file may be kept
_preparing = threading.Lock()
Parts = tuple[bytes | int, ...]  # bytes, and the places of what fills the gaps between them


@dataclass(frozen=True)
class Page:
    """A page without the texts that differ.

    Attributes:
        pieces: what is the same for everybody: a gap stands between each and the next.
        places: which of the texts that differ fills each gap.
        gaps: how long each of these texts is.
    """

    pieces: tuple[bytes, ...]
    places: tuple[int, ...] = ()
    gaps: tuple[int, ...] = ()

    @classmethod
    def of(cls, text: str, gaps: tuple[int, ...] = ()) -> "Page":
        """Return the page of a text in which each ``mark`` stands as often as it likes."""
        split = text.split(EDGE)
        return cls(tuple(piece.encode() for piece in split[::2]), tuple(map(int, split[1::2])), gaps)

    def filled(self, fills: Sequence[bytes]) -> bytes:
        """Return the page itself."""
        between = [fills[place] for place in self.places]
        return b"".join(itertools.chain.from_iterable(zip(self.pieces, [*between, b""], strict=True)))

    def runs(self) -> Iterator[tuple[bytes, Parts, bytes]]:
        """Yield what is to be compressed, each with what stands behind it as it is, and what compressors see of that.

        Gaps stand as they are, what is near them, and the bytes behind that say how brotli writes the next.
        """
        unlike = itertools.cycle(_UNLIKE)

        def seen() -> bytes:
            size = len(joined(stored, [bytes(gap) for gap in self.gaps]))
            return bytes(itertools.islice(unlike, size - len(last))) + last

        piece, stored, last = self.pieces[0], Parts(), b""
        for place, behind in zip(self.places, self.pieces[1:], strict=True):
            near = len(behind) if len(behind) < _NEAR else _SEEN_BEHIND
            stored, last = (*stored, place, behind[:near]), behind[:near][-_SEEN_BEHIND:]
            if near < len(behind):
                yield piece, stored, seen()
                piece, stored = behind[near:], ()
        if stored:
            yield piece, stored, seen()
        yield b"" if stored else piece, (), b""


def joined(parts: Parts, fills: Sequence[bytes]) -> bytes:
    """Return the parts with their gaps filled."""
    return b"".join([fills[part] if isinstance(part, int) else part for part in parts])


@dataclass(frozen=True)
class Packed:
    """A page compressed in pieces; what fills its gaps goes between them as it is.

    Attributes:
        parts: the pieces, and the places of the fills between them.
        is_summed: whether the format has a check sum of the page and its length at the end.
    """

    parts: Parts
    is_summed: bool = False

    def filled(self, page: Page, fills: Sequence[bytes]) -> bytes:
        """Return the compressed page with its gaps filled."""
        body = joined(self.parts, fills)
        if not self.is_summed:
            return body
        plain = page.filled(fills)
        return body + zlib.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")


def mark(place: int) -> str:
    """Return what stands in the place of a gap while its page is rendered."""
    return f"{EDGE}{place}{EDGE}"


@lru_cache(maxsize=512)
def packed(page: Page, encoding: str) -> Packed | None:
    """Return a page compressed as hard as can be; None if what comes out of it is not what went in."""
    made = _gzip(page) if encoding == GZIP else _brotli(page)
    return made if _comes_out(page, made, encoding) else None


def encoding_for(accepted: Accept) -> str | None:
    """Return the encoding that a browser likes best, the smallest if it likes several; None if it takes none."""
    best = max(ENCODINGS, key=accepted.quality)
    return best if accepted.quality(best) > 0 and accepted.quality(best) >= accepted.quality("identity") else None


def answer(kind: Hashable, render: Callable[..., str], *fills: str) -> Response:
    """Return a page that was rendered once, filled and compressed; plain where that is not possible.

    Args:
        kind: what tells it from other pages: all that its words depend on.
        render: renders it with a text in each of its gaps.
        fills: what stands in the gaps of this answer: letters, digits and signs that HTML leaves as they are.
    """
    pages: dict[Hashable, Page] = current_app.extensions.setdefault("prepared_pages", {})
    gaps = tuple(map(len, fills))
    key = (kind, request.script_root, gaps)
    if key not in pages:
        pages[key] = Page.of(render(*map(mark, range(len(fills)))), gaps)
    return _packed_answer(pages[key], [fill.encode() for fill in fills])


def _packed_answer(page: Page, fills: Sequence[bytes] = (), content_type: str = "text/html; charset=utf-8") -> Response:
    encoding = encoding_for(request.accept_encodings)
    if encoding:
        with _preparing:  # the first who ask at once wait for one of them
            made = packed(page, encoding)
        if made:
            response = Response(made.filled(page, fills), content_type=content_type)
            response.headers["Content-Encoding"] = encoding
            return response
    return Response(page.filled(fills), content_type=content_type)


def init(app: Flask) -> None:
    """Let an application answer with the desk's style and scripts compressed once, and never as a browser refuses."""

    @app.before_request
    def _decide() -> None:
        # Whatever compresses later reads this: Flask-Compress would take "br;q=0" for a wish.
        request.environ["HTTP_ACCEPT_ENCODING"] = encoding_for(request.accept_encodings) or "identity"

    _serve_static_files(app)


def _serve_static_files(app: Flask) -> None:
    files = {file.name: Page((file.read_bytes(),)) for file in STATIC.iterdir() if file.is_file()}
    versions = {name: static_version(name) for name in files}

    def static(filename: str) -> Response:
        """Answer with a file; whoever asked for it as it stands now needs never ask again."""
        if filename not in files:
            abort(404)
        kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        response = _packed_answer(files[filename], content_type=f"{kind}; charset=utf-8")
        response.headers["Cache-Control"] = _NEVER if request.args.get("v") == versions[filename] else "no-cache"
        response.set_etag(f"{versions[filename]}:{response.headers.get('Content-Encoding', '')}")
        return response.make_conditional(request)  # type: ignore[return-value]  # it returns itself

    app.view_functions["static"] = static


def _gzip(page: Page) -> Packed:
    parts: list[bytes | int] = [_GZIP_HEAD]
    known = b""
    for piece, stored, seen in page.runs():
        squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=known[-(1 << zlib.MAX_WBITS) :])
        squeezed = squeezer.compress(piece)
        if stored:
            squeezed += squeezer.flush(zlib.Z_SYNC_FLUSH).removesuffix(_EMPTY_BLOCK)
            squeezed += len(seen).to_bytes(2, "little") + (len(seen) ^ 0xFFFF).to_bytes(2, "little")
        else:
            squeezed += squeezer.flush()
        parts += [squeezed, *stored]
        known += piece + seen
    return Packed(tuple(parts), is_summed=True)


def _brotli(page: Page) -> Packed:
    """Compress with one compressor; what it makes of a gap is replaced by a meta-block that is not compressed.

    How brotli writes a letter depends on the two before it. So the first two behind a gap go with what fills it.
    """
    compressor = brotli.Compressor(mode=brotli.MODE_TEXT, quality=11, lgwin=_WINDOW)
    parts: list[bytes | int] = []
    for piece, stored, seen in page.runs():
        squeezed = compressor.process(piece)
        if stored:
            squeezed += compressor.flush()
            compressor.process(seen)
            compressor.flush()
            # RFC 7932, section 9.2: not the last, four nibbles of length, not compressed.
            squeezed += (len(seen) - 1 << 3 | 1 << 19).to_bytes(3, "little")
        else:
            squeezed += compressor.finish()
        parts += [squeezed, *stored]
    return Packed(tuple(parts))


def _comes_out(page: Page, made: Packed, encoding: str) -> bool:
    unpack = brotli.decompress if encoding == BROTLI else lambda body: zlib.decompress(body, 16 + zlib.MAX_WBITS)
    try:
        for choice in map(random.Random, range(8)):
            fills = [bytes(choice.choices(_FILLS, k=gap)) for gap in page.gaps]
            if unpack(made.filled(page, fills)) != page.filled(fills):
                return False
    except (brotli.error, zlib.error):
        return False
    return True
