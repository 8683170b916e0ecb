"""Signing in: two secrets at once, and nobody is half signed in.

An unknown address, a wrong password and a wrong code cost the same derivations and the same openings: where something
does not open, a decoy is opened instead.
"""

from dataclasses import dataclass, field

from flask import current_app

from intake.extensions import db
from intake.i18n import now
from intake.members import one_time_codes, passkeys, queries, recovery, sessions
from intake.members.models import Member
from intake.members.one_time_codes import Passed
from intake.members.passkeys import Answer, PasskeyError
from intake.members.secrets import derive
from intake.sealing import (
    Identity,
    SealedBytes,
    SealError,
    new_identity,
    new_salt,
    same,
    seal_identity,
    unseal_identity,
)

NEVER = 2**62  # no time step is later than this: the decoy's codes are never right


class SpentError(Exception):
    """A code was used by another request at the same moment: it is good once."""


@dataclass(frozen=True)
class Offered:
    """What was brought to sign in: two of password, second factor (a code, or a passkey's answer) and recovery code.

    A passkey that opens the identity by itself needs nothing beside it, not even an address.
    """

    address: str
    password: str = field(repr=False, default="")
    code: str = field(repr=False, default="")
    recovery: str = field(repr=False, default="")
    passkey: str = field(repr=False, default="")
    challenge: str = ""
    prf: str = field(repr=False, default="")


@dataclass(frozen=True)
class Opened:
    """An account that was opened, and what is used up by it."""

    member: Member
    identity: Identity
    way: str
    passed: Passed | None = None
    recovery_id: int | None = None
    answer: Answer | None = None

    @property
    def recovered(self) -> bool:
        """Whether a recovery code stood in for the password."""
        return self.way.startswith("recovery")


@dataclass(frozen=True)
class _Codes:
    """What makes one-time codes, as it is kept."""

    factor_id: int
    sealed: SealedBytes
    counter: int


@dataclass(frozen=True)
class _Account:
    """What opens a member's identity, as it is kept; a decoy's where an address is nobody's."""

    member: Member | None
    salt: bytes
    sealed: SealedBytes
    codes: _Codes
    recovery_salt: bytes
    recovery_sealed: SealedBytes
    identity: Identity | None = None


def open_account(offered: Offered) -> Opened | None:
    """Return who may be signed in with what was typed, or None.

    Raises:
        members.secrets.BusyError: press again.
    """
    if offered.passkey and not offered.password and not offered.recovery:
        return _by_passkey_alone(offered)
    account = _account(offered.address)
    if offered.password:
        identity, used = _by_password(account, offered.password), None
    else:
        identity, used = _by_recovery(account, offered.recovery)
    first, passed, answer = "password" if offered.password else "recovery", None, None
    if offered.passkey:
        answer = _answer(account, offered)
        right, second = answer is not None, "passkey"
    elif offered.code:
        passed = _check(account, identity, offered.code)
        right, second = passed is not None, "code"
    else:
        again, used = _by_recovery(account, offered.recovery)
        right, second = first == "password" and _is_same(again, identity), "recovery"
    if account.member is None or identity is None or not right:
        return None
    return Opened(account.member, identity, f"{first}+{second}", passed, used, answer)


def admit(opened: Opened, device: str) -> str:
    """Use up what is good once, begin a session, and return its cookie's value.

    Args:
        opened: what ``open_account`` returned.
        device: what the member knows this browser by; sealed to them.

    Raises:
        SpentError: a code, or a passkey's answer, was used meanwhile, or the member was locked out.
    """
    if not queries.hold_to_change(opened.member.id):
        raise SpentError
    if opened.answer is not None:
        try:
            passkeys.spend(opened.answer)
        except PasskeyError as error:
            raise SpentError from error
    if opened.passed is not None and not one_time_codes.spend(opened.passed):
        raise SpentError
    if opened.recovery_id is not None and not recovery.spend(opened.recovery_id):
        raise SpentError
    sessions.end_dead(now())
    return sessions.begin(opened.member, opened.identity, device, opened.way, recovered=opened.recovered)


def _by_password(account: _Account, password: str) -> Identity | None:
    return _unsealed(account.sealed, derive(password, account.salt))


def _by_recovery(account: _Account, typed: str) -> tuple[Identity | None, int | None]:
    keys = recovery.keys_of(typed, account.recovery_salt)
    row = recovery.row_of(account.member.id if account.member else 0, keys.tag)
    found = (row.id, row.identity) if row else (None, account.recovery_sealed)
    db.session.rollback()
    return _unsealed(found[1], keys.identity), found[0]


def _by_passkey_alone(offered: Offered) -> Opened | None:
    """Open the identity that is sealed to a passkey: the device must have checked who holds it."""
    try:
        answer = passkeys.checked(offered.passkey, offered.challenge)
    except PasskeyError:
        return None
    member, secret = queries.by_id(answer.member_id), queries.secret(answer.secret_id or 0)
    if member is None or secret is None or not answer.person_checked:
        return None
    identity = _unsealed(secret.identity, passkeys.key_of(offered.prf, secret.salt))
    return Opened(member, identity, "passkey", answer=answer) if identity else None


def _answer(account: _Account, offered: Offered) -> Answer | None:
    """Return the answer of a passkey of the account; looked at whatever became of the password."""
    try:
        answer = passkeys.checked(offered.passkey, offered.challenge)
    except PasskeyError:
        return None
    return answer if account.member is not None and answer.member_id == account.member.id else None


def _check(account: _Account, identity: Identity | None, typed: str) -> Passed | None:
    """Return what passed if a code is right. The decoy's, which never is, is opened where there is nothing to open."""
    codes = account.codes
    if identity is None or codes.factor_id == 0:
        decoy = _decoy()
        codes, identity = decoy.codes, decoy.identity or new_identity()
    return one_time_codes.check(codes.factor_id, codes.sealed, codes.counter, identity, typed)


def _unsealed(sealed: SealedBytes, key: Identity) -> Identity | None:
    try:
        return unseal_identity(sealed, key)
    except SealError:
        return None


def _is_same(one: Identity | None, other: Identity | None) -> bool:
    return one is not None and other is not None and same(one.text.encode(), other.text.encode())


def _account(address: str) -> _Account:
    """Return an account as it is kept, the decoy's parts where something is not there; then hold no read open."""
    decoy, member = _decoy(), queries.by_address(address)
    member_id = member.id if member else 0
    password, codes = queries.password_of(member_id), queries.one_time_codes_of(member_id)
    salt = recovery.salt_of(member_id)
    db.session.rollback()
    return _Account(
        member,
        password.salt if password else decoy.salt,
        password.identity if password else decoy.sealed,
        _Codes(codes.id, codes.sealed, codes.counter) if codes else decoy.codes,
        salt or decoy.recovery_salt,
        decoy.recovery_sealed,
    )


def _decoy() -> _Account:
    """Return an account that no password opens, made once for each application."""
    if "decoy" not in current_app.extensions:
        identity, nobody = new_identity(), new_identity()
        sealed = seal_identity(identity, [nobody.recipient])
        codes = one_time_codes.seal(one_time_codes.new_secret(), identity.recipient, 0)
        current_app.extensions["decoy"] = _Account(
            None, new_salt(), sealed, _Codes(0, codes.sealed, NEVER), new_salt(), sealed, identity
        )
    found: _Account = current_app.extensions["decoy"]
    return found
