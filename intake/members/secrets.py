"""The secrets that open a member's identity. A password is right if the identity opens: no hash of it is kept."""

import secrets
import threading
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import delete
from zxcvbn import zxcvbn

from intake.extensions import db
from intake.i18n import now
from intake.members import one_time_codes, passkeys, queries, recovery
from intake.members.models import PASSWORD, Factor, Member, MemberSecret, MemberSession
from intake.members.one_time_codes import NewCodes
from intake.members.passkeys import NewPasskey, SealedPasskey
from intake.members.recovery import NewRecovery
from intake.sealing import (
    Identity,
    SealedBytes,
    SealError,
    identity_from_password,
    new_identity,
    new_salt,
    same,
    seal_identity,
    unseal_identity,
)

STRONG = 4  # of zxcvbn's 0 to 4: beyond 10^10 guesses
LONGEST_PASSWORD = 200  # characters; zxcvbn itself reads the first 72
_SUGGESTION_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_one_at_a_time = threading.Lock()


class BusyError(Exception):
    """Another derivation runs in this process: press again."""


@dataclass(frozen=True)
class NewPassword:
    """An identity sealed to a password, made before the transaction that saves it."""

    salt: bytes
    sealed: SealedBytes


@dataclass(frozen=True)
class NewIdentity:
    """A member's identity and all that opens it, made before the transaction that saves it."""

    identity: Identity
    password: NewPassword
    recovery: NewRecovery
    one_time_codes: NewCodes | None = None
    passkey: SealedPasskey | None = None


def is_strong(password: str, *about: str) -> bool:
    """Return whether a password is hard to guess, also for one who knows these words about its owner."""
    if not password:
        return False
    return bool(zxcvbn(password[:72], user_inputs=[word for word in about if word])["score"] >= STRONG)


def suggestion() -> str:
    """Return a password that nobody guesses: 100 random bits in five groups of four letters."""
    letters = "".join(secrets.choice(_SUGGESTION_LETTERS) for _ in range(20))
    return "-".join(letters[start : start + 4] for start in range(0, 20, 4))


def derive(password: str, salt: bytes) -> Identity:
    """Return the identity that a password makes; one derivation at a time in a process, for each takes 64 MiB.

    Raises:
        BusyError: one is running; nobody waits in line, so that a flood does not hold every thread.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError
    try:
        return identity_from_password(password[:LONGEST_PASSWORD], salt, current_app.config["PASSWORD_COST"])
    finally:
        _one_at_a_time.release()


def seal_to_password(identity: Identity, password: str) -> NewPassword:
    """Seal an identity to a password.

    Raises:
        BusyError: press again.
    """
    salt = new_salt()
    return NewPassword(salt, seal_identity(identity, [derive(password, salt).recipient]))


def make_identity(
    password: str, secret: str | None = None, step: int = 0, passkey: tuple[NewPasskey, str] | None = None
) -> NewIdentity:
    """Make a member's identity, sealed to their password and to ten recovery codes.

    Args:
        password: the one that they chose.
        secret: what makes their one-time codes, if they use them.
        step: the step whose code proved that their app has it.
        passkey: the passkey that they made instead, and what they know it by.

    Raises:
        BusyError: press again.
    """
    identity = new_identity()
    codes = one_time_codes.seal(secret, identity.recipient, step) if secret else None
    return NewIdentity(
        identity,
        seal_to_password(identity, password),
        recovery.make(identity),
        codes,
        passkeys.seal(passkey[0], identity, passkey[1]) if passkey else None,
    )


def join(  # noqa: PLR0913 what a member is made of
    made: NewIdentity, *, name: str, address: str, language: str, role: str | None, is_admin: bool
) -> Member:
    """Add a member with the identity made for them.

    Args:
        made: what ``make_identity`` returned.
        name: how colleagues see them; a pseudonym will do.
        address: where letters go.
        language: the tag of the language for pages and letters.
        role: ``journalist``, ``editor`` or None.
        is_admin: whether they may manage people and desks.
    """
    member = Member(
        name=name,
        address=queries.normal_address(address),
        language=language,
        role=role,
        is_admin=is_admin,
        recipient=made.identity.recipient,
        joined_at=now(),
    )
    db.session.add(member)
    db.session.flush()
    _save(made, member)
    return member


def renew(made: NewIdentity, member: Member) -> None:
    """Give a member an identity and secrets in place of those before, which open nothing any more."""
    forget(member)
    member.recipient, member.locked_at = made.identity.recipient, None
    _save(made, member)


def forget(member: Member) -> None:
    """Remove everything that opens a member's identity, and end their sessions."""
    db.session.flush()
    for rows in (MemberSession, Factor, MemberSecret):
        db.session.execute(delete(rows).where(rows.member_id == member.id))


def change_password(member: Member, new: NewPassword) -> None:
    """Keep the identity sealed to a new password, and no longer to the one before."""
    db.session.execute(delete(MemberSecret).where(MemberSecret.member_id == member.id, MemberSecret.kind == PASSWORD))
    db.session.add(MemberSecret(member_id=member.id, kind=PASSWORD, salt=new.salt, identity=new.sealed))


def is_password_of(member: Member, password: str, identity: Identity) -> bool:
    """Return whether a password opens the identity of the member who is signed in.

    Raises:
        BusyError: press again.
    """
    secret = queries.password_of(member.id)
    if secret is None:
        return False
    salt, sealed = secret.salt, secret.identity
    db.session.rollback()  # hold no read open while the derivation takes its time
    try:
        opened = unseal_identity(sealed, derive(password, salt))
    except SealError:
        return False
    return same(opened.text.encode(), identity.text.encode())


def _save(made: NewIdentity, member: Member) -> None:
    change_password(member, made.password)
    recovery.save(made.recovery, member)
    if made.one_time_codes is not None:
        one_time_codes.save(made.one_time_codes, member)
    if made.passkey is not None:
        passkeys.save(made.passkey, member)
