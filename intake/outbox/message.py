"""What a letter is on the wire: its headers, and from whom and to whom it goes."""

from email.mime.base import MIMEBase
from email.utils import formatdate

from flask import current_app
from flask_mail import Message

from intake.outbox import reminders
from intake.outbox.models import Letter
from intake.outbox.threads import MAIL_RECEIVED


class UtcMessage(Message):
    """Flask-Mail's message, dated in UTC: its own date would tell where this machine stands."""

    def _message(self) -> MIMEBase:
        message = super()._message()
        message.replace_header("Date", formatdate(self.date, usegmt=True))
        return message


def of(letter: Letter) -> UtcMessage:
    """Return the message of a letter; a reminder names no sender and goes from an address of its own.

    Raises:
        sealing.SealError: the address of a complainant was sealed to an outbox identity that is no longer here.
    """
    to, sender, is_answer = letter.address, None, letter.kind == MAIL_RECEIVED
    if letter.sealed_address is not None:
        to = reminders.opened(letter.sealed_address)
        sender = None if is_answer else current_app.config["REMINDER_ADDRESS"]
    message = UtcMessage(
        letter.subject,
        sender=sender,
        recipients=[to],
        body=letter.body,
        extra_headers={"Auto-Submitted": "auto-replied" if is_answer else "auto-generated"},
    )
    message.msgId = letter.message_id
    message.date = letter.owed_at.timestamp()
    return message
