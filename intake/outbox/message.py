"""What a letter is on the wire: its headers, and from whom and to whom it goes."""

from email.mime.base import MIMEBase
from email.utils import formataddr, formatdate

from flask import current_app
from flask_mail import Message

from intake.outbox import reminders, return_path
from intake.outbox.models import Letter
from intake.outbox.threads import MAIL_RECEIVED

# RFC 3834, and what Exchange obeys instead ([MS-OXCMAIL] 2.2.3.2.14): no holiday note shall come back of itself.
ANSWERS_NONE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class UtcMessage(Message):
    """Flask-Mail's message, dated in UTC: its own date would tell where this machine stands.

    Attributes:
        return_path: where mail servers give it back, if that is not where it comes from.
    """

    return_path: str | None = None

    def _message(self) -> MIMEBase:
        message = super()._message()
        message.replace_header("Date", formatdate(self.date, usegmt=True))
        return message


def of(letter: Letter) -> UtcMessage:
    """Return the message of a letter; a reminder names no sender and goes from an address of its own.

    Raises:
        sealing.SealError: the address of a complainant was sealed to an outbox identity that is no longer here.
    """
    to, sender, headers = letter.address, None, newsroom_headers()
    if letter.sealed_address is not None:
        to, headers = reminders.opened(letter.sealed_address), ANSWERS_NONE
        sender = None if letter.kind == MAIL_RECEIVED else current_app.config["REMINDER_ADDRESS"]
    if letter.kind == MAIL_RECEIVED:
        headers = {**ANSWERS_NONE, "Auto-Submitted": "auto-replied"}
    message = UtcMessage(letter.subject, sender=sender, recipients=[to], body=letter.body, extra_headers=headers)
    message.msgId = letter.message_id
    message.date = letter.owed_at.timestamp()
    message.return_path = return_path.address_of(letter)
    return message


def newsroom_headers() -> dict[str, str]:
    """Return the headers that all letters to the newsroom and its members share.

    ``List-Id`` (RFC 2919) lets a mailbox sort them, and says with ``Auto-Submitted`` (RFC 3834) that no person wrote
    them. A letter to a complainant has none: nothing on their phone shall group such letters under a name.
    """
    domain = str(current_app.config["NEWSROOM_ADDRESS"]).rpartition("@")[2]
    return {"List-Id": f"<letters.{domain}>", **ANSWERS_NONE}


def sender() -> str:
    """Return from whom letters to the newsroom and its members come, as a mailbox shows it."""
    return formataddr(current_app.config["MAIL_DEFAULT_SENDER"])
