"""Readers of letters: an OpenPGP certificate or an age recipient that a letter can be sealed to.

Beside ``sealing`` the only module that imports a cipher: Sequoia's OpenPGP (RFC 9580), which ``gpg`` and mail programs
open. It uses cryptography; it writes none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pysequoia import ArmorKind, Cert, armor, encrypt
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from intake.sealing import SealedBytes, SealError, check_recipient, fingerprint, seal

OPENPGP, AGE = "openpgp", "age"
PRIVATE, UNREADABLE, SEVERAL, REVOKED = "private", "unreadable", "several", "revoked"
ENDED, SEALS_NOTHING = "ended", "seals_nothing"
_OPENS = re.compile(r"PRIVATE KEY|AGE-SECRET-KEY-|AGE-PLUGIN-", re.IGNORECASE)
_ARMOR = re.compile(r"-----BEGIN PGP PUBLIC KEY BLOCK-----.*?-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
_MESSAGE = b"-----BEGIN PGP MESSAGE-----"


class CertificateError(Exception):
    """Nothing can be sealed to what was given.

    Attributes:
        reason: why: one of ``PRIVATE``, ``UNREADABLE``, ``SEVERAL``, ``REVOKED``, ``ENDED``, ``SEALS_NOTHING``.
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Reader:
    """To what a letter can be sealed: an OpenPGP certificate or an age recipient, and until when."""

    kind: str
    text: str
    fingerprint: str
    ends_at: datetime | None = None


def text_of(content: bytes) -> str:
    """Return what a file says; a certificate that is not written in ASCII armor gets one."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return armor(content, ArmorKind.PublicKey)


def reader_of(text: str, moment: datetime) -> Reader:
    """Return what a text gives to seal letters to: an OpenPGP certificate in ASCII armor, or an ``age1…`` recipient.

    Of a certificate the newest key that encrypts is kept, and of strangers' words about it nothing.

    Args:
        text: what was given, such as a file that ``gpg --armor --export`` wrote.
        moment: now: what ended before is refused.

    Raises:
        CertificateError: it opens letters instead of sealing them, or nothing can be sealed to it; its reason says why.
    """
    if _OPENS.search(text):
        raise CertificateError(PRIVATE)
    found = _ARMOR.findall(text)
    if len(found) > 1:
        raise CertificateError(SEVERAL)
    if found:
        try:
            return _openpgp(found[0].encode(), moment)
        except (RuntimeError, OverflowError) as error:  # the first is all that the library raises
            raise CertificateError(UNREADABLE) from error
    try:
        recipient = check_recipient(text.strip())
    except SealError as error:
        raise CertificateError(UNREADABLE) from error
    return Reader(AGE, recipient, fingerprint(recipient))


def seal_to(plaintext: bytes, kind: str, text: str) -> SealedBytes:
    """Seal a letter to what ``reader_of`` made sure of: ``OPENPGP`` makes a message in ASCII armor, ``AGE`` a file.

    Raises:
        SealError: nothing can be sealed to it.
    """
    if kind == AGE:
        return seal(plaintext, [text])
    try:
        return SealedBytes(encrypt(plaintext, [Cert.from_bytes(text.encode())]))
    except RuntimeError as error:
        message = "cannot seal to this certificate"
        raise SealError(message) from error


def is_openpgp(sealed: bytes) -> bool:
    """Return whether something was sealed to an OpenPGP certificate."""
    return sealed.startswith(_MESSAGE)


def _openpgp(armored: bytes, moment: datetime) -> Reader:
    """Return the certificate with the newest of its keys that encrypt at this moment.

    The library encrypts to keys that ended long ago too, so ends are looked at here.
    """
    packets = list(PacketPile.from_bytes(armored))
    if any(packet.tag in (Tag.SecretKey, Tag.SecretSubkey) for packet in packets):
        raise CertificateError(PRIVATE)
    certs = Cert.split_bytes(armored)
    if len(certs) != 1:
        raise CertificateError(SEVERAL if certs else UNREADABLE)
    if certs[0].is_revoked:
        raise CertificateError(REVOKED)
    digits, last = certs[0].fingerprint, certs[0].expiration
    head, subkeys = _parts(packets, digits)
    able = [(cert, ends) for subkey in [[], *subkeys] if (cert := _able([*head, *subkey])) for ends in [_end(subkey)]]
    ends_at = [min((end for end in (ends, last) if end is not None), default=None) for _, ends in able]
    usable = [(cert, end) for (cert, _), end in zip(able, ends_at, strict=True) if end is None or end > moment]
    if not usable:
        raise CertificateError(ENDED if able else SEALS_NOTHING)
    cert, end = usable[-1]
    grouped = " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
    return Reader(OPENPGP, str(cert), grouped.upper(), end)


def _parts(packets: Iterable[Packet], digits: str) -> tuple[list[Packet], list[list[Packet]]]:
    """Return the packets of a certificate: its primary key with its names, and its subkeys, the newest last."""
    head: list[Packet] = []
    subkeys: list[list[Packet]] = []
    for packet in packets:
        if packet.tag == Tag.PublicSubkey:
            subkeys.append([packet])
        elif subkeys:
            subkeys[-1].append(packet)
        elif packet.tag in (Tag.PublicKey, Tag.UserID) or digits.endswith(packet.issuer_key_id or "-"):
            head.append(packet)
    return head, sorted(subkeys, key=lambda subkey: str(subkey[0].key_created))


def _able(packets: list[Packet]) -> Cert | None:
    """Return the certificate of these packets, if the library encrypts to it: its signatures hold, none revokes it."""
    try:
        cert = Cert.from_packets(packets)
        encrypt(b"", [cert])
    except RuntimeError:
        return None
    return cert


def _end(subkey: list[Packet]) -> datetime | None:
    """Return when a subkey ends, as the newest signature that binds it says."""
    bound = [packet for packet in subkey if packet.signature_type == SignatureType.SubkeyBinding]
    if not bound:
        return None
    newest = max(bound, key=lambda packet: str(packet.signature_created))
    created, lives = subkey[0].key_created, newest.key_validity_period
    return created + lives if created and lives else None
