"""Search pages: the words of some hundred cases of a desk in one sealed file, so that a search opens few of them.

The file is one line of JSON (``search/1``: the desk, the cases and how many bytes the words of each take), then the
words as they are compared (after those of each case what it told of place, day and body by choosing: no search finds
that, since no space stands before it), then the words as they were written (a JSON array of ``[where, text]`` for each
case), then spaces up to the Padmé length. So ``age --decrypt`` gives all of it without this code.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from intake.cases.models import Message, Note, SearchEntry, SearchPage, Statement, StatusChange
from intake.cases.sealed_pages import Pages, SealedPage
from intake.sealing import Identity, SealedBytes, SealError, pad, seal, unseal

KIND = "search/1"
CLUE = "\x1f"  # stands before each thing that was told by choosing; no word has it
# Opening and sealing a page of this size takes some hundredths of a second.
PAGES = Pages(SearchPage, SearchEntry, (Statement, Message, Note, StatusChange), most_cases=500, most_bytes=4_000_000)
page, count, forget, remove = PAGES.page, PAGES.count, PAGES.forget, PAGES.remove


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

    def clues_at(self, place: int) -> list[str]:
        """Return what the case at a place told by choosing."""
        begin, end = self.compared[place], self.compared[place + 1]
        at = self.plain.find(CLUE.encode(), begin, end)
        return self.plain[at + 1 : end].decode().split(CLUE) if at >= 0 else []

    def words(self) -> Iterator[Words]:
        """Yield the words of each case."""
        spans = zip(self.case_ids, self.pieces, pairwise(self.compared), pairwise(self.written), strict=True)
        for case_id, pieces, compared, written in spans:
            yield Words(case_id, pieces, self.plain[slice(*compared)], self.plain[slice(*written)])


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
