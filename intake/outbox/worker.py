"""The worker: the edge that delivers what is due, again and again. It holds no key to any case."""

import logging
import math
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy.exc import DBAPIError

from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import deliver, postmaster
from intake.outbox.models import TEST, Letter

PAUSE = 1.0  # seconds between two looks at an empty outbox
PAUSE_AFTER_FAULT = 5.0  # seconds
CHORE_EVERY = 60.0  # seconds
BEAT_EVERY = 60.0  # seconds
A_STEP = timedelta(seconds=10)  # by which the clock must go back before anything is done about it
HUNG_UP = (None, 421)  # no answer at all, or the one with which a mail server closes (RFC 5321, 3.8)
log = logging.getLogger(__name__)


@dataclass
class Tally:
    """How many letters a round delivered, and how many it could not."""

    delivered: int = 0
    failed: int = 0

    def count(self, outcome: deliver.Outcome) -> None:
        """Add one outcome."""
        if outcome.accepted:
            self.delivered += 1
        else:
            self.failed += 1


def deliver_due(until: float = math.inf) -> Tally:
    """Deliver every letter that is due now, batch after batch, and return how it went.

    A letter that failed waits for its next time, so the round ends.

    Args:
        until: no batch is begun after this moment of the monotonic clock: what else is due must not wait for long.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database is away; leases run out by themselves.
    """
    tally = Tally()
    while time.monotonic() < until:
        with transaction():
            claim = deliver.claim(now())
        db.session.expunge_all()  # the letters are read, not changed, from here on
        if not claim.letters and not claim.some_put_off:
            break
        _deliver(claim, tally)
        _rehearse(claim, tally)
    return tally


def watch(stopping: Callable[[float], bool], chore: Callable[[], None] = lambda: None) -> None:
    """Deliver until told to stop, and see to what else is due now and then.

    Once a minute it is written down that a round was done: whoever finds that this was long ago knows that this worker
    hangs, or falls at each of its rounds.

    Args:
        stopping: waits that many seconds and says whether to stop.
        chore: work beside the letters, done at first and then every minute.
    """
    next_chore = next_beat = time.monotonic()
    seen = datetime.max.replace(tzinfo=UTC)  # it may have gone back before this start
    while not stopping(PAUSE):
        try:
            if now() < seen - A_STEP:
                _catch_up()
                next_beat = time.monotonic()
            seen = now()
            if time.monotonic() >= next_chore:
                next_chore = time.monotonic() + CHORE_EVERY
                chore()
            tally = deliver_due(next_chore)
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + BEAT_EVERY
                _beat()
        except DBAPIError as error:  # the database is away or locked: the letters are still owed, and leases run out
            log.warning("database: %s; trying again", type(error.orig).__name__)
            stopping(PAUSE_AFTER_FAULT)
        else:
            if tally.delivered or tally.failed:
                log.info("letters delivered: %d, still owed after an attempt: %d", tally.delivered, tally.failed)
        finally:
            db.session.remove()


def _catch_up() -> None:
    """See to letters that wait for what the clock said before it went back."""
    with transaction():
        waited = deliver.catch_up(now())
    if waited:
        log.warning("the clock went back: letters that would have waited for it: %d", waited)


def _beat() -> None:
    """Write down that this worker lives."""
    with transaction():
        postmaster.note("beat_at", now())


def _deliver(claim: deliver.Claim, tally: Tally) -> None:
    """Send the letters of one claim over one connection, a new one when it breaks."""
    waiting = [letter for letter in claim.letters if letter.kind != TEST]
    while waiting:
        try:
            with deliver.carrier(current_app.config["MAIL"]) as carrier:
                _send_all(waiting, claim, carrier, tally)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            if not waiting:
                return
            outcome = deliver.failure(error)
            for letter in waiting:  # the server takes nobody's letters: all of them wait
                _record(letter, claim, outcome, tally)
            return


def _send_all(waiting: list[Letter], claim: deliver.Claim, carrier: deliver.Carrier, tally: Tally) -> None:
    """Send letters until none waits or the connection breaks; ``waiting`` keeps those still to be sent."""
    while waiting:
        if now() > claim.until - deliver.SEND_WITHIN:
            with transaction():
                deliver.release(claim.until, waiting)
            waiting.clear()
            return
        letter = waiting.pop(0)
        if deliver.is_withdrawn(letter):
            continue
        outcome = deliver.send(letter, carrier)
        _record(letter, claim, outcome, tally)
        if not outcome.accepted and outcome.smtp_code in HUNG_UP:
            return


def _rehearse(claim: deliver.Claim, tally: Tally) -> None:
    """Send the test letters of one claim, each over a connection of its own, while the lease lasts."""
    for letter in claim.letters:
        if letter.kind != TEST or deliver.is_withdrawn(letter):
            continue
        if now() > claim.until - deliver.SEND_WITHIN:
            with transaction():
                deliver.release(claim.until, [letter])
            continue
        _record(letter, claim, deliver.rehearse(letter), tally)


def _record(letter: Letter, claim: deliver.Claim, outcome: deliver.Outcome, tally: Tally) -> None:
    with transaction():
        deliver.record(letter, claim.until, outcome, now())
    tally.count(outcome)
