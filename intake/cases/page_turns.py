"""Writing sealed pages of a desk: cases that no page has as they are now are opened and put on one, in steps."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Row
from werkzeug.exceptions import NotFound

from intake.cases import queries
from intake.cases.sealed_pages import Draft, Pages, SealedPage, Wanting
from intake.desks import queries as desks
from intake.desks.seats import Opens
from intake.extensions import db
from intake.members.sessions import Visitor
from intake.sealing import Identity, SealedBytes, SealError

MOST_LEFT_OUT = 500  # cases that this member cannot open: a colleague goes on
Rows = list[Row[Any]]  # the pieces of a case, sealed


class Standing(Protocol):
    """What stands of a case on a page."""

    @property
    def case_id(self) -> int:
        """The case."""

    @property
    def pieces(self) -> int:
        """How many of its pieces stand here."""


Entry = TypeVar("Entry", bound=Standing)


@dataclass(frozen=True)
class Writer(Generic[Entry]):
    """How the pages of one kind are written.

    Attributes:
        pages: the pages.
        at_once: how many cases are opened for one page before it is saved.
        rows: gives the pieces of some cases.
        read: opens the pieces of one case.
        opened: opens a page.
        sealed: seals a page of a desk to its recipient.
    """

    pages: Pages
    at_once: int
    rows: Callable[[list[int]], dict[int, Rows]]
    read: Callable[[Wanting, Rows, Opens], Entry]
    opened: Callable[[SealedPage, Identity], Iterable[Entry]]
    sealed: Callable[[int, Sequence[Entry], str], SealedBytes]


def turns(visitor: Visitor, seconds: float, writer: Writer[Entry]) -> Iterator[Callable[[], Draft | None]]:
    """Yield what writes the next page of the visitor's desks anew, until none lacks anything or the time is up.

    Each is to be saved before the next is asked for. What cannot be opened by this member is left out.

    Args:
        visitor: who is signed in.
        seconds: how long to go on.
        writer: how it is written.
    """
    until = time.monotonic() + seconds
    for desk_id in sorted(desks.held_by(visitor.member)):
        turn = _Turn(visitor, desk_id, until, writer)
        while turn.goes_on():
            yield turn.write_some


@dataclass
class _Turn(Generic[Entry]):
    """A walk through what a desk's pages lack."""

    visitor: Visitor
    desk_id: int
    until: float
    writer: Writer[Entry]
    left_out: set[int] = field(default_factory=set)

    def goes_on(self) -> bool:
        """Return whether there is time, and something to do."""
        is_over = len(self.left_out) > MOST_LEFT_OUT or time.monotonic() >= self.until
        return not is_over and bool(self._next(1))

    def write_some(self) -> Draft | None:
        """Write the next page anew."""
        opens, pages = queries.desk_opens(self.visitor), self.writer.pages
        key, lacking = desks.current_key(self.desk_id), self._next(self.writer.at_once)
        if not lacking:
            return None
        found = pages.page(lacking[0].page_id or pages.with_room(self.desk_id) or 0)
        if found is not None and found.desk_id != self.desk_id:
            found = None
        kept: dict[int, Entry] = {}
        if found is not None:
            with suppress(SealError):  # a page that was altered is made anew from the cases
                standing, entries = pages.standing_on(found.id), self.writer.opened(found, opens(found.desk_key_id))
                kept = {one.case_id: one for one in entries if one.case_id in standing}
        fresh = self._read(lacking, opens)
        every = {**kept, **fresh}
        recipient, key_id = key.recipient, key.id
        db.session.rollback()  # hold no read open while the cipher takes its time
        return Draft(
            self.desk_id,
            key_id,
            found.id if found else None,
            found.made_at if found else None,
            self.writer.sealed(self.desk_id, list(every.values()), recipient),
            {one.case_id: one.pieces for one in every.values()},
            frozenset(fresh),
        )

    def _next(self, most: int) -> list[Wanting]:
        return self.writer.pages.wanting(self.desk_id, frozenset(self.left_out), most)

    def _read(self, lacking: list[Wanting], opens: Opens) -> dict[int, Entry]:
        rows = self.writer.rows([one.case_id for one in lacking])
        fresh: dict[int, Entry] = {}
        for one in lacking:
            if fresh and time.monotonic() > self.until:
                break
            try:
                fresh[one.case_id] = self.writer.read(one, rows[one.case_id], opens)
            except NotFound:  # sealed to a key that this member does not hold: a colleague can
                self.left_out.add(one.case_id)
        return fresh
