"""Writing the fact pages of a desk: what the queue is filtered by is read out of cases, a bounded time a step."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import exists, literal, select

from intake.cases import fact_pages, page_turns, queries, wishes
from intake.cases.coding import CODING
from intake.cases.fact_pages import Facts
from intake.cases.models import Case, Statement
from intake.cases.page_turns import Rows, Writer
from intake.cases.paper_models import Coding
from intake.cases.sealed_pages import Draft, Wanting
from intake.desks.seats import Opens
from intake.extensions import core, table
from intake.members.sessions import Visitor
from intake.sealing import SealError, unseal

AT_ONCE = 200  # cases that are read for one page before it is saved
_CASES, _STATEMENTS, _CODINGS = table(Case), table(Statement), table(Coding)


def turns(visitor: Visitor, seconds: float) -> Iterator[Callable[[], Draft | None]]:
    """Yield what writes the next page of the visitor's desks anew, until all cases are read or the time is up.

    Each is to be saved by ``save`` before the next is asked for. What cannot be opened by this member is left out.

    Args:
        visitor: who is signed in.
        seconds: how long to go on.
    """
    writer = Writer(fact_pages.PAGES, AT_ONCE, _rows_of, _facts, fact_pages.opened, fact_pages.sealed)
    return page_turns.turns(visitor, seconds, writer)


def save(draft: Draft | None) -> int:
    """Save a page, if there is anything to save; see ``Pages.save``.

    Raises:
        StaleError: something changed meanwhile; write it again.
    """
    return fact_pages.PAGES.save(draft) if draft else 0


def _rows_of(case_ids: list[int]) -> dict[int, Rows]:
    """Return statements and the newest coding of some cases, sealed, each with the country of its case."""
    found: dict[int, Rows] = {case_id: [] for case_id in case_ids}
    newer = _CODINGS.alias()
    replaced = exists().where(newer.c.replaces_id == _CODINGS.c.id)
    for kind, rows, only in ((queries.STATEMENT, _STATEMENTS, None), (CODING, _CODINGS, ~replaced)):
        chosen = select(
            literal(kind).label("kind"), _CASES.c.country, rows.c.case_id, rows.c.desk_key_id, rows.c.sealed
        )
        chosen = chosen.join(_CASES, _CASES.c.id == rows.c.case_id).where(rows.c.case_id.in_(case_ids))
        for row in core().execute((chosen if only is None else chosen.where(only)).order_by(rows.c.id)):
            found[row.case_id].append(row)
    return found


def _facts(case: Wanting, rows: Rows, opens: Opens) -> Facts:
    """Read the facts of a case; what was altered says nothing: the case page tells of it."""
    told: list[Mapping[str, Any]] = []
    coding: Mapping[str, Any] | None = None
    for row in rows:
        identity = opens(row.desk_key_id)
        with suppress(SealError):
            document = json.loads(unseal(row.sealed, identity))
            if (document.get("kind"), document.get("reference")) != (row.kind, case.reference):
                continue  # it was moved here from another case
            if row.kind == CODING:
                coding = document
            else:
                told.append(document)
    said, country = wishes.said_of(told), rows[0].country if rows else ""
    allowed, begun = wishes.wishes(said, country), wishes.suggestion(said, country)
    region = str(coding["region"]) if coding else allowed.region
    return Facts(
        case.case_id,
        case.pieces,
        coding is not None,
        " ".join(coding["codes"] if coding else begun.possible),
        region if allowed.allow_region else "",
        allowed.publish,
        " ".join(allowed.share),
    )
