"""What a desk does with cases: open, add to, read, acknowledge."""

import functools
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Executable, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from intake import audit
from intake.cases import assignment, conversation, notices, outcome, queries, sent_files, statuses, waiting
from intake.cases.models import CANARY, RECEIVED, Case, ComplainantKey, Statement
from intake.desks.routing import Destination
from intake.evidence import receive
from intake.evidence.receive import SealedFile
from intake.extensions import StaleError, core, db, table
from intake.i18n import now, to_ten_minutes
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.outbox.sealed_letters import Reports
from intake.sealing import SealedBytes


@dataclass(frozen=True)
class Plain:
    """What of a complaint the server must know while nobody is signed in."""

    country: str
    language: str
    channel: str
    urgent: bool
    reachable: bool | None  # None where further words do not say
    detected: str | None = None  # the language that the words are in, where that is certain


@dataclass(frozen=True)
class SealedStatement:
    """Words that are sealed already, with the digest that knows them again, and what came with them."""

    reference: str
    desk_key_id: int
    digest: bytes
    sealed: SealedBytes
    member_id: int | None = None  # who wrote it down, if not the complainant
    recording: SealedFile | None = None
    reports: Reports = field(default_factory=dict)  # the same words, sealed to who hears of them
    attachments: tuple[SealedFile, ...] = ()


def open_case(  # noqa: PLR0913 whether it is a canary is no fact of a complaint
    to: Destination,
    plain: Plain,
    tag: bytes | None,
    recipient: str,
    statement: SealedStatement,
    *,
    is_canary: bool = False,
) -> bool:
    """Open a case with its first statement; owe its letters.

    Args:
        to: the desk that answers for it, and who is told there.
        plain: its plain columns.
        tag: what the return code finds it by; None where nobody has a code for it yet.
        recipient: what seals to the holder of the return code.
        statement: the first statement, sealed to the desk's current key.
        is_canary: it tests the way: no member sees it, no desk's audit has it, its letters go to the canary's mailbox.

    Returns:
        False if the return code has a case already.

    Raises:
        StaleError: the reference is taken; draw another and seal again.
    """
    key_id = _insert_new(ComplainantKey, "tag", tag=tag, recipient=recipient) if tag else None
    if tag and key_id is None:
        return False
    moment = to_ten_minutes(now())
    waits = _waiting(to, moment, urgent=plain.urgent, is_canary=is_canary)
    known = {"reference": statement.reference, "desk_id": to.desk_id, "complainant_key_id": key_id, **waits}
    case_id = _insert_new(Case, "reference", received_at=moment, **known, **vars(plain))
    if case_id is None:
        raise StaleError
    _add(case_id, 1, statement, moment)
    about = notices.About(case_id, statement.reference, to.desk_id, plain.country, plain.urgent)
    _note_received(about, plain.channel, statement.member_id, moment, is_canary=is_canary)
    notices.new_case(about, moment, to, statement.reports, is_canary=is_canary)
    return True


def add_statement(case: Case, plain: Plain, tag: bytes | None, statement: SealedStatement) -> int:
    """Add further words to a case; they may raise its urgency, and letters tell of them.

    Args:
        case: the case.
        plain: what they change of its plain columns.
        tag: what the return code that they were sealed to finds it by; None where they were sealed to no code.
        statement: the words, sealed.

    Returns:
        The number of the statement: the earlier one's if the case has these words already.

    Raises:
        StaleError: the return code died meanwhile.
    """
    db.session.refresh(case, with_for_update=True)  # what another request changed meanwhile counts
    key = db.session.get(ComplainantKey, case.complainant_key_id) if case.complainant_key_id else None
    if (key.tag if key else None) != tag:
        raise StaleError
    known = db.session.scalar(
        select(Statement.number).where(Statement.case_id == case.id, Statement.digest == statement.digest)
    )
    if known is not None:
        return known
    moment = to_ten_minutes(now())
    highest = db.session.scalar(select(func.max(Statement.number)).where(Statement.case_id == case.id)) or 0
    _add(case.id, highest + 1, statement, moment)
    raised = plain.urgent and not case.urgent
    case.urgent = case.urgent or plain.urgent
    case.reachable = case.reachable if plain.reachable is None else plain.reachable
    case.detected = case.detected or plain.detected
    outcome.begin(case, moment)
    db.session.flush()
    if raised:
        waiting.hasten(case, moment)
    by = statement.member_id
    audit.record("case.added_to", desk_id=case.desk_id, member_id=by, case_id=case.id, at=moment, raised=raised)
    notices.further_words(case, moment, raised=raised, reports=statement.reports)
    return highest + 1


def note_opened(
    visitor: Visitor, case: Case, statements: Collection[int], messages: Collection[int], files: Collection[str] = ()
) -> None:
    """Write down that the visitor read a case.

    Args:
        visitor: who read it.
        case: the case.
        statements: the numbers of the statements that were shown; what came meanwhile stays new.
        messages: the same of the messages.
        files: the names of the files.
    """
    conversation.mark_read(visitor, case, messages)
    sent_files.mark_seen(case, files)
    new = (Statement.case_id == case.id, Statement.number.in_(statements), Statement.read_at.is_(None))
    db.session.execute(update(Statement).where(*new).values(read_at=now()))
    audit.record("case.opened", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id)


def acknowledge(visitor: Visitor, reference: str) -> Case:
    """Take a case up: the complainant sees it, whoever takes it answers for it, and nobody needs to be woken.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or they were locked out meanwhile.
    """
    members.hold_working(visitor.member.id)
    case = queries.held_for(visitor, reference)
    if statuses.take_up(case, visitor.member.id, now()):
        assignment.answer_for(case, visitor.member.id)
        audit.record("case.acknowledged", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id)
    return case


def _waiting(to: Destination, moment: datetime, *, urgent: bool, is_canary: bool) -> dict[str, object]:
    """Return what says that a new case waits, and until when others are called; nobody waits for a canary."""
    if is_canary:
        return {"status": CANARY, "escalates_at": None}
    within = waiting.patience(to, urgent=urgent)
    return {"status": RECEIVED, "escalates_at": waiting.due(moment, within, alarm_at=None)}


def _note_received(about: notices.About, channel: str, by: int | None, at: datetime, *, is_canary: bool) -> None:
    """Write down that a case came; a canary, which goes again, is written down by the house once it is over."""
    if not is_canary:
        desk_id, case_id = about.desk_id, about.id
        audit.record("case.received", desk_id=desk_id, member_id=by, case_id=case_id, at=at, channel=channel)


def _add(case_id: int, number: int, statement: SealedStatement, moment: datetime) -> None:
    row = {
        "case_id": case_id,
        "number": number,
        "member_id": statement.member_id,
        "desk_key_id": statement.desk_key_id,
        "digest": statement.digest,
        "sealed": statement.sealed,
        "received_at": moment,
    }
    core().execute(_NEW_STATEMENT, row)
    for file in filter(None, (statement.recording, *statement.attachments)):
        receive.save(file, case_id, statement.desk_key_id, moment, statement.member_id)


_NEW_STATEMENT = insert(table(Statement))


def _insert_new(model: type[ComplainantKey | Case], unique: str, **values: object) -> int | None:
    """Insert a row and return its number, or None if the unique column has that value already."""
    rows = core()
    found: int | None = rows.scalar(_inserting(model, unique, rows.dialect.name), values)
    return found


@functools.cache
def _inserting(model: type[ComplainantKey | Case], unique: str, dialect_name: str) -> Executable:
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    rows = table(model)
    row: Executable = dialect.insert(rows).on_conflict_do_nothing(index_elements=[unique]).returning(rows.c.id)
    return row
