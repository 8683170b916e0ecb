"""Delivering letters: claim with a lease, send, record. The only module that speaks to a mail server."""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from flask import Flask, current_app
from flask_mail import BadHeaderError, Connection, Mail, Message
from sqlalchemy import insert, or_, select, update

from intake.config import MailServer
from intake.extensions import db
from intake.outbox import message as messages
from intake.outbox.models import Attempt, Letter
from intake.sealing import SealError

LEASE = timedelta(minutes=3)  # how long the letters of a killed worker wait for another
TIMEOUT = 15  # seconds that a mail server may stay silent, at each of the six steps of a delivery
SEND_WITHIN = timedelta(seconds=6 * TIMEOUT)  # a lease with less left is let go unsent: another may take it soon
BATCH = 5
WAITS = (10, 30, 60, 120, 300, 600, 1200, 2400)  # seconds after the first, second, … failure; then hourly, for ever
HOURLY = timedelta(hours=1)
LONGEST_ANSWER = 500


class Carrier(Protocol):
    """What takes a message: a mail server's connection, or a folder."""

    def send(self, message: Message) -> None:
        """Take one message; raise ``OSError`` or ``smtplib.SMTPException`` if it is not taken."""


@dataclass(frozen=True)
class Claim:
    """Letters leased to this worker, and until when."""

    letters: list[Letter]
    until: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt."""

    accepted: bool
    smtp_code: int | None
    answer: str


class VerifiedConnection(Connection):
    """Flask-Mail's connection, with certificates verified and a time limit, neither of which it has."""

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Connect and sign in; refuse a certificate that this machine does not trust."""
        mail = self.mail
        context = ssl.create_default_context(cafile=current_app.config["MAIL_CA_FILE"])
        if mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.server, mail.port, context=context, timeout=TIMEOUT, local_hostname="localhost"
            )
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=TIMEOUT, local_hostname="localhost")
        try:
            if mail.use_tls:
                host.starttls(context=context)
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host

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
def carrier(server: MailServer) -> Iterator[Carrier]:
    """Open what takes messages.

    Raises:
        OSError: the server is not to be reached, or its certificate is not trusted.
        smtplib.SMTPException: it refuses this worker.
    """
    if server.folder is not None:
        yield Folder(server.folder)
        return
    connection = VerifiedConnection(current_app.extensions["mail"])
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

    A worker that dies leaves its lease to run out; the letters are due again then.
    """
    free = or_(Letter.locked_until.is_(None), Letter.locked_until < now)
    pick = (
        select(Letter.id)
        .where(Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None), Letter.due_at <= now, free)
        .order_by(Letter.due_at, Letter.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    until = now + LEASE
    ids = db.session.scalars(
        update(Letter).where(Letter.id.in_(pick.scalar_subquery())).values(locked_until=until).returning(Letter.id)
    ).all()
    letters = db.session.scalars(select(Letter).where(Letter.id.in_(ids)).order_by(Letter.due_at, Letter.id)).all()
    return Claim(list(letters), until)


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
        )
    )
    mine = update(Letter).where(Letter.id == letter.id, Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    if outcome.accepted:
        db.session.execute(mine.values(delivered_at=now, locked_until=None, sealed_address=None))
        return
    failures = letter.failures + 1
    db.session.execute(
        mine.where(Letter.locked_until == lease).values(
            failures=failures, due_at=now + wait_after(failures), locked_until=None
        )
    )


def wait_after(failures: int) -> timedelta:
    """Return how long a letter waits after that many failures: seconds, minutes, then an hour, for ever."""
    return timedelta(seconds=WAITS[failures - 1]) if failures <= len(WAITS) else HOURLY


def release(lease: datetime, letters: list[Letter]) -> None:
    """Let go of letters unsent, so that they are due at once."""
    ids = [letter.id for letter in letters]
    db.session.execute(update(Letter).where(Letter.id.in_(ids), Letter.locked_until == lease).values(locked_until=None))


def _text(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
