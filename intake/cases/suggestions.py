"""Cases that may be the same, or belong together: found on the search pages of whoever asks, and kept nowhere.

All pages of the desks where they are seated are opened one after the other, the newest first, for a bounded time; no
case is opened but the one that the others are compared with.
"""

import heapq
import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from intake import audit
from intake.cases import clues, dossier, likeness, links, merges, queries, search, search_pages
from intake.cases.indexing import CONTACT, Typed
from intake.cases.likeness import Alike, Other, Own, Written
from intake.cases.models import DELETED, Case, SearchEntry, SearchPage
from intake.cases.queries import STORY, OpenedStatement
from intake.cases.search_pages import OpenedPage
from intake.desks import queries as desks
from intake.extensions import db
from intake.members.sessions import Visitor
from intake.sealing import SealError

MOST = 12  # that are shown
MOST_LOOKED_UP = 60  # since some of them may be shown no more
MOST_SECONDS = 4.0  # for reading pages: somebody waits
COMPARED_CLOSELY = 25  # cases of a page, those that share most words


@dataclass(frozen=True)
class Suggestion:
    """A case that may be the same as another or belong with it, and why."""

    case: Case
    alike: Alike


@dataclass(frozen=True)
class Suggestions:
    """What was found, most alike first.

    Attributes:
        cases: the cases.
        read: how many others were compared.
        is_whole: whether there was time for all that is searchable.
        broken: search pages that do not open: they were altered, and are to be made anew.
    """

    cases: list[Suggestion]
    read: int
    is_whole: bool
    broken: list[int]


def find(visitor: Visitor, reference: str, typed: Typed) -> Suggestions:
    """Compare a case with all that the visitor may open.

    Args:
        visitor: who asks.
        reference: the case.
        typed: gives what of the answers to a block was typed.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        sealing.SealError: something of the case was altered, or moved here from another case.
    """
    case, opens = queries.living_for(visitor, reference), queries.desk_opens(visitor)
    case_id, told = case.id, _told(queries.read_statements(case, opens), typed)
    left_out = {case.id, *links.linked_to(case), *merges.with_which(case)}
    until, others, broken, is_whole = time.monotonic() + MOST_SECONDS, list[Other](), list[int](), True
    for page_id in reversed(search.page_ids(visitor, search.Filters())):
        if others and time.monotonic() > until:
            is_whole = False
            break
        db.session.rollback()  # hold no read open while the cipher takes its time
        try:
            row = search_pages.page(page_id)
            page = search_pages.opened(row, opens(row.desk_key_id)) if row else None
        except SealError:
            broken.append(page_id)
            continue
        others += _read(page, told, case_id) if page else []
    alike = likeness.ranked(told, others, MOST_LOOKED_UP + len(left_out))
    shown = _shown(visitor, [one for one in alike if one.case_id not in left_out])
    return Suggestions(shown, len(others), is_whole, broken)


def note(visitor: Visitor, reference: str, broken: Iterable[int]) -> None:
    """Write down that a case was compared with all others: it is a search in all of them."""
    case = queries.living_for(visitor, reference)
    audit.record("case.compared", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id)
    search.note(visitor, search.Filters(), list(broken))


def _told(statements: list[OpenedStatement], typed: Typed) -> Own:
    """Return what a case tells in its stories and its newest answers, and how its complainant can be reached."""
    stories = [one.words for one in statements if one.block == STORY]
    written = Written(
        texts=[str(one.get("story") or "") for one in stories],
        contacts=[str(one.get(name) or "") for one in stories for name in ("contact_value", "sender")],
    )
    for block, newest in ((one.block, one.newest.words["answers"]) for one in dossier.answered(statements)):
        (written.contacts if block == CONTACT else written.texts).extend(typed(block, newest))
        written.told.extend(clues.of(block, newest))
        for found, asked in ((written.places, clues.PLACES), (written.officials, clues.OFFICIALS)):
            found += [str(newest[name]) for of, name in asked if of == block and newest.get(name)]
    return likeness.own(written)


def _read(page: OpenedPage, told: Own, but: int) -> list[Other]:
    """Return what each case of a page has in common with one."""
    same_contact = {place for contact in told.contacts for place in page.places_of(contact)}
    shared_with, found, places = frozenset(told.words).intersection, [], {}
    for place, case_id in enumerate(page.case_ids):
        if case_id == but:
            continue
        begin, end = page.compared[place], page.compared[place + 1]
        shared = shared_with(likeness.STEM.findall(page.plain, begin, end))
        chosen = page.clues_at(place) if told.told else []
        other = Other(case_id, end - begin, shared, chosen, has_contact=place in same_contact)
        places[case_id] = place
        found.append(other)
    for other in heapq.nlargest(COMPARED_CLOSELY, found, key=lambda one: len(one.shared)):
        place = places[other.case_id]
        likeness.compare_passages(told, other, page.plain[page.compared[place] : page.compared[place + 1]])
    return found


def _shown(visitor: Visitor, alike: list[Alike]) -> list[Suggestion]:
    """Return those that the visitor may be shown: that are where they were when their page was written."""
    by_id = {one.case_id: one for one in alike}
    standing = (
        select(Case)
        .join(SearchEntry, SearchEntry.case_id == Case.id)
        .join(SearchPage, SearchPage.id == SearchEntry.page_id)
        .where(Case.id.in_(by_id), Case.desk_id.in_(desks.desk_ids_of(visitor.member)))
        .where(Case.status != DELETED, SearchPage.desk_id == Case.desk_id)
    )
    found = {case.id: case for case in db.session.scalars(standing)} if by_id else {}
    return [Suggestion(found[one.case_id], one) for one in alike if one.case_id in found][:MOST]
