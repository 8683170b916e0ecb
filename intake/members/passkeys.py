"""Passkeys (WebAuthn): a second factor; where the browser has the PRF extension, also one more secret that opens.

The challenge of a ceremony stands in the page, signed by us. It lasts a quarter of an hour; its answer is good once.
"""

import binascii
import hashlib
import ipaddress
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from intake.extensions import db
from intake.i18n import now
from intake.members.models import PASSKEY, Factor, Member, MemberSecret, SpentChallenge
from intake.members.one_time_codes import APP_NAME
from intake.sealing import (
    CODE_COST,
    SECRET_BYTES,
    Identity,
    SealedBytes,
    identity_from_password,
    new_salt,
    seal_document,
    seal_identity,
)

LASTS = timedelta(minutes=15)
LABEL = "passkey/1"
LONGEST_ANSWER = 20_000  # characters
# Whatever an answer that somebody made up can bring the library, or JSON in JSON in JSON the reader of it, to say.
_UNREADABLE = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
# What the PRF extension evaluates (WebAuthn Level 3, section 10.1.4). Another text would lock out every passkey.
_PRF_INPUT = bytes_to_base64url(hashlib.sha256(b"intake passkey 1").digest())


class PasskeyError(Exception):
    """A passkey's answer that cannot be taken: ``reason`` is ``old`` (the page stood open too long) or ``wrong``."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Ceremony:
    """What the page hands to the browser, and the signed challenge that comes back with the answer."""

    options: str
    challenge: str


@dataclass(frozen=True)
class NewPasskey:
    """A passkey as a device made it."""

    credential_id: bytes
    public_key: bytes
    counter: int
    prf: str = field(repr=False)
    spent: bytes = b""


@dataclass(frozen=True)
class SealedPasskey:
    """A passkey ready to be saved: what its member calls it and, if it opens by itself, their identity sealed to it."""

    made: NewPasskey
    label: SealedBytes
    salt: bytes
    identity: SealedBytes | None


@dataclass(frozen=True)
class Answer:
    """An answer whose signature is right: of which factor and member, and what is used up by it."""

    factor_id: int
    member_id: int
    secret_id: int | None
    counter: int
    spent: bytes
    person_checked: bool


def are_possible() -> bool:
    """Return whether the desk's address has a name: browsers make no passkey for a bare number such as 127.0.0.1."""
    try:
        ipaddress.ip_address(_host())
    except ValueError:
        return True
    return False


def to_add(user: bytes, name: str, known: list[bytes]) -> Ceremony:
    """Return what makes a passkey.

    Args:
        user: what tells members apart on one device; the same member's next passkey there replaces the first.
        name: how the device lists it beside ``APP_NAME``.
        known: the member's passkeys, so that a device does not make a second.
    """
    challenge = secrets.token_bytes(SECRET_BYTES)
    options = generate_registration_options(
        rp_id=_host(),
        rp_name=APP_NAME,
        user_name=name,
        user_id=user,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
    )
    return _ceremony(options_to_json_dict(options), challenge)


def to_sign_in() -> Ceremony:
    """Return what asks for a passkey. It names none, so that nobody learns who has one."""
    challenge = secrets.token_bytes(SECRET_BYTES)
    options = generate_authentication_options(
        rp_id=_host(), challenge=challenge, user_verification=UserVerificationRequirement.PREFERRED
    )
    return _ceremony(options_to_json_dict(options), challenge)


def read_new(response: str, challenge: str, prf: str) -> NewPasskey:
    """Return the passkey that a device made.

    Args:
        response: the browser's answer, as JSON.
        challenge: the signed challenge of the page.
        prf: what the PRF extension gave, 32 bytes in base64url; empty where there is none.

    Raises:
        PasskeyError: the answer is not right, or the page stood open too long.
    """
    expected = _opened(challenge)
    try:
        made = verify_registration_response(
            credential=response[:LONGEST_ANSWER],
            expected_challenge=expected,
            expected_rp_id=_host(),
            expected_origin=_origin(),
        )
    except _UNREADABLE as error:
        reason = "wrong"
        raise PasskeyError(reason) from error
    return NewPasskey(
        made.credential_id, made.credential_public_key, made.sign_count, _checked_prf(prf), _digest(expected)
    )


def seal(made: NewPasskey, identity: Identity, label: str) -> SealedPasskey:
    """Seal a passkey's name to its member and, if the passkey opens by itself, their identity to it."""
    salt = new_salt()
    sealed = seal_identity(identity, [key_of(made.prf, salt).recipient]) if made.prf else None
    return SealedPasskey(made, seal_document(LABEL, {"label": label}, [identity.recipient]), salt, sealed)


def save(new: SealedPasskey, member: Member) -> None:
    """Add a passkey.

    Raises:
        PasskeyError: this device's passkey, or this answer of it, is here already.
    """
    spend_challenge(new.made.spent)
    if db.session.scalar(select(Factor.id).where(Factor.credential_id == new.made.credential_id)) is not None:
        reason = "wrong"
        raise PasskeyError(reason)
    secret_id = None
    if new.identity is not None:
        secret = MemberSecret(member_id=member.id, kind=PASSKEY, salt=new.salt, identity=new.identity)
        db.session.add(secret)
        db.session.flush()
        secret_id = secret.id
    db.session.add(
        Factor(
            member_id=member.id,
            kind=PASSKEY,
            sealed=new.label,
            counter=new.made.counter,
            credential_id=new.made.credential_id,
            public_key=new.made.public_key,
            secret_id=secret_id,
            added_at=now(),
        )
    )
    db.session.flush()


def key_of(prf: str, salt: bytes) -> Identity:
    """Return the identity that a passkey's PRF output opens: stretched lightly, since nobody guesses 256 bits."""
    return identity_from_password(prf, salt, CODE_COST)


def checked(response: str, challenge: str) -> Answer:
    """Return whose passkey answered, once its signature is right. Nothing is used up yet.

    Raises:
        PasskeyError: it is nobody's, its answer is not right, or the page stood open too long.
    """
    expected = _opened(challenge)
    reason = "wrong"
    try:
        credential = base64url_to_bytes(json.loads(response[:LONGEST_ANSWER])["rawId"])
    except _UNREADABLE as error:
        raise PasskeyError(reason) from error
    factor = db.session.scalar(select(Factor).where(Factor.credential_id == credential))
    if factor is None or factor.public_key is None:
        raise PasskeyError(reason)
    try:
        verified = verify_authentication_response(
            credential=response,
            expected_challenge=expected,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=factor.public_key,
            credential_current_sign_count=factor.counter,
        )
    except _UNREADABLE as error:
        raise PasskeyError(reason) from error
    return Answer(
        factor.id,
        factor.member_id,
        factor.secret_id,
        verified.new_sign_count,
        _digest(expected),
        verified.user_verified,
    )


def spend(answer: Answer) -> None:
    """Note that an answer was used.

    Raises:
        PasskeyError: it was used meanwhile, or the passkey is gone.
    """
    spend_challenge(answer.spent)
    used = update(Factor).where(Factor.id == answer.factor_id).values(counter=answer.counter, used_on=now().date())
    if db.session.execute(used.returning(Factor.id)).one_or_none() is None:
        reason = "wrong"
        raise PasskeyError(reason)


def spend_challenge(digest: bytes) -> None:
    """Remember a challenge for as long as its signature is good; forget those that have run out.

    Raises:
        PasskeyError: it was answered before.
    """
    db.session.execute(delete(SpentChallenge).where(SpentChallenge.until < now()))
    try:
        with db.session.begin_nested():
            db.session.execute(insert(SpentChallenge).values(digest=digest, until=now() + LASTS))
    except IntegrityError as error:
        reason = "wrong"
        raise PasskeyError(reason) from error


def _ceremony(options: dict[str, object], challenge: bytes) -> Ceremony:
    options["extensions"] = {"prf": {"eval": {"first": _PRF_INPUT}}}
    return Ceremony(json.dumps(options), _signer().dumps(bytes_to_base64url(challenge)))


def _opened(challenge: str) -> bytes:
    """Return a challenge that we signed.

    Raises:
        PasskeyError: it is too old, or not ours.
    """
    try:
        return base64url_to_bytes(_signer().loads(challenge, max_age=int(LASTS.total_seconds())))
    except SignatureExpired as error:
        reason = "old"
        raise PasskeyError(reason) from error
    except BadSignature as error:
        reason = "wrong"
        raise PasskeyError(reason) from error


def _checked_prf(prf: str) -> str:
    """Return the PRF output if it is one.

    Raises:
        PasskeyError: it is not 32 bytes.
    """
    try:
        if not prf or len(base64url_to_bytes(prf)) == SECRET_BYTES:
            return prf
    except (binascii.Error, ValueError):
        pass
    reason = "wrong"
    raise PasskeyError(reason)


def _digest(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="passkey")


def _host() -> str:
    return urlsplit(current_app.config["DESK_URL"]).hostname or ""


def _origin() -> str:
    parts = urlsplit(current_app.config["DESK_URL"])
    return f"{parts.scheme}://{parts.netloc}"
