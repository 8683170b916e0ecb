"""What came back of letters, written down: facts beside those of their delivery, which stay what they were."""

from datetime import datetime

from sqlalchemy import func, insert, select

from intake.extensions import db
from intake.outbox import arrivals
from intake.outbox.bounce_reports import Report
from intake.outbox.models import Bounce, Letter
from intake.outbox.queries import without_address

ANSWERED_BY_ITSELF = "2.0.0"  # a success of RFC 3463: the letter arrived, and the mailbox answered that nobody is there
MOST = 20  # of one letter: what comes after that is counted, and says nothing new


def record(letter: Letter, report: Report, digest: bytes, moment: datetime) -> bool:
    """Write down that a mail server gave a letter back, or said that it is late. It withdraws and deletes nothing.

    Args:
        letter: the letter, which the bounce proved to know.
        report: what the server said.
        digest: what the message is known again by.
        moment: now.

    Returns:
        Whether it is new.
    """
    if not arrivals.note(digest, arrivals.BOUNCE, moment, letter.case_id):
        return False
    _add(letter, report, moment)
    return True


def answered_by_itself(letter: Letter, digest: bytes, moment: datetime) -> bool:
    """Write down that a mailbox answered a letter by itself; not what it said, which may tell where somebody is.

    Returns:
        Whether it is new.
    """
    if not arrivals.note(digest, arrivals.AUTOMATIC, moment, letter.case_id):
        return False
    _add(letter, Report(permanent=False, status=ANSWERED_BY_ITSELF, answer="", recipients=()), moment)
    return True


def _add(letter: Letter, report: Report, moment: datetime) -> None:
    before = select(func.count()).select_from(Bounce).where(Bounce.letter_id == letter.id)
    if (db.session.scalar(before) or 0) >= MOST:
        return
    row = {"permanent": report.permanent, "status": report.status, "answer": _hidden(letter, report)}
    db.session.execute(insert(Bounce).values(letter_id=letter.id, at=moment, **row))


def _hidden(letter: Letter, report: Report) -> str:
    """Return the server's words without the letter's address, or that to which its mailbox passes letters on.

    Where the address is not known any more, as of a complainant who was reminded, no word is kept: it may be in them.
    """
    if not letter.address:
        return ""
    answer = report.answer
    for address in (letter.address, *report.recipients):
        answer = without_address(answer, address)
    return answer
