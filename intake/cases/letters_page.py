"""A page of letters: for editors and admins of the whole house, for journalists those about cases of their desks.

Who is not seated at a case's desk learns its desk and what became of the letter, never which case it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_

from intake.cases import letters_read
from intake.cases.letters_filter import (
    ACCEPTED,
    BOUNCED,
    DUPLICATES,
    FAILING,
    OWED,
    UNOPENED,
    WITHDRAWN,
    Choices,
    Filter,
    read,
)
from intake.cases.letters_read import Delivery
from intake.cases.models import Case
from intake.desks import queries as desks
from intake.desks.models import Desk
from intake.extensions import db
from intake.members import queries as members
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.outbox.models import Attempt, Bounce, Letter
from intake.web.forms import row_number

PAGE = 50
_WAITS = (Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))


@dataclass(frozen=True)
class Page:
    """A page of letters.

    Attributes:
        letters: the letters, the newest first.
        chosen: the filter.
        choices: what can be chosen.
        before: the number of the letter before which the next page begins.
        is_first: whether it begins with the newest.
        open_desks: the numbers of the desks whose cases the reader may open.
        duplicates: how many letters may have arrived more than once, of those that the reader may know of.
        manages: whether the reader may send letters again.
    """

    letters: list[Delivery]
    chosen: Filter
    choices: Choices
    before: int | None
    is_first: bool
    open_desks: set[int]
    duplicates: int
    manages: bool
    desks: dict[int, Desk] = field(default_factory=dict)


def sees_all(member: Member) -> bool:
    """Return whether a member may know of every letter: of its facts, not of the case."""
    return member.is_admin or member.role == EDITOR


def page(visitor: Visitor, asked: Mapping[str, str]) -> Page:
    """Return a page of the letters that the visitor may know of.

    Args:
        visitor: who reads.
        asked: what the address says; what is not understood is ignored, and said.
    """
    every, held = desks.all_desks(), desks.held_by(visitor.member)
    all_of_them = sees_all(visitor.member)
    shown = every if all_of_them else [desk for desk in every if desk.id in held]
    choices = Choices(shown, members.everybody())
    chosen, mine = read(asked, choices), [] if all_of_them else [_of_desks(held)]
    beyond = _beyond(asked.get("before"), mine)
    if asked.get("before") and beyond is None:
        chosen = Filter(**chosen.given, ignored=(*chosen.ignored, "before"))
    picked = select(Letter.id).where(*mine, *_conditions(chosen), *([] if beyond is None else [beyond]))
    picked = picked.order_by(Letter.owed_at.desc(), Letter.id.desc()).limit(PAGE + 1)
    found = letters_read.read(picked)
    return Page(
        found[:PAGE],
        chosen,
        choices,
        found[PAGE - 1].number if len(found) > PAGE else None,
        beyond is None,
        held,
        _count(select(Letter.id).where(*mine, _twice())),
        all_of_them,
        {desk.id: desk for desk in every},
    )


def _of_desks(desk_ids: set[int]) -> ColumnElement[bool]:
    """Return what is true of letters about cases of some desks."""
    return Letter.case_id.in_(select(Case.id).where(Case.desk_id.in_(desk_ids)))


def _beyond(before: str | None, mine: list[ColumnElement[bool]]) -> ColumnElement[bool] | None:
    """Return what is true of the letters after one in the order, if the reader may know of that one."""
    try:
        number = row_number(before or "")
    except ValueError:
        return None
    owed_at = db.session.scalar(select(Letter.owed_at).where(Letter.id == number, *mine))
    return None if owed_at is None else tuple_(Letter.owed_at, Letter.id) < tuple_(owed_at, number)


def _conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    """Return what is true of the letters that a filter finds."""
    found: list[ColumnElement[bool]] = []
    if chosen.state:
        found.append(_of_state(chosen.state))
    if chosen.kind:
        found.append(Letter.kind == chosen.kind)
    if chosen.desk:
        found.append(_of_desks({int(chosen.desk)}))
    if chosen.member:
        found.append(Letter.member_id == int(chosen.member))
    if chosen.owed_from:
        found.append(Letter.owed_at >= chosen.owed_from)
    if chosen.owed_before:
        found.append(Letter.owed_at < chosen.owed_before)
    return found


def _of_state(state: str) -> ColumnElement[bool]:
    """Return what is true of letters that came so far; one inside a digest is as far as the digest."""
    alone, in_digest = Letter.gathered_in_id.is_(None), letters_read.digest_so
    accepted = or_(Letter.delivered_at.is_not(None), in_digest(Letter.delivered_at))
    given_up = or_(in_digest(Letter.delivered_at), in_digest(Letter.withdrawn_at))
    returned = select(Bounce.letter_id)
    return {
        OWED: and_(*_WAITS, or_(alone, ~given_up)),
        FAILING: and_(*_WAITS, alone, Letter.failures > 0),
        ACCEPTED: accepted,
        BOUNCED: or_(Letter.id.in_(returned), Letter.gathered_in_id.in_(returned)),
        UNOPENED: and_(
            accepted,
            Letter.case_id.is_not(None),
            Letter.member_id.is_not(None),
            letters_read.first_opening().scalar_subquery().is_(None),
        ),
        WITHDRAWN: Letter.withdrawn_at.is_not(None),
        DUPLICATES: _twice(),
    }.get(state, false())


def _twice() -> ColumnElement[bool]:
    """Return what is true of letters that may have arrived more than once."""
    # Where a letter was accepted twice, another worker had found the first one's lease run out, and written that down.
    return Letter.delivered_at.is_not(None) & Letter.id.in_(select(Attempt.letter_id).where(Attempt.broke_off))


def _count(rows: Select[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
