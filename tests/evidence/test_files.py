"""A recording comes back byte for byte to who may hear it, and to nobody else."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake import chores, sealing
from intake.audit import AuditEntry
from intake.cases import deletion, queries, renewal, return_code, visits
from intake.cases.models import Case
from intake.desks import setup
from intake.evidence import queries as evidence
from intake.evidence import read, remove, uploads
from intake.evidence.models import File
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.extensions import db, settle, transaction
from intake.file_settings import MEGABYTE
from intake.i18n import now
from intake.sealing import CodeKeys, SealedBytes, SealError, code_keys
from intake.storage import Storage, new_name
from intake.storage.folder import Folder
from intake.web.uploads import CHUNK
from tests.factories import House, count_rows, destroy_due, make_case, make_member, make_recording, sign_in, sound
from tests.servers import programs

LONG = sound(2 * CHUNK + 1234)  # three chunks
Told = tuple[Case, OpenedFile, CodeKeys]


@pytest.fixture
def told(house: House) -> Told:
    """Return a case with a recording of three chunks, opened by its complainant."""
    case, keys, _ = make_case(recording=make_recording(LONG))
    return case, opened(case, keys), keys


def opened(case: Case, keys: CodeKeys) -> OpenedFile:
    """Return the only recording of a case, as its complainant opens it."""
    db.session.rollback()
    (file,) = evidence.opened_files(case.id, case.reference, lambda _: keys.identity)
    return file


def path_of(case: Case, file: OpenedFile) -> str:
    """Return the address of a file at the desk."""
    return f"/desk/cases/{case.reference}/files/{file.name}"


def acts(case: Case) -> list[str]:
    """Return what was done about a case."""
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.act).where(AuditEntry.case_id == case.id)))


def chunk(file: OpenedFile, number: int) -> Path:
    """Return where a chunk is kept."""
    kept = storage()
    assert isinstance(kept, Folder)
    return kept.place_of(file.name) / str(number)


def everything(pieces: Iterator[bytes]) -> bytes:
    """Return all the pieces in one."""
    return b"".join(pieces)


def test_the_desk_hears_what_was_said_byte_for_byte(client: FlaskClient, house: House, told: Told) -> None:
    case, file, _ = told
    sign_in(client, make_member(house, "KZ"))
    page = client.get(f"/desk/cases/{case.reference}")
    assert f'src="{path_of(case, file)}?play=1"' in page.get_data(as_text=True)
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    answer = client.get(path_of(case, file))
    assert answer.status_code == 200
    assert answer.data == LONG
    assert hashlib.sha256(answer.data).hexdigest() == file.sha256
    assert answer.headers["Content-Length"] == str(len(LONG))
    assert answer.headers["Content-Type"] == "audio/webm"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{case.reference}-{file.name[:8]}.webm"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    played = client.get(f"{path_of(case, file)}?play=1")
    assert played.headers["Content-Disposition"].startswith("inline")
    assert played.data == LONG


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-99", 0, 100),
        (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
        (f"bytes={CHUNK}-{2 * CHUNK - 1}", CHUNK, 2 * CHUNK),
        (f"bytes={CHUNK + 7}-", CHUNK + 7, len(LONG)),
        ("bytes=-10", len(LONG) - 10, len(LONG)),
        (f"bytes=-{len(LONG) - 1}", 1, len(LONG)),
        (f"bytes=5-{10 * len(LONG)}", 5, len(LONG)),
    ],
)
def test_a_player_gets_the_part_that_it_asks_for(
    client: FlaskClient, house: House, told: Told, wanted: str, start: int, stop: int
) -> None:
    case, file, _ = told
    sign_in(client, make_member(house, "KZ"))
    answer = client.get(path_of(case, file), headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(LONG)}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert answer.data == LONG[start:stop]


def test_only_the_chunks_of_a_part_are_opened(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    _, file, _ = told
    numbers: list[int] = []
    get = Storage.get

    def watched(self: Storage, name: str, number: int) -> SealedBytes:
        numbers.append(number)
        return get(self, name, number)

    monkeypatch.setattr(Storage, "get", watched)
    assert everything(read.plaintext(file, CHUNK, CHUNK + 5)) == LONG[CHUNK : CHUNK + 5]
    assert numbers == [1]


@pytest.mark.parametrize(
    ("wanted", "status"),
    [("bytes=9999999-", 416), ("bytes=0-1,5-6", 200), ("lines=1-2", 200), ("bytes=-99999999", 200)],
)
def test_odd_wishes_are_answered(client: FlaskClient, house: House, told: Told, wanted: str, status: int) -> None:
    case, file, _ = told
    sign_in(client, make_member(house, "KZ"))
    answer = client.get(path_of(case, file), headers={"Range": wanted})
    assert answer.status_code == status
    assert answer.data == (LONG if status == 200 else b"")


def test_another_desk_hears_nothing_and_no_other_case_lends_its_address(
    client: FlaskClient, house: House, told: Told
) -> None:
    case, file, _ = told
    other, _, _ = make_case("KG")
    beside, _, _ = make_case("KZ")
    sign_in(client, make_member(house, "KZ", "KG"))
    assert client.get(path_of(beside, file)).status_code == 404
    assert client.get(path_of(other, file)).status_code == 404
    sign_in(client, make_member(house, "KG"))
    assert client.get(path_of(case, file)).status_code == 404
    assert client.get(path_of(other, file)).status_code == 404
    assert client.get(f"/desk/cases/{other.reference}/files/../../etc/passwd").status_code == 404
    assert not {"evidence.opened", "evidence.taken"}.intersection(acts(case))


def test_one_listening_is_one_audit_entry_and_another_members_is_another(
    client: FlaskClient, house: House, told: Told
) -> None:
    case, file, _ = told
    sign_in(client, make_member(house, "KZ"))
    for part in ("bytes=0-9", "bytes=10-", "bytes=0-"):
        client.get(f"{path_of(case, file)}?play=1", headers={"Range": part})
    assert acts(case).count("evidence.opened") == 1
    colleague = client.application.test_client()
    sign_in(colleague, make_member(house, "KZ"))
    colleague.get(f"{path_of(case, file)}?play=1")
    assert acts(case).count("evidence.opened") == 2
    colleague.get(path_of(case, file))
    assert acts(case).count("evidence.taken") == 1, "what is not played is taken along"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "evidence.opened").limit(1)).one()
    assert entry.detail == {"file": file.name}


def test_the_stock_age_program_opens_a_chunk_with_the_files_identity(told: Told, tmp_path: Path) -> None:
    age = programs.require("age")
    _, file, _ = told
    (tmp_path / "identity").write_text(file.identity.text + "\n")
    whole = b""
    for number in range(file.chunks):
        plain = subprocess.run(
            [age, "-d", "-i", tmp_path / "identity", chunk(file, number)], check=True, capture_output=True
        ).stdout
        line, _, piece = plain.partition(b"\n")
        assert line == f"chunk/1 {number} {'last' if number == 2 else 'more'}".encode()
        whole += piece
    assert whole == LONG


def test_nobody_elses_identity_opens_a_chunk(house: House, told: Told) -> None:
    _, file, keys = told
    for identity in (keys.identity, house.identity("KZ"), house.identity("KG"), house.rescue):
        with pytest.raises(SealError):
            sealing.unseal(storage().get(file.name, 0), identity)


def flip(file: OpenedFile) -> None:
    """Alter a byte of the second chunk."""
    content = bytearray(chunk(file, 1).read_bytes())
    content[-1] ^= 1
    chunk(file, 1).write_bytes(content)


def swap(file: OpenedFile) -> None:
    """Let the first two chunks change places."""
    one, two = chunk(file, 0).read_bytes(), chunk(file, 1).read_bytes()
    chunk(file, 0).write_bytes(two)
    chunk(file, 1).write_bytes(one)


def repeat(file: OpenedFile) -> None:
    """Put the first chunk in the second's place."""
    shutil.copy(chunk(file, 0), chunk(file, 1))


def lose(file: OpenedFile) -> None:
    """Remove the second chunk."""
    chunk(file, 1).unlink()


def borrow(file: OpenedFile) -> None:
    """Put another file's second chunk in the place of this one's."""
    case, keys, _ = make_case(recording=make_recording(LONG))
    shutil.copy(chunk(opened(case, keys), 1), chunk(file, 1))


@pytest.mark.parametrize("spoil", [flip, swap, repeat, lose, borrow])
def test_what_was_tampered_with_is_not_passed_off_as_the_recording(told: Told, spoil: object) -> None:
    _, file, _ = told
    assert everything(read.plaintext(file)) == LONG
    assert callable(spoil)
    spoil(file)
    for start in (0, CHUNK):
        with pytest.raises((SealError, FileNotFoundError)):
            everything(read.plaintext(file, start))


def test_a_file_whose_end_was_cut_off_shows(told: Told) -> None:
    case, file, keys = told
    chunk(file, 2).unlink()
    with transaction():
        db.session.execute(update(File).values(chunk_count=2, size=2 * CHUNK))
    with pytest.raises(SealError):
        opened(case, keys)
    shorter = OpenedFile(**{**vars(file), "chunks": 2, "size": 2 * CHUNK})
    with pytest.raises(SealError, match="cut off"):
        everything(read.plaintext(shorter))


def test_a_first_chunk_that_is_spoilt_is_an_error_page_and_not_a_broken_sound(
    client: FlaskClient, house: House, told: Told
) -> None:
    case, file, _ = told
    sign_in(client, make_member(house, "KZ"))
    chunk(file, 0).write_bytes(b"x")
    answer = client.get(path_of(case, file))
    assert answer.status_code == 500
    assert "This file is not as it came" in answer.text
    assert not {"evidence.opened", "evidence.taken"}.intersection(acts(case))


def test_a_file_moved_to_another_case_does_not_pass_for_its_own(house: House, told: Told) -> None:
    case, _, keys = told
    other, _, _ = make_case("KZ")
    with transaction():
        db.session.execute(update(File).where(File.case_id == case.id).values(case_id=other.id))
    with pytest.raises(SealError, match="another case"):
        opened(other, keys)


def test_a_new_code_opens_the_recording_and_the_old_one_does_not(client: FlaskClient, house: House, told: Told) -> None:
    case, _, keys = told
    digits = return_code.mint()
    new = code_keys(digits, setup.code_salt())
    settle(lambda: renewal.seal_anew(case, lambda _: keys.identity, new), renewal.renew)
    file = opened(case, new)
    assert everything(read.plaintext(file)) == LONG
    with pytest.raises(SealError):
        opened(case, keys)
    sign_in(client, make_member(house, "KZ"))
    assert client.get(path_of(case, file)).data == LONG


def destroy(case: Case, keys: CodeKeys) -> int:
    """Ask for a case's deletion and let its days pass."""
    with transaction():
        cookie = visits.begin(case, keys)
    visit = visits.find(cookie)
    assert visit is not None
    with transaction():
        deletion.ask(visit)
    return destroy_due(now() + timedelta(days=365))


def test_destroying_a_case_destroys_its_recordings_and_no_others(told: Told) -> None:
    case, file, keys = told
    other, others_keys, _ = make_case(recording=make_recording(LONG))
    assert destroy(case, keys) == 1
    assert storage().numbers(file.name) == set()
    assert count_rows(File) == 1
    assert everything(read.plaintext(opened(other, others_keys))) == LONG


def test_a_crash_between_chunks_and_rows_is_finished_by_the_next_round(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, file, keys = told
    with monkeypatch.context() as patch:
        patch.setattr("intake.cases.deletion.audit.record", lambda act, **_: 1 / 0 if act == "case.destroyed" else None)
        with pytest.raises(ZeroDivisionError):
            destroy(case, keys)
    assert storage().numbers(file.name) == set()
    assert count_rows(File) == 1, "the row still says what is to be removed"
    assert destroy_due(now() + timedelta(days=365)) == 1
    assert count_rows(File) == 0


def test_what_a_failed_request_left_behind_is_swept_away_after_a_day(told: Told) -> None:
    _, file, keys = told
    orphan = new_name()
    storage().put(orphan, 0, sealing.seal(b"x", [keys.identity.recipient]))
    assert remove.sweep(now()) == 0, "its row may come yet"
    assert remove.sweep(now() + timedelta(days=1, minutes=1)) == 1
    assert storage().numbers(orphan) == set()
    assert everything(read.plaintext(file)) == LONG
    assert queries.by_tag(keys.tag) is not None


def test_a_disk_that_refuses_to_delete_stops_no_letters(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    _, file, _ = told
    hour = now().replace(minute=0) + timedelta(days=2)
    storage().put(new_name(), 0, sealing.seal(b"x", [file.identity.recipient]))
    monkeypatch.setattr(chores, "now", lambda: hour)
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "delete", refuse)
        chores.every_minute()  # what the worker does between two letters
    assert "files could not be swept: OSError" in caplog.text
    assert len(list(storage().names())) == 2
    chores.every_minute()
    assert list(storage().names()) == [file.name]


def test_large_files_have_larger_chunks() -> None:
    assert uploads.grid(64 * MEGABYTE) == CHUNK
    assert uploads.grid(64 * MEGABYTE + 1) == MEGABYTE
