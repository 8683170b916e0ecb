"""Cases, their statements, and the complainant's key."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

RECEIVED = "received"
ACKNOWLEDGED = "acknowledged"
CHECKING = "checking"
NEEDS_ANSWER = "needs_answer"
PUBLISHED = "published"
PASSED_ON = "passed_on"
CLOSED = "closed"
NOT_A_COMPLAINT = "not_a_complaint"  # advertising, a test, a mistake: put aside, and taken up again by one press
DELETED = "deleted"  # a tombstone: reference, country and dates, nothing else
STATUSES = (RECEIVED, ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, PUBLISHED, PASSED_ON, CLOSED, NOT_A_COMPLAINT, DELETED)
CANARY = "canary"  # nobody's complaint: it tests the way, no member sees it and nothing counts it
UNSEEN = (DELETED, CANARY)  # no list that is made for members holds what has such a status
WEB = "web"
DEMO = "demo"
EMAIL = "email"  # a mail to the newsroom: nobody has a code for it until a member gives one
PHONE, PAPER, IN_PERSON = ENTERED = ("phone", "paper", "in_person")  # what a member enters for a person


class ComplainantKey(Model):
    """What a return code opens: the tag that finds the case, and the recipient that seals to its holder.

    The tag of a dead code stays, without recipient or case, so that an old page does not bring the code back to life.
    """

    __tablename__ = "complainant_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    recipient: Mapped[str]


_HAS_ASSIGNEE, _HAS_DUE = text("assignee_id IS NOT NULL"), text("due_at IS NOT NULL")
_BY_DESK = text("member_id IS NOT NULL")
_ESCALATES = text("escalates_at IS NOT NULL")
_HAS_OUTCOME, _HAS_END = text("outcome_at IS NOT NULL"), text("ends_at IS NOT NULL")


class Case(Model):
    """The newsroom's record of a complaint. Plain columns only: what it tells is in its statements, sealed."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(
            "status IN ('received', 'acknowledged', 'checking', 'needs_answer', 'published', 'passed_on', 'closed', "
            "'not_a_complaint', 'deleted', 'canary')",
            name="status",
        ),
        Index("ix_case_queue", "desk_id", "status", "urgent", "alarm_at", "received_at", "id"),
        Index("ix_case_arrival", "desk_id", "status", "received_at", "id"),
        # What the dashboard counts of a period stands in the index itself.
        Index(
            "ix_case_figures",
            *("desk_id", "received_at", "status", "country", "language", "detected", "acknowledged_at", "id"),
        ),
        Index(
            "ix_case_due",
            *("desk_id", "status", "due_at", "received_at", "id"),
            sqlite_where=_HAS_DUE,
            postgresql_where=_HAS_DUE,
        ),
        Index(
            "ix_case_late",
            *("desk_id", "status", "urgent", "alarm_at", "received_at", "id"),
            sqlite_where=_HAS_DUE,
            postgresql_where=_HAS_DUE,
        ),
        Index(
            "ix_case_mine",
            *("assignee_id", "status", "urgent", "alarm_at", "received_at", "id"),
            sqlite_where=_HAS_ASSIGNEE,
            postgresql_where=_HAS_ASSIGNEE,
        ),
        Index(
            "ix_case_outcome",
            *("status", "outcome_at", "id"),
            sqlite_where=_HAS_OUTCOME,
            postgresql_where=_HAS_OUTCOME,
        ),
        Index(
            "ix_case_ending",
            *("status", "ends_at", "received_at", "id"),
            sqlite_where=_HAS_END,
            postgresql_where=_HAS_END,
        ),
        Index("ix_case_escalating", "escalates_at", "id", sqlite_where=_ESCALATES, postgresql_where=_ESCALATES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    complainant_key_id: Mapped[int | None] = mapped_column(ForeignKey("complainant_key.id"), unique=True)
    country: Mapped[str]
    language: Mapped[str]
    detected: Mapped[str | None]
    channel: Mapped[str]
    urgent: Mapped[bool]
    alarm_at: Mapped[datetime | None] = mapped_column(Moment)
    reachable: Mapped[bool]
    not_for_publication: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Moment)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment)
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    deletion_asked_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome_at: Mapped[datetime | None] = mapped_column(Moment)
    warned_at: Mapped[datetime | None] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    escalates_at: Mapped[datetime | None] = mapped_column(Moment)


class Statement(Model):
    """What was told about a case, sealed to desk and complainant: further words and answers are further statements.

    A member wrote it down where ``member_id`` says so; else the complainant did.
    """

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("case_id", "digest"), UniqueConstraint("case_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    received_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)


class Message(Model):
    """A message between complainant and desk; the complainant wrote it where no member did."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("case_id", "once"),
        Index("ix_message_answer", "case_id", "sent_at", sqlite_where=_BY_DESK, postgresql_where=_BY_DESK),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    once: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    sent_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)


class StatusChange(Model):
    """A status that a member gave a case, with the words that go with it: the link, to whom, why."""

    __tablename__ = "status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    status: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    at: Mapped[datetime] = mapped_column(Moment)


class Feedback(Model):
    """What a complainant thought of the help, once a case was closed."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    given_at: Mapped[datetime] = mapped_column(Moment)


class Handover(Model):
    """A case that a member offers to a colleague, with a word about it: theirs once the colleague accepts."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    from_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    answer: Mapped[SealedBytes | None] = mapped_column(Sealed("desk"))
    accepted: Mapped[bool | None]
    offered_at: Mapped[datetime] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)


class Note(Model):
    """What a desk writes for itself about a case. An edited note is a further row that replaces the one before."""

    __tablename__ = "note"
    __table_args__ = (UniqueConstraint("replaces_id"), UniqueConstraint("case_id", "once"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("note.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    once: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    written_at: Mapped[datetime] = mapped_column(Moment)


class Scribble(Model):
    """What a member keeps of a case for themselves: a personal note, or a message that they have not sent yet."""

    __tablename__ = "scribble"
    __table_args__ = (UniqueConstraint("case_id", "member_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("member"))
    saved_at: Mapped[datetime] = mapped_column(Moment)


class CannedReply(Model):
    """A reply that editors wrote for all, in one language. It names nobody, so it is plain."""

    __tablename__ = "canned_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class Label(Model):
    """A word that cases are sorted by, out of a list that editors keep."""

    __tablename__ = "label"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class CaseLabel(Model):
    """A label on a case."""

    __tablename__ = "case_label"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id"), primary_key=True, index=True)


class SavedView(Model):
    """Filters of the queue under a name: a member's own, or shared with all who see the queue."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    shared: Mapped[bool]
    name: Mapped[str]
    query: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)


class BulkChange(Model):
    """One press that changed many cases, with what they were before, so that it can be taken back."""

    __tablename__ = "bulk_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    act: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class Presence(Model):
    """Who had a case open last, and when: colleagues see each other on it."""

    __tablename__ = "presence"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


class SearchPage(Model):
    """The words of some hundred cases of a desk, normalised, sealed as one file: a search opens pages, not cases."""

    __tablename__ = "search_page"

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    made_at: Mapped[datetime] = mapped_column(Moment)


class SearchEntry(Model):
    """On which search page a case stands, and how much of it: whether more was written since."""

    __tablename__ = "search_entry"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("search_page.id"), index=True)
    pieces: Mapped[int]


class SavedSearch(Model):
    """Words that a member searches for again and again: sealed to them alone."""

    __tablename__ = "saved_search"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("member"))
    saved_at: Mapped[datetime] = mapped_column(Moment)


class RatingCount(Model):
    """How many gave a rating, by desk and month: no case is behind it."""

    __tablename__ = "rating_count"

    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    rating: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


class ComplainantSession(Model):
    """A browser of one who came back with a code. What opens the case is sealed to its cookie."""

    __tablename__ = "complainant_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("session"))
    began_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime] = mapped_column(Moment)
