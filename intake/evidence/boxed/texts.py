"""Text as text: in whatever letters it was written, with nothing in it that steers a screen."""

import codecs
import unicodedata
from io import BufferedReader

from intake.evidence.boxed.frames import Head
from intake.evidence.boxed.room import MEGABYTE, say, work
from intake.evidence.boxed.walls import Limits

LIMITS = Limits(seconds=10, memory=512 * MEGABYTE)
MOST_BYTES = MEGABYTE
_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KEPT = frozenset("\n\t")
_JOINERS = frozenset("\u200c\u200d")  # some writing needs them, and they move nothing
# Two tables put Cyrillic letters on the same bytes: in words of small letters one of them gives small letters.
_ONE_BYTE = ("cp1251", "koi8-r")
_BLOCKS = (0, 4)  # the first byte of Latin and of Cyrillic letters, where each takes two
MOSTLY = 0.8
SAMPLE = 4096  # bytes
UNSEEN = "\N{REPLACEMENT CHARACTER}"


def main(order: str) -> None:
    """Show the text on standard input."""
    work(order, LIMITS, show)


def show(file: BufferedReader, order: Head) -> None:
    """Say the text as it may be seen."""
    taken = file.read(MOST_BYTES)
    more = max(0, int(order["size"]) - len(taken))
    text = shown(decoded(taken, cut=more > 0)).encode()
    head = {"kind": "text", "content_type": "text/plain; charset=utf-8", "more": more}
    say(head, text)


def decoded(taken: bytes, *, cut: bool = False) -> str:
    """Return bytes as text: by the mark at their beginning, else UTF-8 if they are, else a table of one byte each.

    Args:
        taken: the bytes.
        cut: whether more follow, so that the last letter may be half.
    """
    for mark, name in _MARKED:
        if taken.startswith(mark):
            return taken.decode(name, "replace")
    sample = taken[:SAMPLE]
    for name, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if sum(high.count(block) for block in _BLOCKS) > MOSTLY * len(high):
            return taken.decode(name, "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(taken, final=not cut)
    except UnicodeDecodeError:
        pass
    name = max(_ONE_BYTE, key=lambda name: _likeness(sample.decode(name, "replace")))
    return taken.decode(name, "replace")


def shown(text: str) -> str:
    """Return text with lines of one kind, and a mark wherever a character would steer a screen or hide."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = {sign: _seen(sign) for sign in set(lines)}
    return lines.translate({ord(sign): kept for sign, kept in seen.items() if kept != sign})


def _seen(sign: str) -> str:
    if sign in _KEPT or sign in _JOINERS:
        return sign
    if sign in "\u2028\u2029\x0b\x0c\x85":
        return "\n"
    return UNSEEN if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"} else sign


def _likeness(text: str) -> int:
    """Say how much a text is like Russian: small letters, and capitals only where a word begins."""
    score, before = 0, " "
    for sign in text:
        if "а" <= sign <= "я" or sign == "ё":
            score += 2 if not before.isupper() else 1
        elif "А" <= sign <= "Я" or sign == "Ё":
            score += 1 if not before.isalpha() else -1
        elif not sign.isascii():
            score -= 2 if unicodedata.category(sign) in {"Cc", "Cn", "So", "Sm"} else 1
        before = sign
    return score
