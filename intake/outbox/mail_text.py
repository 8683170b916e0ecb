"""The words of a message: what a person wrote, plain where it is there plain, else out of its HTML."""

import itertools
import re
from email.message import EmailMessage

from intake.outbox import incoming
from intake.outbox.html_words import without_marks

LONGEST = 20_000  # characters
LONGEST_HTML = 200_000
MOST_PAGES = 5  # of HTML
MOST_NAMES = 20
LONGEST_NAME = 120
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def written(message: EmailMessage, most: int = LONGEST) -> str:
    """Return what a message says, cut where it is longer than ``most`` characters."""
    plain: list[str] = []
    pages: list[str] = []
    for part in incoming.parts(message):
        if _is_read(part):
            (pages if part.get_content_subtype() == "html" else plain).append(decoded(part))
    text = "\n\n".join(filter(None, (piece.strip() for piece in plain)))
    return tidied(text or "\n\n".join(map(_out_of_html, pages[:MOST_PAGES])))[:most]


def attachments(message: EmailMessage) -> list[str]:
    """Return the names of what is attached to a message, or the kinds of what has no name."""
    attached = (part for part in incoming.parts(message) if part is not message and not _is_read(part))
    names = (_name(part) or part.get_content_type() for part in itertools.islice(attached, MOST_NAMES))
    return [" ".join(tidied(name).split())[:LONGEST_NAME] for name in names]


def decoded(part: EmailMessage) -> str:
    """Return the text of a part; bytes that its character set does not know are replaced."""
    try:
        raw = part.get_payload(decode=True)
        if not isinstance(raw, bytes):
            return ""
        charset = part.get_content_charset("utf-8")
    except incoming.UNREADABLE:
        return ""
    try:
        return raw.decode(charset, errors="replace")
    except (LookupError, ValueError):
        return raw.decode(errors="replace")


def tidied(text: str) -> str:
    """Return text with bare line feeds and without characters that are none."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _out_of_html(page: str) -> str:
    """Return what a page of HTML says; where all of it would be hidden, the page as it is."""
    page = page[:LONGEST_HTML]
    return without_marks(page) or page


def _is_read(part: EmailMessage) -> bool:
    """Return whether a part is what was written, and not attached to it."""
    try:
        is_attached = part.get_content_disposition() == "attachment" or bool(_name(part))
    except incoming.UNREADABLE:
        return False
    return part.get_content_maintype() == "text" and not is_attached


def _name(part: EmailMessage) -> str:
    try:
        return part.get_filename("") or ""
    except incoming.UNREADABLE:
        return ""
