"""A mailbox that is read over IMAP4rev1 (RFC 3501), as far as a program that empties one needs it."""

import re
import socket
import socketserver
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Self, get_args

from . import tls

HOST = "127.0.0.1"
SILENCE_LIMIT = 30.0  # seconds; a client that hangs must not hold a thread for ever
VALIDITY = 1_700_000_000
INBOX = "INBOX"

Mode = Literal[
    "accept",
    "silent",  # the connection is taken, and not a byte ever comes
    "drop_in_fetch",  # the connection ends in the middle of a message
    "drop_in_store",  # the connection ends before a flag is kept
    "no_keywords",  # only the flags that every server has are kept
    "no_uidplus",  # nothing is removed by its number (RFC 4315)
]
Encryption = Literal["none", "starttls", "imaps"]
SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|([()])|((?:[^\s()"\[]|\[[^\]]*\])+)')


@dataclass
class Stored:
    """A message in a folder: its number, its bytes, its flags."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)


class ImapServer:
    """A mailbox on a free port of 127.0.0.1, in threads of its own.

    ``folders`` holds the messages of each folder; ``add`` puts one in, as a mail server does. ``ca`` is what a client
    must trust, None without encryption; "imaps" encrypts from the first byte, "starttls" lets nobody sign in before.
    """

    def __init__(
        self,
        *,
        encryption: Encryption = "none",
        account: tuple[str, str] = ("intake", "right"),
        mode: Mode = "accept",
    ) -> None:
        """Prepare; nothing runs before start()."""
        self.host, self.port = HOST, 0
        self.ca: Path | None = None
        self.encryption = encryption
        self.account = account
        self.folders: dict[str, list[Stored]] = {INBOX: []}
        self.commands: list[str] = []  # what clients asked, sign-in left out
        self.context: ssl.SSLContext | None = None
        self.lock = threading.RLock()
        self._mode: Mode = mode
        self._uids = 0
        self._cleanup = ExitStack()

    @property
    def mode(self) -> Mode:
        """How clients are treated; setting it changes it for connections that stand, too."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in get_args(Mode):
            message = f"{mode!r} is no mode of the mailbox; these are: {', '.join(get_args(Mode))}"
            raise ValueError(message)
        self._mode = mode

    def add(self, raw: bytes, *flags: str, folder: str = INBOX) -> int:
        """Put a message into a folder, made if need be; return its number."""
        with self.lock:
            self._uids += 1
            self.folders.setdefault(folder, []).append(Stored(self._uids, raw, set(flags)))
            return self._uids

    def stored(self, uid: int) -> Stored | None:
        """Return a message that is still there, in whatever folder."""
        with self.lock:
            return next((one for held in self.folders.values() for one in held if one.uid == uid), None)

    def start(self) -> None:
        """Take a free port and listen on it."""
        if self.encryption != "none":
            files = tls.make(Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="imap-"))))
            self.ca = files.ca
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(files.certificate, files.key)
        listener = _Listener(self)
        self.port = int(listener.server_address[1])
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), name="imap", daemon=True)
        thread.start()
        self._cleanup.callback(_end, listener, thread)

    def stop(self) -> None:
        """Cut every connection and give the port back; harmless if the server is not running."""
        self._cleanup.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, mailbox: ImapServer) -> None:
        self.mailbox = mailbox
        self.connections: list[socket.socket] = []
        super().__init__((HOST, 0), _Conversation)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client may end a conversation as it likes."""


class _LoggedOutError(Exception):
    """The conversation is over."""


class _Conversation(socketserver.BaseRequestHandler):
    """One client's conversation with the server."""

    server: _Listener

    def handle(self) -> None:
        """Greet, and answer until the client is gone."""
        self.mailbox = self.server.mailbox
        self.folder: list[Stored] | None = None
        self.signed_in = False
        self.server.connections.append(self.request)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.mailbox.mode == "silent":
            self.request.settimeout(SILENCE_LIMIT)
            self.request.recv(1)
            return
        if self.mailbox.encryption == "imaps":
            self._encrypt()
        self._open()
        self._say("* OK ready")
        try:
            while line := self.file.readline():
                self._answer(line.rstrip(b"\r\n"))
        except (_LoggedOutError, OSError):
            self.request.close()

    def _open(self) -> None:
        self.request.settimeout(SILENCE_LIMIT)
        self.file = self.request.makefile("rb")

    def _encrypt(self) -> None:
        assert self.mailbox.context is not None
        self.request = self.mailbox.context.wrap_socket(self.request, server_side=True)
        self.server.connections.append(self.request)

    def _say(self, line: str | bytes) -> None:
        self.request.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def _answer(self, line: bytes) -> None:
        tag, *words = _words(line)
        verb = words[0].upper() if words else ""
        rest = words[1:]
        if verb == "UID" and rest:
            verb, rest = f"UID {rest[0].upper()}", rest[1:]
        self.mailbox.commands.append(verb if verb == "LOGIN" else " ".join([verb, *rest]))
        does = _VERBS.get(verb)
        if does is None:
            self._say(f"{tag} BAD no such command")
            return
        if verb not in {"CAPABILITY", "NOOP", "LOGOUT", "LOGIN", "STARTTLS"} and not self.signed_in:
            self._say(f"{tag} NO sign in first")
            return
        with self.mailbox.lock:
            done = does(self, rest)
        self._say(f"{tag} {done}")
        if verb == "STARTTLS":
            self._encrypt()
            self._open()
        if verb == "LOGOUT":
            raise _LoggedOutError

    def capability(self, _: list[str]) -> str:
        """Say what is known here."""
        encrypts = " STARTTLS LOGINDISABLED" if self._needs_encryption() else ""
        removes = "" if self.mailbox.mode == "no_uidplus" else " UIDPLUS"
        self._say(f"* CAPABILITY IMAP4rev1{removes}{encrypts}")
        return "OK done"

    def starttls(self, _: list[str]) -> str:
        """Begin encryption, where it is meant so."""
        return "OK begin" if self.mailbox.encryption == "starttls" else "BAD not here"

    def login(self, words: list[str]) -> str:
        """Let in who knows the password."""
        if self._needs_encryption() or tuple(words) != self.mailbox.account:
            return "NO [AUTHENTICATIONFAILED] wrong"
        self.signed_in = True
        return "OK welcome"

    def select(self, words: list[str]) -> str:
        """Open a folder."""
        self.folder = self.mailbox.folders.get(words[0])
        if self.folder is None:
            return "NO [NONEXISTENT] no such folder"
        kept = " ".join(SYSTEM_FLAGS) + ("" if self.mailbox.mode == "no_keywords" else " \\*")
        self._say(f"* {len(self.folder)} EXISTS")
        self._say(f"* FLAGS ({' '.join(SYSTEM_FLAGS)})")
        self._say(f"* OK [PERMANENTFLAGS ({kept})] kept")
        self._say(f"* OK [UIDVALIDITY {VALIDITY}] valid")
        return "OK [READ-WRITE] done"

    def noop(self, _: list[str]) -> str:
        """Do nothing."""
        return "OK done"

    def logout(self, _: list[str]) -> str:
        """Say good-bye."""
        self._say("* BYE")
        return "OK done"

    def search(self, words: list[str]) -> str:
        """Find messages."""
        assert self.folder is not None
        wanted = _criteria(iter(words))
        uids = [str(one.uid) for one in self.folder if all(is_wanted(one) for is_wanted in wanted)]
        self._say(" ".join(["* SEARCH", *uids]))
        return "OK done"

    def fetch(self, words: list[str]) -> str:
        """Give messages, or parts of them; a part that is not asked for with PEEK counts as seen."""
        assert self.folder is not None
        asked = [word.upper() for word in words[1:] if word not in "()"]
        for place, one in enumerate(self.folder, 1):
            if not _in_set(one.uid, words[0]):
                continue
            if any(item.startswith(("BODY[", "RFC822")) and item != "RFC822.SIZE" for item in asked):
                one.flags.add("\\Seen")
            pieces = [b"UID %d" % one.uid, *(_piece(one, item) for item in asked if item != "UID")]
            line = b"* %d FETCH (%s)" % (place, b" ".join(pieces))
            if self.mailbox.mode == "drop_in_fetch" and b"{" in line:
                self.request.sendall(line[: len(line) // 2])
                self.request.shutdown(socket.SHUT_RDWR)
                raise _LoggedOutError
            self._say(line)
        return "OK done"

    def store(self, words: list[str]) -> str:
        """Set or take away flags; what this server does not keep, it forgets without a word, as real ones do."""
        assert self.folder is not None
        if self.mailbox.mode == "drop_in_store":
            self.request.shutdown(socket.SHUT_RDWR)
            raise _LoggedOutError
        verb, flags = words[1].upper(), {word for word in words[2:] if word not in "()"}
        if self.mailbox.mode == "no_keywords":
            flags &= set(SYSTEM_FLAGS)
        for one in self.folder:
            if _in_set(one.uid, words[0]):
                one.flags = one.flags - flags if verb.startswith("-") else one.flags | flags
        return "OK done"

    def expunge(self, words: list[str]) -> str:
        """Remove the messages that are marked as deleted: all of them, or those named."""
        assert self.folder is not None
        if words and self.mailbox.mode == "no_uidplus":
            return "BAD no such command"
        for one in list(self.folder):
            if "\\Deleted" in one.flags and (not words or _in_set(one.uid, words[0])):
                self.folder.remove(one)
        return "OK done"

    def _needs_encryption(self) -> bool:
        return self.mailbox.encryption == "starttls" and not isinstance(self.request, ssl.SSLSocket)


_VERBS: dict[str, Callable[[_Conversation, list[str]], str]] = {
    "CAPABILITY": _Conversation.capability,
    "STARTTLS": _Conversation.starttls,
    "LOGIN": _Conversation.login,
    "SELECT": _Conversation.select,
    "NOOP": _Conversation.noop,
    "LOGOUT": _Conversation.logout,
    "UID SEARCH": _Conversation.search,
    "UID FETCH": _Conversation.fetch,
    "UID STORE": _Conversation.store,
    "UID EXPUNGE": _Conversation.expunge,
    "EXPUNGE": _Conversation.expunge,
}


def _words(line: bytes) -> list[str]:
    """Return the words of a command; brackets stand alone, except those of a part such as ``BODY[HEADER]``."""
    found = []
    for quoted, bracket, word in _TOKEN.findall(line):
        found.append((bracket or word or re.sub(rb"\\(.)", rb"\1", quoted)).decode())
    return found


def _criteria(words: Iterator[str]) -> list[Callable[[Stored], bool]]:
    """Return what a search asks of each message."""
    wanted: list[Callable[[Stored], bool]] = []
    for word in words:
        key = word.upper()
        if key == "HEADER":
            name, text = next(words), next(words)
            wanted.append(lambda one, name=name, text=text: text.lower() in str(one.message[name] or "").lower())  # type: ignore[misc]  # bound now
        elif key == "UID":
            numbers = next(words)
            wanted.append(lambda one, numbers=numbers: _in_set(one.uid, numbers))  # type: ignore[misc]  # bound now
        elif key in {"KEYWORD", "UNKEYWORD"}:
            wanted.append(_flagged(next(words), wanted=key == "KEYWORD"))
        elif key.removeprefix("UN") in {"SEEN", "DELETED", "ANSWERED", "FLAGGED", "DRAFT"}:
            flag = "\\" + key.removeprefix("UN").capitalize()
            wanted.append(_flagged(flag, wanted=not key.startswith("UN")))
        elif key != "ALL":
            message = f"the test's mailbox does not search by {word}"
            raise AssertionError(message)
    return wanted


def _flagged(flag: str, *, wanted: bool) -> Callable[[Stored], bool]:
    return lambda one: (flag in one.flags) == wanted


def _in_set(uid: int, numbers: str) -> bool:
    """Return whether a number is in a set such as ``1,3:5,9:*``."""
    for part in numbers.split(","):
        first, _, last = part.partition(":")
        if int(first) <= uid and (last == "*" or uid <= int(last or first)):
            return True
    return False


def _piece(one: Stored, item: str) -> bytes:
    """Return one thing that was asked of a message."""
    if item == "FLAGS":
        return b"FLAGS (%s)" % " ".join(sorted(one.flags)).encode()
    if item == "RFC822.SIZE":
        return b"RFC822.SIZE %d" % len(one.raw)
    head, blank, _ = one.raw.partition(b"\r\n\r\n")
    name = item.replace(".PEEK", "")
    if name == "BODY[]":
        text = one.raw
    elif name == "BODY[HEADER]":
        text = head + blank
    elif fields := re.fullmatch(r"BODY\[HEADER\.FIELDS \(([^)]*)\)\]", name):
        names = tuple(f"{field}:".encode() for field in fields[1].upper().split())
        kept = [line for line in re.split(rb"\r\n(?![ \t])", head) if line.upper().startswith(names)]
        text = b"".join(line + b"\r\n" for line in kept) + b"\r\n"
    else:
        return b"%s NIL" % name.encode()
    return b"%s {%d}\r\n%s" % (name.encode(), len(text), text)


def _end(listener: _Listener, thread: threading.Thread) -> None:
    listener.shutdown()
    listener.server_close()
    for connection in listener.connections:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            connection.close()  # it has ended already
    thread.join(SILENCE_LIMIT)
