"""Digests: letters to one address that go out as one, because they waited for each other or came in a flood.

A letter that waited for its addressee's morning, or for the next digest, is held: when it is due it is gathered with
all that is due to its address by then. Letters gather by themselves when more than ``MANY`` to one address would go out
within ``WINDOW``: what is due at once goes as one, and what comes after it waits up to ``PAUSE`` for the next digest,
until it calms. Urgent letters gather with urgent ones alone, much later, and wait for a short while only. The first
ones go out at once always.

Only letters about a case are gathered: their subjects are neutral lines with a reference, and their links lead there.
Others say something themselves. What is gathered is never sent itself: it follows its digest.
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, union_all, update

from intake.extensions import db
from intake.outbox.enqueue import Addressee, enqueue_one
from intake.outbox.models import Letter

DIGEST = "digest"  # the kind of a letter that stands for others
WINDOW = timedelta(minutes=10)
MANY = {False: 10, True: 20}  # letters to one address within the window that go out by themselves; urgent ones: True
PAUSE = {False: timedelta(minutes=10), True: timedelta(minutes=2)}  # the longest wait for the next digest
MOST = 500  # letters in one digest; where more wait, the next follows at once
_LINK = re.compile(r"https?://\S+")


class Way(Enum):
    """How the letters to one address go out."""

    EACH = auto()
    TOGETHER = auto()
    LATER = auto()


class Group(NamedTuple):
    """The letters to one address that are urgent, or that are not."""

    address: str
    urgent: bool


class Traffic(NamedTuple):
    """What goes to an address.

    Attributes:
        recent: how many letters went there within the window, those in digests too.
        due: how many are to go now.
        held: how many of these have waited already.
    """

    recent: int
    due: int
    held: int


def way(group: Group, traffic: Traffic) -> Way:
    """Return how the letters to an address go out."""
    if traffic.due > 1 and (traffic.held or traffic.due >= MOST):
        return Way.TOGETHER
    if traffic.held or traffic.recent + traffic.due <= MANY[group.urgent]:
        return Way.EACH
    return Way.TOGETHER if traffic.recent < MANY[group.urgent] else Way.LATER


def gather(claimed: list[Letter], until: datetime, moment: datetime) -> list[Letter]:
    """Put digests in the place of claimed letters that shall not go out by themselves.

    Part of the claim, in its transaction: a letter is claimed, gathered or put off by one worker alone.

    Args:
        claimed: letters that this worker has leased.
        until: how long the lease lasts.
        moment: now.

    Returns:
        What the worker is to send: the letters that go out by themselves, and digests leased like them.
    """
    ids = {letter.id for letter in claimed}
    groups = sorted({Group(letter.address, letter.urgent) for letter in claimed if _may_be_gathered(letter)})
    for group, traffic in _traffic(groups, ids, moment):
        chosen = way(group, traffic)
        if chosen is Way.EACH:
            continue
        taken = _take(group, ids, moment)
        if chosen is Way.LATER:
            _hold(group, taken, moment)
        elif len(taken) > 1:
            claimed = [*claimed, _digest(group, taken, until, moment)]
        else:
            continue
        gone = {letter.id for letter in taken}
        claimed = [letter for letter in claimed if letter.id not in gone]
    return claimed


def follow(digest: Letter, **values: Any) -> None:  # noqa: ANN401 the values of columns
    """Let the letters that were gathered in a digest share what became of it."""
    if digest.kind == DIGEST:
        inside = update(Letter).where(Letter.gathered_in_id == digest.id, Letter.delivered_at.is_(None))
        db.session.execute(inside.where(Letter.withdrawn_at.is_(None)).values(values))


def put_off(member_id: int, due_at: datetime) -> None:
    """Let the letters that wait for a member's next digest go out at another moment."""
    held = (Letter.is_held, Letter.gathered_in_id.is_(None), ~Letter.urgent)
    mine = (Letter.member_id == member_id, Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    db.session.execute(update(Letter).where(*mine, *held).values(due_at=due_at))


def _may_be_gathered(letter: Letter) -> bool:
    return bool(letter.address and letter.case_id and not letter.is_canary and letter.sealed_report is None)


def _waiting(group: Group) -> ColumnElement[bool]:
    """Return what is true of the letters to an address that may be gathered, and are not yet."""
    owed = (Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None), Letter.gathered_in_id.is_(None))
    kind = (
        Letter.urgent == group.urgent,
        Letter.case_id.is_not(None),
        ~Letter.is_canary,
        Letter.sealed_report.is_(None),
    )
    return and_(Letter.address == group.address, *owed, *kind)


def _due(group: Group, mine: Collection[int], moment: datetime) -> ColumnElement[bool]:
    """Return what is true of those that are due, and that no other worker has."""
    free = or_(Letter.locked_until.is_(None), Letter.locked_until < moment, Letter.id.in_(mine))
    return and_(_waiting(group), Letter.due_at <= moment, free)


def _traffic(groups: list[Group], mine: Collection[int], moment: datetime) -> Iterable[tuple[Group, Traffic]]:
    """Return what goes to each address: one question for all of them, which counts no further than it must."""
    if not groups:
        return []
    parts = []
    for number, group in enumerate(groups):
        went = (Letter.address == group.address, Letter.delivered_at > moment - WINDOW, Letter.urgent == group.urgent)
        told = (*went, Letter.case_id.is_not(None))
        due = _due(group, mine, moment)
        counts = _count(MANY[group.urgent], *told), _count(MOST, due), _count(1, due, Letter.is_held.is_(True))
        parts.append(select(literal(number), *(count.scalar_subquery() for count in counts)))
    rows = db.session.execute(union_all(*parts) if len(parts) > 1 else parts[0])
    return [(groups[number], Traffic(recent, due, held)) for number, recent, due, held in rows]


def _count(most: int, *conditions: ColumnElement[bool]) -> Select[int]:
    """Return the statement that counts letters, up to a number."""
    return select(func.count()).select_from(select(Letter.id).where(*conditions).limit(most).subquery())


def _take(group: Group, mine: Collection[int], moment: datetime) -> list[Letter]:
    """Return the letters to an address that are due, oldest first, leaving those that another worker looks at."""
    due = select(Letter).where(_due(group, mine, moment)).order_by(Letter.due_at, Letter.id)
    return list(db.session.scalars(due.limit(MOST).with_for_update(skip_locked=True)))


def _hold(group: Group, letters: list[Letter], moment: datetime) -> None:
    """Let letters wait for the next digest: the one that others wait for already, or one after a pause."""
    latest = moment + PAUSE[group.urgent]
    waits = select(func.min(Letter.due_at)).where(
        _waiting(group), Letter.is_held, Letter.due_at > moment, Letter.due_at <= latest
    )
    due_at = db.session.scalar(waits) or latest
    _change(letters, due_at=due_at, is_held=True, locked_until=None)


def _digest(group: Group, letters: list[Letter], until: datetime, moment: datetime) -> Letter:
    """Write the digest of letters, leased like them."""
    newest = letters[-1]
    to = Addressee(newest.address, newest.language, newest.member_id)
    fills = {
        "count": str(len(letters)),
        "lines": "\n\n".join(map(_line, letters)),
        "link": f"{current_app.config['DESK_URL']}/desk/",
    }
    number = enqueue_one(DIGEST, to, moment, fills=fills, urgent=group.urgent)
    db.session.execute(update(Letter).where(Letter.id == number).values(locked_until=until))
    _change(letters, gathered_in_id=number, due_at=moment, locked_until=None)
    return db.session.scalars(select(Letter).where(Letter.id == number)).one()


def _line(letter: Letter) -> str:
    """Return what a digest says of a letter: its subject and the last link in it."""
    links = _LINK.findall(letter.body)
    return "\n".join([letter.subject, *links[-1:]])


def _change(letters: list[Letter], **values: Any) -> None:  # noqa: ANN401 the values of columns
    ids = [letter.id for letter in letters]
    changed = update(Letter).where(Letter.id.in_(ids) if ids else false()).values(values)
    db.session.execute(changed, execution_options={"synchronize_session": False})
