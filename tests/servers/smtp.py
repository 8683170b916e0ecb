"""A mail server that keeps what it receives, and that can be made to fail in the ways mail servers do."""

import asyncio
import socket
import ssl
import tempfile
import threading
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, AnyStr, Literal, Self, get_args

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from . import tls

HOST = "127.0.0.1"
ANSWER_LIMIT = 30.0  # seconds; our thread answers in milliseconds, but a bug there must not hang the tests

Mode = Literal[
    "accept",
    "refuse_connection",  # nobody listens on the port
    "silent",  # the connection is taken, and not a byte ever comes
    "drop_in_data",  # the connection ends while the letter is being sent
    "hang_when_taken",  # a letter is taken, and then not a byte comes any more
    "hang_in_answer",  # a letter is read to its end and kept, and no answer comes
    "4xx",  # the whole letter is read and then refused, for now
    "5xx",  # the whole letter is read and then refused, for good
    "4xx_at_rcpt",  # every recipient is refused, for now
    "5xx_at_rcpt",  # every recipient is refused, for good
]
Encryption = Literal["none", "starttls", "smtps"]

ANSWERS_TO_LETTERS = {"4xx": "451 4.3.0 Try again later", "5xx": "554 5.7.1 Refused"}
ANSWERS_TO_RECIPIENTS = {"4xx_at_rcpt": "450 4.2.1 Mailbox busy", "5xx_at_rcpt": "550 5.1.1 No such mailbox"}


@dataclass(frozen=True)
class ReceivedLetter:
    """A letter as it came: the envelope, the parsed message, and its bytes. A bounce's mail_from is empty."""

    mail_from: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes


class SmtpServer:
    """A mail server on a free port of 127.0.0.1, in a thread of its own.

    The port is the same from start() to stop(), whatever the mode. `ca` is what a client must trust, None without
    encryption; "smtps" encrypts from the first byte, "starttls" refuses a client that does not ask for it.
    """

    def __init__(
        self,
        *,
        encryption: Encryption = "none",
        require_auth: tuple[str, str] | None = None,
        mode: Mode = "accept",
    ) -> None:
        """Prepare; nothing runs before start(). Without the user and password of require_auth no letter is taken."""
        self.host = HOST
        self.port = 0
        self.ca: Path | None = None
        self.letters: list[ReceivedLetter] = []
        self.encryption = encryption
        self.require_auth = require_auth
        self.context: ssl.SSLContext | None = None
        self.conversations: list[_Conversation] = []
        self._mode: Mode = mode
        self._arrival = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: asyncio.Server | None = None
        self._cleanup = ExitStack()

    @property
    def mode(self) -> Mode:
        """How connections made from now on are treated; setting it leaves earlier ones as they are."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in get_args(Mode):
            message = f"{mode!r} is no mode of the mail server; these are: {', '.join(get_args(Mode))}"
            raise ValueError(message)
        self._mode = mode
        if self._loop is not None:
            _wait(self._loop, self._listen(self._mode))

    def start(self) -> None:
        """Take a free port, or the one that was wished for, and listen on it."""
        # Bound but not listening: the port refuses connections, yet nobody else gets it while we do not listen.
        reservation = self._cleanup.enter_context(_bind(self.port))
        self.port = int(reservation.getsockname()[1])
        if self.encryption != "none":
            files = tls.make(Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="smtp-"))))
            self.ca = files.ca
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(files.certificate, files.key)
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        thread.start()
        self._cleanup.callback(self._end_thread, self._loop, thread)
        _wait(self._loop, self._listen(self._mode))

    def stop(self) -> None:
        """Cut every connection and give the port back; harmless if the server is not running."""
        self._cleanup.close()

    def wait_for(self, count: int, timeout: float = 10.0) -> list[ReceivedLetter]:
        """Wait until at least so many letters are in `letters`, and answer a copy of it.

        Args:
            count: how many letters.
            timeout: in seconds.

        Raises:
            TimeoutError: they did not come in time; the message says how many did.

        """
        with self._arrival:
            if self._arrival.wait_for(lambda: len(self.letters) >= count, timeout):
                return list(self.letters)
        message = f"{len(self.letters)} of {count} letters came within {timeout} s"
        raise TimeoutError(message)

    def receive(self, letter: ReceivedLetter) -> None:
        """Keep a letter, and wake up who waits for it; called by the server's thread."""
        with self._arrival:
            self.letters.append(letter)
            self._arrival.notify_all()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    async def _listen(self, mode: Mode) -> None:
        """Replace the listener by one that treats its connections as the mode says, or by none."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if mode == "refuse_connection":
            return
        encrypted = self.encryption == "smtps" and mode != "silent"  # who is silent does not shake hands either
        self._listener = await asyncio.get_running_loop().create_server(
            partial(_Conversation, self, mode),
            sock=_bind(self.port),
            ssl=self.context if encrypted else None,
        )

    async def _end(self) -> None:
        """Stop listening, cut all connections, and let their tasks come to their end."""
        await self._listen("refuse_connection")
        for conversation in self.conversations:
            conversation.cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end_thread(self, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
        self._loop = None
        _wait(loop, self._end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(ANSWER_LIMIT)
        loop.close()


class _Conversation(SMTP):
    """One client's conversation with the server; the mode is the one at its beginning."""

    def __init__(self, server: SmtpServer, mode: Mode) -> None:
        super().__init__(
            SimpleNamespace(handle_DATA=self._keep),
            hostname="localhost",  # else it asks the resolver for a name
            tls_context=server.context if server.encryption == "starttls" else None,
            require_starttls=server.encryption == "starttls",
            auth_required=server.require_auth is not None,
            authenticator=self._judge,
            loop=asyncio.get_running_loop(),
        )
        # aiosmtpd knows only STARTTLS as encryption, and would offer AUTH neither with "smtps" nor with "none".
        self._auth_require_tls = server.encryption == "starttls"
        self._server = server
        self._mode = mode
        self._took = self._said_so = False
        server.conversations.append(self)

    async def push(self, status: AnyStr) -> None:
        """Say something, the greeting first of all, or never come to it."""
        if self._mode == "silent" or self._said_so:
            await asyncio.Event().wait()
        await super().push(status)
        self._said_so = self._took and self._mode == "hang_when_taken"

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802  aiosmtpd finds commands by this name
        """Take or refuse a recipient."""
        if self._mode in ANSWERS_TO_RECIPIENTS:
            await self.push(ANSWERS_TO_RECIPIENTS[self._mode])
        else:
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  aiosmtpd finds commands by this name
        """Take the letter, or cut the connection after the letter's first line."""
        if self._mode != "drop_in_data":
            await super().smtp_DATA(arg)
            return
        await self.push("354 Go on")
        await self._reader.readline()
        self.cut()

    def cut(self) -> None:
        """End the connection without a word, if it has not ended."""
        if isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self.transport.abort()

    def _judge(self, *asked: object) -> AuthResult:
        """Compare user and password, which come as a pair of bytes after other things."""
        user, password = self._server.require_auth or ("", "")
        return AuthResult(success=asked[-1] == (user.encode(), password.encode()), handled=False)

    async def _keep(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:
        if self._mode in ANSWERS_TO_LETTERS:
            return ANSWERS_TO_LETTERS[self._mode]
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, policy=policy.default)
        mail_from = (envelope.mail_from or "").removeprefix("<>")  # aiosmtpd leaves the brackets of an empty address
        self._server.receive(ReceivedLetter(mail_from, tuple(envelope.rcpt_tos), message, raw))
        self._took = True
        if self._mode == "hang_in_answer":
            await asyncio.Event().wait()
        return "250 OK"


def _bind(port: int) -> socket.socket:
    """Take a port (0: any free one) which our other sockets may take too, and, without SO_REUSEPORT, nobody else."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    taken.bind((HOST, port))
    return taken


def _wait(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    """Have a loop in another thread do something, and wait for it."""
    asyncio.run_coroutine_threadsafe(work, loop).result(ANSWER_LIMIT)
