"""One admin at least works here, whoever is locked out, removed or changed at the same moment."""

from sqlalchemy import and_, or_, select
from werkzeug.exceptions import NotFound

from intake.extensions import db
from intake.members.models import Member, working
from intake.members.sessions import Visitor


class LastAdminError(Exception):
    """Nobody would be left who manages people and desks."""


def held(visitor: Visitor, member_id: int) -> tuple[Member, Member]:
    """Return who acts and who is meant, as they are now: both and all admins are held until the transaction ends.

    Of two who act against each other at once, the second finds that they do not work here any more.

    Args:
        visitor: who acts.
        member_id: who is meant.

    Raises:
        werkzeug.exceptions.NotFound: there is no such member, or who acts was locked out meanwhile.
    """
    these = Member.id.in_({visitor.member.id, member_id})
    rows = db.session.scalars(
        select(Member)
        .where(or_(these, and_(Member.is_admin, working())))
        .order_by(Member.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = {member.id: member for member in rows}
    actor, meant = found.get(visitor.member.id), found.get(member_id)
    if actor is None or meant is None or not actor.works_here:
        raise NotFound
    return actor, meant


def is_last(member: Member) -> bool:
    """Return whether nobody else who works here is an admin."""
    others = select(Member.id).where(Member.id != member.id, Member.is_admin, working())
    return member.is_admin and member.works_here and db.session.scalar(others.limit(1)) is None
