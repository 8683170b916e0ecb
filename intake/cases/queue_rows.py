"""What stands beside the cases of one page of the queue: what is new, files, labels, names, and the first words."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from werkzeug.exceptions import NotFound

from intake.cases import coding, merges, queries
from intake.cases.models import DELETED, Case, CaseLabel, Label, Statement
from intake.cases.paper_models import Coding
from intake.desks.seats import Opens
from intake.evidence.models import File
from intake.extensions import db
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.reference.leaf_codes import SENSITIVE
from intake.sealing import SealError

LONGEST_LINE = 120  # characters
MOST_OPENED = 12  # statements of one case, the newest first: what kind it is stands in one of them
KIND = "kind"  # the block of what kind of violation it is


@dataclass(frozen=True)
class Preview:
    """The first words of a case, and of what kind it is; nothing where it must not be shown.

    Attributes:
        line: the first words.
        kinds: the categories that the complainant ticked.
        codes: what the case is coded as; where it is, the categories do not matter.
        is_hidden: whether the words must not be shown.
    """

    line: str = ""
    kinds: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    is_hidden: bool = False


@dataclass(frozen=True)
class Beside:
    """What stands beside the cases of a page, by their numbers."""

    unread: frozenset[int]
    files: dict[int, int]
    labels: dict[int, list[str]]
    names: dict[int, str]
    previews: dict[int, Preview]
    mains: dict[int, str]  # the main cases of those that are worked on with one


def beside(visitor: Visitor, cases: list[Case]) -> Beside:
    """Return what stands beside cases that the visitor may open. Nothing of it counts as read.

    Args:
        visitor: who asks.
        cases: one page of the queue.
    """
    previews = _previews(visitor, [case for case in cases if case.status != DELETED])
    names = members.names({case.assignee_id for case in cases})
    unread, mains = queries.unread_among(cases), merges.mains_of(cases)
    return Beside(unread, files_of(cases), labels_of(cases), names, previews, mains)


def files_of(cases: list[Case]) -> dict[int, int]:
    """Return how many files each case has, by its number; cases without any are not there."""
    of_them = File.case_id.in_([case.id for case in cases])
    rows = db.session.execute(select(File.case_id, func.count()).where(of_them).group_by(File.case_id))
    return {number: count for number, count in rows}  # noqa: C416 dict() would not know the types


def labels_of(cases: list[Case]) -> dict[int, list[str]]:
    """Return the labels on each case, by its number; cases without any are not there."""
    rows = db.session.execute(
        select(CaseLabel.case_id, Label.name)
        .join(Label, Label.id == CaseLabel.label_id)
        .where(CaseLabel.case_id.in_([case.id for case in cases]))
        .order_by(Label.name)
    )
    found: dict[int, list[str]] = {}
    for number, name in rows:
        found.setdefault(number, []).append(name)
    return found


def _previews(visitor: Visitor, cases: list[Case]) -> dict[int, Preview]:
    """Open the first statement of each case and its newest ones, in one reading."""
    opens = queries.desk_opens(visitor)
    place = func.row_number().over(partition_by=Statement.case_id, order_by=Statement.number.desc())
    total = func.count().over(partition_by=Statement.case_id)
    ranked = select(Statement.id, place.label("place"), total.label("total"))
    ranked_rows = ranked.where(Statement.case_id.in_([case.id for case in cases])).subquery()
    rows = db.session.execute(
        select(Statement, ranked_rows.c.total)
        .join(ranked_rows, ranked_rows.c.id == Statement.id)
        .where(or_(ranked_rows.c.place <= MOST_OPENED, Statement.number == 1))
        .order_by(Statement.case_id, Statement.number.desc())
    )
    told: dict[int, list[Statement]] = {}
    totals: dict[int, int] = {}
    for row, count in rows:
        told.setdefault(row.case_id, []).append(row)
        totals[row.case_id] = count
    coded = coding.newest_of([case.id for case in cases])
    return {
        case.id: _preview(case, told.get(case.id, []), totals.get(case.id, 0), coded.get(case.id), opens)
        for case in cases
    }


def _preview(case: Case, told: list[Statement], total: int, coded: Coding | None, opens: Opens) -> Preview:
    """Return the first words of a case, its statements given from the newest to the oldest."""
    kinds: tuple[str, ...] | None = None
    codes: tuple[str, ...] = ()
    words = {}
    try:
        if coded is not None:
            codes = tuple(queries.opened(coding.CODING, case, coded, opens)["codes"])
        for row in told:
            if kinds is not None and row.number != 1:
                continue
            words = queries.opened(queries.STATEMENT, case, row, opens)
            if words.get("block") == KIND:
                kinds = tuple(words["answers"].get("categories", ()))
    except (SealError, NotFound):  # altered, or sealed to a key that the visitor lacks: the case's own page says so
        return Preview(is_hidden=True)
    if SENSITIVE.intersection({*(kinds or ()), *codes}) or (kinds is None and total > len(told)):
        return Preview(kinds=kinds or (), codes=codes, is_hidden=True)
    return Preview(_first_line(str(words.get("story", ""))), kinds or (), codes)


def _first_line(story: str) -> str:
    line = " ".join((story.strip().splitlines() or [""])[0].split())
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE].rsplit(' ', 1)[0]} …"
