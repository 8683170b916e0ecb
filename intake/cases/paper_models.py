"""What a desk works out about a case and keeps with it, sealed to the desk alone; and how others were called to it."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes


class Coding(Model):
    """Which rights a case is about, who is alleged, and where: a changed coding is a further row that replaces one."""

    __tablename__ = "coding"
    __table_args__ = (UniqueConstraint("replaces_id"), UniqueConstraint("case_id", "once"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("coding.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    once: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    coded_at: Mapped[datetime] = mapped_column(Moment)


class CodeCount(Model):
    """How many cases have a code, by desk and by the month in which they came: no case is behind it.

    Where a case is deleted, its codes stay counted: they are sealed, and nobody is signed in who could open them.
    """

    __tablename__ = "code_count"

    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class FactPage(Model):
    """What the queue is filtered by of some hundred cases of a desk, sealed as one file: a filter opens few of them."""

    __tablename__ = "fact_page"

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    made_at: Mapped[datetime] = mapped_column(Moment)


class FactEntry(Model):
    """On which fact page a case stands, and how much of it was read: whether more was written since."""

    __tablename__ = "fact_entry"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("fact_page.id"), index=True)
    pieces: Mapped[int]


class Verification(Model):
    """A version of a part of what was checked about a case: the checklist, or a claim with its sources.

    All parts of a case are counted together, so that the highest number names the record as it stands.
    """

    __tablename__ = "verification"
    __table_args__ = (UniqueConstraint("case_id", "number"), UniqueConstraint("case_id", "once"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[int]
    part: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    once: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    at: Mapped[datetime] = mapped_column(Moment)


class SignOff(Model):
    """That an editor signed off what was checked, up to a number; or, with 0, that no sign-off stands any more."""

    __tablename__ = "sign_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    up_to: Mapped[int]
    alone: Mapped[bool]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    at: Mapped[datetime] = mapped_column(Moment)


class Redaction(Model):
    """The passages of a case that are blacked out in its copies: one list, its versions counted."""

    __tablename__ = "redaction"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    number: Mapped[int]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    saved_at: Mapped[datetime] = mapped_column(Moment)


class CaseLink(Model):
    """One side of a link between two cases: what they are to each other and why, sealed to the desk of this side.

    Every link has two rows, one for each case, so that each desk opens its own and none opens the other's.
    """

    __tablename__ = "case_link"
    __table_args__ = (UniqueConstraint("case_id", "other_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    made_at: Mapped[datetime] = mapped_column(Moment)


class CaseMerge(Model):
    """A case that is worked on with another of its desk, the main one, until somebody takes it out again."""

    __tablename__ = "case_merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    main_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    made_at: Mapped[datetime] = mapped_column(Moment)


class Hold(Model):
    """Why a case is kept longer than its time, until somebody lifts the hold."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class Escalation(Model):
    """A step by which others were called to a case that nobody acknowledged: rows that are only added to.

    Attributes:
        waiting_since: since when the case waited; acknowledged and given back, it begins again at the first step.
        step: which, counted from 1; 0 where a case came back into the queue and waits again.
        member_id: who was called, where it was one member.
    """

    __tablename__ = "escalation"
    __table_args__ = (UniqueConstraint("case_id", "waiting_since", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    waiting_since: Mapped[datetime] = mapped_column(Moment)
    step: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(Moment)


class FileRedaction(Model):
    """Which places of a file's viewing copy are blacked out where it leaves the newsroom: rows that are only added to.

    Attributes:
        name: the file.
        number: which version for this file, from 1; the newest counts.
    """

    __tablename__ = "file_redaction"
    __table_args__ = (UniqueConstraint("name", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    name: Mapped[str]
    number: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("desk"))
    saved_at: Mapped[datetime] = mapped_column(Moment)
