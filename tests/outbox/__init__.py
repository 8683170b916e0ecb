"""Letters against a real mail server that fails in every way it can; what those tests share."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import deliver
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Attempt, Letter
from tests.factories import letters
from tests.servers.smtp import SmtpServer

SCHEMES = {"none": "smtp", "starttls": "smtp+starttls", "smtps": "smtps"}
WORDS: dict[str, Any] = {
    "fills": {"reference": "KZ-7Q4M-K2", "link": "http://x"},
    "country": "KZ",
    "urgent": False,
    "no_journalist": False,
}


@dataclasses.dataclass
class Clock:
    """The worker's clock, moved by hand. It complains of a round that never ends."""

    moment: datetime
    looks: int = 0

    def __call__(self) -> datetime:
        self.looks += 1
        assert self.looks < 5000
        return self.moment

    def forward(self, wait: timedelta) -> None:
        self.moment += wait


def owe(count: int, *addresses: str) -> list[str]:
    """Owe letters and return their Message-IDs, in the order in which they are due."""
    addressees = [Addressee(address, "en") for address in addresses or [f"m{n}@example.org" for n in range(count)]]
    with transaction():
        assert enqueue("new_case", addressees, now() - timedelta(minutes=7), **WORDS) == count
    return [letter.message_id for letter in letters()][-count:]


def arrived(server: SmtpServer) -> Counter[str]:
    """Return how many times each Message-ID reached the server."""
    return Counter(letter.message["Message-ID"] for letter in server.letters)


def names_given(server: SmtpServer) -> set[str]:
    """Return what our side called itself in its greetings."""
    return {talk.session.host_name for talk in server.conversations if talk.session and talk.session.host_name}


def attempts(letter: Letter) -> list[Attempt]:
    return list(db.session.scalars(select(Attempt).where(Attempt.letter_id == letter.id).order_by(Attempt.id)))


def claim_and_die(moment: datetime) -> deliver.Claim:
    """Claim as a worker does that is never heard of again."""
    with transaction():
        claim = deliver.claim(moment)
    db.session.expunge_all()
    return claim


def before_each_send(monkeypatch: pytest.MonkeyPatch, act: Callable[[Letter], None]) -> None:
    """Do something before each letter is handed over."""
    send = deliver.send

    def acting(letter: Letter, by: deliver.Carrier) -> deliver.Outcome:
        act(letter)
        return send(letter, by)

    monkeypatch.setattr(deliver, "send", acting)
