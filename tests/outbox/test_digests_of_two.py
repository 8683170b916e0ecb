"""Two workers gather letters at once, on SQLite and on PostgreSQL: postgres locks rows, SQLite the whole file."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from flask import Flask

from intake.extensions import db
from intake.i18n import now
from intake.outbox import deliver
from intake.outbox.digests import MANY, PAUSE
from intake.outbox.worker import Tally, deliver_due
from tests.factories import House, make_case
from tests.outbox.gathering import About, came, owe_about, to

MEETING = 3.0  # seconds that one of two workers waits for the other before it goes on alone
ADDRESSES = ("a@example.org", "b@example.org", "c@example.org")


def test_two_workers_at_once_gather_each_letter_once(
    app: Flask, house: House, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _, _ = make_case("KZ")
    case, moment = About(made.id, made.reference), now() + timedelta(hours=1)
    deliver_due()
    monkeypatch.setattr("intake.outbox.worker.now", lambda: moment)
    for address in ADDRESSES:
        owe_about(case, 25, moment, address=address)
    both, claim = threading.Barrier(2), deliver.claim

    def together(moment: datetime) -> deliver.Claim:
        """Claim, and keep the transaction open until the other worker has claimed, too."""
        claimed = claim(moment)
        if database == "postgresql":  # SQLite lets in one writer after the other
            with suppress(threading.BrokenBarrierError):
                both.wait(MEETING)
        return claimed

    monkeypatch.setattr(deliver, "claim", together)

    def work() -> Tally:
        with app.app_context():
            try:
                return deliver_due()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        tallies = [working.result() for working in [pool.submit(work), pool.submit(work)]]
    moment += PAUSE[False]
    deliver_due()
    sent = sum(tally.delivered for tally in tallies)
    assert sent <= 3 * (MANY[False] + 1)
    for address in ADDRESSES:
        letters = to(address)
        own = [letter for letter in letters if letter.kind != "digest"]
        assert len(own) == 25
        assert all(letter.delivered_at for letter in letters)
        alone = [letter for letter in own if letter.gathered_in_id is None]
        assert len(came(address)) == len(alone) + sum(letter.kind == "digest" for letter in letters)
