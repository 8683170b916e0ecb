"""Answers that people write by e-mail to a letter about a case: kept as a note of its desk, sealed, and not believed.

Anybody may write any sender: the note says so, and who answers for the case is told that it is there.
"""

from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext

from intake import audit
from intake.cases import envelope, letter_words, notices
from intake.cases.envelope import Envelope
from intake.cases.models import DELETED, Case, Note
from intake.cases.notes import NOTE
from intake.extensions import db
from intake.i18n import day, now, speaking, to_ten_minutes
from intake.outbox import arrivals
from intake.outbox.models import Letter
from intake.web.forms import clean_line, clean_text

LETTER = "answer_by_mail"
LONGEST_SENDER, LONGEST_SUBJECT, LONGEST_TEXT = 200, 300, 20_000  # characters


class NoCaseError(Exception):
    """The letter that was answered is about no case, or of the case nothing but its tombstone is left."""


@dataclass(frozen=True)
class Answer:
    """What somebody wrote.

    Attributes:
        sender: the address that the message says it is from.
        subject: its subject.
        text: its words.
        attachments: the names of what is attached, which stays in the mailbox.
    """

    sender: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    attachments: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_kept_whole(self) -> bool:
        """Whether nothing of it is in the mailbox alone."""
        return not self.attachments and len(self.text) <= LONGEST_TEXT


@dataclass(frozen=True)
class Writing:
    """An answer ready to be saved."""

    envelope: Envelope
    letter_kind: str
    arrival_kind: str
    member_id: int | None
    at: datetime


def seal(letter: Letter, answer: Answer) -> Writing:
    """Seal an answer to the desk of the case that the letter was about.

    Args:
        letter: the letter that was answered, which the message proved to know.
        answer: what it says.

    Raises:
        NoCaseError: there is no case to keep it with.
    """
    case = db.session.get(Case, letter.case_id) if letter.case_id else None
    if case is None or case.status == DELETED or letter.is_canary:
        raise NoCaseError
    to_member = letter.member_id is not None and answer.sender.casefold() == letter.address.casefold()
    sealed = envelope.seal(case, NOTE, {"text": _written(letter, answer)}, desk_only=True)
    return Writing(
        sealed,
        letter.kind,
        arrivals.ANSWER if answer.is_kept_whole else arrivals.LONG_ANSWER,
        letter.member_id if to_member else None,
        now() if letter.address else to_ten_minutes(now()),  # a complainant's moments are never kept exactly
    )


def keep(writing: Writing, digest: bytes) -> bool:
    """Save an answer as a note, and tell who answers for the case; the same message twice is one note.

    No letter is owed by an answer to such a letter: a mailbox that answers by itself, unmarked, would never end.

    Args:
        writing: the answer, sealed.
        digest: what the message is known again by.

    Returns:
        Whether it is new.

    Raises:
        StaleError: the desk's key changed meanwhile; seal it again.
    """
    case = envelope.held_case(writing.envelope)
    if not arrivals.note(digest, writing.arrival_kind, writing.at, case.id):
        return False
    note = Note(
        case_id=case.id,
        member_id=writing.member_id,
        desk_key_id=writing.envelope.desk_key_id,
        once=digest.hex(),
        sealed=writing.envelope.sealed,
        written_at=writing.at,
    )
    db.session.add(note)
    db.session.flush()
    audit.record("case.mailed_answer", desk_id=case.desk_id, case_id=case.id, at=writing.at)
    if writing.letter_kind != LETTER:
        notices.mailed_answer(case, writing.at)
    return True


def _written(letter: Letter, answer: Answer) -> str:
    """Return the words of the note, in the language of the letter that was answered."""
    with speaking(letter.language):
        lines = [
            gettext("An answer by e-mail. It is not verified: anybody may write any sender."),
            gettext("Letter: %(kind)s, %(day)s", kind=letter_words.kind(letter.kind), day=day(letter.owed_at)),
            gettext("From: %(sender)s", sender=clean_line(answer.sender)[:LONGEST_SENDER]),
            gettext("Subject: %(subject)s", subject=clean_line(answer.subject)[:LONGEST_SUBJECT]),
        ]
        if answer.attachments:
            names = clean_line(", ".join(answer.attachments))
            lines.append(gettext("Attached, and left in the mailbox: %(names)s", names=names))
    return "\n".join(lines) + "\n\n" + clean_text(answer.text)[:LONGEST_TEXT]
