"""Recovery codes: ten, printed once, each good once. One stands in for the password or for the second factor."""

from dataclasses import dataclass, field

from sqlalchemy import delete, func, select

from intake.extensions import db
from intake.members import codes
from intake.members.models import RECOVERY, Member, MemberSecret
from intake.sealing import CodeKeys, Identity, SealedBytes, code_keys, new_salt, seal_identity

COUNT = 10


@dataclass(frozen=True)
class NewRecovery:
    """Ten codes, and the identity sealed to each: one salt for all, so that a code costs one derivation."""

    codes: list[str] = field(repr=False)
    salt: bytes
    rows: list[tuple[bytes, SealedBytes]]


def keys_of(typed: str, salt: bytes) -> CodeKeys:
    """Return what a recovery code opens: the tag that finds its row, and the identity that opens that."""
    return code_keys(codes.normal(typed), salt)


def make(identity: Identity) -> NewRecovery:
    """Make ten codes and seal an identity to each."""
    salt, made = new_salt(), [codes.new() for _ in range(COUNT)]
    keys = [keys_of(code, salt) for code in made]
    return NewRecovery(made, salt, [(key.tag, seal_identity(identity, [key.identity.recipient])) for key in keys])


def save(new: NewRecovery, member: Member) -> None:
    """Keep new codes in place of those before."""
    db.session.execute(delete(MemberSecret).where(MemberSecret.member_id == member.id, MemberSecret.kind == RECOVERY))
    db.session.add_all(
        MemberSecret(member_id=member.id, kind=RECOVERY, salt=new.salt, tag=tag, identity=sealed)
        for tag, sealed in new.rows
    )


def salt_of(member_id: int) -> bytes | None:
    """Return the salt of a member's codes, while there are any."""
    return db.session.scalar(
        select(MemberSecret.salt).where(MemberSecret.member_id == member_id, MemberSecret.kind == RECOVERY).limit(1)
    )


def row_of(member_id: int, tag: bytes) -> MemberSecret | None:
    """Return the row that a code finds."""
    return db.session.scalar(
        select(MemberSecret).where(
            MemberSecret.member_id == member_id, MemberSecret.kind == RECOVERY, MemberSecret.tag == tag
        )
    )


def left(member_id: int) -> int:
    """Return how many codes a member has not used."""
    found = select(func.count()).where(MemberSecret.member_id == member_id, MemberSecret.kind == RECOVERY)
    return db.session.scalar(found) or 0


def spend(row_id: int) -> bool:
    """Remove a code's row: the identity is sealed to it no more. Return False if it was used meanwhile."""
    gone = db.session.execute(delete(MemberSecret).where(MemberSecret.id == row_id).returning(MemberSecret.id))
    return gone.one_or_none() is not None
