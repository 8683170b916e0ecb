"""Reads about cases. Another desk's case is fetched by nobody: fetching and permission are one act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Select, bindparam, func, select, union
from werkzeug.exceptions import NotFound

from intake.audit import AuditEntry
from intake.cases.models import (
    CANARY,
    DELETED,
    Case,
    ComplainantKey,
    Feedback,
    Message,
    Note,
    Statement,
    StatusChange,
)
from intake.desks import queries as desks
from intake.desks import seats
from intake.desks.seats import Opens
from intake.evidence.models import File
from intake.extensions import core, db, table
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import Identity, SealedBytes, SealError, unseal_document

STATEMENT, MESSAGE, STATUS, FEEDBACK = "statement/1", "message/1", "status/1", "feedback/1"
NOTE, HANDOVER = "note/1", "handover/1"
STORY = "story"  # the block of what was told in free words
DANGER, THREAT = "danger", "threat"  # the blocks of danger, and of one press that says: I was threatened

SealedRow = Statement | Message | StatusChange | Feedback | Note


class SealedToDesk(Protocol):
    """A row with a document that a key of the desk opens."""

    @property
    def desk_key_id(self) -> int:
        """Which key that is."""

    @property
    def sealed(self) -> SealedBytes:
        """The document."""


@dataclass(frozen=True)
class OpenedStatement:
    """A statement as who may read it reads it: free words, or the answers of one block."""

    number: int
    received_at: datetime
    member_id: int | None
    read_at: datetime | None
    words: dict[str, Any]

    @property
    def is_new(self) -> bool:
        """Whether the complainant told it, and nobody of the desk has read it."""
        return self.member_id is None and self.read_at is None

    @property
    def block(self) -> str:
        """The block that it answers; ``story`` for free words."""
        return str(self.words.get("block", STORY))


@dataclass(frozen=True)
class OpenedMessage:
    """A message as who may read it reads it."""

    id: int
    text: str
    sent_at: datetime
    member_id: int | None
    signed: str
    read_at: datetime | None


@dataclass(frozen=True)
class OpenedStatus:
    """A status that a member gave, with its words."""

    status: str
    at: datetime
    words: str
    member_id: int | None = None
    moved: bool = False  # it came about by moving the case to another desk


_KEYS = table(ComplainantKey)
_KNOWN_TAG = select(_KEYS.c.id).where(_KEYS.c.tag == bindparam("tag"))
_BY_TAG = (
    select(Case)
    .join(ComplainantKey, Case.complainant_key_id == ComplainantKey.id)
    .where(ComplainantKey.tag == bindparam("tag"))
)


def by_tag(tag: bytes) -> Case | None:
    """Return the case that a return code finds."""
    known = core().scalar(_KNOWN_TAG, {"tag": tag})  # most codes are new: a case is only loaded where there is one
    return db.session.scalar(_BY_TAG, {"tag": tag}) if known else None


def code_of(case: Case) -> tuple[bytes | None, str]:
    """Return what finds a case by its living code, and what seals to its holder; nothing where nobody has one."""
    key = db.session.get(ComplainantKey, case.complainant_key_id) if case.complainant_key_id else None
    return (key.tag, key.recipient) if key else (None, "")


def takes_more(case: Case) -> bool:
    """Return whether something can be added to a case: it was not destroyed, nor its deletion asked."""
    return case.status != DELETED and case.deletion_asked_at is None


def is_dead(tag: bytes) -> bool:
    """Return whether a return code was replaced, or its case's deletion asked: it must not open another."""
    return core().scalar(_KNOWN_TAG, {"tag": tag}) is not None and by_tag(tag) is None


def case_for(visitor: Visitor, reference: str) -> Case:
    """Return a case of a desk where the visitor is seated.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, or it is another desk's.
    """
    case = db.session.scalar(_visible(visitor.member).where(Case.reference == reference.upper()))
    if case is None:
        raise NotFound
    return case


def seen_by(visitor: Visitor, reference: str) -> Case | None:
    """Return a case if it is of a desk where the visitor is seated, else nothing."""
    return db.session.scalar(_visible(visitor.member).where(Case.reference == reference))


def living_for(visitor: Visitor, reference: str) -> Case:
    """Return a case of a desk where the visitor is seated, unless nothing but its tombstone is left.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, it is another desk's, or its content was destroyed.
    """
    case = case_for(visitor, reference)
    if case.status == DELETED:
        raise NotFound
    return case


def held_for(visitor: Visitor, reference: str) -> Case:
    """Return a case as ``living_for`` does, its row held until the transaction ends.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, it is another desk's by now, or its content was destroyed.
    """
    wanted = _visible(visitor.member).where(Case.reference == reference.upper(), Case.status != DELETED)
    case = db.session.scalar(wanted.with_for_update(of=Case).execution_options(populate_existing=True))
    if case is None:
        raise NotFound
    return case


def unread_among(cases: list[Case]) -> frozenset[int]:
    """Return the numbers of those cases in which the complainant wrote something that nobody has read."""
    of_them = [case.id for case in cases]
    told = select(Statement.case_id).where(
        Statement.case_id.in_(of_them), Statement.number > 1, Statement.read_at.is_(None), Statement.member_id.is_(None)
    )
    written = select(Message.case_id).where(
        Message.case_id.in_(of_them), Message.read_at.is_(None), Message.member_id.is_(None)
    )
    sent = select(File.case_id).where(File.case_id.in_(of_them), File.read_at.is_(None))
    return frozenset(db.session.scalars(union(told, written, sent)))


def desk_opens(visitor: Visitor) -> Opens:
    """Return what gives the visitor's desk identities; each is opened once.

    Ask for it before reading what it shall open: a key that is retired in between opens that still.

    Raises (when called):
        werkzeug.exceptions.NotFound: the visitor lacks that key.
    """
    held = {key.id: seat.identity for seat, key, _ in desks.living_seats_of(visitor.member)}
    known: dict[int, Identity] = {}

    def opens(desk_key_id: int) -> Identity:
        if desk_key_id not in known:
            try:
                known[desk_key_id] = seats.open_key(visitor, desk_key_id, held.get(desk_key_id))
            except seats.NoSeatError as error:
                raise NotFound from error
        return known[desk_key_id]

    return opens


def read_statements(case: Case, opens: Opens) -> list[OpenedStatement]:
    """Open the statements of a case, first to last.

    Raises:
        sealing.SealError: a statement was altered, or moved here from another case.
    """
    rows = db.session.scalars(select(Statement).where(Statement.case_id == case.id).order_by(Statement.number))
    return [_opened_statement(row, case, opens) for row in rows.all()]


def known_by(statements: list[OpenedStatement], block: str) -> int:
    """Return the number that a form of a block must know of to be up to date; a threat is danger told anew."""
    names = {DANGER, THREAT} if block == DANGER else {block}
    return max((statement.number for statement in statements if statement.block in names), default=0)


def has_statement(case_id: int, digest: bytes) -> bool:
    """Return whether a case has these words already."""
    known = select(Statement.id).where(Statement.case_id == case_id, Statement.digest == digest)
    return db.session.scalar(known) is not None


def read_messages(case: Case, opens: Opens) -> list[OpenedMessage]:
    """Open the messages of a case, oldest first."""
    rows = db.session.scalars(select(Message).where(Message.case_id == case.id).order_by(Message.id)).all()
    found = []
    for row in rows:
        words = opened(MESSAGE, case, row, opens)
        sent_at = datetime.fromisoformat(words["at"])
        found.append(OpenedMessage(row.id, words["text"], sent_at, row.member_id, words["signed"], row.read_at))
    return found


def read_statuses(case: Case, opens: Opens) -> list[OpenedStatus]:
    """Open the statuses that members gave a case, oldest first."""
    rows = db.session.scalars(select(StatusChange).where(StatusChange.case_id == case.id).order_by(StatusChange.id))
    found = [(row, opened(STATUS, case, row, opens)) for row in rows.all()]
    return [OpenedStatus(row.status, row.at, said["words"], row.member_id, "moved" in said) for row, said in found]


def read_feedback(case: Case, opens: Opens) -> dict[str, Any] | None:
    """Open what the complainant thought of the help, for the desk."""
    row = db.session.scalar(select(Feedback).where(Feedback.case_id == case.id))
    return opened(FEEDBACK, case, row, opens) if row else None


def has_feedback(case: Case) -> bool:
    """Return whether the complainant has said what they thought of the help."""
    return db.session.scalar(select(Feedback.id).where(Feedback.case_id == case.id)) is not None


def unread_count(case: Case, *, by_desk: bool) -> int:
    """Return how many messages of the other side nobody has read."""
    theirs = Message.member_id.is_(None) if by_desk else Message.member_id.is_not(None)
    unread = select(func.count()).select_from(Message).where(Message.case_id == case.id, Message.read_at.is_(None))
    return db.session.scalar(unread.where(theirs)) or 0


def opened(kind: str, case: Case, row: SealedToDesk, opens: Opens) -> dict[str, Any]:
    """Open a sealed document of a case.

    Raises:
        sealing.SealError: it was altered, or moved here from another case.
    """
    words = unseal_document(kind, row.sealed, opens(row.desk_key_id))
    if words["reference"] != case.reference:
        message = "a document was moved here from another case"
        raise SealError(message)
    return words


def by_reference(reference: str) -> Case | None:
    """Return a case by its reference, whoever asks: for the operator's commands, which open nothing."""
    return db.session.scalar(select(Case).where(Case.reference == reference.upper(), Case.status != CANARY))


def references(case_ids: Iterable[int]) -> dict[int, str]:
    """Return the references of cases, whoever asks: as above."""
    return dict(db.session.execute(select(Case.id, Case.reference).where(Case.id.in_(case_ids))).all())


def statement_count(case: Case) -> int:
    """Return how many statements a case has."""
    return db.session.scalar(select(func.count()).select_from(Statement).where(Statement.case_id == case.id)) or 0


def anything_received() -> bool:
    """Return whether any complaint was ever received."""
    return db.session.scalar(select(Case.id).where(Case.status != CANARY).limit(1)) is not None


def anything_but(channel: str) -> bool:
    """Return whether a complaint came by another channel."""
    real = (Case.channel != channel, Case.status != CANARY)
    return db.session.scalar(select(Case.id).where(*real).limit(1)) is not None


def _visible(member: Member) -> Select[Case]:
    return select(Case).where(Case.desk_id.in_(desks.desk_ids_of(member)), Case.status != CANARY)


def _opened_statement(row: Statement, case: Case, opens: Opens) -> OpenedStatement:
    words = opened(STATEMENT, case, row, opens)
    received_at = datetime.fromisoformat(words.get("received_at") or words["at"]).astimezone(UTC)
    return OpenedStatement(row.number, received_at, row.member_id, row.read_at, words)


@dataclass(frozen=True)
class Act:
    """A line of a case's history: what was done, when, and by whom."""

    act: str
    at: datetime
    member: str | None


def history(case: Case) -> list[Act]:
    """Return what was done about a case, oldest first."""
    rows = db.session.execute(
        select(AuditEntry.act, AuditEntry.at, Member.name)
        .outerjoin(Member, AuditEntry.member_id == Member.id)
        .where(AuditEntry.case_id == case.id)
        .order_by(AuditEntry.id)  # a case that was moved has entries in the chains of both desks
    )
    return [Act(act, at, name) for act, at, name in rows]
