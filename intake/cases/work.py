"""What a desk needs to see and choose of who works on a case, what comes next, and until when."""

from dataclasses import dataclass

from intake.cases import assignment, due, handover, labels, queries, statuses
from intake.cases.handover import OpenedOffer
from intake.cases.models import Case, Label
from intake.desks import queries as desks
from intake.desks.models import Desk
from intake.members import queries as members
from intake.members.models import Member
from intake.members.sessions import Visitor


@dataclass(frozen=True)
class Work:
    """What the page of a case shows of the work on it.

    Attributes:
        colleagues: who is seated at its desk and works here.
        mine: whether the visitor answers for it.
        free: whether nobody answers for it who could open it.
        may_assign: whether the visitor may give it to any of the colleagues.
        may_set_due: whether the visitor may say when it is due.
        is_open: whether it is still worked on.
        offer: the offer that waits for an answer.
        following: the statuses that the visitor may give it now.
        labels: what is on it.
        other_labels: what may be put on it.
        names: the names of who gave and who takes.
    """

    colleagues: list[Member]
    mine: bool
    free: bool
    may_assign: bool
    may_set_due: bool
    is_open: bool
    offer: OpenedOffer | None
    following: tuple[str, ...]
    labels: list[Label]
    other_labels: list[Label]
    names: dict[int, str]


def open_for(visitor: Visitor, case: Case) -> Work:
    """Return what the page of a case shows of the work on it."""
    colleagues, put_on = desks.seated_at(case.desk_id), labels.on(case)
    offer = handover.read_open(case, queries.desk_opens(visitor))
    return Work(
        colleagues,
        case.assignee_id == visitor.member.id,
        assignment.may_take(case, colleagues),
        assignment.may_assign(visitor),
        due.may_set(visitor, case),
        case.status in statuses.OPEN,
        offer,
        statuses.offered(case.status),
        put_on,
        [label for label in labels.every() if label not in put_on],
        members.names([offer.from_id, offer.to_id]) if offer else {},
    )


def other_desks(case: Case) -> list[Desk]:
    """Return the desks to which a case can be moved."""
    return [desk for desk in desks.all_desks() if desk.id != case.desk_id]


def offers(visitor: Visitor, case: Case) -> tuple[list[OpenedOffer], dict[int, str]]:
    """Return every offer of a case, newest first, and the names of who gave and who was asked."""
    found = handover.read(case, queries.desk_opens(visitor))
    return found, members.names({number for one in found for number in (one.from_id, one.to_id)})
