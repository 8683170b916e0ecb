"""Delivering letters: claim with a lease, send, record. The only module that speaks to a mail server."""

import binascii
import copy
import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, current_app
from flask_mail import BadHeaderError, Connection, Mail, Message
from sqlalchemy import and_, insert, or_, select, update

from intake.extensions import db
from intake.outbox import digests
from intake.outbox import message as messages
from intake.outbox.models import TEST, Attempt, Letter
from intake.outbox.rehearsal import Recorded, Transcript
from intake.post_settings import MailServer
from intake.sealing import SealError

LEASE = timedelta(minutes=3)  # how long the letters of a killed worker wait for another
TIMEOUT = 15  # seconds that a mail server may stay silent, at each of the six steps of a delivery
SEND_WITHIN = timedelta(seconds=6 * TIMEOUT)  # a lease with less left is let go unsent: another may take it soon
BATCH = 5
WAITS = (10, 30, 60, 120, 300, 600, 1200, 2400)  # seconds after the first, second, … failure; then hourly, for ever
HOURLY = timedelta(hours=1)
LONGEST_ANSWER = 500
_OWED = (Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None), Letter.gathered_in_id.is_(None))
_IN_TURN = (Letter.due_at, Letter.id)  # in which letters are sent: the first that a worker still holds is at its hands


class Carrier(Protocol):
    """What takes a message: a mail server's connection, or a folder."""

    def send(self, message: Message) -> None:
        """Take one message; raise ``OSError`` or ``smtplib.SMTPException`` if it is not taken."""


@dataclass(frozen=True)
class Claim:
    """Letters leased to this worker, and until when.

    Where some of those that were due were put off, others may be due.
    """

    letters: list[Letter]
    until: datetime
    some_put_off: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt."""

    accepted: bool
    smtp_code: int | None
    answer: str
    conversation: str | None = None


class _RecordedSMTP(Recorded, smtplib.SMTP):
    """A connection that tells what is said."""


class _RecordedSMTPS(Recorded, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class VerifiedConnection(Connection):
    """Flask-Mail's connection, with certificates verified and a time limit, neither of which it has.

    Attributes:
        transcript: what keeps all that is said, if anything does.
    """

    transcript: Transcript | None = None

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Connect and sign in; refuse a certificate that this machine does not trust."""
        mail = self.mail
        context = ssl.create_default_context(cafile=current_app.config["MAIL_CA_FILE"])
        plain, encrypted = self._speaks()
        if mail.use_ssl:
            host: smtplib.SMTP = encrypted(
                mail.server, mail.port, context=context, timeout=TIMEOUT, local_hostname="localhost"
            )
        else:
            host = plain(mail.server, mail.port, timeout=TIMEOUT, local_hostname="localhost")
        try:
            if mail.use_tls:
                host.starttls(context=context)
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except binascii.Error as error:  # the library reads the server's challenge, and lets this out
            host.close()
            message = "the server's challenge cannot be read"
            raise smtplib.SMTPException(message) from error
        except BaseException:
            host.close()
            raise
        return host

    def _speaks(self) -> tuple[type[smtplib.SMTP], type[smtplib.SMTP_SSL]]:
        """Return what speaks to the server, plain and encrypted: it is told from the first word if it is kept."""
        if self.transcript is None:
            return smtplib.SMTP, smtplib.SMTP_SSL
        told = {"tell": staticmethod(self.transcript.tell)}
        return type("Told", (_RecordedSMTP,), told), type("Told", (_RecordedSMTPS,), told)

    def send(self, message: Message, envelope_from: str | tuple[str, str] | None = None) -> None:
        """Hand a message over; what comes back of it goes to its own return path, if it has one."""
        super().send(message, envelope_from or getattr(message, "return_path", None))


class Folder:
    """A folder of ``.eml`` files, for a trial: written whole or not at all."""

    def __init__(self, path: Path) -> None:
        """Make the folder if need be."""
        self.path = path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def send(self, message: Message) -> None:
        """Write one message under its Message-ID, so that a second attempt replaces the first."""
        final = self.path / f"{message.msgId.strip('<>').partition('@')[0]}.eml"
        draft = final.with_suffix(".part")
        with draft.open("wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        draft.rename(final)


def init(app: Flask) -> None:
    """Bind Flask-Mail to the application, with the connection that verifies."""
    Mail(app)


@contextmanager
def carrier(server: MailServer, transcript: Transcript | None = None) -> Iterator[Carrier]:
    """Open what takes messages.

    Args:
        server: where letters go.
        transcript: what shall keep all that is said.

    Raises:
        OSError: the server is not to be reached, or its certificate is not trusted.
        smtplib.SMTPException: it refuses this worker.
    """
    if server.folder is not None:
        yield Folder(server.folder)
        return
    connection = VerifiedConnection(_mail_of(server))
    connection.transcript = transcript
    connection.host = connection.configure_host()
    try:
        yield connection
    finally:
        try:
            connection.host.quit()
        except (OSError, smtplib.SMTPException):
            connection.host.close()  # it hung up on us; what it said of each letter stands


def claim(now: datetime) -> Claim:
    """Lease the letters that are due, oldest first, so that no other worker takes them meanwhile.

    A worker that dies leaves its lease to run out; the letters are due again then. Letters that shall not go out by
    themselves are gathered in digests here, or put off.
    """
    free = or_(Letter.locked_until.is_(None), Letter.locked_until < now)
    due = (*_OWED, Letter.due_at <= now, Letter.gathered_in_id.is_(None), free)
    pick = select(Letter).where(*due).order_by(*_IN_TURN).limit(BATCH)
    letters = list(db.session.scalars(pick.with_for_update(skip_locked=True)))
    until = now + LEASE
    if letters:
        ids = [letter.id for letter in letters]
        for lease in {letter.locked_until for letter in letters if letter.locked_until is not None}:
            _note_death(lease, ids, now)
        db.session.execute(update(Letter).where(Letter.id.in_(ids)).values(locked_until=until))
    ours = digests.gather(letters, until, now)
    return Claim(ours, until, some_put_off=bool(letters) and not ours)


def catch_up(moment: datetime) -> int:
    """Let no letter wait for what the clock said before it went back; return how many did.

    A letter that was to go out at once does so now; one that failed waits no longer than it ever would; and no lease is
    longer than one that is given now.
    """
    at_once = and_(Letter.due_at > moment, Letter.due_at <= Letter.owed_at)  # earlier, if it was caught up with before
    too_long = and_(Letter.failures > 0, Letter.due_at > moment + 2 * HOURLY)
    owed = update(Letter).where(*_OWED).returning(Letter.id)
    waited = db.session.scalars(owed.where(or_(at_once, too_long)).values(due_at=moment)).all()
    leased = db.session.scalars(owed.where(Letter.locked_until > moment + LEASE).values(locked_until=moment)).all()
    return len({*waited, *leased})


def _note_death(lease: datetime, ids: list[int], now: datetime) -> None:
    """Write down that a worker died at the first of the letters that it held: it may have been accepted already.

    Args:
        lease: what it held them by; it ran out.
        ids: the letters that are being claimed. The others of that lease are let go of.
        now: now.
    """
    held = select(Letter.id).where(*_OWED, Letter.locked_until == lease)
    first = db.session.scalar(held.order_by(*_IN_TURN).limit(1))
    if first in ids:
        told = {"accepted": False, "smtp_code": None, "answer": "", "broke_off": True}
        db.session.execute(insert(Attempt).values(letter_id=first, at=now, **told))
    others = held.where(Letter.id.not_in(ids)).with_for_update(skip_locked=True)
    db.session.execute(update(Letter).where(Letter.id.in_(others.scalar_subquery())).values(locked_until=None))


def is_withdrawn(letter: Letter) -> bool:
    """Return whether a letter that was claimed must not be sent any more."""
    withdrawn_at = db.session.scalar(select(Letter.withdrawn_at).where(Letter.id == letter.id))
    db.session.rollback()  # hold no read open while the mail server takes its time
    return withdrawn_at is not None


def send(letter: Letter, by: Carrier) -> Outcome:
    """Hand one letter over and say what came of it. Never raises for what a mail server may do."""
    try:
        message = messages.of(letter)
        db.session.rollback()  # as above: it may have read the key of the post
        by.send(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        return Outcome(accepted=False, smtp_code=code, answer=_text(answer))
    except smtplib.SMTPResponseException as error:
        return Outcome(accepted=False, smtp_code=error.smtp_code, answer=_text(error.smtp_error))
    except (OSError, smtplib.SMTPException, BadHeaderError, UnicodeError, SealError) as error:
        return failure(error)
    return Outcome(accepted=True, smtp_code=None if isinstance(by, Folder) else 250, answer="")


def rehearse(letter: Letter) -> Outcome:
    """Hand a test letter over, on a connection of its own, and keep all that was said, without secrets."""
    server = current_app.config["MAIL"]
    is_open = server.user == current_app.config["NEWSROOM_ADDRESS"]  # it stands in every letter
    transcript = Transcript(server.password, None if is_open else server.user)
    try:
        with carrier(server, transcript) as by:
            outcome = send(letter, by)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        outcome = failure(error)
    if not outcome.accepted:
        transcript.tell(f"· {outcome.smtp_code or ''} {outcome.answer}")
    return replace(outcome, conversation=str(transcript))


def hand_over(message: Message | None, server: MailServer) -> Outcome:
    """Hand over a message that is no letter, or only reach a server and sign in; say what came of it.

    Args:
        message: the message; without one nothing is sent.
        server: where to.
    """
    try:
        with carrier(server) as by:
            if message is not None:
                by.send(message)
    except (OSError, smtplib.SMTPException, BadHeaderError, UnicodeError) as error:
        return failure(error)
    return Outcome(accepted=True, smtp_code=None, answer="")


def failure(error: Exception) -> Outcome:
    """Return the outcome of an attempt that never reached an answer."""
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    return Outcome(accepted=False, smtp_code=code, answer=_text(f"{type(error).__name__}: {error}"))


def record(letter: Letter, lease: datetime, outcome: Outcome, now: datetime) -> None:
    """Add the attempt's row; the letter is delivered, or due again later, unless another worker has it by now.

    A letter that was withdrawn meanwhile stays so; whether it arrived is in the attempt.
    """
    db.session.execute(
        insert(Attempt).values(
            letter_id=letter.id,
            at=now,
            accepted=outcome.accepted,
            smtp_code=outcome.smtp_code,
            answer="" if letter.sealed_address else outcome.answer[:LONGEST_ANSWER],  # it may name the address
            conversation=outcome.conversation,
        )
    )
    mine = update(Letter).where(Letter.id == letter.id, Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    if outcome.accepted:
        db.session.execute(mine.values(delivered_at=now, locked_until=None, sealed_address=None, sealed_report=None))
        digests.follow(letter, delivered_at=now)
        return
    if letter.kind == TEST:
        db.session.execute(mine.values(withdrawn_at=now, locked_until=None))  # a test is tried once
        return
    failures, due_at = letter.failures + 1, now + wait_after(letter.failures + 1)
    put_off = mine.where(Letter.locked_until == lease).values(failures=failures, due_at=due_at, locked_until=None)
    if db.session.execute(put_off.returning(Letter.id)).first():
        digests.follow(letter, due_at=due_at)


def wait_after(failures: int) -> timedelta:
    """Return how long a letter waits after that many failures: seconds, minutes, then an hour, for ever."""
    return timedelta(seconds=WAITS[failures - 1]) if failures <= len(WAITS) else HOURLY


def release(lease: datetime, letters: list[Letter]) -> None:
    """Let go of letters unsent, so that they are due at once."""
    ids = [letter.id for letter in letters]
    db.session.execute(update(Letter).where(Letter.id.in_(ids), Letter.locked_until == lease).values(locked_until=None))


def _mail_of(server: MailServer) -> Any:  # noqa: ANN401 Flask-Mail has no name for it
    """Return what Flask-Mail knows of a server: its own settings for the usual one, a copy of them for another."""
    usual = current_app.extensions["mail"]
    if server == current_app.config["MAIL"]:
        return usual
    other = copy.copy(usual)
    other.server, other.port, other.username, other.password = server.host, server.port, server.user, server.password
    other.use_ssl, other.use_tls = server.scheme == "smtps", server.scheme == "smtp+starttls"
    return other


def _text(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
