"""Writing the search pages of a desk: what is not searchable yet is opened and put on a page, a bounded time a step."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Row, exists, literal, select

from intake.cases import clues, folding, page_turns, queries, search_pages
from intake.cases.contact import OF_A_STORY, WAY
from intake.cases.models import Message, Note, Statement, StatusChange
from intake.cases.page_turns import Rows, Writer
from intake.cases.sealed_pages import Draft, SealedPage, Wanting
from intake.cases.search_pages import Words
from intake.desks.seats import Opens
from intake.extensions import core, table
from intake.members.sessions import Visitor
from intake.sealing import Identity, SealError, unseal

AT_ONCE = 50  # cases that are opened for one page before it is saved
STORY, ANSWER, CONTACT, MESSAGE, NOTE, STATUS = WHERE = ("story", "answer", "contact", "message", "note", "status")
TOLD = "told"  # by choosing: it is compared with other cases, and not searched
Typed = Callable[[str, Mapping[str, Any]], list[str]]  # gives what of the answers to a block was typed, not ticked
Said = tuple[str, str]  # where it was said, and the text
_STATEMENTS, _MESSAGES, _NOTES, _STATUSES = map(table, (Statement, Message, Note, StatusChange))
_ORDER = (_STATEMENTS, _MESSAGES, _NOTES, _STATUSES)


def turns(visitor: Visitor, seconds: float, typed: Typed) -> Iterator[Callable[[], Draft | None]]:
    """Yield what writes the next page of the visitor's desks anew, until all is searchable or the time is up.

    Each is to be saved by ``save`` before the next is asked for. What cannot be opened by this member is left out.

    Args:
        visitor: who is signed in.
        seconds: how long to go on.
        typed: gives what of the answers to a block was typed.
    """

    def read(case: Wanting, rows: Rows, opens: Opens) -> Words:
        return _words(case, _said(case.reference, rows, opens, typed))

    def opened(page: SealedPage, identity: Identity) -> Iterator[Words]:
        return search_pages.opened(page, identity).words()

    writer = Writer(search_pages.PAGES, AT_ONCE, _rows_of, read, opened, search_pages.sealed)
    return page_turns.turns(visitor, seconds, writer)


def save(draft: Draft | None) -> int:
    """Save a page, if there is anything to save; see ``Pages.save``.

    Raises:
        StaleError: something changed meanwhile; write it again.
    """
    return search_pages.PAGES.save(draft) if draft else 0


def _rows_of(case_ids: list[int]) -> dict[int, Rows]:
    """Return what was written in some cases, sealed: of an edited note the newest version."""
    found: dict[int, Rows] = {case_id: [] for case_id in case_ids}
    newer = _NOTES.alias()
    for rows in _ORDER:
        chosen = select(literal(rows.name).label("kind"), rows.c.case_id, rows.c.desk_key_id, rows.c.sealed)
        if rows is _NOTES:
            chosen = chosen.where(~exists().where(newer.c.replaces_id == rows.c.id))
        for row in core().execute(chosen.where(rows.c.case_id.in_(case_ids)).order_by(rows.c.id)):
            found[row.case_id].append(row)
    return found


def _said(reference: str, rows: Rows, opens: Opens, typed: Typed) -> list[Said]:
    """Open what was written in a case; what was altered says nothing: the case page tells of it."""
    said: list[Said] = []
    for row in rows:
        identity = opens(row.desk_key_id)
        with suppress(SealError):
            said += _spoken(row.kind, _document(row, identity, reference), typed)
    return [one for one in dict.fromkeys(said) if one[1]]


def _document(row: Row[Any], identity: Identity, reference: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(unseal(row.sealed, identity))
    if document["reference"] != reference:
        message = "a document was moved here from another case"
        raise SealError(message)
    return document


def _spoken(kind: str, document: Mapping[str, Any], typed: Typed) -> list[Said]:
    if kind == _STATEMENTS.name:
        block = str(document.get("block", queries.STORY))
        if block == queries.STORY:
            reached = [(CONTACT, document.get(name) or "") for name in OF_A_STORY if name != WAY]
            return [(STORY, document.get("story", "")), *reached]
        where = CONTACT if block == CONTACT else ANSWER
        told = [(TOLD, clue) for clue in clues.of(block, document["answers"])]
        return [(where, text) for text in typed(block, document["answers"])] + told
    if kind == _STATUSES.name:
        return [(STATUS, document["words"])]
    return [(NOTE if kind == _NOTES.name else MESSAGE, document["text"])]


def _words(case: Wanting, said: list[Said]) -> Words:
    told = "".join(f"{search_pages.CLUE}{clue}" for where, clue in said if where == TOLD)
    said = [one for one in said if one[0] != TOLD]
    compared = "\n".join(folding.loose(text) for _, text in said) + f"\n{told}"
    written = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return Words(case.case_id, case.pieces, compared.encode(), written.encode())
