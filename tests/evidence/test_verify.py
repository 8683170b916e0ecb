"""Whoever has no key can still tell whether every file is the one that came, and which one is not."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import delete, insert, update

from intake import doctor, sealing
from intake.audit import AuditEntry
from intake.cases.models import Case
from intake.evidence import queries, verify
from intake.evidence.models import Chunk, File, Upload, View
from intake.evidence.place import storage
from intake.extensions import db, transaction
from intake.file_settings import ObjectStore
from intake.i18n import now
from intake.storage import Storage, StoreError, new_name
from intake.web.uploads import CHUNK
from tests.factories import House, make_case, make_recording, sound
from tests.servers.s3 import S3Server, away

LONG = sound(2 * CHUNK + 1234)  # three chunks
FIRST = "Uirusu-7 zebra.webm"


@dataclass
class Told:
    """A case with a recording of three chunks, and the same of another desk, which is left alone."""

    case: Case
    file: File
    other: Case


@pytest.fixture
def told(house: House) -> Told:
    """Return cases whose recordings are kept."""
    return tell()


@pytest.fixture
def told_far(app: Flask, s3: S3Server, house: House) -> Told:
    """Return cases whose recordings are kept in a bucket."""
    use(app, s3.bucket())
    return tell()


def tell() -> Told:
    """Send two recordings."""
    case, _, _ = make_case("KZ", recording=make_recording(LONG, FIRST))
    other, _, _ = make_case("KG", recording=make_recording(LONG, FIRST))
    (file,) = queries.sealed_files(case.id)
    return Told(case, file, other)


def use(app: Flask, store: ObjectStore) -> None:
    """Let files be kept in a bucket."""
    app.config["FILES"] = replace(app.config["FILES"], store=store)


def verified(app: Flask, *options: str) -> tuple[int, list[str], str]:
    """Run the command; return how it ended, what is wrong, and the rest of what it said."""
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=["evidence", "verify", *options])
    assert "zebra" not in done.output
    lines = done.output.splitlines()
    wrong = [line.removeprefix("WRONG  ") for line in lines if line.startswith("WRONG")]
    return done.exit_code, wrong, "\n".join(line for line in lines if not line.startswith("WRONG"))


def change(statement: object) -> None:
    """Change the database as somebody does who has it in hand."""
    with transaction():
        db.session.execute(statement)  # type: ignore[call-overload]  # any of them


def put_in_place(name: str, number: int, content: bytes) -> None:
    """Let a chunk be another one."""
    kept = storage()
    chunks = {one: kept.get(name, one) for one in kept.numbers(name)}
    kept.delete(name)
    for one, chunk in {**chunks, number: sealing.SealedBytes(content)}.items():
        kept.put(name, one, chunk)


def lose(name: str, *numbers: int) -> None:
    """Let chunks be gone."""
    kept = storage()
    chunks = {one: kept.get(name, one) for one in kept.numbers(name)}
    kept.delete(name)
    for one, chunk in chunks.items():
        if one not in numbers:
            kept.put(name, one, chunk)


def test_what_is_as_it_came_is_said_to_be(app: Flask, told: Told) -> None:
    code, wrong, said = verified(app)
    assert (code, wrong) == (0, [])
    assert said.startswith("Looked at: files 2, viewing copies 0, unfinished uploads 0; chunks 6,")
    assert "cannot be said" not in said
    assert "files 1," in verified(app, "--case", told.case.reference.lower())[2]
    code, _, said = verified(app, "--case", "KZ-0000-NONE")
    assert (code, said) == (1, "Error: No case has this reference.")


def altered(told: Told) -> None:
    chunk = bytearray(storage().get(told.file.name, 1))
    chunk[-1] ^= 1
    put_in_place(told.file.name, 1, bytes(chunk))


def altered_with_its_hash(told: Told) -> None:
    altered(told)
    found = hashlib.sha256(storage().get(told.file.name, 1)).digest()
    change(update(Chunk).where(Chunk.name == told.file.name, Chunk.number == 1).values(sha256=found))


def altered_with_all_but_the_audit(told: Told) -> None:
    altered_with_its_hash(told)
    hashes = [hashlib.sha256(storage().get(told.file.name, number)).digest() for number in range(3)]
    digest = hashlib.sha256(b"".join(hashes)).digest()
    change(update(File).where(File.name == told.file.name).values(digest=digest))


def swapped(told: Told) -> None:
    one, two = storage().get(told.file.name, 0), storage().get(told.file.name, 1)
    put_in_place(told.file.name, 0, two)
    put_in_place(told.file.name, 1, one)


def borrowed(told: Told) -> None:
    (other,) = queries.sealed_files(told.other.id)
    put_in_place(told.file.name, 2, storage().get(other.name, 2))


def cut_off(told: Told) -> None:
    lose(told.file.name, 2)
    change(delete(Chunk).where(Chunk.name == told.file.name, Chunk.number == 2))
    change(update(File).where(File.name == told.file.name).values(chunk_count=2, size=2 * CHUNK))


def called_older_than_the_audit(told: Told) -> None:
    altered(told)
    change(delete(Chunk).where(Chunk.name == told.file.name))
    change(update(File).where(File.name == told.file.name).values(digest=None))


def without_audit(told: Told) -> None:
    change(delete(AuditEntry).where(AuditEntry.case_id == told.case.id))


def without_a_hash(told: Told) -> None:
    change(delete(Chunk).where(Chunk.name == told.file.name, Chunk.number == 1))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (altered, ["chunk 1 is not what came"]),
        (swapped, ["chunks 0-1 are not what came"]),
        (borrowed, ["chunk 2 is not what came"]),
        (lambda told: lose(told.file.name, 1), ["chunk 1 is missing"]),
        (lambda told: lose(told.file.name, 0, 2), ["chunks 0, 2 are missing"]),
        (lambda told: storage().delete(told.file.name), ["chunks 0-2 are missing"]),
        (lambda told: put_in_place(told.file.name, 7, b"x"), ["chunk 7 is one too many"]),
        (altered_with_its_hash, ["its digest is not that of the hashes that are kept"]),
        (altered_with_all_but_the_audit, ["the audit entry says another digest"]),
        (
            cut_off,
            [
                "its digest is not that of the hashes that are kept",
                "the audit entry says another size",
            ],
        ),
        (called_older_than_the_audit, ["its digest is gone"]),
        (without_audit, ["no audit entry says its digest"]),
        (without_a_hash, None),
    ],
)
def test_whatever_was_changed_is_found_and_said_of_its_case(
    app: Flask, told: Told, spoil: Callable[[Told], None], said: list[str] | None
) -> None:
    spoil(told)
    code, wrong, _ = verified(app, "--case", told.case.reference)
    assert code == 1
    beginning = f"{told.case.reference}, file {told.file.name}: "
    assert all(line.startswith(beginning) for line in wrong)
    if said is None:
        assert f"{beginning}chunk 1 is without the hash that was kept of it." in wrong
    else:
        assert wrong == [f"{beginning}{words}." for words in said]
        assert verified(app, "--case", told.other.reference)[:2] == (0, [])


def test_what_is_kept_in_a_bucket_is_looked_at_alike(app: Flask, told_far: Told) -> None:
    assert verified(app)[:2] == (0, [])
    assert list(verify.missing()) == []
    altered(told_far)
    lose(told_far.file.name, 2)
    code, wrong, said = verified(app)
    assert code == 1
    assert [line.partition(": ")[2] for line in wrong] == ["chunk 2 is missing.", "chunk 1 is not what came."]
    assert "chunks 5," in said
    assert [count for _, count in verify.missing()] == [1]
    (found,) = [one.what for one in doctor._files() if one.wrong]  # noqa: SLF001
    assert found == f"Of 1 files 1 chunks are missing: {told_far.case.reference}."


def test_a_file_that_came_before_hashes_were_kept_is_said_to_be_such(app: Flask, told: Told) -> None:
    detail = {"file": told.file.name, "size": told.file.size}
    change(update(File).where(File.name == told.file.name).values(digest=None))
    change(delete(Chunk).where(Chunk.name == told.file.name))
    change(update(AuditEntry).where(AuditEntry.act == verify.RECEIVED).values(detail=detail))
    code, wrong, said = verified(app, "--case", told.case.reference)
    assert (code, wrong) == (0, [])
    assert "Of 1 of them no hash is kept" in said
    put_in_place(told.file.name, 1, b"words that are not sealed")
    lose(told.file.name, 2)
    _, wrong, _ = verified(app, "--case", told.case.reference)
    assert [line.partition(": ")[2] for line in wrong] == ["chunk 2 is missing.", "chunk 1 is no age file."]


def test_viewing_copies_and_unfinished_uploads_are_looked_at_too(app: Flask, told: Told) -> None:
    names = [new_name(), new_name()]
    chunk = sealing.seal(b"words", [sealing.new_identity().recipient])
    row = {"case_id": told.case.id, "desk_key_id": told.file.desk_key_id, "identity": chunk, "sealed": chunk}
    for name in names:
        storage().put(name, 0, chunk)
        storage().put(name, 1, chunk)
    sha256 = hashlib.sha256(chunk).digest()
    change(insert(Chunk).values([{"name": name, "number": one, "sha256": sha256} for name in names for one in (0, 1)]))
    change(insert(Upload).values(name=names[0], recipient="r", size=9, chunk=5, begun_at=now(), desk_only=False, **row))
    part = {"file_id": told.file.id, "number": 0, "sealed": chunk, "size": 9, "chunk_count": 2, "made_at": now()}
    change(insert(View).values(name=names[1], **part))
    code, wrong, said = verified(app)
    assert (code, wrong) == (0, [])
    assert "files 2, viewing copies 1, unfinished uploads 1; chunks 10," in said
    assert list(verify.missing()) == []
    for name in names:
        lose(name, 1)
    _, wrong, _ = verified(app)
    assert {line.partition(", ")[2] for line in wrong} == {
        f"viewing copy {names[1]}: chunk 1 is missing.",
        f"unfinished upload {names[0]}: chunk 1 is missing.",
    }
    assert {(kept.what, count) for kept, count in verify.missing()} == {(verify.VIEW, 1), (verify.UPLOAD, 1)}


def test_a_disk_that_does_not_give_a_chunk_back_is_a_fault_of_that_file(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case(recording=make_recording(LONG))
    pieces = Storage.pieces

    def ill(self: Storage, name: str, number: int) -> object:
        if number == 1:
            raise OSError(5, "Input/output error")
        return pieces(self, name, number)

    monkeypatch.setattr(Storage, "pieces", ill)
    code, wrong, said = verified(app)
    assert code == 1
    assert [line.partition(": ")[2] for line in wrong] == ["chunk 1 is not to be read."]
    assert "chunks 2," in said


def test_a_case_that_is_destroyed_while_it_is_looked_at_is_no_fault(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case(recording=make_recording(LONG))
    numbers = Storage.numbers

    def destroyed(self: Storage, name: str) -> set[int]:
        self.delete(name)
        change(delete(File))
        return numbers(self, name)

    monkeypatch.setattr(Storage, "numbers", destroyed)
    assert verified(app)[:2] == (0, [])


def test_a_store_that_goes_away_meanwhile_says_nothing_of_any_file(
    app: Flask, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise StoreError(5, "it does not answer in time")

    monkeypatch.setattr(Storage, "pieces", gone)
    code, wrong, said = verified(app)
    assert (code, wrong) == (1, [])
    assert "not to be reached: it does not answer in time. This is not all" in said


def test_a_chunk_that_was_made_as_large_as_the_disk_is_read_in_pieces(
    app: Flask, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_place(told.file.name, 1, bytes(9_000_000))
    read: list[int] = []
    pieces = Storage.pieces

    def watched(self: Storage, name: str, number: int) -> Iterator[bytes]:
        for piece in pieces(self, name, number):
            read.append(len(piece))
            yield piece

    monkeypatch.setattr(Storage, "pieces", watched)
    monkeypatch.setattr(Storage, "get", lambda *_: 1 / 0)
    assert [line.partition(": ")[2] for line in verified(app)[1]] == ["chunk 1 is not what came."]
    assert sum(read) > 9_000_000
    assert max(read) < 1_000_000


def test_a_store_that_is_away_says_nothing_of_any_file(app: Flask, s3: S3Server, house: House) -> None:
    make_case(recording=make_recording(LONG))
    use(app, away(s3.without_bucket(), s3.port))
    code, wrong, said = verified(app)
    assert (code, wrong) == (1, [])
    assert "not to be reached: it has no such bucket. This is not all" in said


def test_the_doctor_names_cases_whose_chunks_are_missing(app: Flask, told: Told) -> None:
    assert [str(one) for one in doctor._files()] == [f"ok     Files are kept at {storage()}."]  # noqa: SLF001
    lose(told.file.name, 0, 2)
    wrong = [one.what for one in doctor._files() if one.wrong]  # noqa: SLF001
    assert wrong == [f"Of 1 files 2 chunks are missing: {told.case.reference}."]


def test_the_doctor_says_that_a_store_is_away_and_not_what_opens_it(
    app: Flask, s3: S3Server, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, s3.without_bucket())
    (found,) = doctor._files()  # noqa: SLF001
    assert str(found).startswith(f"WRONG  Files are not to be reached at {storage()}: it has no such bucket.")
    assert "okapi" not in str(found)
    use(app, s3.bucket())
    monkeypatch.setattr(type(storage()), "try_out", lambda _: False)
    assert any("lets what came first be overwritten" in one.what for one in doctor._files())  # noqa: SLF001
    monkeypatch.setattr(type(storage()), "reach", lambda _: (_ for _ in ()).throw(StoreError(5, "it is ill")))
    assert [one.wrong for one in doctor._files()] == [True]  # noqa: SLF001
