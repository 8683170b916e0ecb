"""Reads about letters."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import aliased

from intake.extensions import db
from intake.outbox.models import Attempt, Letter

LATE = timedelta(minutes=5)  # a letter that was due so long ago is not being seen to
MOST_FAILING = 20  # letters whose last word is read
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'`]*[@＠][^\s<>()\[\]:;,\"'`]*")
_TRY = aliased(Attempt)
_REAL = Letter.is_canary.is_(False)  # those of canaries are nobody's: they come and go
_HIDDEN = "…"
_SHORTEST_NAME = 3  # characters before the @ that are looked for alone


@dataclass(frozen=True)
class Word:
    """What a mail server said last of some letters, without addresses, and how many of them it was."""

    smtp_code: int | None
    answer: str
    count: int


@dataclass(frozen=True)
class Health:
    """How letters are delivered at this moment; of whom and of what nothing.

    Attributes:
        owed: how many wait, those that failed so far among them.
        oldest_owed_at: since when the oldest of them.
        failing: how many of them were tried and not taken.
        late: how many should have been tried some minutes ago and were not: the worker stands still.
        day: how many the mail server took in the last 24 hours.
        week: and in the last seven days.
        delivered_at: when it took the last.
        tried_at: when anything was tried last.
        words: what it says of those that fail.
    """

    owed: int
    oldest_owed_at: datetime | None
    failing: int
    late: int
    day: int
    week: int
    delivered_at: datetime | None
    tried_at: datetime | None
    words: list[Word]


def owed_at(kind: str, case_id: int, at: datetime) -> bool:
    """Return whether a letter of a kind about a case became owed at that moment, and was not withdrawn."""
    found = select(Letter.id).where(
        Letter.kind == kind, Letter.case_id == case_id, Letter.owed_at == at, Letter.withdrawn_at.is_(None)
    )
    return db.session.scalar(found.limit(1)) is not None


def health(moment: datetime) -> Health:
    """Return how letters are delivered.

    Args:
        moment: now.
    """
    owed = (Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None), _REAL)
    counted = select(func.count()).select_from(Letter).where(_REAL)
    late = (Letter.due_at < moment - LATE, func.coalesce(Letter.locked_until, Letter.due_at) < moment - LATE)
    told = {
        "owed": counted.where(*owed),
        "oldest_owed_at": select(func.min(Letter.owed_at)).where(*owed),
        "failing": counted.where(*owed, Letter.failures > 0),
        "late": counted.where(*owed, *late),
        "day": counted.where(Letter.delivered_at >= moment - timedelta(days=1)),
        "week": counted.where(Letter.delivered_at >= moment - timedelta(days=7)),
        "delivered_at": select(Letter.delivered_at)
        .where(Letter.delivered_at.is_not(None), _REAL)
        .order_by(Letter.delivered_at.desc())
        .limit(1),
        "tried_at": select(Attempt.at).order_by(Attempt.id.desc()).limit(1),
    }
    row = db.session.execute(select(*(one.scalar_subquery().label(name) for name, one in told.items()))).one()
    return Health(**row._asdict(), words=_words())


def without_address(answer: str, address: str) -> str:
    """Return what a mail server said, without the address that it said it of, or any other.

    Args:
        answer: its words.
        address: that of the letter, which it may have written in its own way.
    """
    name = address.partition("@")[0]
    for known in (address, name if len(name) >= _SHORTEST_NAME else ""):
        if known:
            answer = re.sub(re.escape(known), _HIDDEN, answer, flags=re.IGNORECASE)
    return _ADDRESS.sub(_HIDDEN, answer)


def _words() -> list[Word]:
    """Return what was said last of the letters that fail, the newest of them."""
    owed = (Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None), Letter.failures > 0, _REAL)
    rows = select(Attempt.smtp_code, Attempt.answer, Letter.address)
    rows = rows.join(Letter, Attempt.id == _last_try()).where(*owed).order_by(Letter.id.desc())
    counts: dict[tuple[int | None, str], int] = {}
    for code, answer, address in db.session.execute(rows.limit(MOST_FAILING)):
        said = code, without_address(answer, address)
        counts[said] = counts.get(said, 0) + 1
    return [Word(code, answer, count) for (code, answer), count in counts.items()]


def _last_try() -> ScalarSelect[int]:
    """Return the number of the last attempt at a letter, as a part of a statement about letters."""
    return select(func.max(_TRY.id)).where(_TRY.letter_id == Letter.id).correlate(Letter).scalar_subquery()
