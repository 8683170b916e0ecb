"""Reading what a browser sends of a form, as Werkzeug does, where most letters are not Latin.

A Cyrillic letter travels as six signs (``%D0%B6``). Werkzeug turns them into bytes one by one, which for a story takes
longer than to save it; here all are turned at once. However large a body may be that brings files, what is no file is
kept in memory, so a form is refused that is larger than any page's, or has more fields.
"""

from typing import IO
from urllib.parse import unquote_to_bytes

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

LARGEST_BODY = 1024 * 1024  # bytes
MOST_FIELDS = 5000  # of a form
URL_ENCODED = "application/x-www-form-urlencoded"
Read = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


class FormParser(FormDataParser):
    """Werkzeug's, but for forms without files."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Read:
        """Return the stream, the fields and the files; no fields where the bytes are no UTF-8.

        Raises:
            werkzeug.exceptions.RequestEntityTooLarge: no page of ours sends so much.
        """
        if mimetype != URL_ENCODED:
            return super().parse(stream, mimetype, content_length, options)
        came = bytearray()
        while len(came) < LARGEST_BODY and (data := stream.read(LARGEST_BODY - len(came))):
            came += data
        body = bytes(came)
        if len(body) >= LARGEST_BODY or body.count(b"&") >= MOST_FIELDS:
            raise RequestEntityTooLarge
        try:
            body.decode()
        except UnicodeDecodeError:
            return stream, self.cls(), self.cls()
        parts = (part.partition(b"=") for part in body.split(b"&") if part)
        return stream, self.cls([(_text(name), _text(value)) for name, _, value in parts]), self.cls()


def _text(escaped: bytes) -> str:
    """Return what was typed; a byte that is no UTF-8 stays escaped."""
    escaped = escaped.replace(b"+", b" ")
    literal = escaped.replace(b"\\", rb"\\").replace(b"%", rb"\x")  # as Python's own strings escape a byte
    try:
        raw = literal.decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError:  # a percent sign without two digits behind it
        raw = unquote_to_bytes(escaped)
    return raw.decode(errors="werkzeug.url_quote")
