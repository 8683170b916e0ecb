"""Reads about letters."""

from datetime import datetime

from sqlalchemy import select

from intake.extensions import db
from intake.outbox.models import Letter


def owed_at(kind: str, case_id: int, at: datetime) -> bool:
    """Return whether a letter of a kind about a case became owed at that moment, and was not withdrawn."""
    found = select(Letter.id).where(
        Letter.kind == kind, Letter.case_id == case_id, Letter.owed_at == at, Letter.withdrawn_at.is_(None)
    )
    return db.session.scalar(found.limit(1)) is not None
