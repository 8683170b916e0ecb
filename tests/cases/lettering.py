"""What tests of letters share: changing one, an attempt at one, what came back of one."""

from datetime import datetime, timedelta

from sqlalchemy import insert, update

from intake.extensions import db, table, transaction
from intake.i18n import now
from intake.outbox.models import Attempt, Bounce, Letter


def change(letter: Letter, **values: object) -> None:
    """Change columns of a letter."""
    with transaction():
        db.session.execute(update(Letter).where(Letter.id == letter.id).values(values))


def tried(letter: Letter, smtp_code: int | None, answer: str = "", **facts: bool) -> None:
    """Add an attempt at a letter."""
    said = {"smtp_code": smtp_code, "answer": answer}
    row = {"letter_id": letter.id, "at": now(), "accepted": False, "broke_off": False, **said, **facts}
    with transaction():
        db.session.execute(insert(table(Attempt)), [row])


def accept(letter: Letter, times: int = 1) -> None:
    """Let the mail server have taken a letter; where it did so again, the first worker was believed dead."""
    for number in range(times):
        if number:
            tried(letter, None, broke_off=True)
        tried(letter, 250, accepted=True)
    change(letter, delivered_at=now())


def come_back(
    letter: Letter,
    status: str = "5.1.1",
    answer: str = "no such user",
    *,
    permanent: bool = True,
    at: datetime | None = None,
) -> None:
    """Let a letter come back that was taken."""
    row = {"letter_id": letter.id, "at": at or now(), "permanent": permanent, "status": status, "answer": answer}
    with transaction():
        db.session.execute(insert(table(Bounce)), [row])


def fail(letter: Letter, answer: str = "later", wait: timedelta = timedelta(hours=1)) -> datetime:
    """Let an attempt at a letter fail; return when it is tried next."""
    tried(letter, 451, answer)
    due_at = now() + wait
    change(letter, failures=1, due_at=due_at)
    return due_at
