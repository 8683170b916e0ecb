"""Letters that carry what was told, sealed to their readers: what is sealed, and how it stands in the message.

To an OpenPGP certificate the whole letter is sealed, its subject too (RFC 3156, and a header inside as mail programs
show it). To an age recipient it is a file beside the notice.
"""

from collections.abc import Mapping
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.policy import SMTP
from typing import NamedTuple

from intake.outbox import certificates
from intake.outbox.models import Certificate
from intake.readers import OPENPGP, seal_to
from intake.sealing import SealedBytes, padded_length

AGE_FILE = "report.age"
_OF_THE_CONTENT = {"content-type", "content-transfer-encoding", "mime-version"}
_LINE = 72


class Report(NamedTuple):
    """What was told, sealed to a certificate."""

    certificate_id: int
    sealed: SealedBytes


Reports = Mapping[int | None, Report]  # by the number of the member; of the newsroom by None


def seal(certificate: Certificate, subject: str, text: str) -> Report:
    """Seal a letter to a certificate, its length hidden as that of all that is sealed.

    Raises:
        sealing.SealError: nothing can be sealed to it.
    """
    plain = _entity(subject, text) if certificate.kind == OPENPGP else f"{subject}\n\n{text}".encode()
    return Report(certificate.id, seal_to(_padded(plain), certificate.kind, certificate.text))


def standing(reports: Reports) -> dict[int | None, SealedBytes]:
    """Return the reports whose certificates were not replaced or removed since they were sealed.

    Where there is none to ask of, nothing is asked of the database.
    """
    if not reports:
        return {}
    known = certificates.in_use({report.certificate_id for report in reports.values()})
    return {number: report.sealed for number, report in reports.items() if report.certificate_id in known}


def around(message: MIMEBase, sealed: SealedBytes) -> MIMEBase:
    """Return a message with the headers of another, whose content is an OpenPGP message (RFC 3156, 4)."""
    outer = MIMEMultipart("encrypted", protocol="application/pgp-encrypted")
    for name, value in message.raw_items():
        if name.lower() not in _OF_THE_CONTENT:
            outer.set_raw(name, value)
    version = MIMEBase("application", "pgp-encrypted")
    version.set_payload("Version: 1\n")
    outer.attach(version)
    content = MIMEApplication(bytes(sealed), "octet-stream", _encoder=_as_it_is, name="encrypted.asc")
    content.add_header("Content-Disposition", "inline", filename="encrypted.asc")
    outer.attach(content)
    outer.policy = SMTP
    return outer


def _entity(subject: str, text: str) -> bytes:
    """Return what a mail program finds once it opened the message: words, and the subject that it then shows."""
    entity = EmailMessage(policy=SMTP)
    entity["Subject"] = subject
    entity.set_content(text, charset="utf-8", cte="base64")
    entity.set_param("protected-headers", "v1")
    return entity.as_bytes()


def _padded(plain: bytes) -> bytes:
    """Return bytes with blank lines after them, which no reader minds, up to their Padmé length."""
    missing = padded_length(len(plain)) - len(plain)
    blank = b" " * (_LINE - 1) + b"\n"
    return plain + (blank * (missing // _LINE + 1))[:missing]


def _as_it_is(content: MIMEApplication) -> None:
    """Leave the armor as it is: it is plain ASCII."""
    payload = content.get_payload(decode=True)
    content.set_payload(payload.decode("ascii") if isinstance(payload, bytes) else "")
