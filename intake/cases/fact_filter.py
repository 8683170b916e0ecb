"""Filtering the queue by what is sealed: fact pages are opened, and give the cases that a filter means."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from intake.cases import fact_pages, queries
from intake.cases.fact_pages import Facts
from intake.cases.paper_models import FactEntry
from intake.cases.queue_filter import NOBODY, UNCODED, Filter
from intake.desks import queries as desks
from intake.extensions import core, db, table
from intake.members.sessions import Visitor
from intake.sealing import SealError

_ENTRIES = table(FactEntry)


@dataclass(frozen=True)
class Meant:
    """The cases that a filter means by what is sealed.

    Attributes:
        case_ids: the cases.
        unread: how many cases of the visitor's desks are not among those that were looked at.
        broken: pages that do not open: they were altered, and are to be made anew.
    """

    case_ids: list[int]
    unread: int
    broken: list[int]


def lacking(visitor: Visitor) -> int:
    """Return how many cases of the visitor's desks are not read as they are now."""
    return fact_pages.lacking(visitor.member)


def meant(visitor: Visitor, chosen: Filter, unread: int) -> Meant:
    """Return the cases of the visitor's desks that a filter means by what is sealed.

    Args:
        visitor: who asks.
        chosen: the filter.
        unread: how many cases are not read as they are now, see ``lacking``.
    """
    opens, identities, shut = queries.desk_opens(visitor), {}, []
    held = sorted(desks.held_by(visitor.member))
    pages = fact_pages.all_of([desk_id for desk_id in held if chosen.desk in {"", str(desk_id)}])
    for page in pages:
        try:
            identities[page.desk_key_id] = opens(page.desk_key_id)
        except NotFound:  # sealed to a key that this member does not hold: a colleague goes on with the rotation
            shut.append(page.id)
    unread += _standing_on(shut)
    db.session.rollback()  # hold no read open while the cipher takes its time
    checks, found, broken = _checks(chosen), [], []
    for page in pages:
        if page.id in shut:
            continue
        try:
            facts = fact_pages.opened(page, identities[page.desk_key_id])
        except SealError:
            broken.append(page.id)
        else:
            found += [one.case_id for one in facts if all(check(one) for check in checks)]
    return Meant(found, unread, broken)


def looked_up(visitor: Visitor, chosen: Filter) -> Meant | None:
    """Return the cases that a filter means by what is sealed, as far as they are read; nothing if it asks for none."""
    return meant(visitor, chosen, lacking(visitor)) if chosen.narrows_by_sealed else None


def forget(page_ids: list[int]) -> None:
    """Let pages that do not open be made anew."""
    for page_id in page_ids:
        fact_pages.remove(page_id)


def _standing_on(page_ids: list[int]) -> int:
    if not page_ids:
        return 0
    return core().scalar(select(func.count()).where(_ENTRIES.c.page_id.in_(page_ids))) or 0


def _checks(chosen: Filter) -> list[Callable[[Facts], bool]]:
    """Return what must be true of a case's facts."""
    found: list[Callable[[Facts], bool]] = []
    if chosen.code == UNCODED:
        found.append(lambda facts: not facts.is_coded)
    elif chosen.code:
        found.append(lambda facts: chosen.code in facts.codes.split())
    if chosen.region:
        found.append(lambda facts: facts.region == chosen.region)
    if chosen.publish:
        found.append(lambda facts: facts.publish == chosen.publish)
    if chosen.share == NOBODY:
        found.append(lambda facts: not facts.share)
    elif chosen.share:
        found.append(lambda facts: chosen.share in facts.share.split())
    return found
