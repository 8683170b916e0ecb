"""What arrives by e-mail, and who sees to it. It is an edge: each message has a transaction of its own.

The order in which a message is looked at: did it come before; is it a letter of ours that came back to us; does it say
what became of a letter; does it answer one; is it a person's, to the newsroom. What nobody here takes in is left to
people, in the mailbox, and counted.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from email.message import EmailMessage

from flask import current_app
from sqlalchemy.exc import DBAPIError

from intake.cases import mailed_answers
from intake.cases.mailed_answers import Answer, NoCaseError
from intake.complaint import by_mail
from intake.config import Settings
from intake.extensions import StaleError, db, settle, transaction
from intake.i18n import now
from intake.outbox import alarms, arrivals, bounce_reports, bounces, incoming, mail_text, return_path, threads
from intake.outbox.mailbox import Fate, Mailbox, MailboxError
from intake.outbox.models import Letter

VISIT_EVERY = 60.0  # seconds
MOST_IN_VAIN = 30  # visits one after the other, before an alarm says that the mailbox cannot be read
AWAY = (DBAPIError, OSError, StaleError)  # the database is away or locked, the disk full: the same message, later
log = logging.getLogger(__name__)


def take(raw: bytes, recipients: Sequence[str] = ()) -> Fate:
    """Take a message in; all of it is committed when this returns.

    Args:
        raw: the message.
        recipients: where it was delivered, as the mail server says; what its headers say is looked at, too.

    Raises:
        sqlalchemy.exc.DBAPIError, OSError, StaleError: not now; nothing was kept.
    """
    message, whole = incoming.read(raw)
    digest = arrivals.digest_of(message, raw)
    if before := arrivals.kind_of(digest):
        return _fate_of(before)
    if arrivals.letter_named([incoming.header(message, "Message-ID")]) is not None:
        return _noted(digest, arrivals.OURS, Fate.KEPT)
    to = [*recipients, *incoming.went_to(message)]
    letter = return_path.letter_at(to) or arrivals.letter_named(incoming.answered(message))
    is_answer = letter is not None or any(map(return_path.is_ours, to))
    kind = incoming.kind_of(message, _our_domain(), is_answer=is_answer)
    if kind in {incoming.BOUNCE, incoming.AUTOMATIC}:
        return (_bounce if kind == incoming.BOUNCE else _automatic)(message, letter, digest)
    if kind != incoming.PERSON or not whole:
        return _noted(digest, *(_BY_HEADERS.get(kind, (arrivals.UNREADABLE, Fate.UNREADABLE))))
    by_desk = is_answer and not (letter and letter.kind == threads.MAIL_RECEIVED)
    return _answer(message, letter, digest) if by_desk else _from_a_person(message, digest)


def leave(head: bytes) -> Fate:
    """Write down a message that is too large to be read, known by its headers alone, and leave it to people."""
    return _noted(arrivals.digest_of(incoming.read(head).message, head), arrivals.UNREADABLE, Fate.UNREADABLE)


def visit(mailbox: Mailbox) -> Counter[Fate]:
    """Take in what is new in a mailbox.

    Raises:
        MailboxError: it cannot be read now.
        sqlalchemy.exc.DBAPIError, OSError, StaleError: not now; what was not taken in stays as it is.
    """
    return mailbox.visit(lambda raw, whole: _one(raw, whole=whole))


def of_settings(settings: Settings) -> Mailbox | None:
    """Return the mailbox that the settings name, if they name one."""
    given, ca_file = settings.incoming, current_app.config["MAIL_CA_FILE"]
    return Mailbox(given.inbox, given.largest, remove=given.remove, ca_file=ca_file) if given.inbox else None


def watch(mailbox: Mailbox, stopping: Callable[[float], bool], pause: float = VISIT_EVERY) -> None:
    """Take in what arrives until told to stop.

    Args:
        mailbox: where it arrives.
        stopping: waits that many seconds and says whether to stop.
        pause: how many seconds lie between two visits.
    """
    in_vain = 0
    while True:
        try:
            in_vain = 0 if _visited(mailbox) else in_vain + 1
            _see_to_alarm(in_vain)
        except AWAY as error:
            log.warning("what arrived could not be taken in: %s; trying again", type(error).__name__)
        finally:
            db.session.remove()
        if stopping(pause):
            return


def said(fates: Counter[Fate]) -> str:
    """Return how many messages met which fate, in words for the operator."""
    return ", ".join(f"{fate.value}: {fates[fate]}" for fate in Fate)


_BY_HEADERS = {incoming.LISTED: (arrivals.LISTED, Fate.LEFT), incoming.SPAM: (arrivals.SPAM, Fate.LEFT)}
_ASTRAY = {arrivals.STRAY_ANSWER: Fate.STRAY, arrivals.UNREADABLE: Fate.UNREADABLE}


def _visited(mailbox: Mailbox) -> bool:
    """Take in what is new, and return whether the mailbox could be read."""
    try:
        fates = visit(mailbox)
    except MailboxError as error:
        log.warning("mailbox: %s; trying again", error)
        return False
    if fates:
        log.info("arrived: %s", said(fates))
    return True


def _see_to_alarm(in_vain: int) -> None:
    """Raise the alarm of a mailbox that could not be read for long, or end it.

    Raises:
        sqlalchemy.exc.DBAPIError: not now; the next visit sees to it.
    """
    if in_vain < MOST_IN_VAIN and not any(alarm.kind == alarms.MAILBOX_AWAY for alarm in alarms.standing()):
        db.session.rollback()
        return
    with transaction():
        (alarms.raised if in_vain >= MOST_IN_VAIN else alarms.end)(alarms.MAILBOX_AWAY, now())


def _one(raw: bytes, *, whole: bool) -> Fate:
    """Take in one of many messages: a fault of ours on one of them must not hold up the others."""
    try:
        return take(raw) if whole else leave(raw)
    except AWAY:
        raise
    except Exception as error:  # noqa: BLE001 whatever it is, the message stays in the mailbox as it is
        log.warning("a message could not be taken in: %s", type(error).__name__)
        db.session.rollback()
        return Fate.LATER


def _fate_of(kind: str) -> Fate:
    """Return what became of a message that came before: the visit may have ended before it was marked."""
    db.session.rollback()
    if kind in arrivals.LEFT:
        return _ASTRAY.get(kind, Fate.LEFT)
    return Fate.TAKEN if kind in arrivals.WHOLE else Fate.KEPT


def _bounce(message: EmailMessage, letter: Letter | None, digest: bytes) -> Fate:
    """Write down what became of a letter; a bounce that does not prove to know one does nothing, and is counted."""
    letter = letter or arrivals.letter_named(bounce_reports.letters_named(message))
    if letter is None:
        return _noted(digest, arrivals.STRANGE_BOUNCE, Fate.LEFT)
    report = bounce_reports.read(message)
    if report is None:
        return _noted(digest, arrivals.AUTOMATIC, Fate.TAKEN)
    with transaction():
        bounces.record(letter, report, digest, now())
    return Fate.TAKEN


def _automatic(_: EmailMessage, letter: Letter | None, digest: bytes) -> Fate:
    if letter is None:
        return _noted(digest, arrivals.STRANGE_AUTOMATIC, Fate.LEFT)
    with transaction():
        bounces.answered_by_itself(letter, digest, now())
    return Fate.TAKEN


def _answer(message: EmailMessage, letter: Letter | None, digest: bytes) -> Fate:
    """Keep an answer with the case that its letter was about; one about no case, or to no letter, is left to people."""
    if letter is None:
        return _noted(digest, arrivals.STRAY_ANSWER, Fate.STRAY)
    answer = Answer(
        incoming.sender(message),
        incoming.header(message, "Subject"),
        mail_text.written(message, mailed_answers.LONGEST_TEXT + 1),
        tuple(mail_text.attachments(message)),
    )
    try:
        settle(lambda: mailed_answers.seal(letter, answer), lambda writing: mailed_answers.keep(writing, digest))
    except NoCaseError:
        return _noted(digest, arrivals.STRAY_ANSWER, Fate.STRAY)
    return Fate.TAKEN if answer.is_kept_whole else Fate.KEPT


def _from_a_person(message: EmailMessage, digest: bytes) -> Fate:
    """Make a case of what a person writes to the newsroom, or further words of one that they wrote before."""
    taken = settle(by_mail.sealing_of(message, digest), by_mail.take)
    return Fate.TAKEN if taken.is_whole else Fate.KEPT


def _noted(digest: bytes, kind: str, fate: Fate) -> Fate:
    with transaction():
        arrivals.note(digest, kind, now())
    return fate


def _our_domain() -> str:
    return str(current_app.config["NEWSROOM_ADDRESS"]).rpartition("@")[2].lower()
