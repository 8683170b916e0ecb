"""The words of a message: what a person wrote, plain where it is there plain, else out of its HTML."""

import html
import itertools
import re
from collections.abc import Iterator
from email.message import EmailMessage

from intake.outbox import incoming

LONGEST = 20_000  # characters
LONGEST_HTML = 200_000
MOST_PAGES = 5  # of HTML
MOST_NAMES = 20
LONGEST_NAME = 120
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_OWN_LINE = frozenset({"p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "pre"})
_TAG = re.compile(r"(!--|[!?/]?[a-z][a-z0-9]*)", re.IGNORECASE)
_COMMENT_ENDS = "-->"
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MANY_BLANK_LINES = re.compile(r"\n\s*\n\s*\n")


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
    """Return what a page of HTML says; where all of it would be hidden, the hidden."""
    page = page[:LONGEST_HTML]
    text = "".join(_pieces(page, _UNSEEN)).strip() or "".join(_pieces(page, frozenset()))
    lines = (" ".join(line.split()) for line in html.unescape(text).split("\n"))
    return _MANY_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _pieces(page: str, unseen: frozenset[str]) -> Iterator[str]:
    """Yield the text between tags, in one pass: Python's own parser takes minutes over what a stranger may write."""
    first, *rest = page.replace("\n", " ").split("<")
    yield first
    until = ""  # what ends the part that is not seen
    for piece in rest:
        if until:
            hidden, end, text = piece.partition(">" if until.startswith("/") else until)
            if end and (until == _COMMENT_ENDS or hidden.lower().startswith(until)):
                until = ""
                yield text
            continue
        tag = _TAG.match(piece)
        if tag is None:
            yield f"<{piece}"  # a sign, and no tag
            continue
        name = tag[1].lower()
        until = _COMMENT_ENDS if name == "!--" else f"/{name}" if name in unseen else ""
        if until == _COMMENT_ENDS and until in piece:
            until = ""
            yield piece.partition(_COMMENT_ENDS)[2]
        elif not until:
            yield ("\n" if name.removeprefix("/") in _OWN_LINE else "") + piece.partition(">")[2]


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
