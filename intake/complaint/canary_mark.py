"""The mark on a canary's form, and the identity to which a canary is sealed besides.

Nobody else can make the mark: it is signed, it is good for minutes, for one country and for one run, once. A complaint
whose mark is good for nothing is a complaint like any other.
"""

from flask import current_app
from itsdangerous import BadSignature, TimestampSigner
from sqlalchemy import select, update

from intake.cases.models import Case
from intake.complaint.models import SENDING, SENT, CanaryRun
from intake.config import write_private
from intake.extensions import db
from intake.sealing import Identity, new_identity, read_identity

FIELD = "canary"
LIFE = 300  # seconds for which a mark is good
FILE = "canary-identity"


def of(run_id: int, country: str) -> str:
    """Return the mark of a run."""
    return _signer().sign(f"{run_id}.{country}").decode()


def run_of(mark: str, country: str | None) -> int | None:
    """Return the run whose mark a form carries; None where it is forged, too old, or another country's."""
    try:
        number, _, meant = _signer().unsign(mark, max_age=LIFE).decode().partition(".")
    except BadSignature:
        return None
    return int(number) if country and meant == country else None


def is_awaited(run_id: int | None) -> bool:
    """Return whether a run awaits its case: a mark is good once."""
    if run_id is None:
        return False
    return db.session.scalar(select(CanaryRun.id).where(CanaryRun.id == run_id, *_AWAITED)) is not None


def take(run_id: int, reference: str) -> bool:
    """Give a run its case; return whether it still awaited one."""
    case_id = select(Case.id).where(Case.reference == reference).scalar_subquery()
    awaiting = update(CanaryRun).where(CanaryRun.id == run_id, *_AWAITED)
    return bool(db.session.execute(awaiting.values(step=SENT, case_id=case_id).returning(CanaryRun.id)).all())


def recipient() -> str:
    """Return what seals to the canary's identity."""
    return identity().recipient


def identity() -> Identity:
    """Return the canary's identity, made when it is first needed: it opens canaries, and holds no seat."""
    path = current_app.config["INSTANCE"] / FILE
    if not path.exists():
        write_private(path, new_identity().text)
    return read_identity(path.read_text())


_AWAITED = (CanaryRun.step == SENDING, CanaryRun.ended_at.is_(None))


def _signer() -> TimestampSigner:
    return TimestampSigner(current_app.secret_key or "", salt="canary")
