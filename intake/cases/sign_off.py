"""An editor signs off what was checked about a case, as it stands: nothing is published without.

A sign-off names the record that it is about. Any change of a claim or of the checklist makes another record, which
needs another sign-off. It ends when an editor withdraws it, and when the case moves to another desk: that desk answers
for what it publishes. Four eyes: who answers for the case, or alone checked it, does not sign it off, unless the desk
has no other editor; the sign-off says so then.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import envelope, queries, verification
from intake.cases.envelope import Envelope
from intake.cases.models import Case
from intake.cases.paper_models import SignOff
from intake.desks import queries as desks
from intake.desks.seats import Opens
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.members.models import EDITOR
from intake.members.sessions import Visitor

SIGN_OFF = "sign_off/1"
NOTHING = 0  # the record that is signed off when none is
MISSING, STANDS, CHANGED, WITHDRAWN, MOVED = STANDINGS = ("missing", "stands", "changed", "withdrawn", "moved")


class ChangedError(Exception):
    """The record is another than the one that the editor read."""


class OwnWorkError(Exception):
    """The editor would sign off their own work, and the desk has another editor."""


class NoClaimError(Exception):
    """No claim was written down: there is nothing to sign off."""


class NotSignedError(Exception):
    """No sign-off stands that could be withdrawn."""


@dataclass(frozen=True)
class Signing:
    """A sign-off ready to be saved."""

    envelope: Envelope
    member_id: int
    up_to: int


@dataclass(frozen=True)
class OpenedSigning:
    """A sign-off, or the end of one, as the desk reads it.

    Attributes:
        up_to: the record that was signed off; ``NOTHING`` where a sign-off ended.
        word: what the editor said, or why it ended.
        moved: it ended because the case moved to another desk.
        alone: the editor signed off their own work, since there was no other editor.
    """

    up_to: int
    word: str = field(repr=False)
    member_id: int | None
    at: datetime
    moved: bool
    alone: bool


def may_sign(visitor: Visitor) -> bool:
    """Return whether a member may sign off at the desks where they are seated, or withdraw a sign-off."""
    return visitor.member.role == EDITOR


def is_own_work(case: Case, member_id: int, checkers: Collection[int | None]) -> bool:
    """Return whether nobody but this member answers for a case and checked it.

    Args:
        case: the case.
        member_id: who would sign off.
        checkers: who saved anything of what was checked.
    """
    return case.assignee_id == member_id or set(checkers) == {member_id}


def has_other_editor(case: Case, member_id: int) -> bool:
    """Return whether another editor is seated at the case's desk."""
    return any(one.role == EDITOR and one.id != member_id for one in desks.seated_at(case.desk_id))


def seal_signing(visitor: Visitor, reference: str, word: str, up_to: int) -> Signing:
    """Seal an editor's word to the desk.

    Args:
        visitor: who signs off.
        reference: the case.
        word: what they say about it.
        up_to: the number of the record that they read.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or they are no editor.
    """
    case = queries.living_for(visitor, reference)
    if not may_sign(visitor):
        raise NotFound
    sealed = envelope.seal(case, SIGN_OFF, {"words": word, "up_to": up_to}, desk_only=True)
    return Signing(sealed, visitor.member.id, up_to)


def sign(signing: Signing) -> None:
    """Save a sign-off of the record as it stands. Twice is harmless.

    Raises:
        StaleError: the desk's key changed meanwhile; seal it again.
        NoClaimError: no claim was written down.
        ChangedError: the record is not the one that the editor read.
        OwnWorkError: they answer for the case, or alone checked it, and the desk has another editor.
        werkzeug.exceptions.NotFound: they are no editor any more.
    """
    _hold_editor(signing.member_id)
    case = envelope.held_case(signing.envelope)
    if not verification.has_claims(case.id):
        raise NoClaimError
    if signing.up_to != verification.number_of(case.id):
        raise ChangedError
    if stands(case):
        return
    own = is_own_work(case, signing.member_id, verification.checkers(case.id))
    if own and has_other_editor(case, signing.member_id):
        raise OwnWorkError
    _add(case, signing, alone=own)
    audit.record("case.signed_off", desk_id=case.desk_id, member_id=signing.member_id, case_id=case.id, alone=own)


def seal_withdrawal(visitor: Visitor, reference: str, reason: str) -> Signing:
    """Seal why a sign-off is withdrawn; as ``seal_signing``."""
    return seal_signing(visitor, reference, reason, NOTHING)


def withdraw(signing: Signing) -> None:
    """Withdraw the sign-off of a case. What was published meanwhile stays published.

    Raises:
        StaleError: the desk's key changed meanwhile; seal it again.
        NotSignedError: none stands, or the record changed since, so that it holds no more.
        werkzeug.exceptions.NotFound: they are no editor any more.
    """
    _hold_editor(signing.member_id)
    case = envelope.held_case(signing.envelope)
    if not stands(case):
        raise NotSignedError
    _add(case, signing)
    audit.record("case.sign_off_withdrawn", desk_id=case.desk_id, member_id=signing.member_id, case_id=case.id)


def end(case: Case, why: Envelope, member_id: int) -> None:
    """Let no sign-off hold any more, since the case moved to another desk.

    Args:
        case: the case, its row held.
        why: the reason, sealed to the other desk, marked as moved.
        member_id: who moved it.
    """
    last = _last(case.id)
    if last is not None and last.up_to != NOTHING:
        _add(case, Signing(why, member_id, NOTHING))


def stands(case: Case) -> bool:
    """Return whether what was checked about a case is signed off as it stands; plain columns say so."""
    last = _last(case.id)
    return last is not None and last.up_to != NOTHING and last.up_to == verification.number_of(case.id)


def read(case: Case, opens: Opens) -> list[OpenedSigning]:
    """Open every sign-off of a case and every end of one, newest first.

    Raises:
        sealing.SealError: one was altered, or moved here from another case.
    """
    rows = db.session.scalars(select(SignOff).where(SignOff.case_id == case.id).order_by(SignOff.id.desc())).all()
    return [_opened(case, row, opens) for row in rows]


def standing(signings: list[OpenedSigning], number: int) -> str:
    """Return how a case stands: one of ``STANDINGS``.

    Args:
        signings: its sign-offs, newest first.
        number: of its record.
    """
    if not signings:
        return MISSING
    newest = signings[0]
    if newest.up_to == NOTHING:
        return MOVED if newest.moved else WITHDRAWN
    return STANDS if newest.up_to == number else CHANGED


def _last(case_id: int) -> SignOff | None:
    return db.session.scalar(select(SignOff).where(SignOff.case_id == case_id).order_by(SignOff.id.desc()).limit(1))


def _hold_editor(member_id: int) -> None:
    member = members.by_id(member_id, held=True)
    if member is None or member.role != EDITOR:
        raise NotFound


def _add(case: Case, signing: Signing, *, alone: bool = False) -> None:
    row = SignOff(
        case_id=case.id,
        member_id=signing.member_id,
        desk_key_id=signing.envelope.desk_key_id,
        up_to=signing.up_to,
        alone=alone,
        sealed=signing.envelope.sealed,
        at=now(),
    )
    db.session.add(row)
    db.session.flush()


def _opened(case: Case, row: SignOff, opens: Opens) -> OpenedSigning:
    said = queries.opened(SIGN_OFF, case, row, opens)
    return OpenedSigning(row.up_to, said["words"], row.member_id, row.at, bool(said.get("moved")), row.alone)
