"""What a letter is on the wire: its headers, and from whom and to whom it goes."""

from email.mime.base import MIMEBase
from email.utils import formatdate

from flask import current_app
from flask_mail import Message

from intake.outbox import reminders
from intake.outbox.models import Letter


class UtcMessage(Message):
    """Flask-Mail's message, dated in UTC: its own date would tell where this machine stands."""

    def _message(self) -> MIMEBase:
        message = super()._message()
        message.replace_header("Date", formatdate(self.date, usegmt=True))
        return message


def of(letter: Letter) -> UtcMessage:
    """Return the message of a letter; one to a complainant names no sender and goes from an address of its own.

    Raises:
        sealing.SealError: the address of a complainant was sealed to an outbox identity that is no longer here.
    """
    to, sender = letter.address, None
    if letter.sealed_address is not None:
        to, sender = reminders.opened(letter.sealed_address), current_app.config["REMINDER_ADDRESS"]
    message = UtcMessage(
        letter.subject,
        sender=sender,
        recipients=[to],
        body=letter.body,
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = letter.message_id
    message.date = letter.owed_at.timestamp()
    return message


def notice(to: str, subject: str, body: str, name: str, sender: str | None = None) -> UtcMessage:
    """Return a message to the operator that is no letter of the outbox.

    Args:
        to: the address.
        subject: what it is about.
        body: its words.
        name: what stands before the @ of its Message-ID.
        sender: whom it comes from; the newsroom where that is not said.
    """
    message = UtcMessage(
        subject, sender=sender, recipients=[to], body=body, extra_headers={"Auto-Submitted": "auto-generated"}
    )
    domain = (sender or current_app.config["NEWSROOM_ADDRESS"]).rpartition("@")[2]
    message.msgId = f"<{name}@{domain}>"
    return message
