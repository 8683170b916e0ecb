"""A complainant's return visit. The browser's cookie alone opens what opens the case; the row alone, nothing."""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, update
from werkzeug.wrappers import Response

from intake.cases.models import DELETED, Case, ComplainantKey, ComplainantSession
from intake.extensions import db
from intake.i18n import ROUNDING, now, to_ten_minutes
from intake.sealing import (
    SECRET_BYTES,
    CodeKeys,
    Identity,
    SealError,
    identity_from_secret,
    seal_document,
    unseal_document,
)

KIND = "visit/1"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)


class DeadCodeError(Exception):
    """The code that opened a visit opens nothing any more."""


@dataclass(frozen=True)
class Visit:
    """The holder of a return code, with what it opens, for as long as one request takes."""

    case: Case
    identity: Identity
    digest_key: bytes = field(repr=False)
    session_id: str

    def opens(self, desk_key_id: int) -> Identity:  # noqa: ARG002 the complainant has one identity for all
        """Return the identity that opens what is sealed to the complainant."""
        return self.identity


def begin(case: Case, keys: CodeKeys) -> str:
    """Open a session for the holder of a code and return the cookie's value."""
    secret, name, moment = secrets.token_bytes(SECRET_BYTES), secrets.token_urlsafe(16), to_ten_minutes(now())
    document = {"identity": keys.identity.text, "digest_key": keys.digest_key.hex()}
    db.session.add(
        ComplainantSession(
            id=name,
            case_id=case.id,
            sealed=seal_document(KIND, document, [identity_from_secret(secret).recipient]),
            began_at=moment,
            used_at=moment,
        )
    )
    return f"{name}.{base64.urlsafe_b64encode(secret).decode()}"


def find(cookie: str | None) -> Visit | None:
    """Return who holds this cookie, or None where it opens no living session or its code is dead."""
    name, _, secret_text = (cookie or "").partition(".")
    row = db.session.get(ComplainantSession, name) if name and secret_text else None
    if row is None or not _alive(row, now()):
        return None
    case = db.session.get(Case, row.case_id)
    try:
        opener = identity_from_secret(base64.urlsafe_b64decode(secret_text))
        document = unseal_document(KIND, row.sealed, opener)
    except (binascii.Error, ValueError, SealError):
        return None
    identity = Identity(document["identity"])
    key = db.session.get(ComplainantKey, case.complainant_key_id) if case and case.complainant_key_id else None
    if case is None or case.status == DELETED or key is None or key.recipient != identity.recipient:
        return None
    return Visit(case, identity, bytes.fromhex(document["digest_key"]), name)


def living(visit: Visit) -> Case:
    """Return the visit's case as it is now.

    Raises:
        DeadCodeError: its code died meanwhile, or its deletion was asked.
    """
    case = db.session.get(Case, visit.case.id, populate_existing=True)
    key = db.session.get(ComplainantKey, case.complainant_key_id) if case and case.complainant_key_id else None
    if case is None or key is None or key.recipient != visit.identity.recipient:
        raise DeadCodeError
    return case


def needs_touch(visit: Visit) -> bool:
    """Return whether the visit's last use is to be written down anew."""
    row = db.session.get(ComplainantSession, visit.session_id)
    return row is not None and row.used_at < to_ten_minutes(now())


def touch(visit: Visit) -> None:
    """Note that the session was used, to ten minutes."""
    used = update(ComplainantSession).where(ComplainantSession.id == visit.session_id)
    db.session.execute(used.values(used_at=to_ten_minutes(now())))


def end(cookie: str | None) -> None:
    """End the session that a cookie names; the secret in it must open it."""
    visit = find(cookie)
    if visit is not None:
        db.session.execute(delete(ComplainantSession).where(ComplainantSession.id == visit.session_id))


def end_all(case_id: int) -> None:
    """End every session of a case: its code is dead."""
    db.session.execute(delete(ComplainantSession).where(ComplainantSession.case_id == case_id))


def end_dead(moment: datetime) -> None:
    """Remove the rows of sessions that ran out."""
    idle, old = ComplainantSession.used_at < moment - IDLE - ROUNDING, ComplainantSession.began_at < moment - LONGEST
    db.session.execute(delete(ComplainantSession).where(idle | old))


def cookie_name() -> str:
    """Return the name of the complainants' cookie: bound to its host over HTTPS, bare over HTTP."""
    return "__Host-visit" if _secure() else "visit"


def set_cookie(response: Response, value: str) -> None:
    """Hand the cookie to the browser until it is closed, for no page of another site and no script to see."""
    response.set_cookie(cookie_name(), value, path="/", secure=_secure(), httponly=True, samesite="Strict")


def drop_cookie(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(cookie_name(), path="/", secure=_secure(), httponly=True, samesite="Strict")


def _secure() -> bool:
    return str(current_app.config["PUBLIC_URL"]).startswith("https://")


def _alive(row: ComplainantSession, moment: datetime) -> bool:
    return moment - row.used_at <= IDLE + ROUNDING and moment - row.began_at <= LONGEST
