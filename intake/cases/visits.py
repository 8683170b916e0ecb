"""A complainant's return visit. The browser's cookie alone opens what opens the case; the row alone, nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from intake.cases.models import Case, ComplainantKey, ComplainantSession
from intake.extensions import db
from intake.i18n import ROUNDING, now, to_ten_minutes
from intake.sealing import CodeKeys, Identity, SealError, seal_document, unseal_document
from intake.web import session_cookie

COOKIE = session_cookie.SessionCookie("visit", "PUBLIC_URL")
KIND = "visit/1"
MINUTES = 30
IDLE = timedelta(minutes=MINUTES)
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
    (key, value), moment = session_cookie.made(), to_ten_minutes(now())
    document = {"identity": keys.identity.text, "digest_key": keys.digest_key.hex()}
    db.session.add(
        ComplainantSession(
            id=key.name,
            case_id=case.id,
            sealed=seal_document(KIND, document, [key.opener.recipient]),
            began_at=moment,
            used_at=moment,
        )
    )
    return value


def find(cookie: str | None) -> Visit | None:
    """Return who holds this cookie, or None where it opens no living session or its code is dead."""
    held = session_cookie.read(cookie)
    row = db.session.get(ComplainantSession, held.name) if held else None
    if held is None or row is None or not _alive(row, now()):
        return None
    case = db.session.get(Case, row.case_id)
    try:
        document = unseal_document(KIND, row.sealed, held.opener)
    except SealError:
        return None
    identity = Identity(document["identity"])
    if case is None or not _opens(identity, case):
        return None
    return Visit(case, identity, bytes.fromhex(document["digest_key"]), row.id)


def living(visit: Visit) -> Case:
    """Return the visit's case as it is now.

    Raises:
        DeadCodeError: its code died meanwhile, or its deletion was asked.
    """
    case = db.session.get(Case, visit.case.id, populate_existing=True)
    if case is None or not _opens(visit.identity, case):
        raise DeadCodeError
    return case


def needs_touch(visit: Visit) -> bool:
    """Return whether the visit's last use is to be written down anew."""
    row = db.session.get(ComplainantSession, visit.session_id)
    return row is not None and row.used_at != to_ten_minutes(now())  # the clock may have gone back


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


def _opens(identity: Identity, case: Case) -> bool:
    """Return whether an identity is that of the code that the case has now."""
    key = db.session.get(ComplainantKey, case.complainant_key_id) if case.complainant_key_id else None
    return key is not None and key.recipient == identity.recipient


def _alive(row: ComplainantSession, moment: datetime) -> bool:
    return moment - row.used_at <= IDLE + ROUNDING and moment - row.began_at <= LONGEST
