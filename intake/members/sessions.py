"""A signed-in browser. Its cookie alone opens the member's identity; its row alone, nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from intake import audit
from intake.extensions import db
from intake.i18n import now
from intake.members import queries
from intake.members.models import Member, MemberSession
from intake.sealing import Identity, SealError, seal_identity, unseal_identity
from intake.web import session_cookie

COOKIE = session_cookie.SessionCookie("member", "DESK_URL")
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCHED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Visitor:
    """The member who asks, with the identity that their cookie opens, for as long as one request takes."""

    member: Member
    identity: Identity
    session_id: str


def begin(member: Member, identity: Identity) -> str:
    """Open a session and return the cookie's value: the row's name and the secret that opens it."""
    (key, value), moment = session_cookie.made(), now()
    db.session.add(
        MemberSession(
            id=key.name,
            member_id=member.id,
            identity=seal_identity(identity, [key.opener.recipient]),
            began_at=moment,
            used_at=moment,
        )
    )
    audit.record("member.signed_in", member_id=member.id)
    return value


def find(cookie: str | None) -> Visitor | None:
    """Return who holds this cookie, or None where it opens no living session."""
    key = session_cookie.read(cookie)
    row = db.session.get(MemberSession, key.name) if key else None
    if key is None or row is None or not _alive(row, now()):
        return None
    member = queries.by_id(row.member_id)
    if member is None:
        return None
    try:
        return Visitor(member, unseal_identity(row.identity, key.opener), row.id)
    except SealError:
        return None


def needs_touch(visitor: Visitor) -> bool:
    """Return whether the session's last use is old enough to be written down anew."""
    row = db.session.get(MemberSession, visitor.session_id)
    return row is not None and now() - row.used_at > TOUCHED_EVERY


def touch(visitor: Visitor) -> None:
    """Note that the session was used."""
    db.session.execute(update(MemberSession).where(MemberSession.id == visitor.session_id).values(used_at=now()))


def end(visitor: Visitor) -> None:
    """End a session: its row goes, so the cookie opens nothing any more."""
    db.session.execute(delete(MemberSession).where(MemberSession.id == visitor.session_id))
    audit.record("member.signed_out", member_id=visitor.member.id)


def end_dead(moment: datetime) -> None:
    """Remove the rows of sessions that ran out."""
    db.session.execute(
        delete(MemberSession).where(
            (MemberSession.used_at < moment - IDLE) | (MemberSession.began_at < moment - LONGEST)
        )
    )


def _alive(row: MemberSession, moment: datetime) -> bool:
    return moment - row.used_at <= IDLE and moment - row.began_at <= LONGEST
