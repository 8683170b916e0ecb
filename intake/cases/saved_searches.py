"""Searches that a member makes again and again: their words are sealed to the member alone."""

from dataclasses import dataclass, field

from sqlalchemy import delete, func, select

from intake.cases.models import SavedSearch
from intake.extensions import db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.sealing import SealedBytes, SealError, seal_document, unseal_document

KIND = "saved-search/1"
MOST = 50  # of one member


class TooManyError(Exception):
    """The member has as many saved searches as one may have."""


@dataclass(frozen=True)
class Saved:
    """A saved search, opened for its member."""

    id: int
    words: str = field(repr=False)
    desk: str
    country: str


def sealed(visitor: Visitor, words: str, desk: str, country: str) -> SealedBytes:
    """Seal a search to the member who makes it.

    Args:
        visitor: who asks.
        words: what is searched for.
        desk: the number of the desk; empty for all.
        country: the country; empty for all.
    """
    return seal_document(KIND, {"words": words, "desk": desk, "country": country}, [visitor.member.recipient])


def save(visitor: Visitor, search: SealedBytes) -> None:
    """Save a search for the member who asks.

    Raises:
        TooManyError: there are ``MOST`` already.
    """
    mine = select(func.count()).select_from(SavedSearch).where(SavedSearch.member_id == visitor.member.id)
    if (db.session.scalar(mine) or 0) >= MOST:
        raise TooManyError
    db.session.add(SavedSearch(member_id=visitor.member.id, sealed=search, saved_at=now()))


def all_of(visitor: Visitor) -> list[Saved]:
    """Return the saved searches of the member who asks, the oldest first; one that was altered is left out."""
    rows = db.session.scalars(
        select(SavedSearch).where(SavedSearch.member_id == visitor.member.id).order_by(SavedSearch.id)
    ).all()
    found = []
    for row in rows:
        try:
            told = unseal_document(KIND, row.sealed, visitor.identity)
        except SealError:
            continue
        found.append(Saved(row.id, told["words"], told["desk"], told["country"]))
    return found


def remove(visitor: Visitor, search_id: int) -> None:
    """Remove a saved search of the member who asks; one that is not theirs is not there."""
    mine = delete(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.member_id == visitor.member.id)
    db.session.execute(mine)
