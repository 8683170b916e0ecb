"""A backup is sealed, takes only what is new, and leaves no trace among the complaints."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from intake.backup import making, place, probe, reading, rows
from intake.backup.models import BackupRun
from intake.backup_settings import BackupSettings
from intake.cases import queries as cases
from intake.cases.models import CANARY, Case, Statement
from intake.desks import setup
from intake.extensions import db, transaction
from intake.members.models import EDITOR
from intake.outbox import reminders
from intake.outbox.models import Letter
from intake.sealing import Identity, code_keys, new_identity, seal_stream
from tests.backup import places
from tests.factories import House, destroy_due, make_member
from tests.servers.s3 import S3Server


def objects(shelf: Path) -> dict[str, bytes]:
    """Return the files on a shelf."""
    return {path.relative_to(shelf).as_posix(): path.read_bytes() for path in shelf.rglob("*") if path.is_file()}


def test_a_backup_is_sealed_and_holds_no_secret_of_the_server(
    app: Flask, house: House, operator: Identity, shelf: Path
) -> None:
    places.photo_of_new_case()
    reminders.sealed("aigul@example.org")
    making.make()
    found = objects(shelf)
    for name, content in found.items():
        assert content.startswith(b"age-encryption.org/v1\n") or name.endswith(("/list", ".in-use")), name
    whole = b"".join(found.values())
    for secret in ("secret-key", "outbox-identity"):
        assert (app.config["INSTANCE"] / secret).read_bytes().strip() not in whole
    rows_of = places.run(app, "backup", "verify", "--identity-file", "-", said=operator.text)
    assert rows_of[0] == 0, rows_of
    assert "rows of" in rows_of[1]


def test_a_second_backup_writes_what_is_new_and_old_ones_go_with_their_files(
    app: Flask, house: House, operator: Identity, shelf: Path
) -> None:
    reference, _, _ = places.photo_of_new_case(1)
    first = making.make()
    places.photo_of_new_case(2)
    second = making.make()
    assert (second.chunks, second.new) == (2, 1)
    case = cases.by_reference(reference)
    assert case is not None
    with transaction():
        case = db.session.merge(case)
        case.deletion_asked_at = made_at = case.received_at
    assert destroy_due(made_at.replace(year=made_at.year + 1)) == 1
    third = making.make()
    assert (third.chunks, third.new, third.removed) == (1, 0, [])
    assert len([name for name in objects(shelf) if name.startswith("chunks/")]) == 2, "the first two backups need it"
    fourth = making.make()
    assert fourth.removed == [first.name]
    fifth = making.make()
    assert fifth.removed == [second.name]
    assert len([name for name in objects(shelf) if name.startswith("chunks/")]) == 1, "it left with its last"
    status, said = places.run(app, "backup", "list")
    assert (status, [line.split()[0] for line in said.splitlines()]) == (0, [third.name, fourth.name, fifth.name])


def test_the_probe_is_nobodys_complaint(app: Flask, house: House, operator: Identity) -> None:
    editor = make_member(house, *house.keys, role=EDITOR)
    letters = places.count(Letter)
    making.make()
    making.make()
    (left,) = db.session.scalars(select(Case))
    assert left.status == CANARY
    assert places.count(Statement) == 1, "that of the backup before is gone"
    assert places.count(Letter) == letters
    assert not cases.anything_received()
    assert cases.by_reference(left.reference) is None
    assert cases.seen_by(house.visitors[editor.id], left.reference) is None
    assert [run.case_id for run in db.session.scalars(select(BackupRun).order_by(BackupRun.id))] == [None, left.id]


def test_rows_pass_through_without_being_gathered() -> None:
    made, kept, most = 0, 0, 0

    def lines() -> Iterator[bytes]:
        nonlocal made
        for number in range(600):
            line = rows.line([number, "x" * 20_000])
            made += len(line)
            yield line

    class Counting:
        def write(self, piece: bytes) -> None:
            nonlocal kept, most
            kept += len(piece)
            most = max(most, made - kept)

    seal_stream(making._Source(lines()), Counting(), [new_identity().recipient])  # noqa: SLF001
    assert kept > made > 10_000_000
    assert most < 500_000, "no more than a few rows wait"


def test_rows_are_put_down_a_few_at_a_time() -> None:
    batches: list[int] = []
    reader = reading.Reader("1", lambda _, __, values: batches.append(len(values)))
    count_of = rows.Count()
    reader.write(rows.line({"kind": rows.KIND, "revision": "1"}) + rows.line({"table": "a", "columns": ["b"]}))
    for number in range(1000):
        line = rows.line(["x" * (100 if number < 500 else 500_000)] if number < 520 else [number])
        count_of.add(line)
        reader.write(line)
    end = {"end": "a", **count_of.said}
    reader.write(rows.line(end) + rows.line(rows.summed_up([end])))
    assert reader.finish() == {"tables": 1, "rows": 1000, "sha256": rows.summed_up([end])["all"]["sha256"]}
    assert sum(batches) == 1000
    assert max(batches) == 200
    assert min(batches) <= 5, "large rows wait in smaller numbers"


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_bucket_is_a_shelf_as_good(
    app: Flask, house: House, operator: Identity, tmp_path: Path, s3: S3Server
) -> None:
    bucket = s3.bucket()
    app.config["BACKUPS"] = BackupSettings(operator.recipient, None, bucket, 24, 1)
    _, code, _ = places.photo_of_new_case()
    first, second = making.make(), making.make()
    assert (second.new, second.removed) == (0, [first.name])
    with places.empty(tmp_path / "other", app.config["BACKUPS"]) as other:
        status, said = places.come_back(other, operator)
        assert status == 0, said
        assert cases.by_tag(code_keys(code, setup.code_salt()).tag) is not None
    on = place.shelf()
    (chunk,) = on.names("chunks")
    on.remove(chunk)
    status, said = places.run(app, "backup", "verify")
    assert (status, f"{chunk} is not there" in said) == (1, True)


def test_a_probe_with_other_words_does_not_open(app: Flask, house: House, operator: Identity) -> None:
    secret: list[probe.Secret] = []

    def keep(_: object, known: probe.Secret, *__: object) -> dict[str, object]:
        secret.append(known)
        return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "_manifest", keep)
        making.make()
    assert probe.opens(secret[0])
    assert not probe.opens(secret[0]._replace(story="another"))
    assert not probe.opens(secret[0]._replace(code="0" * 24))
