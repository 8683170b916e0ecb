"""What tests of canaries share: their clock, and how one looks at them."""

from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from intake.complaint import canary, canary_rounds
from intake.complaint.models import CanaryRun
from intake.extensions import Model, db, transaction
from intake.i18n import now
from intake.outbox.worker import deliver_due

DAY = timedelta(hours=24)


class Clock:
    """The canaries' clock, moved by hand."""

    def __init__(self) -> None:
        """Begin now."""
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


def runs(*countries: str) -> list[CanaryRun]:
    """Return the runs of countries, oldest first."""
    db.session.rollback()
    chosen = select(CanaryRun).where(CanaryRun.country.in_(countries or canary.ALL)).order_by(CanaryRun.id)
    return list(db.session.scalars(chosen))


def begin(*countries: str) -> list[CanaryRun]:
    with transaction():
        canary.begin(now(), countries or ("KZ",))
    return runs(*countries)


def look() -> None:
    """Look as the worker does, and deliver what is owed."""
    canary_rounds.go_on()
    deliver_due()


def folder(app: Flask) -> Path:
    """Return where letters are written."""
    found = app.config["MAIL"].folder
    assert isinstance(found, Path)
    return found


def count(model: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0
