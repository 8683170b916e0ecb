"""Reading a mail that somebody wrote: its words, who says they sent it, and what is attached. Pure; it trusts nothing.

Headers are read as the oldest and most forgiving of Python's ways does: the newer one stumbles over broken ones.
"""

import copy
import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr

from intake.outbox.html_words import without_marks
from intake.web.forms import clean_line, clean_text

LONGEST_TEXT = 100_000  # characters that stand in the statement; a longer text is attached as a whole
LONGEST_HEADER = 4_000  # characters
LONGEST_SENDER = 1_000  # characters
LONGEST_LINE = 300  # characters of a header that is kept
LARGEST = 25 * 1024 * 1024  # bytes of one attachment
LARGEST_TOGETHER = 100 * 1024 * 1024  # bytes
MOST_ATTACHMENTS = 100
MOST_PARTS = 2_000
DEEPEST = 20  # parts in parts
MOST_ANSWERED = 50  # Message-IDs that a mail says it answers
_ADDRESS = re.compile(r"[!-;=?-~]{1,64}@[A-Za-z0-9.-]{1,253}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,500}>")
_CHARSET = re.compile(
    r"(utf[-_]?(8|16|32)([-_]?[bl]e)?|us[-_]?ascii|ascii|iso[-_]?8859|iso[-_]ir|latin|windows|cp|koi8|mac|ptcp154|"
    r"pt154|kz|gb|big5|euc|shift|sjis|iso[-_]?2022)[-_a-z0-9]*",
    re.IGNORECASE,
)
# Broken headers and bodies: whatever a mail that somebody made up can bring the library to say.
_BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is no text to read: decoded when it is asked for, so that one is in memory at a time."""

    name: str
    part: Message

    @property
    def is_large(self) -> bool:
        """Whether it is surely larger than we take: what is encoded takes more room, less than twice as much."""
        encoded = self.part.get_payload()
        return isinstance(encoded, str) and len(encoded) > LARGEST

    def content(self) -> bytes | None:
        """Return its bytes; None where it is larger than we take, or cannot be read."""
        try:
            if self.part.is_multipart():  # a whole mail, forwarded
                return _within(_forwarded(self.part).as_bytes(policy=compat32))
            encoded = self.part.get_payload()
            if len(encoded) > 2 * LARGEST:
                return None
            found = _bytes_of(self.part)
        except _BROKEN:
            return None
        return _within(found)


@dataclass(frozen=True)
class Mail:
    """What a mail says.

    Attributes:
        subject: its subject.
        sender: the address that it says it comes from; empty where that is none.
        sender_name: the name beside it.
        date: when it says it was written.
        text: its words: plain if it has any, else its HTML without the marks.
        whole_text: all of them, where they are more than a statement holds.
        attachments: what is attached.
        message_id: by which others answer it; empty where it has none that is one.
        unread: how many parts were not looked at, since there are too many, or too deep in others.
        answers: the Message-IDs that it says it answers.
        by_machine: whether it says, or shows, that no person waits for an answer.
    """

    subject: str = field(repr=False)
    sender: str = field(repr=False)
    sender_name: str = field(repr=False)
    date: str
    text: str = field(repr=False)
    whole_text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = field(repr=False)
    message_id: str = field(repr=False)
    unread: int
    answers: tuple[str, ...] = field(repr=False)
    by_machine: bool

    @property
    def language(self) -> str:
        """A guess by its letters: Russian where more of them are Cyrillic than Latin."""
        letters = [letter for letter in (self.subject + self.text)[:LONGEST_TEXT] if letter.isalpha()]
        cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in letters)
        return "ru" if 2 * cyrillic > len(letters) else "en"


def read(message: Message) -> Mail:
    """Return what a mail says, whatever it is made of: what cannot be read is left out, and counted."""
    message = _forgiving(message)
    name, address = _sender(message)
    found = _Parts()
    found.look_through(message)
    text = clean_text(found.text)
    return Mail(
        subject=_line(message, "Subject"),
        sender=address,
        sender_name=name,
        date=_line(message, "Date"),
        text=text[:LONGEST_TEXT],
        whole_text=text if len(text) > LONGEST_TEXT else "",
        attachments=tuple(found.attachments),
        message_id=next(iter(_MESSAGE_ID.findall(_header(message, "Message-ID"))), ""),
        unread=found.unread,
        answers=_answered(message),
        by_machine=_by_machine(message),
    )


class _Parts:
    """A walk through the parts of a mail, first to last, without recursion."""

    def __init__(self) -> None:
        self.attachments: list[Attachment] = []
        self.unread = 0
        self._plain: list[str] = []
        self._html: list[str] = []

    @property
    def text(self) -> str:
        """The plain words; the HTML's too, where it says much more than they do, or they are none."""
        plain, html = "\n\n".join(filter(None, self._plain)), "\n\n".join(filter(None, self._html))
        if not plain.strip() or 2 * len(plain) < len(html):
            return "\n\n".join(filter(None, (plain.strip(), html)))
        return plain

    def look_through(self, message: Message) -> None:
        """Take every part up, until there are too many."""
        waiting, seen = [(message, 0)], 0
        while waiting:
            given, depth = waiting.pop()
            seen += 1
            if seen > MOST_PARTS or depth > DEEPEST:
                self.unread += 1
                continue
            part = _forgiving(given)
            inner = part.get_payload() if part.is_multipart() else None
            if isinstance(inner, list) and part.get_content_maintype() != "message":
                waiting += [(one, depth + 1) for one in reversed(inner) if isinstance(one, Message)]
            else:
                self._take_up(part)

    def _take_up(self, part: Message) -> None:
        kind, name = part.get_content_type(), _file_name(part)
        is_text = kind in {"text/plain", "text/html"} or part.get_content_maintype() == "multipart"
        if is_text and not name and not _header(part, "Content-Disposition").strip().lower().startswith("attachment"):
            text = _decoded(part)
            if kind == "text/html":
                text = without_marks(text)
            (self._html if kind == "text/html" else self._plain).append(text)
        elif len(self.attachments) >= MOST_ATTACHMENTS:
            self.unread += 1
        else:
            self.attachments.append(Attachment(name or clean_line(kind)[:LONGEST_LINE], part))


def _forwarded(part: Message) -> Message:
    """Return the one mail that a part holds; the part itself where that is not what it holds."""
    inner = part.get_payload()
    first = inner[0] if isinstance(inner, list) and len(inner) == 1 else part
    return first if isinstance(first, Message) else part


def _within(content: bytes) -> bytes | None:
    return content if len(content) <= LARGEST else None


def _decoded(part: Message) -> str:
    """Return the text of a part: by the character set that it names, if its bytes are of that; else by a guess."""
    try:
        content = _bytes_of(part)
    except _BROKEN:
        content = str(part.get_payload()).encode("utf-8", "surrogateescape")
    named = _charset(part)
    for charset in (named, "utf-8", "windows-1251") if named else ("utf-8", "windows-1251"):
        try:
            return content.decode(charset)
        except (UnicodeError, LookupError):
            continue
    return content.decode("utf-8", "replace")


def _bytes_of(part: Message) -> bytes:
    """Return the bytes of a part, its transfer encoding undone; what it says of its characters is not tried here."""
    bare = copy.copy(part)
    del bare["Content-Type"]
    found = bare.get_payload(decode=True)
    return found if isinstance(found, bytes) else str(bare.get_payload()).encode("utf-8", "surrogateescape")


def _charset(part: Message) -> str:
    """Return the character set that a part names; nothing where it is none that mails are written in."""
    try:
        named = str(part.get_content_charset(""))
    except _BROKEN:
        return ""
    return named if _CHARSET.fullmatch(named) else ""


def _file_name(part: Message) -> str:
    """Return how an attachment is called, without a path, cut so that what stands at its end stays."""
    try:
        name = _in_words(str(part.get_filename("")))
    except _BROKEN:
        name = ""
    name = clean_line(re.split(r"[/\\]", name)[-1])
    return name if len(name) <= LONGEST_LINE else f"{name[:200]}…{name[-20:]}"


def _forgiving(message: Message) -> Message:
    """Return a message whose headers are read forgivingly; the one that was given stays as it is."""
    found = copy.copy(message)
    found.policy = compat32
    found._headers = [(name, str(value)[:LONGEST_HEADER]) for name, value in message.raw_items()]  # type: ignore[attr-defined]  # noqa: SLF001 a copy's own
    return found


def _sender(message: Message) -> tuple[str, str]:
    """Return name and address of who sent a mail, as it says; the whole of what it says as name, where none is there.

    The address is looked for before encoded words are said: a name may say anything, another address for one.
    """
    raw = str(message.get("From", ""))[:LONGEST_SENDER]
    try:
        name, address = parseaddr(raw)
    except _BROKEN:
        name, address = "", ""
    if not _ADDRESS.fullmatch(address):
        return _line(message, "From"), ""
    return clean_line(_in_words(name))[:LONGEST_LINE], address


def _header(message: Message, name: str) -> str:
    """Return a header in words, the first of several; empty where there is none."""
    return _in_words(str(message.get(name, "")))


def _in_words(raw: str) -> str:
    """Return a header with its encoded words said (RFC 2047); bytes that stand there bare are taken for UTF-8."""
    bare = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(bare)))
    except (*_BROKEN, UnicodeError):
        return bare


def _line(message: Message, name: str) -> str:
    return clean_line(_header(message, name))[:LONGEST_LINE]


def _answered(message: Message) -> tuple[str, ...]:
    named = _MESSAGE_ID.findall(f"{_header(message, 'In-Reply-To')} {_header(message, 'References')}")
    return tuple(dict.fromkeys(named[:1] + named[-MOST_ANSWERED:]))


_NO_PERSON = re.compile(
    r"(mailer-?daemon|postmaster|(no|do[-_.]?not|not)[-_.]?reply.*|bounces?([-+_.].*)?|abuse|root|newsletter.*|"
    r"notifications?.*|.*-(owner|request|bounces))@.*",
    re.IGNORECASE,
)


def is_of_no_person(address: str) -> bool:
    """Return whether an address is one that no person reads: a letter there is lost, or comes back."""
    return not address or _NO_PERSON.fullmatch(address) is not None


def _by_machine(message: Message) -> bool:
    says_so = _header(message, "Auto-Submitted").strip().lower() not in {"", "no"}
    in_bulk = _header(message, "Precedence").strip().lower() in {"bulk", "junk", "list", "auto_reply"}
    from_list = any(name.lower().startswith("list-") for name in message.keys())  # noqa: SIM118 it is no mapping
    unasked = bool(_header(message, "X-Auto-Response-Suppress")) or _header(message, "Return-Path").strip() == "<>"
    return says_so or in_bulk or from_list or unasked
