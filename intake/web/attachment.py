"""An answer that is a file to keep."""

from collections.abc import Iterator

from flask import Response


def attachment(body: bytes | Iterator[bytes], name: str, content_type: str) -> Response:
    """Return an answer that the browser saves under a name.

    Args:
        body: the bytes, or what yields them.
        name: letters, digits, dots and hyphens alone.
        content_type: what it is.
    """
    response = Response(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
