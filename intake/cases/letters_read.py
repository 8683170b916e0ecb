"""Reading letters with all that is known of how far each came: facts with their times. No address stands in them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from intake.audit import OPENED, AuditEntry
from intake.cases import letter_words
from intake.cases.models import DELETED, Case
from intake.desks.models import DeskKey, Seat
from intake.extensions import db
from intake.i18n import now
from intake.members.models import EDITOR, Member, working
from intake.outbox.models import Attempt, Bounce, Letter
from intake.outbox.queries import without_address

_DIGEST, _TRY, _CLAIMER = aliased(Letter), aliased(Attempt), aliased(Member)
# What went out inside a digest is as far as the digest is.
_CARRIER = func.coalesce(Letter.gathered_in_id, Letter.id)
_IS_OPENED = AuditEntry.act == literal_column(f"'{OPENED}'")  # as the index has it


@dataclass(frozen=True)
class Returned:
    """What came back of a letter that a mail server had taken.

    Attributes:
        at: when.
        permanent: whether it will never arrive.
        status: the enhanced status code, where one was given.
        answer: the words of the server that gave it back, without addresses.
    """

    at: datetime
    permanent: bool
    status: str
    answer: str


@dataclass(frozen=True)
class Delivery:
    """What became of a letter, as facts with times. No address stands in it.

    Attributes:
        number: which letter.
        kind: what it tells, in words.
        to: the member's name, or whom it goes to.
        member_id: the member, if it goes to one.
        case_id: the case that it is about.
        desk_id: the desk that the case is at now.
        reference: that of the case.
        owed_at: since when it is owed.
        accepted_at: when the mail server took it.
        withdrawn_at: when it was withdrawn.
        next_at: when it is tried next; None where it is done with.
        attempts: how often it was tried.
        accepted: how often the mail server took it.
        broke_off: at how many of the attempts the worker died, before it wrote down whether the mail server took it.
        failures: how often it was tried in vain.
        tried_at: when it was tried last.
        smtp_code: the number that the server answered then.
        answer: its words, without addresses.
        returned: what came back of it, the newest first.
        opened_at: when the member first read the case after the letter was owed.
        claimed_at: when the case was acknowledged, if it is.
        claimed_by: by whom.
        claimed_by_them: whether that is who the letter goes to.
        in_digest: whether it went out inside a digest, of which all this is said then.
        is_canary: whether it only tests the way.
        again: whether it can be sent again: to somebody who works here, or the newsroom.
    """

    number: int
    kind: str
    to: str
    member_id: int | None
    case_id: int | None
    desk_id: int | None
    reference: str | None
    owed_at: datetime
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    next_at: datetime | None
    attempts: int
    accepted: int
    broke_off: int
    failures: int
    tried_at: datetime | None
    smtp_code: int | None
    answer: str
    returned: list[Returned]
    opened_at: datetime | None
    claimed_at: datetime | None
    claimed_by: str
    claimed_by_them: bool
    in_digest: bool
    is_canary: bool
    again: bool

    @property
    def is_due(self) -> bool:
        """Whether it is to be tried at the next look."""
        return self.next_at is not None and self.next_at <= now()

    @property
    def came_twice(self) -> bool:
        """Whether it may have arrived more than once, each time under the same name."""
        return self.accepted > 0 and self.accepted + self.broke_off > 1

    @property
    def bounced(self) -> bool:
        """Whether the last that was heard of it is that it will never arrive."""
        return bool(self.returned) and self.returned[0].permanent

    @property
    def stage(self) -> str:
        """How far it came, one of ``letter_words.STAGES``."""
        reached = {
            letter_words.CLAIMED: self.claimed_by_them,
            letter_words.OPENED: self.opened_at is not None,
            letter_words.BOUNCED: self.bounced,
            letter_words.ACCEPTED: self.accepted_at is not None,
            letter_words.WITHDRAWN: self.withdrawn_at is not None,
            letter_words.FAILING: self.failures > 0,
        }
        return next((stage for stage, is_so in reached.items() if is_so), letter_words.OWED)


def read(picked: Select[int]) -> list[Delivery]:
    """Return letters, the newest first, each with what became of it.

    Args:
        picked: the numbers of the letters; whoever calls has made sure that they may be known of.
    """
    rows = list(db.session.execute(_facts(picked)))
    returned = _returned({row.carrier for row in rows})
    return [_delivery(row, returned.get(row.carrier, [])) for row in rows]


def digest_so(column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return whether the digest that a letter went out in has something in a column, as a part of statements."""
    there = select(literal(1)).where(_DIGEST.id == Letter.gathered_in_id, getattr(_DIGEST, column.key).is_not(None))
    return there.exists()


def first_opening() -> Select[datetime]:
    """Return when a letter's member first read its case after it was owed, as a part of statements about letters."""
    mine = (AuditEntry.case_id == Letter.case_id, AuditEntry.member_id == Letter.member_id)
    return select(func.min(AuditEntry.at)).where(*mine, _IS_OPENED, AuditEntry.at >= Letter.owed_at).correlate(Letter)


def hears() -> ColumnElement[bool]:
    """Return whether a letter's member may be told of its case now, as a part of statements about all three."""
    seated = select(literal(1)).select_from(Seat).join(DeskKey, DeskKey.id == Seat.desk_key_id)
    there = (Seat.member_id == Member.id, DeskKey.desk_id == Case.desk_id, DeskKey.replaced_at.is_(None))
    is_there = seated.where(*there).correlate(Member, Case).exists()
    return and_(working(), or_(Letter.case_id.is_(None), Member.role == EDITOR, is_there))


def _facts(picked: Select[int]) -> Select[Any]:
    chosen = picked.subquery()
    tries = select(func.count()).where(_TRY.letter_id == _CARRIER).correlate(Letter)
    last = select(func.max(_TRY.id)).where(_TRY.letter_id == _CARRIER).correlate(Letter).scalar_subquery()
    own = (Letter.id, Letter.kind, Letter.case_id, Letter.member_id, Letter.address, Letter.owed_at, Letter.is_canary)
    return (
        select(
            *own,
            _CARRIER.label("carrier"),
            *(_of(column).label(column.key) for column in (Letter.due_at, Letter.delivered_at, Letter.withdrawn_at)),
            _of(Letter.failures).label("failures"),
            Letter.sealed_address.is_not(None).label("is_sealed"),
            tries.scalar_subquery().label("attempts"),
            tries.where(_TRY.accepted).scalar_subquery().label("accepted"),
            tries.where(_TRY.broke_off).scalar_subquery().label("broke_off"),
            *(Attempt.at.label("tried_at"), Attempt.smtp_code, Attempt.answer),
            first_opening().scalar_subquery().label("opened_at"),
            *(Case.desk_id, Case.reference, Case.status, Case.acknowledged_at, Case.acknowledged_by_id),
            _CLAIMER.name.label("claimed_by"),
            *(Member.name, Member.address.label("known_at"), hears().label("hears")),
        )
        .select_from(Letter)
        .join(chosen, chosen.c.id == Letter.id)
        .outerjoin(_DIGEST, _DIGEST.id == Letter.gathered_in_id)
        .outerjoin(Attempt, Attempt.id == last)
        .outerjoin(Case, Case.id == Letter.case_id)
        .outerjoin(Member, Member.id == Letter.member_id)
        .outerjoin(_CLAIMER, _CLAIMER.id == Case.acknowledged_by_id)
        .order_by(Letter.owed_at.desc(), Letter.id.desc())
    )


def _of(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    return case((Letter.gathered_in_id.is_(None), column), else_=getattr(_DIGEST, column.key))


def _returned(numbers: Collection[int]) -> dict[int, list[Bounce]]:
    """Return what came back of letters, the newest first."""
    found: dict[int, list[Bounce]] = {}
    for bounce in db.session.scalars(select(Bounce).where(Bounce.letter_id.in_(numbers)).order_by(Bounce.id.desc())):
        found.setdefault(bounce.letter_id, []).append(bounce)
    return found


def _delivery(row: Row[Any], returned: list[Bounce]) -> Delivery:
    is_done = row.delivered_at is not None or row.withdrawn_at is not None

    def said(words: str | None) -> str:
        return without_address(without_address(words or "", row.address), row.known_at or "")

    return Delivery(
        number=row.id,
        kind=letter_words.kind(row.kind),
        to=row.name or letter_words.to(row.kind),
        member_id=row.member_id,
        case_id=row.case_id,
        desk_id=row.desk_id,
        reference=row.reference,
        owed_at=row.owed_at,
        accepted_at=row.delivered_at,
        withdrawn_at=row.withdrawn_at,
        next_at=None if is_done else row.due_at,
        attempts=row.attempts,
        accepted=row.accepted,
        broke_off=row.broke_off,
        failures=row.failures,
        tried_at=row.tried_at,
        smtp_code=row.smtp_code,
        answer=said(row.answer),
        returned=[Returned(one.at, one.permanent, one.status, said(one.answer)) for one in returned],
        opened_at=row.opened_at,
        claimed_at=row.acknowledged_at,
        claimed_by=row.claimed_by or "",
        claimed_by_them=row.acknowledged_by_id is not None and row.acknowledged_by_id == row.member_id,
        in_digest=row.carrier != row.id,
        is_canary=row.is_canary,
        again=_can_go_again(row),
    )


def _can_go_again(row: Row[Any]) -> bool:
    if row.is_canary or row.is_sealed or row.status == DELETED:
        return False
    if row.member_id is not None:
        return bool(row.hears)
    to_newsroom = row.address.casefold() == current_app.config["NEWSROOM_ADDRESS"].casefold()
    return bool(to_newsroom and row.kind != letter_words.INVITATION)
