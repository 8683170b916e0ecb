"""Search pages: the words of some hundred cases of a desk in one sealed file, so that a search opens few of them.

A page is written anew, in steps that may end anywhere, when cases came or something was added to one. A case stands on
one page at most, named by its entry; when its words must go, the whole page goes at once, with nobody signed in, and
what else stood on it is written anew in the next steps.

The file is one line of JSON (``search/1``: the desk, the cases and how many bytes the words of each take), then the
words as they are compared, then the words as they were written (a JSON array of ``[where, text]`` for each case), then
spaces up to the Padmé length. So ``age --decrypt`` gives all of it without this code.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, pairwise

from sqlalchemy import ColumnElement, Select, Update, delete, exists, func, insert, or_, select, update

from intake.cases.models import DELETED, Case, Message, Note, SearchEntry, SearchPage, Statement, StatusChange
from intake.desks import queries as desks
from intake.extensions import StaleError, core, table
from intake.i18n import now
from intake.members.models import Member
from intake.sealing import Identity, SealedBytes, SealError, pad, seal, unseal

KIND = "search/1"
MOST_CASES, MOST_BYTES = 500, 4_000_000  # of one page: opening and sealing it takes some hundredths of a second
_CASES, _PAGES, _ENTRIES = table(Case), table(SearchPage), table(SearchEntry)
_PIECES = tuple(map(table, (Statement, Message, Note, StatusChange)))


@dataclass(frozen=True)
class SealedPage:
    """A page as it is kept."""

    id: int
    desk_id: int
    desk_key_id: int
    made_at: datetime
    sealed: SealedBytes


@dataclass(frozen=True)
class Words:
    """The words of one case, as they stand on a page: as they are compared, and as they were written."""

    case_id: int
    pieces: int
    compared: bytes = field(repr=False)
    written: bytes = field(repr=False)


@dataclass(frozen=True)
class OpenedPage:
    """A page, opened for as long as one request takes. A case's place is that of its number in ``case_ids``.

    Attributes:
        case_ids: the cases, in their order.
        pieces: how many pieces of each stand here.
        plain: the whole file, opened.
        compared: where in it the words of the first case begin, as they are compared, and where those of each end.
        written: where what was written in the first case begins, and where that of each ends.
    """

    case_ids: list[int]
    pieces: list[int]
    plain: bytes = field(repr=False)
    compared: list[int]
    written: list[int]

    def said_in(self, place: int) -> list[tuple[str, str]]:
        """Return what was written in the case at a place: where, and the text."""
        said = json.loads(self.plain[self.written[place] : self.written[place + 1]])
        return [(where, text) for where, text in said]

    def stands_at(self, place: int, needle: bytes) -> bool:
        """Return whether something stands among the words of the case at a place."""
        return self.plain.find(needle, self.compared[place], self.compared[place + 1]) >= 0

    def places_of(self, needle: bytes) -> Iterator[int]:
        """Yield the places where something stands: one look for each case that has it, none for the others."""
        end = self.compared[-1]
        at = self.plain.find(needle, self.compared[0], end)
        while at >= 0:
            place = bisect_right(self.compared, at) - 1
            yield place
            at = self.plain.find(needle, self.compared[place + 1], end)

    def words(self) -> Iterator[Words]:
        """Yield the words of each case."""
        spans = zip(self.case_ids, self.pieces, pairwise(self.compared), pairwise(self.written), strict=True)
        for case_id, pieces, compared, written in spans:
            yield Words(case_id, pieces, self.plain[slice(*compared)], self.plain[slice(*written)])


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
    words: dict[int, int]  # the pieces of each case
    added: frozenset[int]


def sealed(desk_id: int, words: Sequence[Words], recipient: str) -> SealedBytes:
    """Seal a page.

    Args:
        desk_id: whose.
        words: of the cases, in their order.
        recipient: the desk's.
    """
    head = {
        "kind": KIND,
        "desk": desk_id,
        "cases": [one.case_id for one in words],
        "pieces": [one.pieces for one in words],
        "compared": [len(one.compared) for one in words],
        "written": [len(one.written) for one in words],
    }
    line = json.dumps(head, separators=(",", ":")).encode()
    compared, written = (one.compared for one in words), (one.written for one in words)
    return seal(pad(b"".join([line, b"\n", *compared, *written])), [recipient])


def opened(page: SealedPage, identity: Identity) -> OpenedPage:
    """Open a page.

    Args:
        page: the page.
        identity: the desk's.

    Raises:
        SealError: it was altered, or moved here from another desk.
    """
    plain = unseal(page.sealed, identity)
    begin = plain.index(b"\n") + 1
    head = json.loads(plain[:begin])
    if (head["kind"], head["desk"]) != (KIND, page.desk_id):
        message = "a search page was moved here from another desk"
        raise SealError(message)
    compared = list(accumulate(head["compared"], initial=begin))
    written = list(accumulate(head["written"], initial=compared[-1]))
    return OpenedPage(head["cases"], head["pieces"], plain, compared, written)


def wanting(desk_id: int, but: frozenset[int] = frozenset(), most: int = MOST_CASES) -> list[Wanting]:
    """Return cases of a desk that a page lacks or has too little of: all of one page, or else such as have none.

    Args:
        desk_id: the desk.
        but: cases to leave out.
        most: at most so many.
    """
    chosen = _wanting(_CASES.c.desk_id == desk_id).order_by(_ENTRIES.c.page_id.desc().nulls_last(), _CASES.c.id)
    rows = core().execute(chosen.where(_CASES.c.id.not_in(but)).limit(most)).all()
    found = [Wanting(row.id, row.reference, row.pieces, row.page_id) for row in rows]
    return [one for one in found if one.page_id == found[0].page_id]


def count(member: Member) -> tuple[int, int]:
    """Return how many cases of a member's desks are not searchable as they are now, and how many there are."""
    of = _CASES.c.desk_id.in_(desks.desk_ids_of(member))
    lacking = core().scalar(select(func.count()).select_from(_wanting(of).subquery()))
    return lacking or 0, core().scalar(select(func.count()).where(of, _CASES.c.status != DELETED)) or 0


def page(page_id: int) -> SealedPage | None:
    """Return a page, sealed."""
    columns = (_PAGES.c.id, _PAGES.c.desk_id, _PAGES.c.desk_key_id, _PAGES.c.made_at, _PAGES.c.sealed)
    row = core().execute(select(*columns).where(_PAGES.c.id == page_id)).one_or_none()
    return SealedPage(*row) if row else None


def with_room(desk_id: int) -> int | None:
    """Return the number of a page of a desk that has room for more cases."""
    held = select(func.count()).where(_ENTRIES.c.page_id == _PAGES.c.id).scalar_subquery()
    roomy = select(_PAGES.c.id).where(_PAGES.c.desk_id == desk_id, held < MOST_CASES)
    return core().scalar(roomy.where(func.length(_PAGES.c.sealed) < MOST_BYTES).order_by(_PAGES.c.id.desc()).limit(1))


def standing_on(page_id: int) -> set[int]:
    """Return the cases that stand on a page and are still of its desk."""
    living = select(_CASES.c.id).join(_ENTRIES, _ENTRIES.c.case_id == _CASES.c.id).join(_PAGES)
    of_it = living.where(_PAGES.c.id == page_id, _CASES.c.desk_id == _PAGES.c.desk_id, _CASES.c.status != DELETED)
    return set(core().scalars(of_it))


def save(draft: Draft) -> int:
    """Save a page that was written anew.

    Returns:
        How many cases were added to it, or brought up to date.

    Raises:
        StaleError: the page, a case on it or the desk's key changed meanwhile, or somebody is at work on it.
    """
    if desks.current_key(draft.desk_id, held=True).id != draft.key_id:
        raise StaleError
    mine = select(_CASES.c.id).where(_CASES.c.id.in_(draft.words), _CASES.c.desk_id == draft.desk_id)
    # Whoever destroys or hands over a case holds it, and its page goes: nobody is waited for.
    free = mine.where(_CASES.c.status != DELETED).with_for_update(key_share=True, skip_locked=True)
    if set(core().scalars(free)) != draft.words.keys():
        raise StaleError
    for case_id in core().scalars(_elsewhere(draft)).all():
        forget(case_id)  # it came from another desk, or somebody else was faster: it must not stand on two pages
    page_id = _kept(draft)
    core().execute(delete(_ENTRIES).where(_ENTRIES.c.page_id == page_id))
    if draft.words:
        rows = [{"case_id": of, "page_id": page_id, "pieces": pieces} for of, pieces in draft.words.items()]
        core().execute(insert(_ENTRIES), rows)
    return len(draft.added)


def forget(case_id: int) -> None:
    """Let the words of a case be found no more and lie nowhere: the page on which it stands goes.

    To be called where a case is destroyed, or handed over to another desk; whoever calls it holds the case's row.
    """
    page_id = core().scalar(select(_ENTRIES.c.page_id).where(_ENTRIES.c.case_id == case_id))
    if page_id is not None:
        remove(page_id)


def remove(page_id: int) -> None:
    """Remove a page: what stood on it is written anew in the next steps."""
    core().execute(delete(_ENTRIES).where(_ENTRIES.c.page_id == page_id))
    core().execute(delete(_PAGES).where(_PAGES.c.id == page_id))


def _wanting(of: ColumnElement[bool]) -> Select[tuple[int, str, int, int | None]]:
    counts = [
        select(func.count()).where(rows.c.case_id == _CASES.c.id).correlate(_CASES).scalar_subquery()
        for rows in _PIECES
    ]
    pieces = sum(counts[1:], start=counts[0])
    at_its_desk = exists().where(_PAGES.c.id == _ENTRIES.c.page_id, _PAGES.c.desk_id == _CASES.c.desk_id)
    lacking = or_(_ENTRIES.c.case_id.is_(None), _ENTRIES.c.pieces != pieces, ~at_its_desk)
    chosen = select(_CASES.c.id, _CASES.c.reference, pieces.label("pieces"), _ENTRIES.c.page_id)
    joined = chosen.select_from(_CASES.outerjoin(_ENTRIES, _ENTRIES.c.case_id == _CASES.c.id))
    return joined.where(of, _CASES.c.status != DELETED, lacking)


def _elsewhere(draft: Draft) -> Select[int]:
    entries = select(_ENTRIES.c.case_id).where(_ENTRIES.c.case_id.in_(draft.words))
    return entries.where(_ENTRIES.c.page_id != draft.page_id) if draft.page_id else entries


def _kept(draft: Draft) -> int:
    """Save the file of a page; return its number."""
    values = {"desk_key_id": draft.key_id, "sealed": draft.sealed, "made_at": now()}
    if draft.page_id is None:
        made = insert(_PAGES).values(desk_id=draft.desk_id, **values).returning(_PAGES.c.id)
        return int(core().scalars(made).one())
    as_it_was: Update = update(_PAGES).where(_PAGES.c.id == draft.page_id, _PAGES.c.made_at == draft.was_made_at)
    if core().execute(as_it_was.values(**values)).rowcount != 1:
        raise StaleError
    return draft.page_id
