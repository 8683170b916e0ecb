"""An evidence bundle stands up: stock tools verify it, and whatever was altered shows."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake import config, signing
from intake.audit import AuditEntry
from intake.cases import bundle, bundle_files, bundle_words
from intake.cases.bundle import Wish
from intake.cases.models import Case
from intake.desks import signing_keys
from intake.evidence import custody, read
from intake.evidence.models import File, View
from intake.evidence.place import storage
from intake.extensions import db, transaction
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import SealError, seal_chunk, unseal_chunk
from intake.signing import Signer
from intake.web.uploads import CHUNK
from tests.cases import saved
from tests.cases.bundling import (
    CHECK_SIGNATURE,
    CHECK_SUMS,
    PRINT,
    TRICKY,
    VERIFIED,
    Told,
    attach,
    custody_in,
    entries,
    keep_copy,
    opened,
    path_of,
    photo,
    place_of,
    run,
    stripped,
    take,
    unpacked,
)
from tests.cases.copying import signed_in
from tests.evidence.looking import folder_of
from tests.factories import House, make_case, make_member, make_recording, sound
from tests.test_nothing_at_rest import database_dump, open_files, traces

Spoils = Callable[..., None]


@pytest.fixture
def member(house: House) -> Member:
    return make_member(house, "KZ", name="Zarina")


@pytest.fixture
def desk(client: FlaskClient, member: Member) -> FlaskClient:
    """Return the browser of a journalist who typed the password just now."""
    return signed_in(client, member)


@pytest.fixture
def told(member: Member) -> Told:
    """Return a case with a picture, and the picture's name in the storage."""
    case, _, _ = make_case("KZ")
    return case, attach(case, photo())


def rewrite_sums(folder: Path) -> None:
    """Write the list of hashes anew, as who altered a file would."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    paths = [line.split("  ", 1)[1] for line in lines]
    sums = [f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n" for path in paths]
    (folder / "SHA256SUMS").write_text("".join(sums))


def sign_anew(folder: Path) -> Signer:
    """Sign a list of hashes with a key of one's own."""
    forger = Signer.new()
    (folder / "SHA256SUMS.sig").write_bytes(forger.sign((folder / "SHA256SUMS").read_bytes()))
    return forger


def test_a_court_verifies_a_bundle_with_stock_tools(
    desk: FlaskClient, house: House, member: Member, told: Told, tmp_path: Path
) -> None:
    case, name = told
    keep_copy(house.visitors[member.id], case, name, stripped(photo()))
    heard = attach(case, sound(3 * CHUNK + 7), "voice")
    answer = take(desk, case, name, heard)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    folder = unpacked(answer, tmp_path)
    assert folder.name == saved(case).reference
    sums = run(folder, CHECK_SUMS)
    assert sums.returncode == 0, sums.stderr
    assert sums.stdout.count(": OK") == len((folder / "SHA256SUMS").read_text().splitlines()) == 7
    assert VERIFIED in run(folder, CHECK_SIGNATURE).stdout
    (key,) = signing_keys.public_keys(saved(case).desk_id)
    printed = run(folder, PRINT).stdout.split()[0]
    assert signing.in_groups(printed) == key.fingerprint
    said = (folder / "VERIFY.txt").read_text()
    assert all(command in said for command in (*bundle_words.COMMANDS, printed, key.fingerprint))
    assert key.fingerprint in desk.get(f"/desk/desks/{saved(case).desk_id}/signing-keys").get_data(as_text=True)
    assert (folder / f"originals/01-{name[:8]}.jpg").read_bytes() == photo()
    assert (folder / f"originals/02-{heard[:8]}.webm").read_bytes() == sound(3 * CHUNK + 7)
    assert place_of((folder / f"originals/01-{name[:8]}.jpg").read_bytes()), "the original says where it was taken"
    assert place_of((folder / f"copies/01-{name[:8]}-001.jpg").read_bytes()) == {}


def test_the_record_says_what_became_of_each_file_and_every_hash_can_be_made_again(
    desk: FlaskClient, member: Member, told: Told, tmp_path: Path
) -> None:
    case, name = told
    desk.get(f"/desk/cases/{saved(case).reference}/files/{name}")
    folder = unpacked(take(desk, case, name), tmp_path)
    record = custody_in(folder)
    (file,) = record["files"]
    assert [one["act"] for one in file["custody"]] == ["evidence.received", "evidence.taken", "evidence.exported"]
    assert [one["member"] for one in file["custody"]] == [None, "Zarina", "Zarina"]
    for one in file["custody"]:
        made = hashlib.sha256(bytes.fromhex(one["previous"]) + one["hashed"].encode()).hexdigest()
        assert made == one["hash"]
        assert json.loads(one["hashed"])["detail"]["file"] == name
    assert file["sha256_over_sha256_of_sealed_chunks"] == json.loads(file["custody"][0]["hashed"])["detail"]["digest"]
    (chain,) = record["chains"]
    assert (chain["name"], chain["head"]) == ("desk KZ", file["custody"][-1]["hash"])
    assert file["sha256"] == hashlib.sha256(photo()).hexdigest()
    assert file["received_at"].endswith("0:00+00:00"), "when a complainant sent it is told to ten minutes"
    text = (folder / "custody-en.txt").read_text()
    assert all(said in text for said in (file["sha256"], file["path"], "Zarina", file["custody"][-1]["hash"]))
    assert "the complainant" in text


def test_no_path_is_what_a_sender_wrote(desk: FlaskClient, told: Told) -> None:
    case, name = told
    answer = take(desk, case, name)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        infos = archive.infolist()
        record = json.loads(archive.read(f"{saved(case).reference}/custody.json"))
    assert all(info.filename.isascii() and ".." not in info.filename for info in infos)
    assert not any("passwd" in info.filename for info in infos)
    assert len({info.date_time for info in infos}) == 1
    assert {(info.extra, info.comment, info.external_attr >> 16) for info in infos} == {(b"", b"", 0o600)}
    given = record["files"][0]["name_given_by_sender"]
    assert given.endswith("passwd photo.jpg")
    assert given != TRICKY, "nothing in it turns the letters round"


def test_a_byte_that_was_flipped_shows_in_both_tools(desk: FlaskClient, told: Told, tmp_path: Path) -> None:
    case, name = told
    folder = unpacked(take(desk, case, name), tmp_path)
    original = folder / f"originals/01-{name[:8]}.jpg"
    altered = bytearray(original.read_bytes())
    altered[100] ^= 1
    original.write_bytes(altered)
    assert run(folder, CHECK_SUMS).returncode != 0
    assert VERIFIED in run(folder, CHECK_SIGNATURE).stdout, "the list itself is as it was"
    rewrite_sums(folder)
    assert run(folder, CHECK_SUMS).returncode == 0
    checked = run(folder, CHECK_SIGNATURE)
    assert checked.returncode != 0
    assert VERIFIED not in checked.stdout


def test_a_signature_by_another_key_shows(desk: FlaskClient, told: Told, tmp_path: Path) -> None:
    case, name = told
    folder = unpacked(take(desk, case, name), tmp_path)
    forger = sign_anew(folder)
    assert run(folder, CHECK_SIGNATURE).returncode != 0
    (folder / "signing-key.pem").write_text(signing.pem(forger.public))
    rewrite_sums(folder)
    (folder / "SHA256SUMS.sig").write_bytes(forger.sign((folder / "SHA256SUMS").read_bytes()))
    assert VERIFIED in run(folder, CHECK_SIGNATURE).stdout, "hence the third step"
    printed = run(folder, PRINT).stdout.split()[0]
    assert signing.in_groups(printed) != signing_keys.public_keys(saved(case).desk_id)[0].fingerprint


def spoil(_: Visitor, __: Case, name: str, number: int = 0) -> None:
    """Alter a byte of a chunk that is kept."""
    content = bytearray((folder_of(name) / str(number)).read_bytes())
    content[-1] ^= 1
    (folder_of(name) / str(number)).write_bytes(content)


def replace(visitor: Visitor, case: Case, name: str, number: int = 0) -> None:
    """Put another chunk in the place of the last, sealed as it should be."""
    recipient = opened(visitor, case, name).identity.recipient
    (folder_of(name) / str(number)).write_bytes(seal_chunk(number, sound(CHUNK, b"other"), recipient, last=True))


def lose(_: Visitor, __: Case, name: str, number: int = 0) -> None:
    """Remove a chunk."""
    (folder_of(name) / str(number)).unlink()


@pytest.mark.parametrize("spoils", [spoil, replace, lose])
def test_a_member_is_told_at_once_which_file_is_not_as_it_came(
    desk: FlaskClient, house: House, member: Member, told: Told, spoils: Spoils
) -> None:
    case, name = told
    other = attach(case, b"%PDF-1.7 a paper", "paper.pdf")
    spoils(house.visitors[member.id], case, name)
    answer = take(desk, case, name, other)
    assert answer.status_code == 422
    assert "file 1." in answer.get_data(as_text=True)
    assert entries("evidence.exported") == []
    assert f'value="{other}" aria-describedby="file-2" checked' in answer.get_data(as_text=True), (
        "what was chosen is chosen still"
    )
    assert take(desk, case, other).status_code == 200


@pytest.mark.parametrize("statement", ["DELETE FROM evidence_chunk", "UPDATE evidence_file SET digest = NULL"])
def test_rows_that_were_tampered_with_are_not_vouched_for(desk: FlaskClient, told: Told, statement: str) -> None:
    case, name = told
    with transaction():
        db.session.execute(db.text(statement))
    assert take(desk, case, name).status_code == 422


def test_an_audit_entry_that_was_tampered_with_is_not_vouched_for(desk: FlaskClient, told: Told) -> None:
    case, name = told
    with transaction():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "evidence.received")).one()
        entry.detail = {**entry.detail, "size": 1}
    assert take(desk, case, name).status_code == 422


@pytest.mark.parametrize("spoils", [spoil, replace, lose])
def test_a_zip_breaks_off_where_a_large_file_turns_out_altered(
    desk: FlaskClient, house: House, member: Member, monkeypatch: pytest.MonkeyPatch, spoils: Spoils
) -> None:
    case, _, _ = make_case("KZ")
    name = attach(case, sound(3 * CHUNK), "film")
    spoils(house.visitors[member.id], case, name, 2)
    monkeypatch.setattr(custody, "CHEAP", 0)
    path = path_of(case)
    own = {"csrf_token": desk.get(path).get_data(as_text=True).split('csrf_token" value="')[1].split('"')[0]}
    answer = desk.post(path, data={**own, "audience": "inside", "files": name}, buffered=False)
    sent: list[Any] = []
    with pytest.raises((SealError, FileNotFoundError)):
        sent.extend(answer.response)
    assert len(b"".join(sent)) > CHUNK
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(sent)))
    assert len(entries("evidence.exported")) == 1, "written down before the first byte went"


class Counted(bytes):
    """A chunk in plain that says when it is gone."""

    alive = most = 0

    def __new__(cls, content: bytes) -> Self:
        """Count it."""
        Counted.alive += 1
        Counted.most = max(Counted.most, Counted.alive)
        return super().__new__(cls, content)

    def __del__(self) -> None:
        """Count it no more."""
        Counted.alive -= 1


def test_no_more_than_two_chunks_are_in_memory_at_once(
    desk: FlaskClient, house: House, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _, _ = make_case("KZ")
    names = [attach(case, sound(5 * CHUNK + number), "film") for number in range(3)]
    monkeypatch.setattr(read, "unseal_chunk", lambda *args, **how: Counted(unseal_chunk(*args, **how)))
    visitor, wish = house.visitors[member.id], Wish("inside", frozenset(names))
    made = bundle.make(visitor, saved(case).reference, wish)
    with transaction():
        bundle.note_taken(visitor, made)
    pieces = bundle_files.as_zip(made, bundle.record_of(made), storage())
    assert Counted.alive == 0, "nothing is opened before the first byte is asked for"
    largest = max(map(len, pieces))
    assert Counted.most <= 2
    assert Counted.alive == 0
    assert largest < CHUNK + 1000


def test_a_zip_of_more_than_four_gigabytes_can_be_opened(
    desk: FlaskClient, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, name = told
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 500)  # as if these few bytes were that many
    answer = take(desk, case, name)
    assert b"PK\x06\x06" in answer.data, "it has the end that such archives have"
    monkeypatch.undo()
    assert run(unpacked(answer, tmp_path), CHECK_SUMS).returncode == 0


def test_nothing_of_a_bundle_lies_anywhere_in_plain(
    desk: FlaskClient, settings: config.Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case, _, _ = make_case("KZ")
    name = attach(case, b"Xylophagous" * 50_000, "Quokkafish.bin")
    kept: list[str] = []
    sign = Signer.sign

    def signed(self: Signer, message: bytes) -> bytes:
        kept.append(self.text)
        return sign(self, message)

    monkeypatch.setattr(Signer, "sign", signed)
    answer = take(desk, case, name)
    assert b"Xylophagous" in answer.data
    assert b"Quokkafish" in answer.data
    (private,) = kept
    secret = private.splitlines()[1]
    dump = database_dump(settings)
    assert traces(settings.instance) == []
    for told in ("Xylophagous", "Quokkafish", secret):
        assert told.encode() not in dump + open_files()
        assert not any(told.encode() in path.read_bytes() for path in settings.instance.rglob("*") if path.is_file())
    assert private not in repr(signing_keys.Ready(1, None, Signer(private), b"", 1))


def test_a_recording_goes_as_it_came(desk: FlaskClient, house: House, tmp_path: Path) -> None:
    case, _, _ = make_case(recording=make_recording())
    file = custody.kept_of(saved(case).id)
    (name,) = file
    folder = unpacked(take(desk, case, name), tmp_path)
    assert (folder / f"originals/01-{name[:8]}.webm").read_bytes() == sound()
    assert "as a recording" in (folder / "custody-en.txt").read_text()


def test_a_copy_that_was_moved_from_another_file_goes_along_with_none(house: House, member: Member, told: Told) -> None:
    case, name = told
    visitor, other = house.visitors[member.id], attach(case, photo("blue"))
    keep_copy(visitor, case, name, stripped(photo()))
    with transaction():
        number = db.session.scalars(select(File.id).where(File.name == other)).one()
        db.session.scalars(select(View)).one().file_id = number
    with pytest.raises(SealError):
        bundle.make(visitor, saved(case).reference, Wish("inside", frozenset({name, other})))
