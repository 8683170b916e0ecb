"""Letters, and every attempt at delivering them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, false, text
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

TEST = "test"  # the kind of a letter with which somebody tries the way
_IS_TEST = text(f"kind = '{TEST}'")
_IS_KEPT = text("conversation IS NOT NULL")
_BROKE_OFF = text("broke_off")
_OWED = text("delivered_at IS NULL AND withdrawn_at IS NULL")
_WITHDRAWN = text("withdrawn_at IS NOT NULL")


class Letter(Model):
    """An e-mail: owed until it is delivered. Never lost, never dropped: withdrawn if its addressee was locked out.

    Sealed to its reader it may carry what was told, until it is delivered; its plain words never do.
    One that went out inside a digest names it; one of a canary goes to the canary's mailbox, whoever its addressee is.
    An urgent one waits for nobody's morning. One that is held goes out with what else is due to its address by then.
    """

    __tablename__ = "letter"
    __table_args__ = (
        Index("ix_letter_to", "address", "delivered_at", "due_at"),
        Index("ix_letter_test", "address", "id", sqlite_where=_IS_TEST, postgresql_where=_IS_TEST),
        # What was delivered or withdrawn leaves it, so that a worker finds what is due as quickly after years.
        Index("ix_letter_owed", "due_at", "id", sqlite_where=_OWED, postgresql_where=_OWED),
        Index("ix_letter_delivered", "delivered_at"),
        Index("ix_letter_ledger", "owed_at", "id"),
        Index("ix_letter_kind", "kind", "owed_at", "id"),
        Index("ix_letter_member", "member_id", "owed_at", "id"),
        Index("ix_letter_withdrawn", "owed_at", "id", sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    language: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    address: Mapped[str]
    sealed_address: Mapped[SealedBytes | None] = mapped_column(Sealed("outbox"))
    sealed_report: Mapped[SealedBytes | None] = mapped_column(Sealed("reader"))
    subject: Mapped[str]
    body: Mapped[str]
    owed_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    gathered_in_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    is_canary: Mapped[bool] = mapped_column(default=False, server_default=false())
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_held: Mapped[bool] = mapped_column(default=False, server_default=false())


class Attempt(Model):
    """One attempt at a letter and what the mail server said: rows that are only added to.

    Attributes:
        conversation: of a test alone all that was said, without secrets; it is wiped after a day.
        broke_off: whether the worker died at it, so that nobody knows whether the letter was accepted.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_kept", "at", sqlite_where=_IS_KEPT, postgresql_where=_IS_KEPT),
        Index("ix_attempt_broke_off", "letter_id", sqlite_where=text("broke_off = 1"), postgresql_where=_BROKE_OFF),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    accepted: Mapped[bool]
    smtp_code: Mapped[int | None]
    answer: Mapped[str]
    conversation: Mapped[str | None]
    broke_off: Mapped[bool] = mapped_column(default=False, server_default=false())


class Certificate(Model):
    """What letters to a member, or to the newsroom, are sealed to: an OpenPGP certificate or an age recipient.

    Attributes:
        kind: ``readers.OPENPGP`` or ``readers.AGE``.
        text: what seals; empty once it was replaced.
        ends_at: when it ends by its own words.
        warned_at: when its owner was told that it ends soon.
        replaced_at: when another took its place, or it was removed.
    """

    __tablename__ = "certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str]
    text: Mapped[str]
    fingerprint: Mapped[str]
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    added_at: Mapped[datetime] = mapped_column(Moment)
    warned_at: Mapped[datetime | None] = mapped_column(Moment)
    replaced_at: Mapped[datetime | None] = mapped_column(Moment)


class Bounce(Model):
    """What came back of a letter that a mail server had taken: rows that are only added to.

    Attributes:
        permanent: whether it will never arrive; else it is late, or the mailbox answers by itself.
        status: the enhanced status code (RFC 3463), such as ``5.1.1``; empty where none was given.
        answer: the words of the server that gave it back, without addresses.
    """

    __tablename__ = "bounce"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    permanent: Mapped[bool]
    status: Mapped[str]
    answer: Mapped[str]


class Arrival(Model):
    """A message that came in, known again by a keyed hash of its Message-ID: it is taken in once."""

    __tablename__ = "arrival"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    kind: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)


_STANDS = text("ended_at IS NULL")


class Alarm(Model):
    """Something that somebody must see to, from when it was found until it is over.

    Attributes:
        kind: which alarm, see ``alarms``.
        about: what it is about where there are several of a kind, such as the number of a member; else empty.
        told_at: when the operator was told by the second way.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        Index("ix_alarm_stands", "kind", "about", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    about: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    told_at: Mapped[datetime | None] = mapped_column(Moment)


class Postmaster(Model):
    """What is kept of the post once for all.

    Attributes:
        key: of the hashes that know bounces and messages again; it may be lost, and then old bounces are strangers.
        beat_at: when the worker last looked for letters.
        reconciled_at: when the letters were last compared with the cases.
        summed_up_at: for which morning the daily summary was owed last.
    """

    __tablename__ = "postmaster"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    beat_at: Mapped[datetime | None] = mapped_column(Moment)
    reconciled_at: Mapped[datetime | None] = mapped_column(Moment)
    summed_up_at: Mapped[datetime | None] = mapped_column(Moment)
