"""Signing what leaves the house: Ed25519 (RFC 8032), bytes in, bytes out. It uses cryptography; it writes none.

Whoever gets a signed file checks it with the stock ``openssl`` program, without a line of this code.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from intake.sealing import SealError

GROUP = 4  # digits that are read aloud in one go


@dataclass(frozen=True)
class Signer:
    """What signs. ``text`` is PKCS #8 in PEM, as ``openssl`` reads it; it never shows in a representation."""

    text: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a fresh one, from the system's random source."""
        made = Ed25519PrivateKey.generate()
        return cls(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key.

        Raises:
            SealError: the text is no such key.
        """
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature of a message.

        Raises:
            SealError: the text is no such key.
        """
        return self._key.sign(message)

    @property
    def _key(self) -> Ed25519PrivateKey:
        try:
            key = load_pem_private_key(self.text.encode(), None)
        except (ValueError, TypeError) as error:
            message = "this is no key that signs"
            raise SealError(message) from error
        if not isinstance(key, Ed25519PrivateKey):
            message = "this key signs in another way"
            raise SealError(message)
        return key


def pem(public: bytes) -> str:
    """Return a public key as ``openssl`` reads it.

    Args:
        public: its 32 bytes.

    Raises:
        ValueError: it has another length.
    """
    return (
        Ed25519PublicKey.from_public_bytes(public)
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def fingerprint(public: bytes) -> str:
    """Return what a public key is known by: SHA-256 of its DER form, 64 hexadecimal digits.

    ``openssl pkey -pubin -in signing-key.pem -outform DER | sha256sum`` prints the same.

    Raises:
        ValueError: the key has not 32 bytes.
    """
    key = Ed25519PublicKey.from_public_bytes(public)
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def in_groups(digits: str) -> str:
    """Return a fingerprint in groups, to be compared aloud."""
    return " ".join(digits[start : start + GROUP] for start in range(0, len(digits), GROUP))
