"""Identities, recipients, seal, unseal, padding: pure functions, bytes in, bytes out.

The only module that imports the cipher. What it seals is an age file (age-encryption.org/v1), so the stock ``age``
program opens it without a line of this code. It uses cryptography; it writes none.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyrage
from argon2.low_level import Type, hash_secret_raw

SECRET_BYTES = 32
SMALLEST_PLAINTEXT = 1024  # bytes: a one-line cry for help and a paragraph look the same
FINGERPRINT_DIGITS = 24
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


BEGINNING = b"age-encryption.org/v1\n"  # of all that is sealed


class SealedBytes(bytes):
    """What is sealed, in memory: an age file, or ``readers``' OpenPGP message. What a ``Sealed`` column takes."""

    __slots__ = ()


class Source(Protocol):
    """What a stream is read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at its end."""


class Sink(Protocol):
    """What a stream is written to."""

    def write(self, piece: bytes, /) -> object:
        """Take a piece, all of it."""


class SealError(Exception):
    """A sealed value that this identity does not open, or a recipient that is none."""


@dataclass(frozen=True)
class Identity:
    """What opens. ``text`` is the age form ``AGE-SECRET-KEY-1…``; it never shows in a representation."""

    text: str = field(repr=False)

    @property
    def recipient(self) -> str:
        """The ``age1…`` recipient that seals to this identity."""
        return str(pyrage.x25519.Identity.from_str(self.text).to_public())


@dataclass(frozen=True)
class Cost:
    """The price of one Argon2id derivation: memory in KiB, passes, lanes."""

    memory: int
    passes: int
    lanes: int = 1


# OWASP's floor for Argon2id is 19 MiB and two passes (Password Storage Cheat Sheet); passwords here pay more, a return
# code of 76 random bits pays less, since nobody can guess it.
PASSWORD_COST = Cost(memory=64 * 1024, passes=3)
CODE_COST = Cost(memory=4 * 1024, passes=1)


@dataclass(frozen=True)
class CodeKeys:
    """What one Argon2id call makes of a return code: 32 bytes each."""

    tag: bytes = field(repr=False)
    identity: Identity
    digest_key: bytes = field(repr=False)


def new_identity() -> Identity:
    """Return a fresh X25519 identity from the system's random source."""
    return Identity(str(pyrage.x25519.Identity.generate()))


def identity_from_secret(secret: bytes) -> Identity:
    """Return the identity whose X25519 secret is ``secret``.

    Args:
        secret: 32 bytes, uniformly random or derived by Argon2id.

    Raises:
        ValueError: ``secret`` is not 32 bytes long.
    """
    if len(secret) != SECRET_BYTES:
        message = f"an identity's secret has {SECRET_BYTES} bytes, not {len(secret)}"
        raise ValueError(message)
    return Identity(_bech32("age-secret-key-", secret).upper())


def read_identity(text: str) -> Identity:
    """Return the identity written as ``AGE-SECRET-KEY-1…``, surrounding space and comment lines ignored.

    Raises:
        SealError: the text holds no such identity.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) != 1:
        message = "the text does not hold exactly one identity"
        raise SealError(message)
    try:
        return Identity(str(pyrage.x25519.Identity.from_str(lines[0])))
    except pyrage.IdentityError as error:
        message = "this is not an identity of the form AGE-SECRET-KEY-1…"
        raise SealError(message) from error


def check_recipient(text: str) -> str:
    """Return ``text`` if it is an ``age1…`` X25519 recipient.

    Raises:
        SealError: it is not.
    """
    try:
        return str(pyrage.x25519.Recipient.from_str(text))
    except pyrage.RecipientError as error:
        message = "this is not a recipient of the form age1…"
        raise SealError(message) from error


def fingerprint(recipient: str) -> str:
    """Return a short form of a recipient that two people can compare aloud, such as ``1f3a 09c4 …``.

    The first 96 bits of SHA-256 of its text: nobody makes another recipient that has the same.
    """
    digits = hashlib.sha256(recipient.encode()).hexdigest()[:FINGERPRINT_DIGITS]
    return " ".join(digits[start : start + 4] for start in range(0, FINGERPRINT_DIGITS, 4))


def seal(plaintext: bytes, recipients: Iterable[str]) -> SealedBytes:
    """Seal ``plaintext`` to every recipient (``age1…``); each of them alone can open it.

    Raises:
        SealError: no recipient, or one that is malformed.
    """
    try:
        targets = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
        return SealedBytes(pyrage.encrypt(plaintext, targets))
    except (pyrage.RecipientError, pyrage.EncryptError) as error:
        message = "cannot seal to these recipients"
        raise SealError(message) from error


def unseal(sealed: bytes, identity: Identity) -> bytes:
    """Open an age file with an identity that it was sealed to.

    Raises:
        SealError: it was sealed to others, or it was altered or cut.
    """
    try:
        return pyrage.decrypt(bytes(sealed), [pyrage.x25519.Identity.from_str(identity.text)])
    except (pyrage.DecryptError, OSError, ValueError) as error:
        message = "this identity does not open it"
        raise SealError(message) from error


def seal_stream(source: Source, sink: Sink, recipients: Iterable[str]) -> None:
    """Seal what is read to every recipient, a few kilobytes in memory at a time.

    Raises:
        SealError: no recipient, or one that is malformed.
        Exception: whatever reading or writing raised.
    """
    told = _Told(source, sink)
    try:
        pyrage.encrypt_io(told, told, [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients])
    except (pyrage.RecipientError, pyrage.EncryptError) as error:
        if told.failure is None:
            message = "cannot seal to these recipients"
            raise SealError(message) from error
    if told.failure is not None:
        raise told.failure


def unseal_stream(source: Source, sink: Sink, identity: Identity) -> None:
    """Open an age file as it is read. Whoever takes the pieces may believe none of them before this has returned.

    Raises:
        SealError: it was sealed to others, or it was altered or cut.
        Exception: whatever reading or writing raised.
    """
    told = _Told(source, sink)
    try:
        pyrage.decrypt_io(told, told, [pyrage.x25519.Identity.from_str(identity.text)])
    except (pyrage.DecryptError, OSError, ValueError) as error:
        if told.failure is None:
            message = "this identity does not open it, or it was altered"
            raise SealError(message) from error
    if told.failure is not None:
        raise told.failure


@dataclass
class _Told:
    """Both ends of a stream, and how one of them failed: the cipher says it in words of its own, or swallows it."""

    source: Source
    sink: Sink
    failure: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self.source.read(size)
        except Exception as error:
            self.failure = self.failure or error
            raise

    def write(self, piece: bytes) -> int:
        try:
            self.sink.write(bytes(piece))
        except Exception as error:
            self.failure = self.failure or error
            raise
        return len(piece)

    def flush(self) -> None:
        """Do nothing: whoever made the sink closes it."""


def seal_identity(identity: Identity, recipients: Iterable[str]) -> SealedBytes:
    """Seal an identity itself (its text form, as the ``age`` program reads it) to recipients."""
    return seal(identity.text.encode() + b"\n", recipients)


def unseal_identity(sealed: bytes, identity: Identity) -> Identity:
    """Open a sealed identity.

    Raises:
        SealError: ``identity`` does not open it, or what is inside is no identity.
    """
    return read_identity(unseal(sealed, identity).decode(errors="replace"))


def seal_document(kind: str, document: Mapping[str, Any], recipients: Iterable[str]) -> SealedBytes:
    """Seal a JSON document, its kind (such as ``statement/1``) written in it, padded to Padmé length."""
    text = json.dumps({"kind": kind, **document}, ensure_ascii=False, separators=(",", ":"))
    return seal(pad(text.encode()), recipients)


def unseal_document(kind: str, sealed: bytes, identity: Identity) -> dict[str, Any]:
    """Open a sealed JSON document of the given kind.

    Raises:
        SealError: it does not open, or it is of another kind.
    """
    try:
        document = json.loads(unseal(sealed, identity))
    except (ValueError, RecursionError) as error:  # anybody can seal to a recipient
        message = "what is inside is no document"
        raise SealError(message) from error
    if not isinstance(document, dict) or document.get("kind") != kind:
        message = f"it was sealed as something else than {kind!r}"
        raise SealError(message)
    return document


def seal_chunk(number: int, plaintext: bytes, recipient: str, *, last: bool) -> SealedBytes:
    """Seal a part of a file, its place in the file written inside: moved, swapped or cut off, it does not fit.

    What is sealed is one line such as ``chunk/1 0 more`` or ``chunk/1 7 last``, and after it the bytes; so
    ``age --decrypt -i identity chunk | tail -n +2`` gives them without this code.

    Args:
        number: its place, from 0.
        plaintext: the bytes.
        recipient: the file's own recipient.
        last: whether the file ends with it.
    """
    return seal(_chunk_line(number, last=last) + plaintext, [recipient])


def unseal_chunk(number: int, sealed: bytes, identity: Identity, *, last: bool) -> bytes:
    """Open a part of a file that must stand at this place.

    Raises:
        SealError: it is another file's, was altered, or belongs to another place.
    """
    opened, line = unseal(sealed, identity), _chunk_line(number, last=last)
    if not opened.startswith(line):
        message = "a chunk was moved, or the end of its file was cut off"
        raise SealError(message)
    return opened[len(line) :]


def _chunk_line(number: int, *, last: bool) -> bytes:
    return f"chunk/1 {number} {'last' if last else 'more'}\n".encode()


def padded_length(length: int) -> int:
    """Return the Padmé length for ``length`` bytes, at least ``SMALLEST_PLAINTEXT``.

    Padmé rounds up so that at most O(log log n) bits of the length show, for at most 12 % more bytes (Nikitin et al.,
    "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019).
    """
    if length <= SMALLEST_PLAINTEXT:
        return SMALLEST_PLAINTEXT
    exponent = length.bit_length() - 1
    cleared = exponent - exponent.bit_length()
    mask = (1 << cleared) - 1
    return (length + mask) & ~mask


def pad(plaintext: bytes) -> bytes:
    """Return ``plaintext`` followed by spaces (which JSON ignores) up to its Padmé length."""
    return plaintext.ljust(padded_length(len(plaintext)))


def stretch(secret: str, salt: bytes, cost: Cost, length: int = SECRET_BYTES) -> bytes:
    """Return ``length`` bytes that Argon2id (RFC 9106, version 1.3) makes of a secret that a person holds.

    Args:
        secret: the password or code, encoded as UTF-8 here.
        salt: at least 8 random bytes.
        cost: memory, passes and lanes.
        length: how many bytes to derive.
    """
    return hash_secret_raw(secret.encode(), salt, cost.passes, cost.memory, cost.lanes, length, Type.ID)


def identity_from_password(secret: str, salt: bytes, cost: Cost = PASSWORD_COST) -> Identity:
    """Return the identity that a password or code opens with its salt."""
    return identity_from_secret(stretch(secret, salt, cost))


def code_keys(digits: str, salt: bytes) -> CodeKeys:
    """Return what a return code opens.

    Args:
        digits: the 24 ASCII digits.
        salt: the site-wide salt for codes, 16 bytes.
    """
    derived = stretch(digits, salt, CODE_COST, 3 * SECRET_BYTES)
    tag, secret, digest_key = derived[:32], derived[32:64], derived[64:]
    return CodeKeys(tag, identity_from_secret(secret), digest_key)


def digest(key: bytes, document: Mapping[str, Any]) -> bytes:
    """Return HMAC-SHA-256 of a document's canonical JSON: equal for the same words under the same code."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), hashlib.sha256)


def new_salt() -> bytes:
    """Return 16 random bytes, the length that RFC 9106 recommends for Argon2's salt."""
    return secrets.token_bytes(16)


def same(left: bytes, right: bytes) -> bool:
    """Compare two byte strings in constant time."""
    return hmac.compare_digest(left, right)


def _bech32(prefix: str, payload: bytes) -> str:
    """Write ``payload`` as BIP 173 Bech32: the form in which age writes identities."""
    bits = int.from_bytes(payload)
    groups = -(-len(payload) * 8 // 5)
    bits <<= groups * 5 - len(payload) * 8
    values = [(bits >> (5 * place)) & 31 for place in reversed(range(groups))]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _bech32_polymod([*expanded, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [(check >> (5 * (5 - place))) & 31 for place in range(6)]
    return prefix + "1" + "".join(_BECH32[value] for value in values)


def _bech32_polymod(values: Iterable[int]) -> int:
    """Return the BCH remainder that BIP 173 defines."""
    generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(generators):
            if top >> place & 1:
                remainder ^= generator
    return remainder
