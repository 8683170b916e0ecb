"""What a mail server says that gives a letter back: in the form of RFC 3464, or in words of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import islice
from typing import cast

from intake.outbox import incoming, mail_text
from intake.outbox.incoming import header

LONGEST_ANSWER = 500
LONGEST_TEXT = 20_000  # characters that are looked through for an answer
MOST_RECIPIENTS = 50  # of which a report speaks
FAILED, DELAYED = "failed", "delayed"
ARRIVED = frozenset({"delivered", "relayed", "expanded"})
GENERAL = re.compile(r"[45]\.0\.0")  # a status that says no more than its first digit
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])")
_NAMED = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[a-z0-9.-]{1,250}", re.IGNORECASE
)  # as we name letters
_ORIGINAL_BELOW = re.compile(
    r"^\W*(this is a copy of (the|your) message|below this line is a copy|below the next line is a copy"
    r"|original message|the header of the original|transcript of message|копия (вашего )?(письма|сообщения)"
    r"|return-path: |received: )",
    re.IGNORECASE | re.MULTILINE,
)
_LATE = re.compile(
    r"delayed|not yet been|been delivered yet|still (being )?(retried|trying|undelivered)"
    r"|will (keep|continue) (on )?(trying|to (try|be tried))|warning: |no action is required|задерж|ещё не доставлен",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"unknown|no such|does not exist|doesn't exist|not found|not exist|full|quota|disabled|inactive|rejected|refused"
    r"|denied|unrouteable|time(d)? ?out|timed|не существует|не найден|переполнен|заблокирован|отклон",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Report:
    """What became of a letter.

    Attributes:
        permanent: whether it will never arrive; else it is late.
        status: the enhanced status code (RFC 3463); empty where none was given.
        answer: what the server said, addresses and all.
        recipients: the addresses that it names as those it could not deliver to; a letter passed on has another.
    """

    permanent: bool
    status: str
    answer: str
    recipients: tuple[str, ...]


def read(message: EmailMessage) -> Report | None:
    """Return what a bounce says; None where it says that the letter arrived.

    Args:
        message: what ``incoming.kind_of`` takes for a bounce.
    """
    fields = list(islice(_recipient_fields(message), MOST_RECIPIENTS))
    actions = {header(one, "Action").lower().partition(" ")[0] for one in fields}
    if actions and actions <= ARRIVED:
        return None
    text = _told(message)
    named = tuple(
        incoming.addresses(message, "X-Failed-Recipients")
        + [found for one in fields for found in incoming.addresses(one, "Final-Recipient", "Original-Recipient")]
    )
    for action in (FAILED, DELAYED):
        for one in fields:
            if header(one, "Action").lower().startswith(action):
                return _formal(one, text, named, permanent=action == FAILED)
    return _informal(header(message, "Subject"), text, named)


def letters_named(message: EmailMessage) -> list[str]:
    """Return the Message-IDs in a bounce that are made like those of letters: in its headers, or in what it returns."""
    texts = [" ".join(incoming.headers(message, "In-Reply-To", "References", "X-Original-Message-Id"))]
    texts += [_whole(part) for part in islice(incoming.parts(message), MOST_RECIPIENTS)]
    found = (match[0].lower() for text in texts for match in _NAMED.finditer(text))
    return [f"<{name}>" for name in islice(dict.fromkeys(found), incoming.MOST_NAMED)]


def _recipient_fields(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield what a report in form says, a block for each recipient."""
    for part in incoming.parts(message):
        if part.get_content_type().endswith("delivery-status"):
            inside = part.get_payload()
            for block in inside if isinstance(inside, list) else ():
                yield from _with_action(cast("EmailMessage", block))


def _with_action(block: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the blocks that say what was done; of the kind of RFC 6533, Python parses only the first."""
    if header(block, "Action"):
        yield block
    rest = block.get_payload()
    for text in re.split(r"\n\s*\n", rest)[:MOST_RECIPIENTS] if isinstance(rest, str) else ():
        further = incoming.read(text.lstrip().encode(errors="replace")).message
        if header(further, "Action"):
            yield further


def _formal(fields: EmailMessage, text: str, named: tuple[str, ...], *, permanent: bool) -> Report:
    said = re.sub(r"^[\w-]+\s*;\s*", "", header(fields, "Diagnostic-Code"))
    status = next(iter(_STATUS.findall(header(fields, "Status"))), "")
    if not status or GENERAL.fullmatch(status):
        status = next(iter(_STATUS.findall(said)), status)
    return Report(permanent, status, (said or _answer(text))[:LONGEST_ANSWER], named)


def _informal(subject: str, text: str, named: tuple[str, ...]) -> Report:
    """Return what a report in a server's own words says: it gave up, unless it says otherwise."""
    answer = _answer(text)
    status = next(iter(_STATUS.findall(answer)), "")
    late = _LATE.search(subject) is not None or _LATE.search(text[:LONGEST_ANSWER]) is not None
    return Report(not late, status, answer, named)


def _answer(text: str) -> str:
    """Return the words of a server's answer: from its number on, or where a reason is named, or at the beginning."""
    for sign in (_STATUS, _CODE, _REASON):
        found = sign.search(text)
        if found:
            start = text.rfind("\n", 0, found.start()) + 1
            paragraph = text[start:].partition("\n\n")[0]
            return " ".join(paragraph.split())[:LONGEST_ANSWER]
    return " ".join(text.split())[:LONGEST_ANSWER]


def _told(message: EmailMessage) -> str:
    """Return what a report says before it returns the letter."""
    text = mail_text.written(message, LONGEST_TEXT)
    below = _ORIGINAL_BELOW.search(text)
    return text[: below.start()] if below else text


def _whole(part: EmailMessage) -> str:
    """Return all that a part holds: its text, or the headers of the message that it returns."""
    inside = part.get_payload()
    if isinstance(inside, list):
        return " ".join(
            value for one in inside[:1] for value in incoming.headers(cast("EmailMessage", one), "Message-ID")
        )
    return mail_text.decoded(part)[: 10 * LONGEST_TEXT]
