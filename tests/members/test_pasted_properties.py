"""What members paste and what their devices answer, altered by anybody: a key, a passkey, or a plain refusal."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from pysequoia import Tsk

from intake import audit, readers
from intake.members import passkeys
from intake.members.passkeys import PasskeyError
from intake.readers import CertificateError, Reader
from intake.sealing import new_identity
from tests.factories import House
from tests.members.authenticator import Authenticator
from tests.strategies import DEEP, bodies, changed_json, examples, mangled, texts

SITE = "http://localhost:8000"
MOMENT = datetime(2026, 11, 26, tzinfo=UTC)
KEY = str(Tsk.generate("Dana <dana@example.org>").extract_certificate())
FILES = texts().map(lambda text: text.encode(errors="replace"))
REASONS = {"private", "unreadable", "several", "revoked", "ended", "seals_nothing"}


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: what is altered never gets as far."""
    return str(request.param)


@examples(20, 5000)
@given(pasted=st.one_of(mangled([KEY.encode(), new_identity().recipient.encode()]), bodies(), FILES))
def test_what_is_pasted_seals_or_is_refused_for_a_reason(pasted: bytes) -> None:
    try:
        reader: Reader | None = readers.reader_of(readers.text_of(pasted), MOMENT)
        said = ""
    except CertificateError as error:
        reader, said = None, error.reason
    assert (reader is None) == (said in REASONS)
    if reader is not None:
        assert len(readers.seal_to(b"words", reader.kind, reader.text)) > 100


class Ceremonies:
    """What a device answers to a page that asks it, once for all examples."""

    def __init__(self) -> None:
        """Answer."""
        self.device, self.new = Authenticator(SITE), passkeys.to_add(b"u" * 32, "D", [])
        self.old = passkeys.to_sign_in()
        self.made = json.loads(self.device.register(json.loads(self.new.options))[0])
        self.answer = json.loads(self.device.answer(json.loads(self.old.options))[0])


@pytest.fixture
def ceremonies(app: Flask, house: House) -> Ceremonies:
    """Return the answers of a device whose passkey nobody has."""
    app.config["DESK_URL"] = SITE
    return Ceremonies()


ODD = st.one_of(st.none(), st.integers(), st.lists(st.integers(), max_size=2), texts(20), st.sampled_from(("oA", DEEP)))


@examples(20, 4000)
@given(data=st.data(), prf=texts(50))
@example(data=None, prf="")
def test_an_answer_that_was_altered_is_no_passkey(ceremonies: Ceremonies, data: st.DataObject | None, prf: str) -> None:
    made = DEEP if data is None else data.draw(changed_json(ceremonies.made, ODD))
    answer = DEEP if data is None else data.draw(changed_json(ceremonies.answer, ODD))
    with pytest.raises(PasskeyError):
        passkeys.checked(answer, ceremonies.old.challenge)
    with pytest.raises(PasskeyError):
        passkeys.checked(answer, f"{ceremonies.old.challenge}x")
    try:
        new = passkeys.read_new(made, ceremonies.new.challenge, prf)
    except PasskeyError:
        return
    assert new.credential_id == ceremonies.device.credential_id, "what was altered is not what was signed"
    assert not prf or len(prf) >= 42


@examples(20, 3000)
@given(said=st.lists(st.one_of(texts(80), changed_json({"chain": 0, "number": 1, "hash": "00ff"})), max_size=4))
@example(said=[DEEP])
@example(said=['{"chain": 1e400, "number": 1, "hash": ""}'])
@example(said=["From: a\nContent-Type: text/plain; charset=nonsense\n\n\xff"])
def test_noted_heads_are_read_or_refused_in_a_sentence(said: list[str]) -> None:
    for lines in (said, [audit.BEGIN, *said, audit.END], ["Subject: x\n", *said]):
        with suppress(audit.NoteError):
            assert all(isinstance(note.hash, bytes) for note in audit.read_notes(f"{line}\n" for line in lines))
