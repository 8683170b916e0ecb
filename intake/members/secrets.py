"""The secrets that open a member's identity. A password is right if the identity opens: no hash of it is kept."""

import secrets
import threading
from dataclasses import dataclass

from flask import current_app
from zxcvbn import zxcvbn

from intake.extensions import db
from intake.i18n import now
from intake.members import queries
from intake.members.models import Member, MemberSecret
from intake.sealing import (
    Identity,
    SealedBytes,
    SealError,
    identity_from_password,
    new_identity,
    new_salt,
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
class NewIdentity:
    """A member's identity, made before the transaction that saves it."""

    identity: Identity
    salt: bytes
    sealed: SealedBytes


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
        return identity_from_password(password, salt, current_app.config["PASSWORD_COST"])
    finally:
        _one_at_a_time.release()


def make_identity(password: str) -> NewIdentity:
    """Make a member's identity and seal it to their password.

    Raises:
        BusyError: press again.
    """
    salt, identity = new_salt(), new_identity()
    return NewIdentity(identity, salt, seal_identity(identity, [derive(password, salt).recipient]))


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
    db.session.add(MemberSecret(member_id=member.id, kind="password", salt=made.salt, identity=made.sealed))
    return member


def open_with_password(address: str, password: str) -> tuple[Member, Identity] | None:
    """Return the member and their identity if the password opens it, else None.

    An unknown address costs the same derivation and the same failed opening, on a decoy.

    Raises:
        BusyError: press again.
    """
    member = queries.by_address(address)
    if member is None:
        salt, sealed = _decoy()
    else:
        secret = queries.password_of(member)
        salt, sealed = secret.salt, secret.identity
    db.session.rollback()  # hold no read open while the derivation takes its time
    key = derive(password[:LONGEST_PASSWORD], salt)
    try:
        identity = unseal_identity(sealed, key)
    except SealError:
        return None
    return None if member is None else (member, identity)


def _decoy() -> tuple[bytes, SealedBytes]:
    """Return a salt and a sealed identity that no password opens, made once for each application."""
    if "decoy" not in current_app.extensions:
        nobody = new_identity()
        current_app.extensions["decoy"] = (new_salt(), seal_identity(new_identity(), [nobody.recipient]))
    salt, sealed = current_app.extensions["decoy"]
    return salt, sealed
