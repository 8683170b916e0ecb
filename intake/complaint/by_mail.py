"""A mail to the newsroom becomes a case: sealed to the desk alone outside the transaction, saved and told of inside it.

Nobody has a code for it, and it lies at the editors' desk, until a member gives a code and confirms the country.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from functools import cached_property
from typing import Any

from flask import current_app

from intake.cases import detection, notices, queries, triage
from intake.cases.models import EMAIL, Case
from intake.complaint import mail_reading
from intake.complaint.mail_reading import Mail
from intake.complaint.submit import draw_reference
from intake.desks import queries as desks
from intake.desks.models import EDITORS
from intake.desks.routing import Destination, destination_at
from intake.evidence import receive
from intake.extensions import StaleError, db
from intake.i18n import now, to_ten_minutes
from intake.outbox import reminders, threads
from intake.reference.countries import OTHER
from intake.sealing import SealedBytes, digest, seal_document

WHOLE_TEXT = "text.txt"  # how a text is called that is longer than a statement holds
TOO_LARGE, UNREADABLE = "too_large", "unreadable"  # why a part was left out


@dataclass(frozen=True)
class Answer:
    """Where the newsroom answers one who wrote, sealed to the outbox, and what knows the address again for the day."""

    sealed_address: SealedBytes
    mark: bytes
    language: str


@dataclass(frozen=True)
class Told:
    """What a mail tells, sealed, with what of it is plain.

    Attributes:
        case_id: the case that it belongs to; None where it opens one.
        tag: of the code that it was sealed to, where the case has one.
    """

    to: Destination
    plain: triage.Plain
    statement: triage.SealedStatement
    case_id: int | None
    tag: bytes | None
    answer: Answer | None


@dataclass(frozen=True)
class SealedMail:
    """A mail ready to be saved: nothing in it can be read but what is plain.

    Attributes:
        digest: what knows the mail again.
        name: what knows it again by which others answer it.
        is_whole: whether all of it is in here.
        told: what it tells; None where it was taken in before.
    """

    digest: bytes
    name: bytes
    is_whole: bool
    told: Told | None


@dataclass(frozen=True)
class Taken:
    """What became of a mail.

    Attributes:
        case_id: the case that it is in; None where that is not known any more.
        is_new: whether it was taken in by this; else it was there already, and nothing changed.
        is_whole: whether all of it is kept, so that nobody needs the mailbox's copy.
    """

    case_id: int | None
    is_new: bool
    is_whole: bool


@dataclass(frozen=True)
class _Parts:
    """What is attached to a mail: looked through once, and kept once, however often the mail is sealed."""

    mail: Mail

    @cached_property
    def left_out(self) -> dict[int, str]:
        """Why which of the attachments are left out, by their place."""
        found, room = {}, mail_reading.LARGEST_TOGETHER
        for place, attached in enumerate(self.mail.attachments):
            content = attached.content()
            if content is None or len(content) > room:
                found[place] = UNREADABLE if content is None and not attached.is_large else TOO_LARGE
            else:
                room -= len(content)
        return found

    @cached_property
    def files(self) -> list[receive.KeptFile]:
        """Keep what is attached, one after the other, and a text that is longer than a statement holds."""
        kept = [receive.keep_content(self.mail.whole_text.encode(), WHOLE_TEXT)] if self.mail.whole_text else []
        for place, attached in enumerate(self.mail.attachments):
            content = None if place in self.left_out else attached.content()
            if content is not None:
                kept.append(receive.keep_content(content, attached.name))
        return kept

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return not self.left_out and not self.mail.unread


def sealing_of(message: Message, known_by: bytes) -> Callable[[], SealedMail]:
    """Return what seals a mail: at first, and again as often as ``take`` refuses it.

    Args:
        message: the mail: of a person, not a bounce, a list's or an automatic one.
        known_by: what knows it again: a keyed hash.

    Raises (when called):
        OSError: the disk refused an attachment: nothing was taken in, try again later.
    """
    mail = mail_reading.read(message)
    parts = _Parts(mail)
    return lambda: _seal(mail, parts, known_by)


def take(sealed: SealedMail) -> Taken:
    """Save a sealed mail: a new case with its letters, or a further statement of the case whose mail it answers.

    The same mail again, also at the same moment, changes nothing.

    Raises:
        StaleError: the desk, its key, the case or the reference changed since it was sealed; seal it again.
    """
    moment = to_ten_minutes(now())
    kind = threads.COMPLAINT if sealed.is_whole else threads.LONG_COMPLAINT
    told = sealed.told
    arrival = threads.begin(sealed.digest, kind, moment) if told else None
    if told is None or arrival is None:
        return _taken_before(sealed)
    case_id = _open(told) if told.case_id is None else _add(told, told.case_id)
    threads.went_to(arrival, case_id)
    threads.name(sealed.name, case_id, moment)
    if told.answer is not None and threads.may_answer(told.answer.mark, now()):
        notices.mail_received(case_id, moment, told.answer.sealed_address, told.answer.language)
    return Taken(case_id, is_new=True, is_whole=sealed.is_whole)


def _taken_before(sealed: SealedMail) -> Taken:
    """Return what became of a mail when it was taken in first.

    Raises:
        StaleError: it was known when it was sealed, and is no more.
    """
    found = threads.before(sealed.digest)
    if found is None:
        raise StaleError
    return Taken(found.case_id, is_new=False, is_whole=found.kind == threads.COMPLAINT)


def _seal(mail: Mail, parts: _Parts, known_by: bytes) -> SealedMail:
    name = threads.named(mail.message_id or known_by.hex())
    if threads.before(known_by):
        return SealedMail(known_by, name, is_whole=False, told=None)
    case = _answered(mail)
    if case is not None:
        to, tag, complainant = destination_at(case.desk_id), *queries.code_of(case)
    else:
        to, tag, complainant = _editors(), None, ""
    reference = case.reference if case else draw_reference(OTHER)
    recipients = [to.recipient, complainant] if complainant else [to.recipient]
    attachments = tuple(receive.describe(file, reference, recipients) for file in parts.files)
    words = {"reference": reference, "received_at": now().isoformat(), **_words(mail, parts, is_first=case is None)}
    statement = triage.SealedStatement(
        reference,
        to.key_id,
        digest(known_by, {"reference": reference}),
        seal_document(queries.STATEMENT, words, recipients),
        attachments=attachments,
    )
    plain = triage.Plain(
        country=case.country if case else OTHER,
        language=mail.language,
        channel=EMAIL,
        urgent=False,
        reachable=None if case else True,
        detected=detection.detected(mail.text) or detection.detected(mail.subject),
    )
    answer = _answer(mail) if case is None else None
    told = Told(to, plain, statement, case.id if case else None, tag, answer)
    return SealedMail(known_by, name, parts.is_whole, told)


def _open(told: Told) -> int:
    if _editors() != told.to:
        raise StaleError
    triage.open_case(told.to, told.plain, None, "", told.statement)
    case = queries.by_reference(told.statement.reference)
    if case is None:
        raise StaleError
    return case.id


def _add(told: Told, case_id: int) -> int:
    case = db.session.get(Case, case_id)
    if case is None:
        raise StaleError
    triage.add_statement(case, told.plain, told.tag, told.statement)
    to = destination_at(case.desk_id)
    if (to.desk_id, to.key_id) != (told.to.desk_id, told.to.key_id) or not queries.takes_more(case):
        raise StaleError
    return case.id


def _editors() -> Destination:
    """Return where a mail goes, whatever country it is about: to the desk of those who confirm that."""
    return destination_at(desks.by_name(EDITORS).id)


def _answered(mail: Mail) -> Case | None:
    """Return the living case whose mail this one answers."""
    case_id = threads.case_answered(mail.answers)
    case = db.session.get(Case, case_id) if case_id is not None else None
    return case if case is not None and queries.takes_more(case) else None


def _words(mail: Mail, parts: _Parts, *, is_first: bool) -> dict[str, Any]:
    """Return what is sealed of a mail. Who wrote a further one is not checked: it changes no contact details."""
    told: dict[str, Any] = {
        "story": "\n\n".join(filter(None, (mail.subject, mail.text))),
        "urgent": False,
        "mail": {
            "date": mail.date,
            "attached": len(parts.files),
            "left_out": [[mail.attachments[place].name, why] for place, why in parts.left_out.items()],
            "unread": mail.unread,
            "cut": bool(mail.whole_text),
        },
    }
    if not is_first:
        told["sender"] = mail.sender
    elif mail.sender:
        told |= {"contact_mode": "email", "contact_value": mail.sender}
    return {**told, "sender_name": mail.sender_name}


def _answer(mail: Mail) -> Answer | None:
    """Return where to answer, if the newsroom answers at all, and a person waits there."""
    config = current_app.config
    own = {str(config[name]).casefold() for name in ("NEWSROOM_ADDRESS", "REMINDER_ADDRESS")}
    if not config["ANSWER_INBOUND"] or mail.by_machine or mail_reading.is_of_no_person(mail.sender):
        return None
    address = mail.sender
    if address.casefold() in own:
        return None
    return Answer(reminders.sealed(address), _mark(address, now()), mail.language)


def _mark(address: str, moment: datetime) -> bytes:
    return reminders.mark(f"{moment.date().isoformat()} {address.casefold()}")
