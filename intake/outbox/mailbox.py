"""Reading what arrives from a folder of a mailbox, over IMAP. The only module that speaks to such a server.

A message is marked, or removed, only after it was taken in: whatever ends a visit, the next one finds the rest.
"""

import imaplib
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

from intake.post_settings import Inbox

TIMEOUT = 15  # seconds that the server may stay silent
MOST_AT_ONCE = 100  # messages in one visit
TAKEN, LEFT = "$IntakeTaken", "$IntakeLeft"  # keywords of our own: whoever reads the mailbox sees what is unread
_NUMBER = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,19})\b")
_UID = re.compile(rb"\d{1,10}")  # below 2^32 (RFC 3501, section 9); what else a server says is none
_ATOM = re.compile(r"[^\s(){%*\"\\\]]+")  # a word that IMAP takes without quotes
_VALIDITY = re.compile(rb"\d+")


class Fate(Enum):
    """What became of a message."""

    TAKEN = "taken in"  # all of it: the copy in the mailbox may be removed
    KEPT = "kept"  # taken in, but the copy in the mailbox holds more
    LEFT = "left"  # for people to look at
    STRAY = "astray"  # a person's answer that belongs to no case: for people to look at
    UNREADABLE = "unreadable"  # too large, or made to cost too much: for people to look at
    LATER = "later"  # it could not be taken in now


FOR_PEOPLE = frozenset({Fate.LEFT, Fate.STRAY, Fate.UNREADABLE})


class MailboxError(Exception):
    """The mailbox cannot be read now; what the server said of it, without the password."""


class Mailbox:
    """A folder that is visited again and again.

    A server that keeps no keywords cannot be told what was taken in; who asks again is told so by the digest of each
    message, and what this process saw it does not fetch twice.
    """

    def __init__(self, inbox: Inbox, largest: int, *, remove: bool, ca_file: Path | None = None) -> None:
        """Remember where it is.

        Args:
            inbox: the folder.
            largest: how many bytes a message may have; of a larger one, the headers alone are read.
            remove: whether to remove what was taken in as a whole.
            ca_file: a certificate authority to trust besides none other, for tests.
        """
        self.inbox, self.largest, self.remove, self.ca_file = inbox, largest, remove, ca_file
        self.seen: set[bytes] = set()
        self.validity = b""

    def visit(self, take: Callable[[bytes, bool], Fate]) -> Counter[Fate]:
        """Hand over what is new, oldest first, and mark it.

        Args:
            take: takes a message in, committed when it returns; told whether it is whole, or its headers alone.

        Returns:
            How many messages met which fate.

        Raises:
            MailboxError: the server is not to be reached, not trusted, or refuses.
            Exception: whatever ``take`` raises; that message and those after it stay as they are.
        """
        fates: Counter[Fate] = Counter()
        with signed_in(self.inbox, self.ca_file) as server:
            keeps_keywords = self._select(server)
            for uid, size in self._new(server, keeps_keywords=keeps_keywords):
                whole = size <= self.largest
                raw = self._fetched(server, uid, "BODY.PEEK[]" if whole else "BODY.PEEK[HEADER]")
                if raw is None:
                    continue  # somebody removed it meanwhile
                fate = take(raw, whole)
                fates[fate] += 1
                if fate is not Fate.LATER:
                    self._mark(server, uid, fate, keeps_keywords=keeps_keywords)
                    self.seen.add(uid)
        return fates

    def _select(self, server: imaplib.IMAP4) -> bool:
        """Open the folder; return whether it keeps keywords of our own."""
        _checked(server.select(quoted(self.inbox.folder)))
        kept = b" ".join(filter(None, server.response("PERMANENTFLAGS")[1]))
        validity = b" ".join(filter(None, server.response("UIDVALIDITY")[1]))
        found = _VALIDITY.search(validity)
        if found is None or found[0] != self.validity:
            self.seen.clear()  # the numbers mean other messages now
            self.validity = found[0] if found else b""
        return b"\\*" in kept or (TAKEN.encode() in kept and LEFT.encode() in kept)

    def _new(self, server: imaplib.IMAP4, *, keeps_keywords: bool) -> list[tuple[bytes, int]]:
        """Return the numbers of the messages that are new to us, oldest first, each with its size."""
        unmarked = ["UNKEYWORD", TAKEN, "UNKEYWORD", LEFT] if keeps_keywords else []
        found = _checked(server.uid("SEARCH", "UNDELETED", *unmarked))
        said = b" ".join(part for part in found if isinstance(part, bytes)).split()
        numbers = {number for number in said if _UID.fullmatch(number)}
        fresh = sorted(numbers - self.seen, key=int)[:MOST_AT_ONCE]
        if not fresh:
            return []
        sizes = {}
        for part in _checked(server.uid("FETCH", b",".join(fresh).decode(), "(UID RFC822.SIZE)")):
            line = part if isinstance(part, bytes) else b""
            uid, size = _NUMBER.search(line), _SIZE.search(line)
            if uid and size:
                sizes[uid[1]] = int(size[1])
        return [(uid, sizes[uid]) for uid in fresh if uid in sizes]

    def _fetched(self, server: imaplib.IMAP4, uid: bytes, part: str) -> bytes | None:
        """Return a message, or its headers, without marking it as seen."""
        found = _checked(server.uid("FETCH", uid.decode(), f"({part})"))
        return next((piece[1] for piece in found if isinstance(piece, tuple)), None)

    def _mark(self, server: imaplib.IMAP4, uid: bytes, fate: Fate, *, keeps_keywords: bool) -> None:
        """Write down in the mailbox what became of a message."""
        number = uid.decode()
        if fate is Fate.TAKEN and self.remove:
            _checked(server.uid("STORE", number, "+FLAGS.SILENT", "(\\Deleted)"))
            if "UIDPLUS" in server.capabilities:
                _checked(server.uid("EXPUNGE", number))
            elif _checked(server.uid("SEARCH", "DELETED")) == [uid]:
                _checked(server.expunge())  # never what somebody else marked
        elif keeps_keywords:
            keyword = LEFT if fate in FOR_PEOPLE else TAKEN
            _checked(server.uid("STORE", number, "+FLAGS.SILENT", f"({keyword})"))


@contextmanager
def signed_in(inbox: Inbox, ca_file: Path | None) -> Iterator[imaplib.IMAP4]:
    """Connect to a mailbox's server and sign in; hang up at the end.

    Args:
        inbox: the mailbox.
        ca_file: a certificate authority to trust besides none other, for tests.

    Raises:
        MailboxError: the server is not to be reached, not trusted, or refuses.
    """
    context = ssl.create_default_context(cafile=ca_file)
    try:
        if inbox.scheme == "imaps":
            server: imaplib.IMAP4 = imaplib.IMAP4_SSL(inbox.host, inbox.port, ssl_context=context, timeout=TIMEOUT)
        else:
            server = imaplib.IMAP4(inbox.host, inbox.port, timeout=TIMEOUT)
    except (OSError, imaplib.IMAP4.error, UnicodeError) as error:  # the last, where what it can do is in no letters
        raise _error(inbox, error) from error
    try:
        _sign_in(server, inbox, context)
        yield server
    except (imaplib.IMAP4.error, ssl.SSLError, ConnectionError, TimeoutError) as error:
        raise _error(inbox, error) from error
    finally:
        _hang_up(server)


def _sign_in(server: imaplib.IMAP4, inbox: Inbox, context: ssl.SSLContext) -> None:
    """Encrypt the line, if that is still to be done, and sign in.

    Raises:
        imaplib.IMAP4.error: the server refuses, or cannot be understood.
        OSError: it hangs up.
    """
    try:
        if inbox.scheme == "imap+starttls":
            server.starttls(context)
        server.login(inbox.user if _ATOM.fullmatch(inbox.user) else quoted(inbox.user), inbox.password)
    except UnicodeError as error:
        raise imaplib.IMAP4.error(str(error)) from error


def quoted(text: str) -> str:
    """Return a string as IMAP writes one that may hold spaces and quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _error(inbox: Inbox, error: Exception) -> MailboxError:
    said = f"{type(error).__name__}: {error}".replace(inbox.password, "…").replace(inbox.user, "…")
    return MailboxError(" ".join(said.split())[:300])


def _checked(answer: tuple[str, Sequence[object]]) -> list[object]:
    """Return what a server answered.

    Raises:
        imaplib.IMAP4.error: it refused.
    """
    status, found = answer
    if status != "OK":
        raise imaplib.IMAP4.error(str(found[0] if found else status))
    return list(found)


def _hang_up(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        with suppress(OSError):  # it hung up on us, or was never trusted; what was marked stays so
            server.shutdown()
