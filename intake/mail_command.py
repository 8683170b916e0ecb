"""``flask outbox receive``: a mail server's pipe ends here, or a mailbox is read."""

import logging
import signal
import sys
import threading
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext

from intake import logs, mail_room, supervisor
from intake.config import Settings
from intake.outbox.mailbox import Fate, MailboxError

# What a mail server makes of an exit code (sysexits.h): these are given back to their sender, 75 is tried again.
UNREADABLE, REFUSED, LATER, NOT_SET = 65, 77, 75, 78
log = logging.getLogger(__name__)


@click.command("receive")
@click.option("--recipient", "recipients", multiple=True, help="Where the message was delivered, as the server says.")
@click.option("--poll", is_flag=True, help="Read the mailbox of INTAKE_INBOUND_URL once, in place of standard input.")
@click.option("--watch", is_flag=True, help="Read it every minute, until told to stop.")
@click.option("--parent", type=int, hidden=True)
@with_appcontext
def receive(recipients: tuple[str, ...], poll: bool, watch: bool, parent: int | None) -> None:  # noqa: FBT001 a command's flags
    """Take in a message from standard input, or what is new in a mailbox."""
    logs.tell_more()
    if parent is not None:
        supervisor.end_with(parent)
    if poll or watch:
        _read_mailbox(watch=watch)
    else:
        _read_input(recipients)


def _read_input(recipients: tuple[str, ...]) -> None:
    """Take in one message; what cannot be taken in now ends with 75, so that the mail server keeps it."""
    largest = _settings().incoming.largest
    raw = sys.stdin.buffer.read(largest + 1)
    if not raw.strip():
        _end(UNREADABLE, "The message is empty.")
    if len(raw) > largest:
        _end(UNREADABLE, f"The message is larger than {largest // 1_000_000} MB.")
    try:
        fate = mail_room.take(raw, recipients)
    except Exception as error:  # noqa: BLE001 with any other end than 75, the mail server would give the message back
        _end(LATER, f"The message could not be taken in now: {type(error).__name__}.")
    if fate is Fate.LATER:
        _end(LATER, "The message could not be taken in now.")
    if fate is Fate.UNREADABLE:
        _end(UNREADABLE, "The message cannot be read.")
    if fate is Fate.STRAY:
        _end(REFUSED, "Nobody reads answers to this letter. Please write to the newsroom.")


def _read_mailbox(*, watch: bool) -> None:
    mailbox = mail_room.of_settings(_settings())
    if mailbox is None:
        _end(NOT_SET, "INTAKE_INBOUND_URL is not set.")
    if watch:
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        mail_room.watch(mailbox, stopping.wait)
        return
    try:
        fates = mail_room.visit(mailbox)
    except MailboxError as error:
        _end(LATER, f"The mailbox cannot be read: {error}")
    except mail_room.AWAY as error:
        _end(LATER, f"What arrived could not be taken in now: {type(error).__name__}.")
    click.echo(mail_room.said(fates))


def _end(code: int, why: str) -> NoReturn:
    """End with an exit code of sendmail's; a mail server tells the sender what is said here."""
    click.echo(why, err=True)
    raise SystemExit(code)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
