"""How many cases have a code, by desk and by the month in which they came: counted apart, without the cases.

A coding that changes counts its old codes down and its new ones up; a case that goes to another desk takes its counts
along. A case whose content is destroyed stays counted: what it was coded as is sealed, and nobody is there to open it.
"""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from intake.cases.models import Case
from intake.cases.paper_models import CodeCount
from intake.extensions import db

_Row = tuple[int, str, str]  # desk, month, code


def recode(case: Case, before: Iterable[str], after: Iterable[str]) -> None:
    """Count what a case is coded as now in place of what it was coded as.

    Args:
        case: the case, its row held.
        before: its codes until now; none if it was not coded.
        after: its codes from now on.
    """
    change = Counter(_rows(case.desk_id, case, after))
    change.subtract(_rows(case.desk_id, case, before))
    _count(change)


def move(case: Case, from_desk_id: int, codes: Iterable[str]) -> None:
    """Count the codes of a case at the desk where it is now, no more at the one before.

    Args:
        case: the case, its row held, at its new desk.
        from_desk_id: the desk before.
        codes: its codes.
    """
    codes = list(codes)
    change = Counter(_rows(case.desk_id, case, codes))
    change.subtract(_rows(from_desk_id, case, codes))
    _count(change)


def _rows(desk_id: int, case: Case, codes: Iterable[str]) -> list[_Row]:
    return [(desk_id, f"{case.received_at:%Y-%m}", code) for code in set(codes)]


def _count(change: Counter[_Row]) -> None:
    """Add to the counts, always in the same order, so that two who count at once wait for each other in no knot."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    for (desk_id, month, code), by in sorted(change.items()):
        if not by:
            continue
        row = {"desk_id": desk_id, "month": month, "code": code}
        first = dialect.insert(CodeCount).values(**row, count=by)
        db.session.execute(
            first.on_conflict_do_update(
                index_elements=list(row), set_={"count": CodeCount.count + first.excluded.count}
            )
        )
        of_it = (CodeCount.desk_id == desk_id, CodeCount.month == month, CodeCount.code == code)
        db.session.execute(delete(CodeCount).where(*of_it, CodeCount.count == 0))
