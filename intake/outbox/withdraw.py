"""Letters that must not go out any more: their addressee was locked out, or left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, tuple_, update

from intake.extensions import db
from intake.outbox.models import Letter


@dataclass(frozen=True)
class Withdrawn:
    """How many letters were withdrawn, and the cases of whose news nobody else was told."""

    count: int
    untold: frozenset[int]


def letters_to(member_id: int, address: str, moment: datetime) -> Withdrawn:
    """Withdraw the letters that are still owed to a member: the address goes, the words stay in the ledger.

    One that is being sent at this moment may arrive. Those of canaries, which no member gets, are no news of anything.

    Args:
        member_id: the member.
        address: theirs, for letters that know no member, such as invitations; empty to leave those.
        moment: now.
    """
    theirs = Letter.member_id == member_id
    if address:
        theirs = or_(theirs, and_(Letter.member_id.is_(None), Letter.address == address))
    owed = update(Letter).where(theirs, Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    gone = db.session.execute(
        owed.values(withdrawn_at=moment, address="", locked_until=None, sealed_report=None).returning(
            Letter.case_id, Letter.kind, Letter.owed_at, Letter.is_canary
        )
    ).all()
    real = [(case_id, kind, owed_at) for case_id, kind, owed_at, is_canary in gone if not is_canary]
    news = {(case_id, kind, owed_at) for case_id, kind, owed_at in real if case_id is not None}
    return Withdrawn(len(real), frozenset(case_id for case_id, _, _ in news - _told(news)))


def _told(news: set[tuple[int, str, datetime]]) -> set[tuple[int, str, datetime]]:
    """Return what of these news went, or goes, to somebody else too."""
    if not news:
        return set()
    those = tuple_(Letter.case_id, Letter.kind).in_({(case_id, kind) for case_id, kind, _ in news})
    others = select(Letter.case_id, Letter.kind, Letter.owed_at).where(those, Letter.withdrawn_at.is_(None))
    return {(case_id, kind, owed_at) for case_id, kind, owed_at in db.session.execute(others) if case_id is not None}
