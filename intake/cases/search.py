"""Searching what the member who asks may open: pages are opened and scanned, cases are not."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select

from intake import audit
from intake.cases import queries, search_pages
from intake.cases.models import DELETED, Case, SearchEntry, SearchPage
from intake.cases.passages import Passage, passages
from intake.cases.search_pages import OpenedPage
from intake.cases.search_words import Term
from intake.desks import queries as desks
from intake.desks.seats import Opens
from intake.extensions import core, db, table
from intake.members.sessions import Visitor
from intake.sealing import SealError

PAGE = 25
AT_ONCE = 1_000  # cases that a statement names; beyond, it reads all
_CASES, _PAGES, _ENTRIES = table(Case), table(SearchPage), table(SearchEntry)


@dataclass(frozen=True)
class Filters:
    """Where to search besides: at one desk, for one country; everywhere where none is named."""

    desk_id: int | None = None
    country: str = ""


@dataclass(frozen=True)
class Found:
    """A case in which all words occur, and where."""

    case: Case
    passages: list[Passage] = field(repr=False)


@dataclass(frozen=True)
class Results:
    """One page of what was found, newest first.

    Attributes:
        cases: those of this page.
        total: how many there are on all pages.
        number: which page it is, from 1.
        broken: search pages that do not open: they were altered, and are to be made anew.
    """

    cases: list[Found]
    total: int
    number: int
    broken: list[int]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // PAGE))


def find(visitor: Visitor, terms: list[Term], filters: Filters, number: int = 1) -> Results:
    """Search the desks where the visitor is seated.

    Args:
        visitor: who asks.
        terms: what must occur, all of it, anywhere in a case.
        filters: where.
        number: the page of results, from 1; beyond the last it is the last.
    """
    opens, broken = queries.desk_opens(visitor), []
    on_page: dict[int, list[int]] = {}
    for page_id in page_ids(visitor, filters):
        db.session.rollback()  # hold no read open while the cipher takes its time
        try:
            on_page[page_id] = [page.case_ids[place] for page, place in _matching(page_id, terms, opens)]
        except SealError:
            broken.append(page_id)
    newest = _newest_first(visitor, filters, on_page)
    number = min(max(number, 1), max(1, -(-len(newest) // PAGE)))
    shown = newest[(number - 1) * PAGE : number * PAGE]
    return Results(_told(shown, terms, opens), len(newest), number, broken)


def note(visitor: Visitor, filters: Filters, broken: Collection[int] = ()) -> None:
    """Write down on the chain of each desk that its cases were searched, never for what.

    Args:
        visitor: who searched.
        filters: where.
        broken: pages that do not open: they go, and what stood on them is made searchable anew.
    """
    for page_id in broken:
        search_pages.remove(page_id)
    for desk_id in sorted(desks.held_by(visitor.member)):
        if filters.desk_id in {None, desk_id}:
            audit.record("case.searched", desk_id=desk_id, member_id=visitor.member.id)


def page_ids(visitor: Visitor, filters: Filters) -> list[int]:
    """Return the numbers of the pages of the visitor's desks, the oldest first."""
    pages = select(_PAGES.c.id).where(_PAGES.c.desk_id.in_(desks.desk_ids_of(visitor.member)))
    if filters.desk_id is not None:
        pages = pages.where(_PAGES.c.desk_id == filters.desk_id)
    return list(core().scalars(pages.order_by(_PAGES.c.id)))


def _matching(page_id: int, terms: list[Term], opens: Opens) -> Iterator[tuple[OpenedPage, int]]:
    """Yield the places on a page where all terms occur.

    Raises:
        SealError: the page does not open.
    """
    row = search_pages.page(page_id)
    if row is None:  # it went meanwhile, since a case on it was destroyed
        return
    page = search_pages.opened(row, opens(row.desk_key_id))
    rarest, *others = sorted(terms, key=lambda term: -term.length)
    places = sorted({place for needle in rarest.needles for place in page.places_of(needle)})
    for term in others:
        places = [place for place in places if any(page.stands_at(place, needle) for needle in term.needles)]
    unsure = [term for term in terms if term.is_phrase]
    for place in places:
        if all(any(term.stands_in(text) for _, text in page.said_in(place)) for term in unsure):
            yield page, place


def _newest_first(visitor: Visitor, filters: Filters, on_page: dict[int, list[int]]) -> list[tuple[int, int]]:
    """Return the number of each case that was found and may be shown, with that of its page."""
    seen = _CASES.c.desk_id.in_(desks.desk_ids_of(visitor.member))
    conditions: list[ColumnElement[bool]] = [seen, _CASES.c.status != DELETED, _CASES.c.desk_id == _PAGES.c.desk_id]
    if filters.country:
        conditions.append(_CASES.c.country == filters.country)
    pages = {case_id: page_id for page_id, case_ids in on_page.items() for case_id in case_ids}
    if len(pages) <= AT_ONCE:
        conditions.append(_CASES.c.id.in_(pages))
    chosen = select(_CASES.c.id, _ENTRIES.c.page_id).select_from(
        _CASES.join(_ENTRIES, _ENTRIES.c.case_id == _CASES.c.id).join(_PAGES, _PAGES.c.id == _ENTRIES.c.page_id)
    )
    newest = chosen.where(*conditions).order_by(_CASES.c.received_at.desc(), _CASES.c.id.desc())
    rows = core().execute(newest) if pages else ()
    return [(case_id, page_id) for case_id, page_id in rows if pages.get(case_id) == page_id]


def _told(shown: list[tuple[int, int]], terms: list[Term], opens: Opens) -> list[Found]:
    """Return the cases that are shown, each with where the words stand in it."""
    numbers = [case_id for case_id, _ in shown]
    where: dict[int, list[Passage]] = {}
    for page_id in {page_id for _, page_id in shown}:
        row = search_pages.page(page_id)
        if row is None:
            continue
        page = search_pages.opened(row, opens(row.desk_key_id))
        for place, case_id in enumerate(page.case_ids):
            if case_id in numbers:
                where[case_id] = passages(page.said_in(place), terms)
    cases = {case.id: case for case in db.session.scalars(select(Case).where(Case.id.in_(numbers)))}
    return [Found(cases[number], where[number]) for number in numbers if number in where and number in cases]
