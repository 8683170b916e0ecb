"""A signed-in browser. Its cookie alone opens the member's identity; its row alone, nothing."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, update
from werkzeug.wrappers import Response

from intake import audit
from intake.extensions import db
from intake.i18n import now
from intake.members import queries
from intake.members.models import Member, MemberSession
from intake.sealing import SECRET_BYTES, Identity, SealError, identity_from_secret, seal_identity, unseal_identity

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
    secret = secrets.token_bytes(SECRET_BYTES)
    name = secrets.token_urlsafe(16)
    moment = now()
    db.session.add(
        MemberSession(
            id=name,
            member_id=member.id,
            identity=seal_identity(identity, [identity_from_secret(secret).recipient]),
            began_at=moment,
            used_at=moment,
        )
    )
    audit.record("member.signed_in", member_id=member.id)
    return f"{name}.{base64.urlsafe_b64encode(secret).decode()}"


def find(cookie: str | None) -> Visitor | None:
    """Return who holds this cookie, or None where it opens no living session."""
    name, _, secret_text = (cookie or "").partition(".")
    if not name or not secret_text:
        return None
    row = db.session.get(MemberSession, name)
    if row is None or not _alive(row, now()):
        return None
    member = queries.by_id(row.member_id)
    if member is None:
        return None
    try:
        secret = base64.urlsafe_b64decode(secret_text)
        identity = unseal_identity(row.identity, identity_from_secret(secret))
    except (binascii.Error, ValueError, SealError):
        return None
    return Visitor(member, identity, name)


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


def cookie_name() -> str:
    """Return the name of the members' cookie: bound to its host over HTTPS, bare on a trial over HTTP."""
    return "__Host-member" if current_app.config["SECURE"] else "member"


def set_cookie(response: Response, value: str) -> None:
    """Hand the cookie to the browser, for no page of another site and no script to see."""
    response.set_cookie(
        cookie_name(), value, path="/", secure=current_app.config["SECURE"], httponly=True, samesite="Strict"
    )


def drop_cookie(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(), path="/", secure=current_app.config["SECURE"], httponly=True, samesite="Strict"
    )


def _alive(row: MemberSession, moment: datetime) -> bool:
    return moment - row.used_at <= IDLE and moment - row.began_at <= LONGEST
