"""What a complainant thought of the help, once a case is closed: sealed to the desk, the ratings counted apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from intake import audit
from intake.cases import envelope, outcome, queries
from intake.cases.envelope import Envelope
from intake.cases.models import Case, Feedback, RatingCount
from intake.extensions import db
from intake.i18n import now, to_ten_minutes

QUESTIONS = ("relevance", "usefulness")
RATINGS = range(1, 6)


@dataclass(frozen=True)
class Opinion:
    """Feedback ready to be saved."""

    envelope: Envelope
    ratings: Mapping[str, int] = field(repr=False)


def seal_opinion(case: Case, ratings: Mapping[str, int], good: str, bad: str) -> Opinion:
    """Seal feedback to the desk alone.

    Args:
        case: the case.
        ratings: from 1 to 5 for any of ``QUESTIONS``.
        good: what was good.
        bad: what was not.

    Raises:
        ValueError: there is no such question or rating.
    """
    if any(name not in QUESTIONS or value not in RATINGS for name, value in ratings.items()):
        message = "no such question or rating"
        raise ValueError(message)
    words = {**ratings, "good": good, "bad": bad}
    return Opinion(envelope.seal(case, queries.FEEDBACK, words, desk_only=True), ratings)


def give(opinion: Opinion) -> bool:
    """Save feedback, once for each case, and count its ratings without the case.

    Returns:
        Whether it is the first.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
    """
    case = envelope.held_case(opinion.envelope)
    if db.session.scalar(select(Feedback.id).where(Feedback.case_id == case.id)):
        return False
    moment = to_ten_minutes(now())
    kept = opinion.envelope
    db.session.add(Feedback(case_id=case.id, desk_key_id=kept.desk_key_id, sealed=kept.sealed, given_at=moment))
    for question, rating in opinion.ratings.items():
        _count(case.desk_id, f"{moment:%Y-%m}", question, rating)
    outcome.begin(case, moment)
    db.session.flush()
    audit.record("case.feedback", desk_id=case.desk_id, case_id=case.id, at=moment)
    return True


def _count(desk_id: int, month: str, question: str, rating: int) -> None:
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"desk_id": desk_id, "month": month, "question": question, "rating": rating}
    first = dialect.insert(RatingCount).values(**row, count=1)
    more = first.on_conflict_do_update(index_elements=list(row), set_={"count": RatingCount.count + 1})
    db.session.execute(more)
