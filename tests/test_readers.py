"""What a letter can be sealed to: only what encrypts at this moment, and never what opens."""

from datetime import UTC, datetime, timedelta

import pytest
from pysequoia import ArmorKind, Cert, Tsk, armor, decrypt
from pysequoia.packet import PacketPile, Tag

from intake import readers
from intake.readers import (
    AGE,
    ENDED,
    OPENPGP,
    PRIVATE,
    REVOKED,
    SEALS_NOTHING,
    SEVERAL,
    UNREADABLE,
    CertificateError,
    reader_of,
    seal_to,
)
from intake.sealing import SealError, new_identity, unseal

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def key() -> Tsk:
    """Return a key that lasts a year."""
    return Tsk.generate("Dana <dana@example.org>", validity_seconds=int(YEAR.total_seconds()))


def armored(key: Tsk) -> str:
    return str(key.extract_certificate())


def signers(text: str) -> set[str | None]:
    """Return who made the signatures of a certificate."""
    packets = PacketPile.from_bytes(bytes(Cert.from_bytes(text.encode())))
    return {packet.issuer_fingerprint for packet in packets if packet.tag == Tag.Signature}


def reason(text: str, moment: datetime = NOW) -> str:
    with pytest.raises(CertificateError) as caught:
        reader_of(text, moment)
    return caught.value.reason


def test_a_certificate_seals_what_its_key_alone_opens(key: Tsk) -> None:
    reader = reader_of(f"My key:\n\n{armored(key)}\nRegards", NOW)
    assert reader.kind == OPENPGP
    assert reader.fingerprint.replace(" ", "").lower() == key.extract_certificate().fingerprint
    assert reader.ends_at is not None
    assert abs(reader.ends_at - NOW - YEAR) < timedelta(hours=1)
    sealed = seal_to(b"words", reader.kind, reader.text)
    assert readers.is_openpgp(sealed)
    assert sealed.find(b"words") < 0
    assert decrypt(sealed, key.decryptor()).bytes == b"words"
    with pytest.raises(RuntimeError):
        decrypt(sealed, Tsk.generate("Another").decryptor())


def test_an_age_recipient_seals_what_its_identity_alone_opens() -> None:
    identity = new_identity()
    reader = reader_of(f"\n {identity.recipient} \n", NOW)
    assert (reader.kind, reader.text, reader.ends_at) == (AGE, identity.recipient, None)
    sealed = seal_to(b"words", reader.kind, reader.text)
    assert not readers.is_openpgp(sealed)
    assert unseal(sealed, identity) == b"words"


def test_what_opens_is_refused_however_it_is_dressed(key: Tsk) -> None:
    secret = str(key)
    public_only_in_name = secret.replace("PRIVATE KEY", "PUBLIC KEY")
    primary = b"".join(bytes(packet) for packet in list(PacketPile.from_bytes(bytes(key)))[:3])
    assert reason(armor(primary, ArmorKind.PublicKey)) == PRIVATE
    for text in (secret, public_only_in_name, new_identity().text, f"# key\n{new_identity().text.lower()}"):
        assert reason(text) == PRIVATE
    assert reason(armored(key) + "\n" + secret) == PRIVATE


def test_a_certificate_that_ended_is_refused_though_the_library_would_seal_to_it(key: Tsk) -> None:
    assert reason(armored(key), NOW + YEAR + timedelta(days=1)) == ENDED
    assert reader_of(armored(key), NOW + YEAR - timedelta(days=1))


def test_a_certificate_without_a_key_that_encrypts_is_refused(key: Tsk) -> None:
    packets = list(PacketPile.from_bytes(bytes(key.extract_certificate())))
    first = next(number for number, packet in enumerate(packets) if packet.tag == Tag.PublicSubkey)
    assert reason(str(Cert.from_packets(packets[:first]))) == SEALS_NOTHING


def test_a_revoked_certificate_is_refused() -> None:
    key = Tsk.generate("Dana")
    certificate = key.extract_certificate()
    revoked = Cert.from_bytes(bytes(certificate) + bytes(certificate.revoke(key.certifier())))
    assert revoked.is_revoked
    assert reason(str(revoked)) == REVOKED


def test_several_certificates_are_refused(key: Tsk) -> None:
    other = Tsk.generate("Erlan").extract_certificate()
    assert reason(armored(key) + str(other)) == SEVERAL
    assert reason(armor(bytes(key.extract_certificate()) + bytes(other), ArmorKind.PublicKey)) == SEVERAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1short",
        "age1" + "q" * 58,
        "two\nlines",
        "\u202eage1" + "q" * 58,
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nQUJD\n-----END PGP PUBLIC KEY BLOCK-----",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n\n-----END PGP PUBLIC KEY BLOCK-----",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    assert reason(text) == UNREADABLE


def test_a_certificate_cut_anywhere_is_refused_or_still_seals_to_its_owner(key: Tsk) -> None:
    lines = armored(key).splitlines()
    for cut in range(3, len(lines) - 2):
        text = "\n".join(lines[:cut] + lines[cut + 1 :])
        try:
            kept = reader_of(text, NOW)
        except CertificateError:  # what is left may look like anything, even like what opens
            continue
        assert decrypt(seal_to(b"words", kept.kind, kept.text), key.decryptor()).bytes == b"words"


def test_names_by_strangers_and_pictures_are_dropped_and_the_owner_stays(key: Tsk) -> None:
    stranger = Tsk.generate("Stranger")
    certificate = key.extract_certificate().add_user_id("Dana K.", key.certifier())
    text = str(certificate.merge(key.extract_certificate()).add_user_id("Dana S.", stranger.certifier()))
    owner, strange = certificate.fingerprint, stranger.extract_certificate().fingerprint
    assert signers(text) == {owner, strange}
    kept = reader_of(text, NOW).text
    assert signers(kept) == {owner}
    assert decrypt(seal_to(b"words", OPENPGP, kept), key.decryptor()).bytes == b"words"


def test_what_no_cipher_takes_is_no_letter_lost_without_a_word() -> None:
    for kind, text in ((OPENPGP, "nothing"), (AGE, "age1nothing")):
        with pytest.raises(SealError):
            seal_to(b"words", kind, text)
