"""What a letter is on the wire: its headers, and from whom and to whom it goes.

Every letter is filled up to a multiple of one size, so that whoever watches the line does not see from its length which
it is. What fills it is a header, which no mail program shows or quotes.
"""

from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.utils import formataddr, formatdate

from flask import current_app
from flask_babel import gettext
from flask_mail import Attachment, Message

from intake.i18n import speaking
from intake.outbox import canary_mailbox, reminders, return_path, sealed_letters
from intake.outbox.models import Letter
from intake.outbox.threads import MAIL_RECEIVED
from intake.readers import is_openpgp
from intake.sealing import SealedBytes

SIZE = 4096  # bytes: a notice in the longest of our languages fits with all its headers
_FILLING = b"\r\nX-Padding: "
_LINE = 70

# RFC 3834, and what Exchange obeys instead ([MS-OXCMAIL] 2.2.3.2.14): no holiday note shall come back of itself.
ANSWERS_NONE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class UtcMessage(Message):
    """Flask-Mail's message, dated in UTC: its own date would tell where this machine stands.

    Attributes:
        sealed: the OpenPGP message that is all of its content, if it is sealed to such a certificate.
        return_path: where mail servers give it back, if that is not where it comes from.
    """

    return_path: str | None = None

    sealed: SealedBytes | None = None

    def as_bytes(self) -> bytes:
        """Return it as it goes on the wire, filled up to a multiple of ``SIZE``."""
        head, end, body = bytes(super().as_bytes()).partition(b"\r\n\r\n")
        missing = -(len(head) + len(end) + len(body)) % SIZE
        return head + _filling(missing if missing > len(_FILLING) else missing + SIZE) + end + body

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        """Write text so that no server on the way writes it anew, and longer or shorter: in ASCII."""
        written = super()._mimetext(text, subtype)
        if not (text or "").isascii():
            del written["Content-Transfer-Encoding"]
            encode_base64(written)
        return written

    def _message(self) -> MIMEBase:
        message = super()._message()
        message.replace_header("Date", formatdate(self.date, usegmt=True))
        return sealed_letters.around(message, self.sealed) if self.sealed else message


def of(letter: Letter) -> UtcMessage:
    """Return the message of a letter; a reminder names no sender and goes from an address of its own.

    Raises:
        sealing.SealError: the address of a complainant was sealed to an outbox identity that is no longer here.
        canary_mailbox.NoMailboxError: it is a canary's, and no mailbox is set for those.
    """
    to, by, headers = letter.address, None, newsroom_headers()
    if letter.sealed_address is not None:
        to, headers = reminders.opened(letter.sealed_address), ANSWERS_NONE
        by = None if letter.kind == MAIL_RECEIVED else current_app.config["REMINDER_ADDRESS"]
    if letter.kind == MAIL_RECEIVED:
        headers = {**ANSWERS_NONE, "Auto-Submitted": "auto-replied"}
    if letter.is_canary:
        to = canary_mailbox.address()  # never its addressee, whatever else is so
    message = UtcMessage(letter.subject, sender=by, recipients=[to], body=letter.body, extra_headers=headers)
    message.msgId = letter.message_id
    message.date = letter.owed_at.timestamp()
    if letter.sealed_report is not None:
        _seal(message, letter.sealed_report, letter.language)
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


def _seal(message: UtcMessage, sealed: SealedBytes, language: str) -> None:
    """Let a message carry what was sealed: all of it under a subject that tells nothing, or a file beside a notice."""
    if not is_openpgp(sealed):
        message.attachments = [Attachment(sealed_letters.AGE_FILE, "application/octet-stream", bytes(sealed))]
        return
    message.sealed, message.body = sealed, ""
    with speaking(language):
        message.subject = gettext("A sealed letter")


def _filling(length: int) -> bytes:
    """Return a header of exactly so many bytes, in lines as mail servers like them."""
    lines, first = divmod(length - len(_FILLING) - 1, _LINE)
    return _FILLING + b"x" * (first + 1) + (b"\r\n " + b"x" * (_LINE - 3)) * lines


def notice(to: str, subject: str, body: str, name: str, sender: str | None = None) -> UtcMessage:
    """Return a message to the operator that is no letter of the outbox.

    Args:
        to: the address.
        subject: what it is about.
        body: its words.
        name: what stands before the @ of its Message-ID.
        sender: whom it comes from; the newsroom where that is not said.
    """
    message = UtcMessage(subject, sender=sender, recipients=[to], body=body, extra_headers=ANSWERS_NONE)
    domain = (sender or current_app.config["NEWSROOM_ADDRESS"]).rpartition("@")[2]
    message.msgId = f"<{name}@{domain}>"
    return message
