"""Pages that are the same for everybody but for one text of a fixed length: rendered and compressed once.

Where the code of a form stands, both formats let bytes stand as they are: a stored block in gzip, an uncompressed
meta-block in brotli. What was compressed before and behind it points nowhere into it, so each answer puts its own code
between two pieces that lie ready. That costs a few dozen bytes, and saves the hardest levels' time at every answer.
"""

import mimetypes
import random
import threading
import zlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, abort, current_app, request
from werkzeug.datastructures import Accept

from intake.web.inlined import STATIC, static_version

EDGE = "\x02"  # stands on both sides of a gap: no template has this character
BROTLI, GZIP = "br", "gzip"
ENCODINGS = (BROTLI, GZIP)  # what is the smallest comes first
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\2\xff"  # deflated, without name and time, as hard as can be
_EMPTY_BLOCK = b"\0\0\xff\xff"  # the lengths of the stored block with which a flush ends
_NO_TEXT = bytes(range(0xF5, 0x100))  # bytes that UTF-8 never has, so that nothing behind them is like them
_FILLS = b"0123456789.-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # what is tried out in a gap
_WINDOW = 16  # 64 KiB: more than a page
_SEEN_BEHIND = 2  # bytes before a letter that say how brotli writes it
_NEVER = "public, max-age=31536000, immutable"  # for how long an address that changes with its file may be kept
_preparing = threading.Lock()


@dataclass(frozen=True)
class Page:
    """A page without the text that differs: what stands before it, how long it is, and what stands behind."""

    before: bytes
    gap: int = 0
    after: bytes = b""

    @classmethod
    def of(cls, text: str, gap: int) -> "Page":
        """Return the page of a text in which ``mark(gap)`` stands once, or nowhere if there is no gap."""
        before, *rest = text.split(mark(gap)) if gap else [text]
        (after,) = rest or ("",)
        return cls(before.encode(), gap if rest else 0, after.encode())

    def filled(self, fill: bytes) -> bytes:
        """Return the page itself."""
        return self.before + fill + self.after if self.gap else self.before


@dataclass(frozen=True)
class Packed:
    """A page compressed in two pieces; what fills the gap goes between them as it is.

    Attributes:
        summed: the check sum of all that is before the gap, where the format has one at its end.
    """

    head: bytes
    tail: bytes
    summed: int | None = None

    def filled(self, page: Page, fill: bytes) -> bytes:
        """Return the compressed page with its gap filled."""
        if self.summed is None:
            return self.head + fill + self.tail
        check = zlib.crc32(page.after, zlib.crc32(fill, self.summed))
        size = len(page.before) + page.gap + len(page.after)
        return b"".join((self.head, fill, self.tail, check.to_bytes(4, "little"), size.to_bytes(4, "little")))


def mark(gap: int) -> str:
    """Return what stands in the place of a gap while its page is rendered."""
    return EDGE * gap


@lru_cache(maxsize=256)
def packed(page: Page, encoding: str) -> Packed | None:
    """Return a page compressed as hard as can be; None if what comes out of it is not what went in."""
    made = _gzip(page) if encoding == GZIP else _brotli(page)
    return made if _comes_out(page, made, encoding) else None


def encoding_for(accepted: Accept) -> str | None:
    """Return the encoding that a browser likes best, the smallest if it likes several; None if it takes none."""
    best = max(ENCODINGS, key=accepted.quality)
    return best if accepted.quality(best) > 0 and accepted.quality(best) >= accepted.quality("identity") else None


def answer(kind: Hashable, render: Callable[[str], str], fill: str = "") -> Response:
    """Return a page that was rendered once, filled and compressed; plain where that is not possible.

    Args:
        kind: what tells it from other pages: all that its words depend on.
        render: renders it with a text in its gap.
        fill: what stands in the gap of this answer: letters, digits and signs that HTML leaves as they are.
    """
    pages: dict[Hashable, Page] = current_app.extensions.setdefault("prepared_pages", {})
    key = (kind, request.script_root, len(fill))
    if key not in pages:
        pages[key] = Page.of(render(mark(len(fill))), len(fill))
    return _packed_answer(pages[key], fill.encode())


def _packed_answer(page: Page, fill: bytes = b"", content_type: str = "text/html; charset=utf-8") -> Response:
    encoding = encoding_for(request.accept_encodings)
    if encoding:
        with _preparing:  # the first who ask at once wait for one of them
            made = packed(page, encoding)
        if made:
            response = Response(made.filled(page, fill), content_type=content_type)
            response.headers["Content-Encoding"] = encoding
            return response
    return Response(page.filled(fill), content_type=content_type)


def init(app: Flask) -> None:
    """Let an application answer with the desk's style and scripts compressed once, and never as a browser refuses."""

    @app.before_request
    def _decide() -> None:
        # Whatever compresses later reads this: Flask-Compress would take "br;q=0" for a wish.
        request.environ["HTTP_ACCEPT_ENCODING"] = encoding_for(request.accept_encodings) or "identity"

    _serve_static_files(app)


def _serve_static_files(app: Flask) -> None:
    files = {file.name: Page(file.read_bytes()) for file in STATIC.iterdir() if file.is_file()}
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
    first = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    head = _GZIP_HEAD + first.compress(page.before)
    if not page.gap:
        return Packed(head + first.flush(), b"", zlib.crc32(page.before))
    head += first.flush(zlib.Z_SYNC_FLUSH).removesuffix(_EMPTY_BLOCK)
    head += page.gap.to_bytes(2, "little") + (page.gap ^ 0xFFFF).to_bytes(2, "little")
    known = page.before + _unlike(page.gap)
    rest = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=known[-(1 << zlib.MAX_WBITS) :])
    return Packed(head, rest.compress(page.after) + rest.flush(), zlib.crc32(page.before))


def _brotli(page: Page) -> Packed:
    """Compress with one compressor; what it makes of the gap is replaced by a meta-block that is not compressed.

    How brotli writes a letter depends on the two before it. So the first two behind the gap go with what fills it.
    """
    with_fill, after = page.after[:_SEEN_BEHIND], page.after[_SEEN_BEHIND:]
    compressor = brotli.Compressor(mode=brotli.MODE_TEXT, quality=11, lgwin=_WINDOW)
    if not page.gap:
        return Packed(compressor.process(page.before) + compressor.finish(), b"")
    head = compressor.process(page.before) + compressor.flush()
    compressor.process(_unlike(page.gap) + with_fill)
    compressor.flush()
    # RFC 7932, section 9.2: not the last, four nibbles of length, not compressed.
    head += ((page.gap + len(with_fill) - 1) << 3 | 1 << 19).to_bytes(3, "little")
    return Packed(head, with_fill + compressor.process(after) + compressor.finish())


def _unlike(length: int) -> bytes:
    """Return bytes that are like nothing in a page, nor like each other."""
    return bytes(random.Random(length).choices(_NO_TEXT, k=length))  # noqa: S311 no secret


def _comes_out(page: Page, made: Packed, encoding: str) -> bool:
    fills = {bytes(choice.choices(_FILLS, k=page.gap)) for choice in map(random.Random, range(8))}
    unpack = brotli.decompress if encoding == BROTLI else lambda body: zlib.decompress(body, 16 + zlib.MAX_WBITS)
    try:
        return all(unpack(made.filled(page, fill)) == page.filled(fill) for fill in fills)
    except (brotli.error, zlib.error):
        return False
