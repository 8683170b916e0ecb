"""Sealed pages: something of some hundred cases of a desk in one sealed file, so that few are opened for all of them.

A page is written anew, in steps that may end anywhere, when cases came or something was added to one. A case stands on
one page of a kind at most, named by its entry; when it must stand there no more, the whole page goes at once, with
nobody signed in, and what else stood on it is written anew in the next steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, delete, exists, func, insert, or_, select, update

from intake.cases.models import UNSEEN, Case
from intake.desks import queries as desks
from intake.extensions import Model, StaleError, core, table
from intake.i18n import now
from intake.members.models import Member
from intake.sealing import SealedBytes

_CASES = table(Case)


@dataclass(frozen=True)
class SealedPage:
    """A page as it is kept."""

    id: int
    desk_id: int
    desk_key_id: int
    made_at: datetime
    sealed: SealedBytes


@dataclass(frozen=True)
class Wanting:
    """A case that a page lacks, or more of which was written than stands there."""

    case_id: int
    reference: str
    pieces: int
    page_id: int | None


@dataclass(frozen=True)
class Draft:
    """A page written anew, ready to be saved: its number and when it was made last, if it is not new."""

    desk_id: int
    key_id: int
    page_id: int | None
    was_made_at: datetime | None
    sealed: SealedBytes
    pieces: dict[int, int]  # of each case
    added: frozenset[int]


class Pages:
    """The pages of one kind.

    Args:
        page: the table of the pages.
        entry: the table that says on which page a case stands, and how many of its pieces.
        pieces: the tables whose rows are the pieces of a case.
        most_cases: how many cases have room on a page.
        most_bytes: how many bytes of it.
    """

    def __init__(
        self, page: type[Model], entry: type[Model], pieces: Sequence[type[Model]], *, most_cases: int, most_bytes: int
    ) -> None:
        """Keep the tables and the bounds."""
        self._pages, self._entries, self._pieces = table(page), table(entry), tuple(map(table, pieces))
        self.most_cases, self.most_bytes = most_cases, most_bytes

    def wanting(self, desk_id: int, but: frozenset[int], most: int) -> list[Wanting]:
        """Return cases of a desk that a page lacks or has too little of: all of one page, or else such as have none.

        Args:
            desk_id: the desk.
            but: cases to leave out.
            most: at most so many.
        """
        chosen = self._lacking(_CASES.c.desk_id == desk_id)
        chosen = chosen.order_by(self._entries.c.page_id.desc().nulls_last(), _CASES.c.id)
        rows = core().execute(chosen.where(_CASES.c.id.not_in(but)).limit(most)).all()
        found = [Wanting(row.id, row.reference, row.pieces, row.page_id) for row in rows]
        return [one for one in found if one.page_id == found[0].page_id]

    def lacking(self, member: Member) -> int:
        """Return how many cases of a member's desks stand on no page as they are now."""
        of = _CASES.c.desk_id.in_(desks.desk_ids_of(member))
        return core().scalar(select(func.count()).select_from(self._lacking(of).subquery())) or 0

    def count(self, member: Member) -> tuple[int, int]:
        """Return how many cases of a member's desks stand on no page as they are now, and how many there are."""
        of = _CASES.c.desk_id.in_(desks.desk_ids_of(member))
        return self.lacking(member), core().scalar(select(func.count()).where(of, _CASES.c.status.not_in(UNSEEN))) or 0

    def page(self, page_id: int) -> SealedPage | None:
        """Return a page, sealed."""
        row = core().execute(self._sealed().where(self._pages.c.id == page_id)).one_or_none()
        return SealedPage(*row) if row else None

    def all_of(self, desk_ids: Sequence[int]) -> list[SealedPage]:
        """Return all pages of some desks, sealed: where they are small."""
        chosen = self._sealed().where(self._pages.c.desk_id.in_(desk_ids))
        return [SealedPage(*row) for row in core().execute(chosen.order_by(self._pages.c.id))]

    def with_room(self, desk_id: int) -> int | None:
        """Return the number of a page of a desk that has room for more cases."""
        pages = self._pages
        held = select(func.count()).where(self._entries.c.page_id == pages.c.id).scalar_subquery()
        roomy = select(pages.c.id).where(pages.c.desk_id == desk_id, held < self.most_cases)
        roomy = roomy.where(func.length(pages.c.sealed) < self.most_bytes)
        return core().scalar(roomy.order_by(pages.c.id.desc()).limit(1))

    def standing_on(self, page_id: int) -> set[int]:
        """Return the cases that stand on a page and are still of its desk."""
        pages, entries = self._pages, self._entries
        living = select(_CASES.c.id).join(entries, entries.c.case_id == _CASES.c.id)
        living = living.join(pages, pages.c.id == entries.c.page_id)
        of_it = living.where(pages.c.id == page_id, _CASES.c.desk_id == pages.c.desk_id, _CASES.c.status.not_in(UNSEEN))
        return set(core().scalars(of_it))

    def save(self, draft: Draft) -> int:
        """Save a page that was written anew.

        Returns:
            How many cases were added to it, or brought up to date.

        Raises:
            StaleError: the page, a case on it or the desk's key changed meanwhile, or somebody is at work on it.
        """
        if desks.current_key(draft.desk_id, held=True).id != draft.key_id:
            raise StaleError
        mine = select(_CASES.c.id).where(_CASES.c.id.in_(draft.pieces), _CASES.c.desk_id == draft.desk_id)
        # Whoever destroys or hands over a case holds it, and its page goes: nobody is waited for.
        free = mine.where(_CASES.c.status.not_in(UNSEEN)).with_for_update(key_share=True, skip_locked=True)
        if set(core().scalars(free)) != draft.pieces.keys():
            raise StaleError
        for case_id in core().scalars(self._elsewhere(draft)).all():
            self.forget(case_id)  # it came from another desk, or somebody was faster: it must not stand on two pages
        page_id = self._kept(draft)
        core().execute(delete(self._entries).where(self._entries.c.page_id == page_id))
        if draft.pieces:
            rows = [{"case_id": of, "page_id": page_id, "pieces": pieces} for of, pieces in draft.pieces.items()]
            core().execute(insert(self._entries), rows)
        return len(draft.added)

    def forget(self, case_id: int) -> None:
        """Let nothing of a case lie here: the page on which it stands goes.

        To be called where a case is destroyed, or handed over to another desk; whoever calls it holds the case's row.
        """
        page_id = core().scalar(select(self._entries.c.page_id).where(self._entries.c.case_id == case_id))
        if page_id is not None:
            self.remove(page_id)

    def remove(self, page_id: int) -> None:
        """Remove a page: what stood on it is written anew in the next steps."""
        core().execute(delete(self._entries).where(self._entries.c.page_id == page_id))
        core().execute(delete(self._pages).where(self._pages.c.id == page_id))

    def _sealed(self) -> Select[Any]:
        of = self._pages.c
        return select(of.id, of.desk_id, of.desk_key_id, of.made_at, of.sealed)

    def _lacking(self, of: ColumnElement[bool]) -> Select[tuple[int, str, int, int | None]]:
        pages, entries = self._pages, self._entries
        counts = [
            select(func.count()).where(rows.c.case_id == _CASES.c.id).correlate(_CASES).scalar_subquery()
            for rows in self._pieces
        ]
        pieces = sum(counts[1:], start=counts[0])
        at_its_desk = exists().where(pages.c.id == entries.c.page_id, pages.c.desk_id == _CASES.c.desk_id)
        lacking = or_(entries.c.case_id.is_(None), entries.c.pieces != pieces, ~at_its_desk)
        chosen = select(_CASES.c.id, _CASES.c.reference, pieces.label("pieces"), entries.c.page_id)
        joined = chosen.select_from(_CASES.outerjoin(entries, entries.c.case_id == _CASES.c.id))
        return joined.where(of, _CASES.c.status.not_in(UNSEEN), lacking)

    def _elsewhere(self, draft: Draft) -> Select[int]:
        entries = select(self._entries.c.case_id).where(self._entries.c.case_id.in_(draft.pieces))
        return entries.where(self._entries.c.page_id != draft.page_id) if draft.page_id else entries

    def _kept(self, draft: Draft) -> int:
        """Save the file of a page; return its number."""
        pages, values = self._pages, {"desk_key_id": draft.key_id, "sealed": draft.sealed, "made_at": now()}
        if draft.page_id is None:
            made = insert(pages).values(desk_id=draft.desk_id, **values).returning(pages.c.id)
            return int(core().scalars(made).one())
        as_it_was: Update = update(pages).where(pages.c.id == draft.page_id, pages.c.made_at == draft.was_made_at)
        if core().execute(as_it_was.values(**values)).rowcount != 1:
            raise StaleError
        return draft.page_id
