"""Shutting a member out: nothing of theirs opens anything, and what they had to do goes to others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, not_, select, update
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import assignment, notices, waiting
from intake.cases.models import ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, RECEIVED, Case, Handover
from intake.cases.notices import Handed
from intake.desks import colleagues, invitations, promises
from intake.desks import queries as desks
from intake.desks.models import Promise
from intake.extensions import db
from intake.i18n import now
from intake.members import admins, cover, secrets
from intake.members import queries as members
from intake.members.admins import LastAdminError
from intake.members.models import Absence, Member, working
from intake.members.sessions import Visitor
from intake.outbox import certificates, withdraw
from intake.outbox.models import Letter

IN_WORK = (ACKNOWLEDGED, CHECKING, NEEDS_ANSWER)  # the statuses of the cases that somebody holds


class LockedAlreadyError(Exception):
    """Somebody locked this member out before."""


class OneselfError(Exception):
    """Nobody removes oneself."""


@dataclass(frozen=True)
class ShutOut:
    """What became of all that a member had: the desks where they were seated, and how much there was of the rest."""

    member: Member
    desk_ids: list[int]
    cases: Handed
    invitations: int
    letters: int


def lock(visitor: Visitor, member_id: int) -> ShutOut:
    """Lock a member out, now: a journalist whoever is seated at one of their desks, an editor or admin anybody.

    Args:
        visitor: who locks.
        member_id: who is locked out.

    Raises:
        werkzeug.exceptions.NotFound: there is none such for the visitor, or the visitor was locked out meanwhile.
        LockedAlreadyError: they are locked out.
        LastAdminError: nobody else who works here is an admin.
    """
    actor, _ = admins.held(visitor, member_id)
    member = colleagues.find(actor, member_id)
    if member.locked_at is not None:
        raise LockedAlreadyError
    if not colleagues.may_lock(actor, member):
        raise NotFound
    if admins.is_last(member):
        raise LastAdminError
    moment = now()
    member.locked_at = moment
    audit.record("member.locked", member_id=actor.id, member=member.id)
    return _shut_out(member, actor.id, moment, removed=False)


def remove(visitor: Visitor, member_id: int) -> ShutOut:
    """Take a member out for good: as locked out, and no seat is kept for them; their address is free again.

    Args:
        visitor: the admin who removes them.
        member_id: who leaves.

    Raises:
        werkzeug.exceptions.NotFound: there is none such, or the visitor is no admin any more.
        OneselfError: it is the visitor, so that one admin at least is left.
    """
    actor, member = admins.held(visitor, member_id)
    if not actor.is_admin or member.left_at is not None:
        raise NotFound
    if actor.id == member.id:
        raise OneselfError
    moment = now()
    member.left_at = moment
    audit.record("member.removed", member_id=actor.id, member=member.id)
    done = _shut_out(member, actor.id, moment, removed=True)
    db.session.execute(delete(Promise).where(Promise.member_id == member.id))
    member.address = ""
    return done


def withdraw_late(moment: datetime) -> int:
    """Withdraw letters to members who work here no more: those written while their lock fell, which it did not see.

    Returns:
        How many letters were withdrawn.
    """
    late = select(Letter.member_id).join(Member, Member.id == Letter.member_id).where(not_(working()))
    owed = late.where(Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None)).distinct()
    found = [withdraw.letters_to(member_id, "", moment) for member_id in db.session.scalars(owed).all() if member_id]
    untold = _cases({case_id for letters in found for case_id in letters.untold})
    if untold:
        told = Handed(0, 0, len(untold))
        notices.member_locked({case.desk_id for case in untold}, moment, told, removed=False)
    return sum(letters.count for letters in found)


def _shut_out(member: Member, by: int, moment: datetime, *, removed: bool) -> ShutOut:
    secrets.forget(member)
    certificates.forget(member.id, moment)
    desk_ids = promises.keep_seats_as_promises(member.id, by)
    voided = invitations.void_all_of(member.id)
    # They are no stand-in from now on: neither of who is away, nor of who will be.
    db.session.execute(update(Absence).where(Absence.stand_in_id == member.id).values(stand_in_id=None))
    back, over = _hand_back(member.id, by, moment)
    _take_back_offers(member.id, moment)
    own = member.address if member.address != current_app.config["NEWSROOM_ADDRESS"].casefold() else ""
    letters = withdraw.letters_to(member.id, own, moment)
    known = {case.id for case in [*back, *over]}
    untold = _cases(letters.untold - known)
    handed = Handed(len(back), len(over), len(untold))
    concerned = {*desk_ids, *(case.desk_id for case in [*back, *over, *untold])}
    notices.member_locked(concerned, moment, handed, removed=removed)
    return ShutOut(member, desk_ids, handed, voided, letters.count)


def _cases(case_ids: Collection[int]) -> list[Case]:
    return list(db.session.scalars(select(Case).where(Case.id.in_(case_ids))))


def _take_back_offers(member_id: int, moment: datetime) -> None:
    """End the offers of cases that wait for a member's answer: they stay with who made them."""
    waiting = update(Handover).where(Handover.to_id == member_id, Handover.answered_at.is_(None))
    db.session.execute(waiting.values(answered_at=moment))


def _hand_back(member_id: int, by: int, moment: datetime) -> tuple[list[Case], list[Case]]:
    """Give the cases that a member holds to who stands in, where that one can open them; the others to the queue.

    Returns:
        The cases that are back in the queue, and those that went to who stands in.
    """
    held = select(Case).where(Case.assignee_id == member_id, Case.status.in_(IN_WORK)).order_by(Case.id)
    cases = list(db.session.scalars(held.with_for_update()))
    found = cover.stand_in_of(member_id, moment)
    stand_in = members.by_id(found.id, held=True) if found else None
    theirs = set(db.session.scalars(desks.desk_ids_of(stand_in))) if stand_in else set()
    to = stand_in.id if stand_in else None
    over = [case for case in cases if case.desk_id in theirs]
    back = [case for case in cases if case.desk_id not in theirs]
    for case in over:
        assignment.answer_for(case, to)
        audit.record("case.stood_in", desk_id=case.desk_id, member_id=by, case_id=case.id, to=to)
    for case in back:
        assignment.answer_for(case, None)
        case.status, case.acknowledged_at, case.acknowledged_by_id = RECEIVED, None, None
        waiting.expect(case, moment)
        audit.record("case.handed_back", desk_id=case.desk_id, member_id=by, case_id=case.id)
    db.session.flush()
    return back, over
