"""What is sealed opens whole for whom it was sealed to, and for nobody else, whatever it is and however it came."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import sealing
from intake.sealing import SealError
from intake.web.uploads import CHUNK, SealedUpload
from tests.strategies import bodies, changed_bytes, changed_text, chunked, examples, json_values

OURS = [sealing.new_identity() for _ in range(3)]
STRANGER = sealing.new_identity()
AUDIENCES = st.sets(st.sampled_from(range(len(OURS))), min_size=1)
SEALED = sealing.seal_document("note/1", {"text": "They took my brother."}, [OURS[0].recipient])
CHUNKED = sealing.seal_chunk(3, b"x" * 100, OURS[0].recipient, last=False)


@examples(6, 1000)
@given(document=st.dictionaries(st.text(max_size=9), json_values(), max_size=4), to=AUDIENCES)
def test_any_document_opens_for_its_audience_alone(document: dict[str, object], to: set[int]) -> None:
    document = json.loads(json.dumps({**document, "kind": "note/1"}))
    try:
        sealed = sealing.seal_document("note/1", document, [OURS[one].recipient for one in to])
    except UnicodeEncodeError:
        assert "\\ud" in json.dumps(document), "half a character is no text, and clean_text leaves none"
        return
    for place, identity in enumerate(OURS):
        if place in to:
            assert said(sealing.unseal_document("note/1", sealed, identity)) == said(document)
        else:
            with pytest.raises(SealError):
                sealing.unseal(sealed, identity)
    with pytest.raises(SealError):
        sealing.unseal(sealed, STRANGER)


@examples(15, 2000)
@given(sealed=changed_bytes(SEALED))
def test_a_document_with_one_byte_changed_or_missing_does_not_open(sealed: bytes) -> None:
    with pytest.raises(SealError):
        sealing.unseal_document("note/1", sealed, OURS[0])


@examples(15, 2000)
@given(sealed=changed_bytes(CHUNKED))
def test_a_chunk_with_one_byte_changed_or_missing_does_not_open(sealed: bytes) -> None:
    with pytest.raises(SealError):
        sealing.unseal_chunk(3, sealed, OURS[0], last=False)


@examples(8, 1000)
@given(content=st.one_of(bodies(), json_values().map(lambda said: json.dumps(said).encode())))
def test_what_a_stranger_sealed_to_us_is_no_document_and_no_identity(content: bytes) -> None:
    sealed = sealing.seal(content, [OURS[0].recipient])
    with pytest.raises(SealError):
        sealing.unseal_document("note/1", sealed, OURS[0])
    with pytest.raises(SealError):
        sealing.unseal_identity(sealed, OURS[0])


@examples(6, 1000)
@given(content=bodies(4000), pieces=st.lists(st.integers(0, 900), max_size=9))
def test_a_stream_opens_as_it_was_however_it_was_cut(content: bytes, pieces: list[int]) -> None:
    source, sealed, opened = Pieces(chunked(content, pieces)), Taken(), Taken()
    sealing.seal_stream(source, sealed, [OURS[0].recipient, OURS[1].recipient])
    assert sealing.unseal(sealed.content, OURS[1]) == content
    sealing.unseal_stream(Pieces(chunked(sealed.content, pieces)), opened, OURS[0])
    assert opened.content == content
    with pytest.raises(SealError):
        sealing.unseal_stream(Pieces([sealed.content]), Taken(), STRANGER)


@examples(8, 600)
@given(
    size=st.integers(0, 3 * CHUNK), pieces=st.lists(st.integers(0, CHUNK + 9), max_size=6), seed=st.binary(min_size=1)
)
def test_an_upload_opens_as_it_was_however_it_was_cut(size: int, pieces: list[int], seed: bytes) -> None:
    content = (seed * (size // len(seed) + 1))[:size]
    upload = SealedUpload("x.webm")
    for piece in chunked(content, pieces):
        upload.write(piece)
    upload.seek(0)
    upload.seek(0)
    last = len(upload.chunks) - 1
    plain = [
        sealing.unseal_chunk(number, sealed, upload.identity, last=number == last)
        for number, sealed in enumerate(upload.chunks)
    ]
    assert b"".join(plain) == content
    assert all(len(one) == CHUNK for one in plain[:-1])
    for number, sealed in enumerate(upload.chunks):
        with pytest.raises(SealError):
            sealing.unseal_chunk(number + 1, sealed, upload.identity, last=number == last)
        with pytest.raises(SealError):
            sealing.unseal_chunk(number, sealed, upload.identity, last=number != last)


@examples(30, 5000)
@given(one=st.integers(0, 10**9), other=st.integers(0, 10**9))
def test_a_length_tells_no_more_than_its_bucket(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    padded = sealing.padded_length(longer)
    assert sealing.padded_length(shorter) <= padded
    # Padmé: of a number with so many bits, no more than as many as its exponent's own length stay.
    exponent = padded.bit_length() - 1
    assert padded % (1 << max(0, exponent - exponent.bit_length())) == 0


@examples(12, 1000)
@given(one=st.text("абв x", max_size=1500), other=st.text("абв x", max_size=1500))
def test_sealed_documents_of_one_bucket_have_one_length(one: str, other: str) -> None:
    plain = [f'{{"kind":"a/1","t":"{text}"}}'.encode() for text in (one, other)]
    sealed = [len(sealing.seal_document("a/1", {"t": text}, [STRANGER.recipient])) for text in (one, other)]
    same = sealing.padded_length(len(plain[0])) == sealing.padded_length(len(plain[1]))
    # age draws a line of random length for whoever has no recipient of that kind: it says nothing of the words.
    assert (abs(sealed[0] - sealed[1]) <= 200) or not same


@examples(20, 3000)
@given(text=st.one_of(st.text(max_size=120), changed_text(OURS[0].text)))
def test_what_is_pasted_is_our_identity_or_none(text: str) -> None:
    try:
        found = sealing.read_identity(text)
    except SealError:
        return
    assert found == OURS[0], "an identity with one letter changed is another, and its check says so"


@examples(20, 3000)
@given(text=st.one_of(st.text(max_size=90), changed_text(OURS[0].recipient)))
def test_what_is_pasted_is_a_recipient_or_none(text: str) -> None:
    try:
        found = sealing.check_recipient(text)
    except SealError:
        return
    assert found == OURS[0].recipient


def said(document: object) -> str:
    """Return a document as it can be compared: no number that is none equals itself."""
    return json.dumps(document, sort_keys=True)


@dataclass
class Pieces:
    """A source that gives what it has in its own pieces, never more than asked for."""

    pieces: list[bytes]

    def read(self, size: int, /) -> bytes:
        self.pieces = [piece for piece in self.pieces if piece]
        if not self.pieces:
            return b""
        piece, self.pieces[0] = self.pieces[0][:size], self.pieces[0][size:]
        return piece


@dataclass
class Taken:
    """A sink that keeps everything."""

    content: bytes = b""

    def write(self, piece: bytes, /) -> int:
        self.content += piece
        return len(piece)
