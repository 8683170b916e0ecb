"""Trying the way: a test letter, and the whole conversation with the mail server about it, without secrets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import literal_column, select, update

from intake.extensions import db
from intake.outbox.enqueue import Addressee, enqueue_one
from intake.outbox.models import TEST, Attempt, Letter

PAUSE = timedelta(minutes=1)  # between two tests to one address
WORKER_LATE = timedelta(minutes=2)  # a worker that lives has tried by then
KEPT = timedelta(days=1)  # for which a conversation is kept
LONGEST = 10_000  # characters of a conversation
_HIDDEN = "…"
_SHORTEST_SECRET = 3  # characters that are looked for in what a server says
_CHALLENGE = 334  # what a server answers while somebody signs in (RFC 4954)


class TooSoonError(Exception):
    """The last test is a moment ago."""


class State(Enum):
    """What became of a test."""

    WAITING = auto()
    LATE = auto()
    TAKEN = auto()
    REFUSED = auto()  # the server said so
    UNREACHED = auto()  # no server answered


@dataclass(frozen=True)
class Trial:
    """The last test letter to an address.

    Attributes:
        state: what became of it.
        owed_at: when it was asked for.
        tried_at: when the worker tried.
        smtp_code: what the server answered.
        answer: its words.
        conversation: all that was said; empty where it is wiped already, or no server was spoken to.
    """

    state: State
    owed_at: datetime
    tried_at: datetime | None = None
    smtp_code: int | None = None
    answer: str = ""
    conversation: str = ""

    @property
    def is_on_its_way(self) -> bool:
        """Whether it is worth looking again soon."""
        return self.state is State.WAITING

    @property
    def is_taken(self) -> bool:
        """Whether it was handed over."""
        return self.state is State.TAKEN


class Recorded:
    """What a connection of smtplib says and hears, without secrets; stands before its class.

    Attributes:
        tell: is given each line, marked with who said it.
        signing_in: while it does, nothing that is sent is told, and no challenge.
    """

    tell: Callable[[str], None]
    signing_in = False

    def send(self, s: Any) -> None:  # noqa: ANN401 the signature is smtplib's
        """Tell what is sent, and send it."""
        text = s if isinstance(s, str) else bytes(s).decode(errors="replace")
        if not self.signing_in:
            self._tell("→ ", text)
        super().send(s)  # type: ignore[misc]  # of smtplib.SMTP, which stands behind this class

    def getreply(self) -> tuple[int, bytes]:
        """Wait for an answer, and tell it."""
        code, words = super().getreply()  # type: ignore[misc]
        text = _HIDDEN if code == _CHALLENGE else words.decode(errors="replace")
        self._tell(f"← {code} ", text)
        return code, words

    def auth(self, mechanism: str, *rest: Any, **more: Any) -> tuple[int, bytes]:  # noqa: ANN401 the signature is smtplib's
        """Sign in, telling by which mechanism and nothing else."""
        self._tell("→ ", f"AUTH {mechanism} {_HIDDEN}")
        self.signing_in = True
        try:
            return super().auth(mechanism, *rest, **more)  # type: ignore[misc, no-any-return]
        finally:
            self.signing_in = False

    def starttls(self, *given: Any, **more: Any) -> tuple[int, bytes]:  # noqa: ANN401 the signature is smtplib's
        """Encrypt the connection, and tell it."""
        answer: tuple[int, bytes] = super().starttls(*given, **more)  # type: ignore[misc]
        self._tell("· ", "TLS")
        return answer

    def _tell(self, mark: str, text: str) -> None:
        for line in text.splitlines() or [""]:
            self.tell(f"{mark}{line}")


class Transcript:
    """A conversation as it is kept.

    Args:
        secrets: user and password, which stand nowhere in it.
    """

    def __init__(self, *secrets: str | None) -> None:
        """Begin with nothing."""
        self.secrets = [secret for secret in secrets if secret and len(secret) >= _SHORTEST_SECRET]
        self.lines: list[str] = []

    def tell(self, line: str) -> None:
        """Add a line."""
        for secret in self.secrets:
            line = line.replace(secret, _HIDDEN)
        self.lines.append(line)

    def __str__(self) -> str:
        """Return all of it, or its beginning and its end."""
        text = "\n".join(self.lines)
        half = (LONGEST - len(_HIDDEN) - 2) // 2
        return text if len(text) <= LONGEST else f"{text[:half]}\n{_HIDDEN}\n{text[-half:]}"


def owe(to: Addressee, moment: datetime) -> None:
    """Owe a test letter; what was kept of the one before it is wiped.

    Whoever calls has held the row of the member who asks, so that two presses are one after the other.

    Raises:
        TooSoonError: the last one is a moment ago.
    """
    last = db.session.scalar(_last(to.address))
    if last is not None:
        if last.owed_at > moment - PAUSE:
            raise TooSoonError
        _wipe(Attempt.letter_id == last.id)
    enqueue_one(TEST, to, moment, fills={}, urgent=True)


def last_trial(address: str, moment: datetime) -> Trial | None:
    """Return what became of the last test letter to an address, if there is one."""
    letter = db.session.scalar(_last(address))
    if letter is None:
        return None
    tries = select(Attempt).where(Attempt.letter_id == letter.id).order_by(Attempt.id.desc())
    last = db.session.scalar(tries.limit(1))
    if last is None:
        late = letter.owed_at < moment - WORKER_LATE
        return Trial(State.LATE if late else State.WAITING, letter.owed_at)
    refused = State.UNREACHED if last.smtp_code is None else State.REFUSED
    state = State.TAKEN if last.accepted else refused
    return Trial(state, letter.owed_at, last.at, last.smtp_code, last.answer, last.conversation or "")


def forget(moment: datetime) -> None:
    """Wipe the conversations of a day ago."""
    _wipe(Attempt.at < moment - KEPT)


def _wipe(*which: Any) -> None:  # noqa: ANN401 conditions
    kept = update(Attempt).where(Attempt.conversation.is_not(None), *which)
    db.session.execute(kept.values(conversation=None))


def _last(address: str) -> Any:  # noqa: ANN401 a statement
    is_test = Letter.kind == literal_column(f"'{TEST}'")  # spelled out, as the index has it
    return select(Letter).where(Letter.address == address, is_test).order_by(Letter.id.desc()).limit(1)
