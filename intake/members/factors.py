"""Changing what opens an account: password, recovery codes, one-time codes, passkeys. The member is told by letter."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select, update

from intake import audit
from intake.extensions import db
from intake.members import notices, one_time_codes, passkeys, queries, recovery, secrets, sessions
from intake.members.models import ONE_TIME_CODE, PASSKEY, Factor, Member, MemberSecret, MemberSession
from intake.members.one_time_codes import NewCodes
from intake.members.passkeys import SealedPasskey
from intake.members.recovery import NewRecovery
from intake.members.secrets import NewPassword
from intake.members.sessions import Visitor
from intake.sealing import unseal_document


class LastFactorError(Exception):
    """It is the only second factor: without it nobody could sign in."""


@dataclass(frozen=True)
class OpenedFactor:
    """A second factor as its member sees it."""

    id: int
    is_passkey: bool
    label: str
    opens_alone: bool
    added_at: datetime
    used_on: date | None


def opened(visitor: Visitor) -> list[OpenedFactor]:
    """Return the second factors of the member who asks, with what they call them."""
    return [
        OpenedFactor(
            factor.id,
            factor.kind == PASSKEY,
            unseal_document(passkeys.LABEL, factor.sealed, visitor.identity)["label"] if factor.kind == PASSKEY else "",
            factor.secret_id is not None,
            factor.added_at,
            factor.used_on,
        )
        for factor in queries.factors_of(visitor.member.id)
    ]


def change_password(visitor: Visitor, new: NewPassword) -> None:
    """Keep the identity sealed to a new password; the member's other sessions end."""
    secrets.change_password(visitor.member, new)
    sessions.end_others(visitor)
    db.session.execute(update(MemberSession).where(MemberSession.id == visitor.session_id).values(recovered=False))
    audit.record("member.password_changed", member_id=visitor.member.id)
    notices.secrets_changed(visitor.member)


def change_recovery(visitor: Visitor, new: NewRecovery) -> None:
    """Keep ten new recovery codes in place of those before."""
    recovery.save(new, visitor.member)
    audit.record("member.recovery_made", member_id=visitor.member.id)
    notices.secrets_changed(visitor.member)


def change_codes(visitor: Visitor, new: NewCodes) -> None:
    """Keep what makes one-time codes in place of what made them before."""
    db.session.execute(delete(Factor).where(Factor.member_id == visitor.member.id, Factor.kind == ONE_TIME_CODE))
    one_time_codes.save(new, visitor.member)
    audit.record("member.factor_added", member_id=visitor.member.id, kind=ONE_TIME_CODE)
    notices.secrets_changed(visitor.member)


def add_passkey(visitor: Visitor, new: SealedPasskey) -> None:
    """Add a passkey.

    Raises:
        passkeys.PasskeyError: it is here already.
    """
    passkeys.save(new, visitor.member)
    audit.record("member.factor_added", member_id=visitor.member.id, kind=PASSKEY)
    notices.secrets_changed(visitor.member)


def remove(visitor: Visitor, factor_id: int) -> None:
    """Remove one of the member's second factors, and the identity sealed to it. One of another's is not there.

    Raises:
        LastFactorError: it is the only one.
    """
    # The member's row is held, so that two at once do not remove each other's last.
    db.session.execute(select(Member.id).where(Member.id == visitor.member.id).with_for_update())
    here = {factor.id: factor for factor in queries.factors_of(visitor.member.id)}
    factor = here.get(factor_id)
    if factor is None:
        return
    if len(here) == 1:
        raise LastFactorError
    kind, secret_id = factor.kind, factor.secret_id
    db.session.execute(delete(Factor).where(Factor.id == factor_id))
    db.session.execute(delete(MemberSecret).where(MemberSecret.id == secret_id))
    audit.record("member.factor_removed", member_id=visitor.member.id, kind=kind)
    notices.secrets_changed(visitor.member)
