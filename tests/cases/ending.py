"""Cases that came to their outcome, and a worker whose clock is moved by hand."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from intake.cases import statuses, triage
from intake.cases.models import CHECKING, PUBLISHED, Case
from intake.desks.models import House
from intake.extensions import db, settle, transaction
from intake.members.sessions import Visitor
from intake.outbox import worker
from intake.sealing import CodeKeys
from tests import factories
from tests.cases import saved
from tests.factories import make_case

DAY = timedelta(days=1)
WARNING = timedelta(days=30)
LINK = "https://acca.media/a"


class Worker:
    """The worker, at any moment: it looked a minute before unless it slept, and letters arrive unless mail is away."""

    def __init__(self, app: Flask, patch: pytest.MonkeyPatch) -> None:
        """Keep what its clock is set by."""
        self.app, self.patch = app, patch

    def at(self, moment: datetime, *, slept: bool = False, mail: bool = True) -> tuple[int, int]:
        """Do one round; return how many cases it warned of, and how many it destroyed."""
        for place in ("intake.chores", "intake.outbox.worker"):
            self.patch.setattr(f"{place}.now", lambda: moment)
        if not slept:
            with transaction():
                db.session.execute(update(House).values(watched_at=moment - timedelta(minutes=1)))
        answer = self.app.test_cli_runner().invoke(args=["cases", "retention"])
        found = re.fullmatch(r"warned of: (\d+), destroyed: (\d+)\n", answer.output)
        assert found, answer.output
        if mail:
            with self.app.app_context():  # it has a session of its own
                worker.deliver_due()
        db.session.rollback()
        return int(found[1]), int(found[2])


def done(
    visitor: Visitor,
    status: str = "closed",
    country: str = "KZ",
    *,
    read: bool = True,
    house: factories.House | None = None,
) -> tuple[Case, CodeKeys]:
    """Return a case that was read and came to an outcome; publishing takes the house, for an editor signs it off."""
    case, keys, _ = make_case(country)
    if read:
        see(visitor, case)
    if status == PUBLISHED:
        give(visitor, case, CHECKING)
    if house is not None:
        factories.sign_off(house, saved(case))
    give(visitor, case, status, LINK)
    return saved(case), keys


def see(visitor: Visitor, case: Case) -> None:
    """Read all that a case holds."""
    with transaction():
        triage.note_opened(visitor, case, range(1, 20), range(1, 100))


def give(visitor: Visitor, case: Case, status: str, words: str = "") -> None:
    """Give a case a status."""
    settle(lambda: statuses.seal_status(visitor, saved(case), status, words), statuses.give)


def over(case: Case, days: int) -> datetime:
    """Return the moment at which the time of a case is over."""
    outcome_at = saved(case).outcome_at
    assert outcome_at is not None
    return outcome_at + timedelta(days=days)


def end_of(case: Case) -> datetime:
    """Return the day on which a case ends, of which its desk was warned."""
    ends_at = saved(case).ends_at
    assert ends_at is not None
    return ends_at


def warned(worker_: Worker, case: Case, days: int = 1095) -> datetime:
    """Let the desk be warned of a case's end; return that."""
    assert worker_.at(over(case, days) - WARNING) == (1, 0)
    return end_of(case)


Meddle = Callable[[Visitor, Case, CodeKeys], object]
