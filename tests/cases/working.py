"""Working on a case without HTTP: offering, moving, giving statuses."""

from sqlalchemy import select, update

from intake.cases import handover, statuses, transfer
from intake.cases.models import Case, Handover
from intake.desks import queries as desks
from intake.extensions import db, settle, transaction
from intake.members.models import Member
from intake.members.sessions import Visitor
from tests.cases import saved


def offer(visitor: Visitor, case: Case, to: Member, word: str = "Please take it") -> Handover:
    """Offer a case to a colleague; return the offer."""
    reference, to_id = saved(case).reference, to.id
    settle(lambda: handover.seal_offer(visitor, reference, to_id, word), handover.offer)
    return db.session.scalars(select(Handover).order_by(Handover.id.desc())).all()[0]


def accept(visitor: Visitor, case: Case, handover_id: int) -> None:
    """Take a case over."""
    reference = saved(case).reference
    with transaction():
        handover.accept(visitor, reference, handover_id)


def refuse(visitor: Visitor, case: Case, handover_id: int, reason: str = "Too much") -> None:
    """Say why a case is not taken over."""
    reference = saved(case).reference
    settle(lambda: handover.seal_refusal(visitor, reference, handover_id, reason), handover.refuse)


def give_up(visitor: Visitor, case: Case, reason: str = "I know the family") -> None:
    """Give a case up."""
    reference = saved(case).reference
    settle(lambda: handover.seal_giving_up(visitor, reference, reason), handover.give_up)


def move(visitor: Visitor, case: Case, to: str = "KG", reason: str = "It happened there") -> None:
    """Move a case to another desk."""
    reference, desk_id = saved(case).reference, desks.by_name(to).id
    settle(lambda: transfer.seal_anew(visitor, reference, desk_id, reason), transfer.move)


def give(visitor: Visitor, case: Case, status: str, words: str = "") -> None:
    """Give a case a status."""
    settle(lambda: statuses.seal_status(visitor, saved(case), status, words), statuses.give)


def set_status(case: Case, status: str) -> None:
    """Let a case have a status, however it came to it."""
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(status=status))
