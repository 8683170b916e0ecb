"""Cases as the dashboard counts them: arrived then, acknowledged so much later, answered."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from intake.cases.models import Case, Message, RatingCount
from intake.cases.paper_models import CodeCount
from intake.desks import queries as desks
from intake.extensions import db, table, transaction
from intake.i18n import now
from tests.cases import write
from tests.factories import STORY, House, make_case
from tests.many_cases import insert_cases


def arrive(country: str, *moments: datetime, **values: Any) -> list[int]:
    """Let cases arrive at a country's desk at these moments; return their numbers."""
    numbers = list(insert_cases(len(moments), country))
    with transaction():
        for number, moment in zip(numbers, moments, strict=True):
            db.session.execute(update(Case).where(Case.id == number).values(received_at=moment, **values))
    return numbers


def acknowledge_after(numbers: list[int], minutes: list[int]) -> None:
    """Let cases be acknowledged so many minutes after they arrived."""
    with transaction():
        for number, count in zip(numbers, minutes, strict=True):
            arrived = db.session.get_one(Case, number).received_at
            done = {"status": "acknowledged", "acknowledged_at": arrived + timedelta(minutes=count)}
            db.session.execute(update(Case).where(Case.id == number).values(done))


def talk(house: House, member_id: int, said: list[tuple[bool, int]], **fields: Any) -> None:
    """Let a case arrive two days ago, and messages follow: whether the desk wrote, and how many minutes later."""
    arrived = now() - timedelta(days=2)
    case = make_case(story=f"{STORY} {said}", **fields)[0]
    visitor = house.visitors[member_id]
    for by_desk, minutes in said:
        write(visitor, case, f"{by_desk} {minutes}")
        with transaction():
            newest = db.session.query(Message).order_by(Message.id.desc()).limit(1).one().id
            values = {"sent_at": arrived + timedelta(minutes=minutes), "member_id": member_id if by_desk else None}
            db.session.execute(update(Message).where(Message.id == newest).values(values))
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(received_at=arrived))


def code(country: str, counts: dict[str, int], month: str = "") -> None:
    """Let so many cases of a desk be coded so, this month or in another."""
    of = {"desk_id": desks.by_name(country).id, "month": month or f"{now():%Y-%m}"}
    with transaction():
        db.session.execute(insert(table(CodeCount)), [{**of, "code": name, "count": n} for name, n in counts.items()])


def rate(country: str, counts: dict[int, int], question: str = "relevance") -> None:
    """Let so many complainants of a desk rate its help so."""
    of = {"desk_id": desks.by_name(country).id, "month": f"{now():%Y-%m}", "question": question}
    with transaction():
        db.session.execute(
            insert(table(RatingCount)), [{**of, "rating": rating, "count": n} for rating, n in counts.items()]
        )
