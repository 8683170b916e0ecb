"""Coding cases without HTTP."""

from typing import Any

from sqlalchemy import select

from intake.cases import coding
from intake.cases.coding import Chosen, OpenedCoding
from intake.cases.models import Case
from intake.cases.paper_models import CodeCount
from intake.extensions import db, settle
from intake.members.sessions import Visitor
from intake.sealing import Identity
from tests.cases import opener, reference, saved


def code(visitor: Visitor, case: Case, *codes: str, replaces: int | None = None, once: str = "", **more: Any) -> int:
    """Code a case; return the number of the version."""
    name, chosen = reference(case), Chosen(codes, more.pop("articles", {}), **more)
    word = once or f"{codes}{replaces}"
    settle(lambda: coding.seal_coding(visitor, name, chosen, word, replaces), coding.keep)
    newest = coding.newest_of([case.id])[case.id].id
    db.session.rollback()
    return newest


def coded(case: Case, identity: Identity) -> OpenedCoding | None:
    """Open the coding of a case."""
    return coding.read(saved(case), opener(identity))


def counts() -> dict[tuple[int, str], int]:
    """Return what is counted, by desk and code."""
    db.session.rollback()
    rows = db.session.scalars(select(CodeCount).execution_options(populate_existing=True)).all()
    return {(row.desk_id, row.code): row.count for row in rows}
