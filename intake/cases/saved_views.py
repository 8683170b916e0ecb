"""Filters of the queue under a name: a member's own, or shared with all."""

from sqlalchemy import delete, func, or_, select
from werkzeug.exceptions import NotFound

from intake.cases.models import SavedView
from intake.cases.queue_filter import Filter
from intake.extensions import db
from intake.i18n import now
from intake.members.sessions import Visitor

MOST = 40  # of one member


class TooManyError(Exception):
    """The member has saved as many views as one may."""


def seen_by(visitor: Visitor) -> list[SavedView]:
    """Return the views of a member and those that others share, by name."""
    seen = or_(SavedView.member_id == visitor.member.id, SavedView.shared)
    return list(db.session.scalars(select(SavedView).where(seen).order_by(SavedView.name, SavedView.id)))


def save(visitor: Visitor, name: str, chosen: Filter, *, shared: bool) -> None:
    """Keep a filter under a name; the member's own view of that name becomes this one.

    Raises:
        TooManyError: the member has enough of them.
    """
    own = SavedView.member_id == visitor.member.id
    db.session.execute(delete(SavedView).where(own, SavedView.name == name))
    if (db.session.scalar(select(func.count()).select_from(SavedView).where(own)) or 0) >= MOST:
        raise TooManyError
    db.session.add(SavedView(member_id=visitor.member.id, shared=shared, name=name, query=chosen.query, made_at=now()))


def drop(visitor: Visitor, view_id: int) -> None:
    """Forget a view.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, or it is somebody else's.
    """
    own = delete(SavedView).where(SavedView.id == view_id, SavedView.member_id == visitor.member.id)
    if db.session.scalar(own.returning(SavedView.id)) is None:
        raise NotFound
