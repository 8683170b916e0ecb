"""Writing the search pages of a desk: what is not searchable yet is opened and put on a page, a bounded time a step."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, exists, literal, select
from werkzeug.exceptions import NotFound

from intake.cases import folding, queries, search_pages
from intake.cases.models import Message, Note, Statement, StatusChange
from intake.cases.search_pages import Draft, Wanting, Words
from intake.desks import queries as desks
from intake.desks.seats import Opens
from intake.extensions import core, db, table
from intake.members.sessions import Visitor
from intake.sealing import Identity, SealError, unseal

AT_ONCE = 50  # cases that are opened for one page before it is saved
MOST_LEFT_OUT = 500  # cases that this member cannot open: a colleague goes on
STORY, ANSWER, CONTACT, MESSAGE, NOTE, STATUS = WHERE = ("story", "answer", "contact", "message", "note", "status")
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
    until = time.monotonic() + seconds
    for desk_id in sorted(desks.held_by(visitor.member)):
        turn = _Turn(visitor, desk_id, until, typed)
        while turn.goes_on():
            yield turn.write_some


def save(draft: Draft | None) -> int:
    """Save a page, if there is anything to save; see ``search_pages.save``.

    Raises:
        StaleError: something changed meanwhile; write it again.
    """
    return search_pages.save(draft) if draft else 0


@dataclass
class _Turn:
    """A walk through what a desk's pages lack."""

    visitor: Visitor
    desk_id: int
    until: float
    typed: Typed
    left_out: set[int] = field(default_factory=set)

    def goes_on(self) -> bool:
        """Return whether there is time, and something to do."""
        is_over = len(self.left_out) > MOST_LEFT_OUT or time.monotonic() >= self.until
        return not is_over and bool(self._next(1))

    def write_some(self) -> Draft | None:
        """Write the next page anew."""
        opens = queries.desk_opens(self.visitor)
        key, lacking = desks.current_key(self.desk_id), self._next(AT_ONCE)
        if not lacking:
            return None
        found = search_pages.page(lacking[0].page_id or search_pages.with_room(self.desk_id) or 0)
        if found is not None and found.desk_id != self.desk_id:
            found = None
        kept: dict[int, Words] = {}
        if found is not None:
            with suppress(SealError):  # a page that was altered is made anew from the cases
                standing, page = (
                    search_pages.standing_on(found.id),
                    search_pages.opened(found, opens(found.desk_key_id)),
                )
                kept = {one.case_id: one for one in page.words() if one.case_id in standing}
        fresh = self._read(lacking, opens)
        words = {**kept, **fresh}
        recipient, key_id = key.recipient, key.id
        db.session.rollback()  # hold no read open while the cipher takes its time
        return Draft(
            self.desk_id,
            key_id,
            found.id if found else None,
            found.made_at if found else None,
            search_pages.sealed(self.desk_id, list(words.values()), recipient),
            {one.case_id: one.pieces for one in words.values()},
            frozenset(fresh),
        )

    def _next(self, most: int) -> list[Wanting]:
        return search_pages.wanting(self.desk_id, frozenset(self.left_out), most)

    def _read(self, lacking: list[Wanting], opens: Opens) -> dict[int, Words]:
        rows = _rows_of([one.case_id for one in lacking])
        fresh: dict[int, Words] = {}
        for one in lacking:
            if fresh and time.monotonic() > self.until:
                break
            try:
                said = _said(one.reference, rows[one.case_id], opens, self.typed)
            except NotFound:  # sealed to a key that this member does not hold: a colleague can
                self.left_out.add(one.case_id)
                continue
            fresh[one.case_id] = _words(one, said)
        return fresh


def _rows_of(case_ids: list[int]) -> dict[int, list[Row[Any]]]:
    """Return what was written in some cases, sealed: of an edited note the newest version."""
    found: dict[int, list[Row[Any]]] = {case_id: [] for case_id in case_ids}
    newer = _NOTES.alias()
    for rows in _ORDER:
        chosen = select(literal(rows.name).label("kind"), rows.c.case_id, rows.c.desk_key_id, rows.c.sealed)
        if rows is _NOTES:
            chosen = chosen.where(~exists().where(newer.c.replaces_id == rows.c.id))
        for row in core().execute(chosen.where(rows.c.case_id.in_(case_ids)).order_by(rows.c.id)):
            found[row.case_id].append(row)
    return found


def _said(reference: str, rows: list[Row[Any]], opens: Opens, typed: Typed) -> list[Said]:
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
            return [(STORY, document.get("story", "")), (CONTACT, document.get("contact_value") or "")]
        where = CONTACT if block == CONTACT else ANSWER
        return [(where, text) for text in typed(block, document["answers"])]
    if kind == _STATUSES.name:
        return [(STATUS, document["words"])]
    return [(NOTE if kind == _NOTES.name else MESSAGE, document["text"])]


def _words(case: Wanting, said: list[Said]) -> Words:
    compared = "\n".join(folding.loose(text) for _, text in said) + "\n"
    written = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return Words(case.case_id, case.pieces, compared.encode(), written.encode())
