"""What the dashboard counts: of the desks where whoever asks is seated, never of another.

Every statement bounds itself to those desks, and to the period where it is about one: ``ix_case_figures`` holds all
that is counted there, so that no case is loaded. How many statements there are depends on nothing.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    String,
    Subquery,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from intake.cases.dashboard_filter import Choice
from intake.cases.detection import UNKNOWN
from intake.cases.models import CANARY, NOT_A_COMPLAINT, RECEIVED, Case, Message, RatingCount
from intake.cases.paper_models import CodeCount
from intake.desks import queries as desks
from intake.extensions import db
from intake.members.sessions import Visitor

WAITING, ANSWERING = "waiting", "answering"
ALL_DESKS = 0  # stands for all desks together where a desk's number stands
# Shares for the nearest rank, as PostgreSQL's percentile_disc has it: the value that so many do not exceed.
_SHARES = {"median": (1, 2), "high": (9, 10)}


class UtcDay(FunctionElement[str]):
    """The day of a moment in UTC, whatever the clocks of the database show."""

    type = String()
    name = "utc_day"
    inherit_cache = True


class Minutes(FunctionElement[int]):
    """The whole minutes from one moment to another."""

    type = BigInteger()
    name = "minutes"
    inherit_cache = True


@compiles(UtcDay, "sqlite")
def _utc_day_sqlite(element: UtcDay, compiler: SQLCompiler, **asked: Any) -> str:  # noqa: ANN401 SQLAlchemy's own
    return f"date({compiler.process(element.clauses, **asked)})"


@compiles(UtcDay, "postgresql")
def _utc_day_postgresql(element: UtcDay, compiler: SQLCompiler, **asked: Any) -> str:  # noqa: ANN401 SQLAlchemy's own
    return f"CAST(timezone('UTC', {compiler.process(element.clauses, **asked)}) AS date)"


@compiles(Minutes, "sqlite")
def _minutes_sqlite(element: Minutes, compiler: SQLCompiler, **asked: Any) -> str:  # noqa: ANN401 SQLAlchemy's own
    since, until = (compiler.process(clause, **asked) for clause in element.clauses)
    return f"((CAST(strftime('%s', {until}) AS INTEGER) - CAST(strftime('%s', {since}) AS INTEGER)) / 60)"


@compiles(Minutes, "postgresql")
def _minutes_postgresql(element: Minutes, compiler: SQLCompiler, **asked: Any) -> str:  # noqa: ANN401 SQLAlchemy's own
    since, until = (compiler.process(clause, **asked) for clause in element.clauses)
    return f"CAST(floor(date_part('epoch', {until} - {since}) / 60) AS bigint)"


@dataclass(frozen=True)
class Arrivals:
    """How many cases arrived, by day, country, the language of the form, and that of the words where it is known."""

    days: Counter[date]
    countries: Counter[str]
    languages: Counter[str]
    detected: Counter[str]

    @property
    def total(self) -> int:
        """How many they are."""
        return self.days.total()


@dataclass(frozen=True)
class Span:
    """How long cases took: how many they are, and in minutes the median and the 90th percentile."""

    count: int
    median: int
    high: int


@dataclass(frozen=True)
class Queued:
    """The cases that nobody has acknowledged: how many, and when the first of them arrived."""

    count: int
    since: datetime


def arrivals(visitor: Visitor, choice: Choice) -> Arrivals:
    """Return how many cases arrived in a period; what was put aside as no complaint is not counted."""
    day = UtcDay(Case.received_at)
    of = (day, Case.country, Case.language, Case.detected)
    rows = select(*of, func.count()).where(*_of_period(visitor, choice)).group_by(*of)
    found = Arrivals(Counter(), Counter(), Counter(), Counter())
    for on, country, language, detected, count in db.session.execute(rows):
        found.days[date.fromisoformat(str(on))] += count
        found.countries[country] += count
        found.languages[language] += count
        found.detected[detected or (UNKNOWN if language else "")] += count
    return found


def spans(visitor: Visitor, choice: Choice) -> dict[tuple[int, str], Span]:
    """Return how long the cases of a period waited to be acknowledged, and for the first message of a desk.

    Returns:
        By desk (``ALL_DESKS`` for all together) and by ``WAITING`` or ``ANSWERING``: of the cases alone that were
        acknowledged, or answered.
    """
    lasted = _lasted(visitor, choice)
    groups = {"desk": (lasted.c.desk_id, lasted.c.kind), "all": (lasted.c.kind,)}
    many, order = func.sum(lasted.c.cases), lasted.c.minutes
    ranked = select(
        lasted,
        *(many.over(partition_by=by, order_by=order, rows=(None, 0)).label(f"{at}_place") for at, by in groups.items()),
        *(many.over(partition_by=by).label(f"{name}_count") for name, by in groups.items()),
    ).subquery()
    found: dict[tuple[int, str], dict[str, int]] = {}
    for row in db.session.execute(select(ranked).where(or_(*_holding_a_rank(ranked, list(groups))))):
        of_all = (ALL_DESKS, row.kind), int(row.all_place), int(row.all_count)
        for key, place, count in (((row.desk_id, row.kind), int(row.desk_place), int(row.desk_count)), of_all):
            known = found.setdefault(key, {"count": count})
            for name, share in _SHARES.items():
                if place - row.cases < _nearest(count, share) <= place:
                    known[name] = row.minutes
    return {key: Span(**known) for key, known in found.items()}


def queued(visitor: Visitor, choice: Choice) -> dict[int, Queued]:
    """Return the cases that nobody has acknowledged, by desk, whenever they arrived."""
    rows = select(Case.desk_id, func.count(), func.min(Case.received_at))
    rows = rows.where(*_of_desks(visitor, choice, Case.desk_id), Case.status == RECEIVED).group_by(Case.desk_id)
    return {desk_id: Queued(count, since) for desk_id, count, since in db.session.execute(rows)}


def coded(visitor: Visitor, choice: Choice) -> Counter[str]:
    """Return how many cases were coded with each violation in the months of a period."""
    rows = select(CodeCount.code, func.sum(CodeCount.count)).group_by(CodeCount.code)
    rows = rows.where(*_of_desks(visitor, choice, CodeCount.desk_id), CodeCount.month.between(*choice.months))
    return Counter({code: int(count) for code, count in db.session.execute(rows) if count})


def rated(visitor: Visitor, choice: Choice) -> dict[str, Counter[int]]:
    """Return how many complainants gave each rating in the months of a period, by question."""
    rows = select(RatingCount.question, RatingCount.rating, func.sum(RatingCount.count))
    rows = rows.where(*_of_desks(visitor, choice, RatingCount.desk_id), RatingCount.month.between(*choice.months))
    found: dict[str, Counter[int]] = {}
    for question, rating, count in db.session.execute(rows.group_by(RatingCount.question, RatingCount.rating)):
        found.setdefault(question, Counter())[rating] = int(count)
    return found


def _of_desks(visitor: Visitor, choice: Choice, desk_id: Any) -> list[ColumnElement[bool]]:  # noqa: ANN401 a column of any table
    """Return what is true of the rows of the visitor's desks, and of the one that was chosen."""
    own: list[ColumnElement[bool]] = [desk_id.in_(desks.desk_ids_of(visitor.member))]
    return [*own, desk_id == int(choice.desk)] if choice.desk else own


def _of_period(visitor: Visitor, choice: Choice) -> list[ColumnElement[bool]]:
    """Return what is true of the cases of the visitor's desks that arrived in the period."""
    counted = Case.status.not_in((NOT_A_COMPLAINT, CANARY))
    arrived = and_(Case.received_at >= choice.begins, Case.received_at < choice.ends, counted)
    return [*_of_desks(visitor, choice, Case.desk_id), arrived]


def _lasted(visitor: Visitor, choice: Choice) -> CTE:
    """Return how many cases of a period took so many minutes, by desk and kind, as a part of a statement."""
    first = select(func.min(Message.sent_at)).where(Message.case_id == Case.id, Message.member_id.is_not(None))
    case = select(Case.desk_id, Case.received_at, Case.acknowledged_at, first.scalar_subquery().label("answered_at"))
    of_period = (
        case.where(*_of_period(visitor, choice)).cte("of_period").prefix_with("MATERIALIZED")
    )  # it is read twice
    ends = {WAITING: of_period.c.acknowledged_at, ANSWERING: of_period.c.answered_at}
    each = union_all(
        *(
            select(
                of_period.c.desk_id, literal(kind).label("kind"), Minutes(of_period.c.received_at, end).label("minutes")
            ).where(end.is_not(None))
            for kind, end in ends.items()
        )
    ).subquery()
    return select(each, func.count().label("cases")).group_by(*each.c).cte("lasted")


def _holding_a_rank(ranked: Subquery, groups: list[str]) -> list[ColumnElement[bool]]:
    """Return what is true of the rows at which, in their group, a wanted rank stands: one row is many cases."""
    found: list[ColumnElement[bool]] = []
    for name in groups:
        place, count = ranked.c[f"{name}_place"], cast(ranked.c[f"{name}_count"], BigInteger)
        ranks = [_nearest(count, share) for share in _SHARES.values()]
        found += [and_(place - ranked.c.cases < rank, rank <= place) for rank in ranks]
    return found


def _nearest(count: Any, share: tuple[int, int]) -> Any:  # noqa: ANN401 a number, or a column of numbers
    """Return at which place, in order, the value stands that a share of them does not exceed: rounded up."""
    part, whole = share
    return (count * part + whole - 1) // whole
