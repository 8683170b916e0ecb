"""What kind of file begins with some bytes: by its content, whatever it is called. Pure."""

import re

from intake.web.recordings import ENDINGS as RECORDINGS
from intake.web.recordings import content_type_of

ANYTHING = "application/octet-stream"
HEAD = 64  # bytes that tell what a file is
_KINDS = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", "jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", "png"),
    (re.compile(rb"GIF8[79]a"), "image/gif", "gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp", "webp"),
    (re.compile(rb".{4}ftyp(heic|heix|mif1|msf1)", re.DOTALL), "image/heic", "heic"),
    (re.compile(rb"%PDF-"), "application/pdf", "pdf"),
    (re.compile(rb"PK\x03\x04|PK\x05\x06"), "application/zip", "zip"),  # what offices write is such a file, too
    (re.compile(rb"Rar!\x1a\x07"), "application/vnd.rar", "rar"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "application/x-7z-compressed", "7z"),
    (re.compile(rb"\x1f\x8b\x08"), "application/gzip", "gz"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/x-ole-storage", "ole"),
    (re.compile(rb"\{\\rtf"), "application/rtf", "rtf"),
)
ENDINGS = {**RECORDINGS, **{content_type: ending for _, content_type, ending in _KINDS}, ANYTHING: "bin"}


def kind_of(head: bytes) -> str:
    """Return the content type of what begins with these bytes; ``ANYTHING`` where we know of none."""
    found = next((content_type for pattern, content_type, _ in _KINDS if pattern.match(head)), None)
    return found or content_type_of(head) or ANYTHING
