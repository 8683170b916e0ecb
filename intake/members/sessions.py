"""A signed-in browser. Its cookie alone opens the member's identity; its row alone, nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, delete, select, update

from intake import audit
from intake.extensions import db
from intake.i18n import now
from intake.members import queries
from intake.members.models import Member, MemberSession
from intake.sealing import (
    Identity,
    SealError,
    seal_document,
    seal_identity,
    unseal_document,
    unseal_identity,
)
from intake.web import session_cookie

COOKIE = session_cookie.SessionCookie("member", "DESK_URL")
TOUCHED_EVERY = timedelta(minutes=1)
CONFIRMED = timedelta(minutes=5)  # how long a password that was typed again is good
SESSION = "session/1"


@dataclass(frozen=True)
class Visitor:
    """The member who asks, with the identity that their cookie opens, for as long as one request takes."""

    member: Member
    identity: Identity
    session_id: str


@dataclass(frozen=True)
class OpenedSession:
    """A session as its member sees it."""

    id: str
    device: str
    way: str
    began_at: datetime
    used_at: datetime
    is_this: bool


def begin(member: Member, identity: Identity, device: str, way: str, *, recovered: bool = False) -> str:
    """Open a session and return the cookie's value: the row's name and the secret that opens it.

    Args:
        member: whose.
        identity: theirs, opened.
        device: what they know this browser by, without a place; sealed to them.
        way: how they signed in, such as ``password+code``.
        recovered: whether a recovery code stood in for the password.
    """
    (key, value), moment = session_cookie.made(), now()
    db.session.add(
        MemberSession(
            id=key.name,
            member_id=member.id,
            identity=seal_identity(identity, [key.opener.recipient]),
            label=seal_document(SESSION, {"device": device, "way": way}, [member.recipient]),
            began_at=moment,
            used_at=moment,
            recovered=recovered,
        )
    )
    db.session.execute(update(Member).where(Member.id == member.id).values(signed_in_on=moment.date()))
    audit.record("member.signed_in", member_id=member.id, way=way)
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
    return row is not None and abs(now() - row.used_at) > TOUCHED_EVERY  # the clock may have gone back


def touch(visitor: Visitor) -> None:
    """Note that the session was used."""
    db.session.execute(update(MemberSession).where(MemberSession.id == visitor.session_id).values(used_at=now()))


def left(visitor: Visitor) -> tuple[timedelta, bool]:
    """Return for how long a session stays open if nobody presses anything, and whether a press makes that longer."""
    row = db.session.get_one(MemberSession, visitor.session_id, populate_existing=True)
    (idle, longest), moment = spans(), now()
    until_idle, until_last = row.used_at + idle - moment, row.began_at + longest - moment
    return min(until_idle, until_last), until_idle < until_last


def end(visitor: Visitor) -> None:
    """End a session: its row goes, so the cookie opens nothing any more."""
    db.session.execute(delete(MemberSession).where(MemberSession.id == visitor.session_id))
    audit.record("member.signed_out", member_id=visitor.member.id)


def all_of(visitor: Visitor) -> list[OpenedSession]:
    """Return the living sessions of the member who asks, the newest first."""
    rows = db.session.scalars(
        select(MemberSession)
        .where(MemberSession.member_id == visitor.member.id)
        .order_by(MemberSession.began_at.desc(), MemberSession.id)
    )
    return [_opened(row, visitor) for row in rows.all() if _alive(row, now())]


def end_one(visitor: Visitor, session_id: str) -> None:
    """End a session of the member who asks; one that is not theirs is not there."""
    _end(visitor.member, MemberSession.id == session_id)


def end_others(visitor: Visitor) -> None:
    """End all sessions of the member who asks but this one."""
    _end(visitor.member, MemberSession.id != visitor.session_id)


def confirm(visitor: Visitor) -> None:
    """Note that the password was typed again."""
    typed = update(MemberSession).where(MemberSession.id == visitor.session_id)
    db.session.execute(typed.values(confirmed_at=now()))


def is_confirmed(visitor: Visitor) -> bool:
    """Return whether the password was typed again within the last five minutes."""
    row = db.session.get(MemberSession, visitor.session_id, populate_existing=True)
    return row is not None and row.confirmed_at is not None and abs(now() - row.confirmed_at) <= CONFIRMED


def is_recovered(visitor: Visitor) -> bool:
    """Return whether a recovery code stood in for the password when this session began."""
    row = db.session.get(MemberSession, visitor.session_id)
    return row is not None and row.recovered


def end_dead(moment: datetime) -> None:
    """Remove the rows of sessions that ran out."""
    idle, longest = spans()
    db.session.execute(
        delete(MemberSession).where(
            (MemberSession.used_at < moment - idle) | (MemberSession.began_at < moment - longest)
        )
    )


def spans() -> tuple[timedelta, timedelta]:
    """Return how long a session may be idle, and how long it may last."""
    config = current_app.config
    return timedelta(minutes=config["SESSION_IDLE_MINUTES"]), timedelta(hours=config["SESSION_HOURS"])


def _end(member: Member, which: ColumnElement[bool]) -> None:
    gone = delete(MemberSession).where(MemberSession.member_id == member.id, which).returning(MemberSession.id)
    if ended := len(db.session.scalars(gone).all()):
        audit.record("member.sessions_ended", member_id=member.id, count=ended)


def _opened(row: MemberSession, visitor: Visitor) -> OpenedSession:
    told = unseal_document(SESSION, row.label, visitor.identity)
    return OpenedSession(
        row.id, told["device"], told["way"], row.began_at, row.used_at, is_this=row.id == visitor.session_id
    )


def _alive(row: MemberSession, moment: datetime) -> bool:
    idle, longest = spans()
    return moment - row.used_at <= idle and moment - row.began_at <= longest
