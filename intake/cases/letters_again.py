"""Sending a letter again, for editors and admins: the same words, to who works here still."""

from typing import Any

from flask import current_app
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import letter_words, letters_read
from intake.cases.models import DELETED, Case
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.outbox import again
from intake.outbox.models import Letter

OWED, HURRIED, WAITS, DONE, NOBODY = OUTCOMES = ("owed", "hurried", "waits", "done", "nobody")


def send(visitor: Visitor, number: int) -> str:
    """Owe a letter again that was delivered, or have one that waits after failures tried at once.

    Args:
        visitor: the editor or admin who wishes it.
        number: which letter.

    Returns:
        What came of it, one of ``OUTCOMES``: ``owed`` anew; ``hurried``; ``waits``, as it is owed anyway and about to
        be tried, or waits for its time; ``done``, as it was sent again a moment ago; ``nobody``, as its addressee does
        not work here or hears of the case no more, or is a complainant.

    Raises:
        werkzeug.exceptions.NotFound: there is no such letter, or the visitor was locked out meanwhile.
    """
    member_id = db.session.scalar(select(Letter.member_id).where(Letter.id == number))
    for known in sorted({visitor.member.id, member_id or visitor.member.id}):
        living = members.by_id(known, held=True)  # in one order, and before the letter: as locking out holds them
        if living is None and known == visitor.member.id:
            raise NotFound
    letter = again.held(number)
    if letter is None:
        raise NotFound
    case = db.session.get(Case, letter.case_id) if letter.case_id else None
    address = _address(letter, case)
    if address is None:
        return NOBODY
    return _again(visitor, letter, case, address)


def _again(visitor: Visitor, letter: Letter, case: Case | None, address: str) -> str:
    moment = now()
    known: dict[str, Any] = {"to": letter.member_id, "letter": letter.kind}
    chain, by = case.desk_id if case else audit.HOUSE, visitor.member.id
    if letter.delivered_at is None and letter.withdrawn_at is None and letter.gathered_in_id is None:
        if not again.hurry(letter, moment):
            return WAITS
        audit.record("letter.hurried", desk_id=chain, member_id=by, case_id=letter.case_id, at=moment, **known)
        return HURRIED
    if again.was_copied(letter, moment):
        return DONE
    again.copy(letter, address, moment)
    audit.record("letter.resent", desk_id=chain, member_id=by, case_id=letter.case_id, at=moment, **known)
    return OWED


def _address(letter: Letter, case: Case | None) -> str | None:
    """Return where a letter's addressee is to be reached today; nothing where nobody is to be told again."""
    if letter.is_canary or letter.sealed_address is not None or (case is not None and case.status == DELETED):
        return None
    if letter.member_id is None:
        newsroom = str(current_app.config["NEWSROOM_ADDRESS"])
        to_newsroom = letter.address.casefold() == newsroom.casefold() and letter.kind != letter_words.INVITATION
        return newsroom if to_newsroom else None
    told = select(Member.address).join(Letter, Letter.member_id == Member.id)
    told = told.outerjoin(Case, Case.id == Letter.case_id).where(Letter.id == letter.id, letters_read.hears())
    return db.session.scalar(told)
