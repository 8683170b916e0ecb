"""What a message that came in is: read with care, since anybody may send anything, and sorted by its headers.

Nothing here looks at the database, and nothing raises for what a stranger may have written.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from typing import Any, NamedTuple, cast

BOUNCE = "bounce"  # a mail server gives a letter back, or says that it is late
AUTOMATIC = "automatic"  # a mailbox answers by itself
LISTED = "list"  # it went to many
SPAM = "spam"  # its mail server says so
PERSON = "person"

MOST_COMPARISONS = 4_000_000  # of a line with the end of a part
MOST_DASHES = 20_000  # lines that may be the end of a part
MOST_HEADER_LINES = 2_000
MOST_NESTED = 30  # parts within parts
MOST_PARTS = 500
LONGEST_HEADER = 8_000  # characters that are read of one
LONGEST_PARSED = 2_000  # characters that are parsed of one: its time grows with the square
MOST_NAMED = 100  # Message-IDs that are looked at
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MessageError)
_BOUNDARY = re.compile(rb"boundary\s*\*?\d*\*?\s*=", re.IGNORECASE)
_PART = re.compile(rb"\ncontent-type\s*:", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']{1,200}@[^\s<>()\[\]:;,\"']{1,250}")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,300}>")
_WENT_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_MAIL_SYSTEMS = re.compile(r"(mailer-?daemon|postmaster|mdaemon|microsoftexchange[0-9a-f]*)@", re.IGNORECASE)
_GIVEN_BACK = re.compile(
    r"undeliver|deliver(y|ies)?\b.*\b(fail|status|problem|delay|notification)|failure notice|returned (mail|to sender)"
    r"|mail (delivery )?failed|mail system error|non-?delivery|could ?n[o']t send message|message \S+ delayed"
    r"|delayed mail|недостав|не ?доставлен|возвращен",
    re.IGNORECASE,
)
_ANSWERS_BY_ITSELF = re.compile(
    r"\s*(automatic reply|auto(matic)?[ -]?(reply|response|respon[ds]er)|out of (the )?office|on vacation|away from"
    r"|автоматическ\w+ ответ|автоответ|вне офиса|в отпуске)",
    re.IGNORECASE,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TO_MANY = frozenset({"bulk", "list", "junk"})


class Careful(EmailPolicy):
    """A policy by which no header raises, however it is written: what cannot be parsed is taken as plain text."""

    def header_fetch_parse(self, name: str, value: str) -> Any:  # noqa: ANN401 the signature is Python's
        """Return a header's value, a part of it where it is too long."""
        return _parsed_header(name, _plain(value[:LONGEST_PARSED]))


CAREFUL = Careful()


@functools.lru_cache(maxsize=256)
def _parsed_header(name: str, value: str) -> Any:  # noqa: ANN401 the policy's own kind of text
    """Return a header's value, parsed once though it is asked for again and again."""
    try:
        return EmailPolicy.header_fetch_parse(CAREFUL, name, value)
    except UNREADABLE:
        return value


class Read(NamedTuple):
    """A message as it was read; not whole where it is made to cost too much: its headers then, and a little text."""

    message: EmailMessage
    whole: bool


def read(raw: bytes) -> Read:
    """Return a message.

    Args:
        raw: the message as it came, bounded in size by whoever read it.
    """
    head = _head(raw)
    begun = raw[: len(head) + LONGEST_HEADER]
    if head.count(b"\n") > MOST_HEADER_LINES:
        begun = b"\n".join(head.split(b"\n", MOST_HEADER_LINES)[:MOST_HEADER_LINES]) + b"\n\n"
    elif not _is_costly(raw):
        try:
            return Read(_parsed(raw, headers_only=False), whole=True)
        except UNREADABLE:
            return Read(_parsed(begun, headers_only=True), whole=False)
    return Read(_parsed(begun, headers_only=True), whole=False)


def header(message: EmailMessage, name: str) -> str:
    """Return the first header of a name as one line; empty where there is none."""
    return next(iter(headers(message, name)), "")


def headers(message: EmailMessage, *names: str) -> list[str]:
    """Return the headers of these names, each as one line, decoded; the policy would parse each of a thousand."""
    wanted = {name.lower() for name in names}
    found = (value for name, value in message.raw_items() if name.lower() in wanted)
    return [_decoded(_plain(value[:LONGEST_HEADER])) for value in itertools.islice(found, MOST_NAMED)]


def parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts that hold something, in their order; a message within the message is one of them."""
    waiting = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting.extend(cast("list[EmailMessage]", inside[:MOST_PARTS][::-1]))
        else:
            yield part


def addresses(message: EmailMessage, *names: str) -> list[str]:
    """Return the addresses in headers of these names."""
    found = (match[0] for value in headers(message, *names) for match in _ADDRESS.finditer(value))
    return list(itertools.islice(found, MOST_NAMED))


def went_to(message: EmailMessage) -> list[str]:
    """Return the addresses to which a message was delivered, as far as its headers say."""
    return addresses(message, *_WENT_TO)


def sender(message: EmailMessage) -> str:
    """Return the address that a message says it is from; anybody may write any."""
    return next(iter(addresses(message, "From")), "")


def answered(message: EmailMessage) -> list[str]:
    """Return the Message-IDs to which a message answers, the nearest first."""
    nearest = _MESSAGE_ID.findall(" ".join(headers(message, "In-Reply-To")))
    earlier = _MESSAGE_ID.findall(" ".join(headers(message, "References")))[::-1]
    return list(dict.fromkeys([*nearest, *earlier]))[:MOST_NAMED]


def kind_of(message: EmailMessage, our_domain: str, *, is_answer: bool) -> str:
    """Return what a message is, by its headers: ``BOUNCE``, ``AUTOMATIC``, ``LISTED``, ``SPAM`` or ``PERSON``.

    Args:
        message: the message.
        our_domain: a list of this domain is the newsroom's own address, which passes on what people write.
        is_answer: whether it answers a letter of ours, or went to a letter's return path. No list and no spam does.
    """
    if _is_bounce(message):
        return BOUNCE
    if _is_automatic(message, is_answer=is_answer):
        return AUTOMATIC
    if is_answer:
        return PERSON
    if _is_spam(message):
        return SPAM
    return LISTED if _is_listed(message, our_domain) else PERSON


def _is_bounce(message: EmailMessage) -> bool:
    """Return whether a mail server speaks: about a delivery, in the form of RFC 3464 or in words of its own."""
    report = _parameter(message, "report-type")
    if message.get_content_type() == "multipart/report" and report not in {"", "delivery-status"}:
        return False  # that it was read, or taken for spam, is another matter
    if report == "delivery-status" or header(message, "X-Failed-Recipients"):
        return True
    if any(part.get_content_type().endswith("delivery-status") for part in parts(message)):
        return True
    of_a_system = _MAIL_SYSTEMS.search(header(message, "From")) is not None
    unreturnable = header(message, "Return-Path") == "<>"
    gives_back = _GIVEN_BACK.search(header(message, "Subject")) is not None
    return of_a_system and (gives_back or unreturnable)


def _is_automatic(message: EmailMessage, *, is_answer: bool) -> bool:
    """Return whether nobody wrote it: RFC 3834, what went before it, and words only where it answers a letter."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or message.get_content_type() == "multipart/report":
        return True
    if headers(message, "X-Autoreply", "X-Autorespond", "X-Autogenerated"):
        return True
    suppressed = header(message, "X-Auto-Response-Suppress").lower()
    if "auto_reply" in header(message, "Precedence").lower() or re.search(r"\b(all|autoreply)\b", suppressed):
        return True
    subject = header(message, "Subject")
    return is_answer and (header(message, "Return-Path") == "<>" or _ANSWERS_BY_ITSELF.match(subject) is not None)


def _is_listed(message: EmailMessage, our_domain: str) -> bool:
    named = header(message, "List-Id").rpartition("<")[2].rstrip("> ").lower()
    if named and (named == our_domain or named.endswith(f".{our_domain}")):
        return False
    listed = headers(message, "List-Id", "List-Unsubscribe", "List-Post")
    return bool(listed) or header(message, "Precedence").lower() in _TO_MANY


def _is_spam(message: EmailMessage) -> bool:
    marks = [*headers(message, "X-Spam-Flag"), *headers(message, "X-Spam-Status"), *headers(message, "X-Spam")]
    return any(re.match(r"(yes|true)\b", mark, re.IGNORECASE) for mark in marks)


def _head(raw: bytes) -> bytes:
    """Return the headers of a message, as far as they go."""
    blank = _BLANK_LINE.search(raw)
    return raw[: blank.start()] if blank else raw


def _is_costly(raw: bytes) -> bool:
    """Return whether a message has so many lines, and parts within parts, that parsing it would take seconds."""
    lines, nested = raw.count(b"\n"), len(_BOUNDARY.findall(raw))
    return (
        nested > MOST_NESTED
        or lines * (nested + 1) > MOST_COMPARISONS
        or raw.count(b"\n--") > MOST_DASHES
        or len(_PART.findall(raw)) > MOST_PARTS
    )


def _parsed(raw: bytes, *, headers_only: bool) -> EmailMessage:
    return cast("EmailMessage", BytesParser(policy=CAREFUL).parsebytes(raw, headersonly=headers_only))


def _parameter(message: EmailMessage, name: str) -> str:
    """Return a parameter of the content type, in small letters."""
    try:
        return str(message.get_param(name, "")).lower()
    except UNREADABLE:
        return ""


def _decoded(value: str) -> str:
    """Return a header as one line of text, its encoded words (RFC 2047) read."""
    try:
        pieces = decode_header(value)
        text = "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "utf-8", errors="replace")
            for piece, charset in pieces
        )
    except UNREADABLE:
        text = value
    return " ".join(_SURROGATE.sub("\ufffd", text).split())


def _plain(text: str) -> str:
    """Return text that can be kept: bytes of a header that stand there bare are read as UTF-8, or replaced."""
    try:
        return text.encode(errors="surrogateescape").decode(errors="replace")
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
