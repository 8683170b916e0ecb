"""The queue: a page of the cases of a member's desks, and how many stand under each tab.

Every desk, status and part of an order is a branch of its own, which an index answers with its first rows alone: so a
page takes as long at a hundred thousand cases as at a thousand.
"""

import functools
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    any_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from intake.cases import late
from intake.cases.detection import UNKNOWN
from intake.cases.late import Times
from intake.cases.models import CANARY, RECEIVED, Case, CaseLabel, Label
from intake.cases.queue_filter import (
    DEADLINE,
    ENDING,
    MINE,
    NEWEST,
    NO,
    NOBODY,
    OVERDUE,
    TABS,
    URGENCY,
    YES,
    Choices,
    Filter,
)
from intake.desks import queries as desks
from intake.evidence.models import File
from intake.extensions import Moment, db
from intake.i18n import now
from intake.members.sessions import Visitor

PAGE = 25
MOST_COUNTED = 100  # where a tab has as many, its count says “99+”: counting all would take longer the more there are
MOST_BRANCHES = 240  # SQLite takes 500 in one statement
POSTGRESQL = "postgresql"  # it takes many numbers as an array, SQLite as JSON
_KEPT = 128  # statements
_REFERENCE = re.compile("[0-9A-Za-z-]{1,20}")


@dataclass(frozen=True)
class Page:
    """One page of the queue, and the references that the pages before and after it begin from."""

    cases: list[Case]
    before: str | None = None
    after: str | None = None


class Part(NamedTuple):
    """A part of an order: its place, which cases are in it, and the time by which they are ordered there."""

    place: int
    where: tuple[ColumnElement[bool], ...]
    by: InstrumentedAttribute[Any]
    alarmed: bool = True  # whether any of them may have an alarm


class Slice(NamedTuple):
    """A slice of the cases that an index answers in order: of which statuses, and what is true of them."""

    statuses: tuple[str, ...]
    where: tuple[ColumnElement[bool], ...]


class Shape(NamedTuple):
    """All that a statement of the queue depends on but the moment and the case from which it goes on."""

    chosen: Filter
    member_id: int
    times: tuple[Times, ...]  # of the desks
    backwards: bool
    place: int | None  # of the case from which it goes on
    timed: bool  # whether that case is ordered by a time there
    size: int
    among: str = ""  # the database's name, where only some cases are meant: it is told their numbers at once

    @property
    def desk_ids(self) -> tuple[int, ...]:
        """The numbers of the desks."""
        return tuple(one.desk_id for one in self.times)


_ALARM_FIRST = and_(Case.alarm_at.is_not(None), or_(Case.due_at.is_(None), Case.alarm_at <= Case.due_at))
_DUE_FIRST = and_(Case.due_at.is_not(None), or_(Case.alarm_at.is_(None), Case.due_at < Case.alarm_at))
_BY_URGENCY = tuple(
    Part(2 * (not urgent) + later, (Case.urgent == (true() if urgent else false()), alarm), Case.alarm_at, not later)
    for urgent in (True, False)
    for later, alarm in enumerate((Case.alarm_at.is_not(None), Case.alarm_at.is_(None)))
)
_BY_DEADLINE = (
    Part(0, (Case.urgent == true(), _ALARM_FIRST), Case.alarm_at),
    Part(0, (Case.urgent == false(), _ALARM_FIRST), Case.alarm_at),
    Part(0, (_DUE_FIRST,), Case.due_at),
    # In the order of an index: what none of them has is no order.
    Part(1, (Case.alarm_at.is_(None), Case.due_at.is_(None)), Case.received_at, alarmed=False),
)
_BY_END = (Part(0, (Case.ends_at.is_not(None),), Case.ends_at),)
_BY_ARRIVAL = (Part(0, (), Case.received_at),)


def choices(visitor: Visitor) -> Choices:
    """Return what the visitor can choose in the filter."""
    own = desks.desks_of(visitor.member)
    members = sorted(desks.seated_at_any([desk.desk.id for desk in own]), key=lambda member: member.name.casefold())
    return Choices(own, members, list(db.session.scalars(select(Label).order_by(Label.name))))


def page(
    visitor: Visitor,
    chosen: Filter | None = None,
    after: str | None = None,
    before: str | None = None,
    among: Collection[int] | None = None,
) -> Page:
    """Return a page of the cases of the visitor's desks.

    Args:
        visitor: who asks.
        chosen: which cases, in which order; by default those that nobody acknowledged, the most urgent first.
        after: the reference of the last case on the page before.
        before: the reference of the first case on the page after.
        among: the cases that are meant, see ``fact_filter.meant``; all of them by default.

    Raises:
        ValueError: something sealed is asked for, and nobody looked up which cases are meant.
    """
    chosen, backwards = chosen or Filter(), bool(before and not after)
    from_case = _boundary(visitor, after or before)
    place, by = _place(from_case, chosen.order) if from_case else (None, None)
    held = late.times_of(visitor.member)
    if not held or not chosen.statuses or (among is not None and not among):
        return Page([])
    database, numbers = _told(among)
    shape = Shape(chosen, visitor.member.id, held, backwards, place, by is not None, PAGE, database)
    bound: dict[str, Any] = {"by": by, "received": from_case.received_at, "id": from_case.id} if from_case else {}
    found = list(db.session.scalars(_statement(shape), {**late.moments(now(), held), **bound, **numbers}))
    more, cases = len(found) > PAGE, found[:PAGE]
    if backwards:
        cases.reverse()
    earlier, later = (more, True) if backwards and from_case else (from_case is not None, more)
    if not cases:
        return Page([])
    return Page(cases, cases[0].reference if earlier else None, cases[-1].reference if later else None)


def first(visitor: Visitor, chosen: Filter, most: int, among: Collection[int] | None = None) -> tuple[list[Case], bool]:
    """Return the first cases of the visitor's desks that a filter finds, and whether there are more."""
    held = late.times_of(visitor.member)
    if not held or not chosen.statuses or (among is not None and not among):
        return [], False
    database, numbers = _told(among)
    shape = Shape(chosen, visitor.member.id, held, backwards=False, place=None, timed=False, size=most, among=database)
    found = list(db.session.scalars(_statement(shape), {**late.moments(now(), held), **numbers}))
    return found[:most], len(found) > most


def how_many(visitor: Visitor, chosen: Filter, most: int, among: Collection[int] | None = None) -> int:
    """Return how many cases of the visitor's desks a filter finds: ``most`` where there are more."""
    held = tuple(one for one in late.times_of(visitor.member) if chosen.desk in {"", str(one.desk_id)})
    database, numbers = _told(among)
    shape = Shape(chosen, visitor.member.id, held, backwards=False, place=None, timed=False, size=most, among=database)
    rows = select(literal(1)).where(Case.desk_id.in_(shape.desk_ids), Case.status.in_(chosen.statuses))
    tab = _of_tab(chosen.tab, visitor.member.id, chosen.statuses, held)
    counted = select(func.count()).select_from(rows.where(*_conditions(shape), *tab).limit(most).subquery())
    return db.session.scalar(counted, {**late.moments(now(), held), **numbers}) or 0


def _told(among: Collection[int] | None) -> tuple[str, dict[str, Any]]:
    """Return the database's name and the one value that tells it which cases are meant; nothing where all are."""
    if among is None:
        return "", {}
    database = db.session.get_bind().dialect.name
    return database, {"among": list(among) if database == POSTGRESQL else json.dumps(list(among))}


def counts(visitor: Visitor) -> dict[str, int]:
    """Return how many cases of the visitor's desks stand under each tab: ``MOST_COUNTED`` where there are more."""
    held = late.times_of(visitor.member)
    (row,) = db.session.execute(_counting(visitor.member.id, held), late.moments(now(), held))
    return dict(zip(TABS, row, strict=True))


def overdue(visitor: Visitor, desk_id: int | None = None) -> dict[int, int]:
    """Return how many cases stand under the tab of what is overdue, by desk.

    Args:
        visitor: who asks; of their desks alone.
        desk_id: of this one alone.
    """
    held = tuple(one for one in late.times_of(visitor.member) if desk_id in {None, one.desk_id})
    rows = select(Case.desk_id, func.count()).where(Case.desk_id.in_([one.desk_id for one in held]))
    statuses = TABS[OVERDUE]
    rows = rows.where(Case.status.in_(statuses), *_of_tab(OVERDUE, visitor.member.id, statuses, held))
    rows = rows.group_by(Case.desk_id)
    return {number: count for number, count in db.session.execute(rows, late.moments(now(), held))}  # noqa: C416 dict() would not know the types


@functools.lru_cache(_KEPT)
def _counting(member_id: int, times: tuple[Times, ...]) -> Select[Any]:
    counted, desk_ids = [], [one.desk_id for one in times]
    for tab, statuses in TABS.items():
        seated = (Case.desk_id + 0 if tab == ENDING else Case.desk_id).in_(desk_ids)
        rows = select(literal(1)).where(seated, Case.status.in_(statuses))
        rows = rows.where(*_of_tab(tab, member_id, statuses, times)).limit(MOST_COUNTED)
        counted.append(select(func.count()).select_from(rows.subquery()).scalar_subquery())
    return select(*counted)


@functools.lru_cache(_KEPT)
def _statement(shape: Shape) -> Select[Case]:
    """Return the statement that asks for a page and one case more.

    Raises:
        ValueError: something sealed is asked for, and nobody looked up which cases are meant.
    """
    chosen = shape.chosen
    if chosen.narrows_by_sealed and not shape.among:
        message = "what is sealed narrows no statement: look up the cases with fact_filter.meant first"
        raise ValueError(message)
    parts = {URGENCY: _BY_URGENCY, DEADLINE: _BY_DEADLINE, ENDING: _BY_END}.get(chosen.order, _BY_ARRIVAL)
    down = shape.backwards != (chosen.order == NEWEST)
    passed = [(part, _passed(part, shape, down=down)) for part in parts if _is_left(part, shape)]
    where = _conditions(shape)
    branches = [
        _branch(part, (*where, *slice_.where, *_late_by_day(part, slice_, chosen.tab), *beyond), shape.size, down=down)
        for slice_ in _slices(shape, len(passed))
        for part, beyond in passed
    ]
    rows = union_all(*branches).subquery()
    order = [rows.c.place, rows.c.by, rows.c.received_at, rows.c.id]
    mine = Case.desk_id.in_(shape.desk_ids)
    found = select(Case).join(rows, rows.c.id == Case.id).where(mine)
    return found.order_by(*(one.desc() if down else one for one in order)).limit(shape.size + 1)


def _branch(part: Part, where: tuple[ColumnElement[bool], ...], size: int, *, down: bool) -> Select[Any]:
    """Return the first rows of one part of the order, at one desk, of one status."""
    order = [*dict.fromkeys((part.by, Case.received_at, Case.id))]
    rows = select(literal(part.place).label("place"), part.by.label("by"), Case.received_at, Case.id)
    rows = rows.where(*part.where, *where).order_by(*(one.desc() if down else one for one in order)).limit(size + 1)
    return select(rows.subquery())


def _late_by_day(part: Part, slice_: Slice, tab: str) -> tuple[ColumnElement[bool], ...]:
    """Return what lets an index find the overdue among cases that were taken up and have no alarm: their day passed."""
    if tab != OVERDUE or part.alarmed or RECEIVED in slice_.statuses:
        return ()
    return (Case.due_at < bindparam("now", type_=Moment()),)


def _slices(shape: Shape, parts: int) -> list[Slice]:
    """Return what splits the cases so that an index answers each slice in order: by desk and by status."""
    chosen = shape.chosen
    times = [one for one in shape.times if chosen.desk in {"", str(one.desk_id)}]
    desk_ids = [one.desk_id for one in times]
    if shape.among:  # few enough to be looked up by number and put in order
        statuses = chosen.statuses
        where = (Case.desk_id + 0).in_(desk_ids), (Case.status + "").in_(statuses)
        return [Slice(statuses, (*where, *_of_tab(chosen.tab, shape.member_id, statuses, shape.times)))]
    split: list[tuple[ColumnElement[bool], Collection[Times]]] = [(Case.desk_id == one.desk_id, [one]) for one in times]
    if chosen.tab in {MINE, ENDING} or chosen.assignee not in {"", NOBODY}:
        # A sum has no index: the assignee's, or that of ends, shall be used.
        split = [((Case.desk_id + 0).in_(desk_ids), times)]
    elif len(split) * len(chosen.statuses) * parts > MOST_BRANCHES:
        split = [(Case.desk_id.in_(desk_ids), times)]
    return [
        Slice((status,), (desk, Case.status == status, *_of_tab(chosen.tab, shape.member_id, (status,), of)))
        for desk, of in split
        for status in chosen.statuses
    ]


def _of_tab(tab: str, member_id: int, statuses: tuple[str, ...], times: Collection[Times]) -> list[ColumnElement[bool]]:
    """Return what is true of the cases under a tab, besides their statuses."""
    if tab == MINE:
        return [Case.assignee_id == member_id]
    if tab == ENDING:
        return [Case.ends_at.is_not(None)]
    if tab != OVERDUE:
        return []
    moment, passed = bindparam("now", type_=Moment()), []
    if RECEIVED in statuses:
        waits = late.unacknowledged(times)
        passed = [waits if statuses == (RECEIVED,) else and_(Case.status == RECEIVED, waits)]
    return [or_(*passed, Case.alarm_at < moment, Case.due_at < moment)]


def _conditions(shape: Shape) -> tuple[ColumnElement[bool], ...]:
    """Return what narrows the queue."""
    chosen = shape.chosen
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Case.country, chosen.country),
        (Case.language, chosen.language),
        (Case.channel, chosen.channel),
    ):
        found += [column == value] if value else []
    if chosen.urgent:
        found.append(Case.urgent == (true() if chosen.urgent == YES else false()))
    if chosen.assignee:
        found.append(
            Case.assignee_id.is_(None) if chosen.assignee == NOBODY else Case.assignee_id == int(chosen.assignee)
        )
    if chosen.detected:
        found.append(Case.detected.is_(None) if chosen.detected == UNKNOWN else Case.detected == chosen.detected)
    if chosen.label:
        labelled = select(CaseLabel.case_id).where(CaseLabel.label_id == int(chosen.label))
        found.append(Case.id.in_(labelled))
    if chosen.received_from:
        found.append(Case.received_at >= chosen.received_from)
    if chosen.received_before:
        found.append(Case.received_at < chosen.received_before)
    if chosen.files:
        there = select(File.id).where(File.case_id == Case.id).exists()
        found.append(~there if chosen.files == NO else there)
    if shape.among:
        found.append(_among(shape.among))
    return tuple(found)


def _among(database: str) -> ColumnElement[bool]:
    """Return what is true of the cases that are meant: one value holds their numbers, however many they are."""
    if database == POSTGRESQL:
        return Case.id == any_(bindparam("among", type_=ARRAY(Integer())))
    numbers = func.json_each(bindparam("among", type_=String())).table_valued("value")
    return Case.id.in_(select(numbers.c.value))


def _boundary(visitor: Visitor, reference: str | None) -> Case | None:
    """Return the case from which a page goes on, if it is of the visitor's desks."""
    if not reference or not _REFERENCE.fullmatch(reference):
        return None
    seen = select(Case).where(Case.desk_id.in_(desks.desk_ids_of(visitor.member)), Case.reference == reference)
    return db.session.scalar(seen.where(Case.status != CANARY))


def _place(case: Case, order: str) -> tuple[int, datetime | None]:
    """Return the part of an order in which a case stands, and the time by which it is ordered there."""
    if order == ENDING:
        return 0, case.ends_at
    if order == URGENCY:
        return 2 * (not case.urgent) + (case.alarm_at is None), case.alarm_at
    if order == DEADLINE:
        first = min((moment for moment in (case.alarm_at, case.due_at) if moment), default=None)
        return int(first is None), first
    return 0, None


def _is_left(part: Part, shape: Shape) -> bool:
    """Return whether cases of a part can still come."""
    if shape.place is None:
        return True
    return part.place <= shape.place if shape.backwards else part.place >= shape.place


def _passed(part: Part, shape: Shape, *, down: bool) -> tuple[ColumnElement[bool], ...]:
    """Return what is true of the cases of a part that stand beyond the one from which the page goes on."""
    if part.place != shape.place:
        return ()
    columns: list[Any] = [Case.received_at, Case.id]
    values: list[Any] = [bindparam("received", type_=Moment()), bindparam("id")]
    if shape.timed:
        columns, values = [part.by, *columns], [bindparam("by", type_=Moment()), *values]
    here, there = tuple_(*columns), tuple_(*values)
    return (here < there if down else here > there,)
