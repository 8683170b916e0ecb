"""What a member is and may do: role and admin right."""

from dataclasses import dataclass

from werkzeug.exceptions import NotFound

from intake import audit
from intake.desks import promises
from intake.extensions import db
from intake.members import admins
from intake.members.admins import LastAdminError
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor


@dataclass(frozen=True)
class Rights:
    """Journalist, editor or None; whether an admin."""

    role: str | None
    is_admin: bool


def change(visitor: Visitor, member_id: int, rights: Rights) -> Member:
    """Give a member other rights. Seats stay; who becomes an editor is promised one at every desk.

    Args:
        visitor: the admin who changes them.
        member_id: whose.
        rights: what they have from now on.

    Raises:
        werkzeug.exceptions.NotFound: there is no such member, or the visitor is no admin any more.
        LastAdminError: nobody else who works here is an admin.
    """
    actor, member = admins.held(visitor, member_id)
    if not actor.is_admin or member.left_at is not None:
        raise NotFound
    if not rights.is_admin and admins.is_last(member):
        raise LastAdminError
    if rights == Rights(member.role, member.is_admin):
        return member
    becomes_editor = rights.role == EDITOR and member.role != EDITOR
    member.role, member.is_admin = rights.role, rights.is_admin
    db.session.flush()
    if becomes_editor:
        promises.promise_every_desk(member, actor.id)
    audit.record(
        "member.changed",
        member_id=actor.id,
        member=member.id,
        role=rights.role,
        admin=rights.is_admin,
    )
    return member
