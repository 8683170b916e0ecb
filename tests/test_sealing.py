"""Sealing: what is sealed opens for its audience, with our code and without it."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import sealing
from intake.extensions import Sealed
from intake.sealing import SealedBytes, SealError
from tests.servers import programs

SECRETS = st.binary(min_size=32, max_size=32)


@given(secret=SECRETS)
def test_an_identity_from_a_secret_is_one_that_age_reads(secret: bytes) -> None:
    identity = sealing.identity_from_secret(secret)
    assert identity.text.startswith("AGE-SECRET-KEY-1")
    assert sealing.read_identity(f"# a comment\n{identity.text}\n") == identity
    assert identity.recipient.startswith("age1")


@given(text=st.text(max_size=3000))
def test_a_document_opens_for_each_of_its_recipients_and_for_nobody_else(text: str) -> None:
    one, two, other = (sealing.new_identity() for _ in range(3))
    sealed = sealing.seal_document("statement/1", {"story": text}, [one.recipient, two.recipient])
    for identity in (one, two):
        assert sealing.unseal_document("statement/1", sealed, identity)["story"] == text
    with pytest.raises(SealError):
        sealing.unseal(sealed, other)
    with pytest.raises(SealError):
        sealing.unseal_document("note/1", sealed, one)


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: s[:-1] + bytes([s[-1] ^ 1]), lambda _: b"", lambda s: s[50:]]
)
def test_what_was_altered_or_cut_does_not_open(change: object) -> None:
    identity = sealing.new_identity()
    sealed = sealing.seal(b"words", [identity.recipient])
    assert callable(change)
    with pytest.raises(SealError):
        sealing.unseal(change(sealed), identity)


@given(length=st.integers(0, 2_000_000))
def test_padding_hides_the_length_for_little_room(length: int) -> None:
    padded = sealing.padded_length(length)
    assert padded >= max(length, sealing.SMALLEST_PLAINTEXT)
    assert padded <= max(length * 1.12, sealing.SMALLEST_PLAINTEXT)
    assert sealing.padded_length(padded) == padded


def test_short_stories_are_all_of_one_length() -> None:
    assert len({len(sealing.pad(b"x" * length)) for length in range(1025)}) == 1
    lengths = {sealing.padded_length(length) for length in range(1024, 64_000)}
    assert len(lengths) < 100


def test_documents_of_different_lengths_look_the_same_once_they_are_sealed() -> None:
    identity = sealing.new_identity()
    for lengths in ((0, 10, 300, 900), (20_000, 20_100)):
        sealed = [sealing.seal_document("a/1", {"text": "x" * length}, [identity.recipient]) for length in lengths]
        assert len({len(sealing.unseal(file, identity)) for file in sealed}) == 1


def test_a_code_opens_three_different_things_and_never_the_same_for_another_salt() -> None:
    salt = sealing.new_salt()
    keys, again = sealing.code_keys("1" * 24, salt), sealing.code_keys("1" * 24, salt)
    other = sealing.code_keys("1" * 24, sealing.new_salt())
    assert keys == again
    assert len({keys.tag, keys.digest_key, other.tag, other.digest_key}) == 4
    assert keys.identity != other.identity


def test_costs_are_those_that_were_decided() -> None:
    assert sealing.Cost(memory=65_536, passes=3) == sealing.PASSWORD_COST
    assert sealing.Cost(memory=4096, passes=1) == sealing.CODE_COST


def test_nothing_secret_shows_in_a_representation() -> None:
    identity = sealing.new_identity()
    keys = sealing.code_keys("1" * 24, sealing.new_salt())
    assert identity.text not in repr(identity)
    assert keys.identity.text not in repr(keys)
    assert repr(keys.digest_key) not in repr(keys)


@pytest.mark.parametrize("text", ["", "age1xyz", "AGE-SECRET-KEY-1XYZ", "two\nlines"])
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        sealing.read_identity(text)


@pytest.mark.parametrize("recipients", [[], ["age1xyz"], ["AGE-SECRET-KEY-1"]])
def test_sealing_to_nobody_is_refused(recipients: list[str]) -> None:
    with pytest.raises(SealError):
        sealing.seal(b"words", recipients)


def test_a_sealed_column_takes_nothing_that_is_not_sealed() -> None:
    column = Sealed("desk")
    with pytest.raises(TypeError, match=r"sealing\.seal"):
        column.process_bind_param(b"plain words", None)  # type: ignore[arg-type]  # the fault that is planted
    assert column.process_bind_param(SealedBytes(b"x"), None) == b"x"  # type: ignore[arg-type]  # no dialect needed
    with pytest.raises(ValueError, match="nobody"):
        Sealed("everybody")


def test_the_stock_age_program_opens_what_we_seal_and_we_what_it_seals(tmp_path: Path) -> None:
    age = programs.require("age")
    identity = sealing.identity_from_password("correct horse", sealing.new_salt(), sealing.Cost(8, 1))
    (tmp_path / "identity").write_text(identity.text + "\n")
    (tmp_path / "sealed").write_bytes(sealing.seal_document("statement/1", {"story": "Қ"}, [identity.recipient]))
    opened = subprocess.run(
        [age, "-d", "-i", tmp_path / "identity", tmp_path / "sealed"], check=True, capture_output=True
    ).stdout
    assert '"story":"Қ"' in opened.decode()
    theirs = subprocess.run([age, "-r", identity.recipient], input=b"words", check=True, capture_output=True).stdout
    assert sealing.unseal(theirs, identity) == b"words"
