"""The canary's mailbox: where all letters of canaries go, and where it is looked up which of them arrived.

It is a mailbox of its own, read over IMAP; on a trial it is the folder where letters are written.
"""

import imaplib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from intake.outbox.mailbox import MailboxError, quoted, signed_in

if TYPE_CHECKING:
    from intake.post_settings import Inbox

AT_THE_FOLDER = "canary@localhost"  # nobody's: a folder takes what it gets
_AGAIN = "it is asked again at the next look"


class NoMailboxError(OSError):
    """No mailbox is set for canaries: a letter of theirs waits, and goes to nobody else."""


class AwayError(Exception):
    """The mailbox is not to be reached, or does not let us in."""


def is_set() -> bool:
    """Return whether letters of canaries have somewhere to go and can be looked for there."""
    return bool(current_app.config["MAIL"].folder or current_app.config["CANARY_INBOX"])


def address() -> str:
    """Return where every letter of a canary goes.

    Raises:
        NoMailboxError: nowhere.
    """
    found: str | None = current_app.config["CANARY_ADDRESS"]
    if found is None and current_app.config["MAIL"].folder:
        return AT_THE_FOLDER
    if found is None:
        message = "INTAKE_CANARY_ADDRESS is not set"
        raise NoMailboxError(message)
    return found


def arrived(message_ids: Collection[str]) -> set[str]:
    """Return which of these letters are there, addressed to the canary's mailbox.

    Raises:
        AwayError: it is not to be reached.
    """
    folder: Path | None = current_app.config["MAIL"].folder
    if folder is not None:
        return {found for found in message_ids if _is_ours(_written(folder, found))}
    with _opened() as mailbox:
        return {found for found in message_ids if any(_is_ours(_head(mailbox, uid)) for uid in _uids(mailbox, found))}


def forget(message_ids: Collection[str]) -> None:
    """Take letters out of the mailbox.

    Raises:
        AwayError: it is not to be reached.
    """
    folder: Path | None = current_app.config["MAIL"].folder
    if folder is not None:
        for message_id in message_ids:
            _path(folder, message_id).unlink(missing_ok=True)
        return
    with _opened() as mailbox:
        for message_id in message_ids:
            for uid in _uids(mailbox, message_id):
                mailbox.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        mailbox.expunge()


def _is_ours(head: bytes) -> bool:
    return str(message_from_bytes(head, policy=policy.default)["To"] or "") == address()


def _path(folder: Path, message_id: str) -> Path:
    """Return where a folder has a letter: under its Message-ID, as it was written."""
    return folder / f"{message_id.strip('<>').partition('@')[0]}.eml"


def _written(folder: Path, message_id: str) -> bytes:
    path = _path(folder, message_id)
    return path.read_bytes() if path.exists() else b""


@contextmanager
def _opened() -> Iterator[imaplib.IMAP4]:
    """Sign in and select the folder.

    Raises:
        AwayError: it is not to be reached, does not let us in, or does not answer as it should.
    """
    inbox: Inbox | None = current_app.config["CANARY_INBOX"]
    if inbox is None:
        message = "INTAKE_CANARY_INBOX is not set"
        raise AwayError(message)
    try:
        with signed_in(inbox, current_app.config["MAIL_CA_FILE"]) as mailbox:
            if mailbox.select(quoted(inbox.folder))[0] != "OK":
                message = "there is no such folder"
                raise AwayError(message)
            yield mailbox
    except (OSError, MailboxError, UnicodeError) as error:
        message = f"{type(error.__cause__ or error).__name__}: {_AGAIN}"  # what a server says may name the account
        raise AwayError(message) from error


def _uids(mailbox: imaplib.IMAP4, message_id: str) -> list[str]:
    """Return the numbers of the messages that have a name."""
    answer, found = mailbox.uid("SEARCH", "HEADER", "Message-ID", quoted(message_id))
    return found[0].decode().split() if answer == "OK" and found and found[0] else []


def _head(mailbox: imaplib.IMAP4, uid: str) -> bytes:
    _, found = mailbox.uid("FETCH", uid, "(BODY.PEEK[HEADER])")
    return b"".join(part[1] for part in found if isinstance(part, tuple))
