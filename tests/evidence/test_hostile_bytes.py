"""Files that strangers make up: known by their content or not at all, whole or not at all, shown or plainly not."""

import io
import random

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from intake.evidence import box, chunks, kinds
from intake.evidence.box import NoCopyError
from intake.evidence.boxed import frames
from intake.evidence.chunks import MisfitError
from intake.evidence.kinds_of_text import encoding_of
from intake.evidence.place import storage
from intake.evidence.uploads import Arriving, Wish
from intake.i18n import now
from intake.sealing import new_identity, unseal_chunk
from intake.storage import new_name
from intake.web.file_names import LONGEST, LONGEST_IN_BYTES, safe_name
from intake.web.recordings import ENDINGS as RECORDINGS
from intake.web.recordings import content_type_of
from tests.evidence import sending
from tests.strategies import bodies, chunked, examples, json_values, mangled, texts

BEGINNINGS = [
    sending.photo(),
    b"\x89PNG\r\n\x1a\n" + bytes(60),
    b"RIFF\0\0\0\0WEBPVP8 " + bytes(60),
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60),
    b"\x1a\x45\xdf\xa3\x42\x82\x84webm\x86\x85V_VP8" + bytes(60),
    b"PK\x03\x04" + bytes(22) + b"\x13\0\0\0[Content_Types].xml" + bytes(60),
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    b"\xff\xfe<\0h\0t\0m\0l\0>\0",
    "Они забрали брата.\n".encode("cp1251"),
    b"From: a@b\r\nTo: c@d\r\nReceived: by x\r\n\r\nwords",
    b"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\r\n",
]


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: files are not kept in it."""
    return str(request.param)


@examples(25, 8000)
@given(content=st.one_of(mangled(BEGINNINGS), bodies()), name=texts(60))
def test_a_file_is_of_a_kind_that_has_an_ending(content: bytes, name: str) -> None:
    kind = kinds.kind_of(content)
    assert kind in kinds.ENDINGS
    assert kinds.is_dangerous(kind, name) in {True, False}
    assert content_type_of(content) in {None, *RECORDINGS}
    encoding = encoding_of(content)
    if encoding is not None:
        content.decode(encoding, "ignore")


@examples(25, 8000)
@given(name=texts(300))
def test_a_name_is_safe_and_stays_as_it_is(name: str) -> None:
    safe = safe_name(name)
    assert safe_name(safe) == safe
    assert 0 < len(safe) <= LONGEST
    assert len(safe.encode()) <= LONGEST_IN_BYTES
    assert not set(safe) & set('/\\<>:"|?*\0\r\n\u202e')
    assert safe not in {".", ".."}
    assert not safe.startswith(".")


@examples(12, 1500)
@given(
    size=st.integers(1, 900),
    first=st.integers(0, 5),
    sent=st.integers(0, 1100),
    pieces=st.lists(st.integers(1, 400), max_size=5),
)
def test_chunks_are_kept_whole_and_in_their_place_however_they_come(
    app: Flask, size: int, first: int, sent: int, pieces: list[int]
) -> None:
    content = random.Random(size).randbytes(size)  # noqa: S311 no secret
    arriving = Arriving(new_name(), 1, new_identity(), Wish("x", size, ""), 200, now())
    body = (content[first * 200 :] + bytes(2000))[:sent]
    if first < arriving.chunks:
        fits = 0 < sent <= size - first * 200
        try:
            chunks.check(arriving, first, sent)
        except MisfitError:
            assert not fits
        else:
            assert fits
    kept: set[int] = set()
    try:
        kept = {number for number, _ in chunks.keep(arriving, first, Cut(chunked(body, pieces)))}
    except MisfitError:
        assert sent > size - first * 200
    for number in storage().numbers(arriving.name):
        sealed = storage().get(arriving.name, number)
        last = number == arriving.chunks - 1
        assert unseal_chunk(number, sealed, arriving.identity, last=last) == content[number * 200 : number * 200 + 200]
    assert kept <= storage().numbers(arriving.name)


class Cut(io.RawIOBase):
    """A body that comes in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        """Keep them."""
        super().__init__()
        self._whole, self._sizes = b"".join(pieces), [len(one) for one in pieces if one]

    def read(self, size: int = -1, /) -> bytes:
        most = min(size, self._sizes.pop(0) if self._sizes else size)
        piece, self._whole = self._whole[:most], self._whole[most:]
        return piece


@examples(25, 8000)
@given(
    said=st.one_of(
        json_values().map(lambda head: frames.packed({"x": head})),
        mangled([frames.packed({"kind": "picture", "content_type": "image/png", "size": 5, "width": 3})]),
        bodies(400),
    )
)
def test_whatever_the_box_says_is_a_head_or_none(said: bytes) -> None:
    stream = io.BytesIO(said)
    try:
        head = frames.head(stream.read)
    except frames.FrameError:
        return
    assert isinstance(head, dict)
    for name in ("size", "width", "more"):
        try:
            assert 0 <= frames.number(head, name, 100) <= 100
        except frames.FrameError:
            assert name in head


@pytest.mark.slow
@examples(5, 60)
@given(content=mangled([*BEGINNINGS, *map(bytes, [b"\xff\xd8\xff\xe0" + bytes(40), b"GIF89a" + bytes(40)])]))
def test_hostile_bytes_in_the_box_are_shown_or_plainly_not(content: bytes) -> None:
    kind = kinds.kind_of(content)
    assert why_not_shown(kind, content) in {"", *frames.REASONS}


def why_not_shown(kind: str, content: bytes) -> str:
    """Return why the box shows nothing of a file; nothing where it does."""
    try:
        for part in box.look(kind, [content], len(content)):
            assert b"".join(part.pieces) or part.kind == "text"
        box.clues(kind, [content], len(content))
    except NoCopyError as error:
        return error.reason
    return ""
