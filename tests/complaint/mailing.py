"""Mails that people write to the newsroom, as a mail server hands them over. Everybody is invented."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count

from sqlalchemy import select

from intake.cases import queries
from intake.cases.models import Case
from intake.cases.queries import OpenedStatement
from intake.complaint import by_mail
from intake.complaint.by_mail import Taken
from intake.extensions import db, settle
from intake.outbox import postmaster
from tests.cases import opener
from tests.factories import House

TEXT = "They took my brother from the market in Osh on Monday."
SENDER = "Gulmira <gulmira@mail.example>"
_numbers = count(1)


def written(text: str = TEXT, subject: str = "My brother", sender: str = SENDER, **headers: str) -> EmailMessage:
    """Return a mail as somebody writes it, to be attached to; underscores of headers' names stand for hyphens."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "info@acca.media", subject
    message["Date"] = "Tue, 24 Nov 2026 21:14:00 +0600"
    headers.setdefault("Message_ID", f"<{next(_numbers)}.abc@mail.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def came(message: EmailMessage | bytes) -> EmailMessage:
    """Return a mail as it comes over the wire."""
    raw = message if isinstance(message, bytes) else message.as_bytes()
    return message_from_bytes(raw, policy=policy.default)


def receive(message: EmailMessage | bytes) -> Taken:
    """Take a mail in, as whoever reads the mailbox does: it is known by its Message-ID and date."""
    arrived = came(message)
    digest = postmaster.digest("arrival", f"{arrived['Message-ID']}{arrived['Date']}")
    return settle(by_mail.sealing_of(arrived, digest), by_mail.take)


def case_of(taken: Taken) -> Case:
    """Return the case that a mail is in."""
    db.session.rollback()
    return db.session.get_one(Case, taken.case_id)


def cases() -> list[Case]:
    """Return all cases, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Case).order_by(Case.id)))


def statements_of(house: House, case: Case, desk: str = "editors") -> list[OpenedStatement]:
    """Return the statements of a case as its desk reads them."""
    db.session.rollback()
    return queries.read_statements(case, opener(house.identity(desk)))
