"""Whatever breaks while a backup is made or lies there is seen: nothing torn or altered counts, or comes back."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from intake import chores, config
from intake.backup import making, place, rows, runs, schema
from intake.backup.models import BackupRun
from intake.backup.place import BackupError
from intake.backup.reading import Loading
from intake.backup_command import make_if_due
from intake.backup_settings import BackupSettings
from intake.evidence.models import Chunk
from intake.evidence.place import storage
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import alarms, worker
from intake.sealing import Identity, new_identity, seal
from tests.backup import places
from tests.factories import House, make_case, make_member

# It ends itself as kill -9 does, when the first chunk lies there: before list and manifest.
KILLED = """
import os, signal
from intake.app import create_app
from intake.backup import making
copied = making._copied
def once(*given):
    copied(*given)
    os.kill(os.getpid(), signal.SIGKILL)
making._copied = once
with create_app().app_context():
    making.make()
"""


def only(shelf: Path, pattern: str) -> Path:
    """Return the one file of a name on a shelf."""
    (found,) = shelf.glob(pattern)
    return found


def flip(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap_manifests(shelf: Path) -> None:
    """Give the newest backup the manifest of the one before."""
    older, newer = sorted(shelf.glob("backups/*/manifest.age"))
    newer.write_bytes(older.read_bytes())


ILLS: dict[str, tuple[Callable[[Path], object], str]] = {
    "chunk altered": (lambda shelf: flip(only(shelf, "chunks/*/*")), "missing or not what was written"),
    "chunk gone": (lambda shelf: only(shelf, "chunks/*/*").unlink(), "missing or not what was written"),
    "rows altered": (lambda shelf: flip(max(shelf.glob("backups/*/rows.age"))), "rows.age of backup"),
    "list altered": (lambda shelf: flip(max(shelf.glob("backups/*/list"))), "list of backup"),
    "list gone": (lambda shelf: max(shelf.glob("backups/*/list")).unlink(), "is not there"),
    "manifest altered": (lambda shelf: flip(max(shelf.glob("backups/*/manifest.age"))), "does not open"),
    "manifest of another": (swap_manifests, "belongs to another"),
}

RARER = ("chunk gone", "list gone", "manifest altered")


@pytest.fixture
def backed_up(app: Flask, house: House, operator: Identity) -> None:
    """Make two backups."""
    places.photo_of_new_case()
    making.make()
    making.make()


@pytest.mark.parametrize("ill", [pytest.param(ill, marks=[pytest.mark.slow] * (ill in RARER)) for ill in ILLS])
def test_what_was_altered_does_not_come_back(
    app: Flask, backed_up: None, operator: Identity, shelf: Path, tmp_path: Path, ill: str
) -> None:
    spoil, words = ILLS[ill]
    spoil(shelf)
    with places.empty(tmp_path / "other", app.config["BACKUPS"]) as other:
        status, said = places.come_back(other, operator)
        assert status == 1
        assert words in said
        assert schema.of(db.session.connection()) is None, "there is not even a table"
    verified = places.run(app, "backup", "verify", "--identity-file", "-", said=operator.text)
    assert verified[0] == 1, verified


def test_rows_that_were_altered_before_they_were_sealed_are_not_kept(
    app: Flask, backed_up: None, operator: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Loading.finish

    def spoiled(self: Loading, ends: list[dict[str, object]]) -> None:
        self._connection.exec_driver_sql("UPDATE desk SET name = 'other' WHERE name = 'KZ'")
        finish(self, ends)

    with places.empty(tmp_path / "other", app.config["BACKUPS"]) as other:
        with monkeypatch.context() as patch:
            patch.setattr(Loading, "finish", spoiled)
            status, said = places.come_back(other, operator)
        assert (status, "table desk was not kept as it was written" in said) == (1, True)
        status, said = places.come_back(other, operator)
        assert status == 0, "who was interrupted begins again: " + said


def test_another_identity_opens_nothing(app: Flask, backed_up: None, tmp_path: Path) -> None:
    with places.empty(tmp_path / "other", app.config["BACKUPS"]) as other:
        status, said = places.come_back(other, new_identity())
        assert (status, "does not open" in said) == (1, True)
        status, said = places.run(other, "backup", "restore", "--identity-file", "-", said="my password\n")
        assert (status, "give the file that age-keygen wrote" in said) == (1, True)


def test_a_newer_schema_is_refused_in_a_sentence(
    app: Flask, house: House, operator: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "newest", lambda: "9999")
        patch.setattr(schema, "must_be_newest", lambda: None)
        making.make()
    with places.empty(tmp_path / "other", app.config["BACKUPS"]) as other:
        status, said = places.come_back(other, operator)
        assert (status, "has the newer schema 9999: install the version" in said) == (1, True)


def test_nothing_is_made_without_a_recipient_or_a_place(app: Flask, house: House, shelf: Path) -> None:
    status, said = places.run(app, "backup", "create")
    assert (status, "run age-keygen -o backup-identity.txt" in said) == (1, True)
    recipient = new_identity().recipient
    app.config["BACKUPS"] = BackupSettings(recipient, None, None, 24, 3)
    status, said = places.run(app, "backup", "create")
    assert (status, "set INTAKE_BACKUP_FOLDER" in said) == (1, True)
    app.config["BACKUPS"] = BackupSettings(recipient[:-1] + ("q" if recipient[-1] != "q" else "p"), shelf, None, 24, 3)
    status, said = places.run(app, "backup", "create")
    assert (status, "was mistyped" in said) == (1, True)
    assert db.session.scalars(select(BackupRun)).all() == []


def test_a_disk_that_is_away_delays_and_shows_and_letters_go_out(
    app: Flask, house: House, operator: Identity, shelf: Path
) -> None:
    make_member(house, "KZ")
    make_case()
    app.config["BACKUPS"] = places.settings(operator, shelf / "not-mounted")
    make_if_due()
    run = runs.newest()
    assert run is not None
    assert run.what == "away"
    with pytest.raises(BackupError, match="Is its disk there"):
        making.make()
    app.config["BACKUPS"] = places.settings(operator, shelf)
    (shelf / "backups").write_text("a file in the way")
    with pytest.raises(BackupError, match="Is its disk there"):
        making.make()
    assert [run.what for run in db.session.scalars(select(BackupRun))] == ["away"] * 3
    assert not runs.is_due(now()), "it is tried again after an hour"
    assert runs.is_due(now() + timedelta(hours=1))
    chores.every_minute()
    assert worker.deliver_due().delivered == 2
    assert alarms.BACKUP_LATE not in {alarm.kind for alarm in alarms.standing()}
    with transaction():
        runs.see_to_alarm(now() + timedelta(hours=49))
    assert alarms.BACKUP_LATE in {alarm.kind for alarm in alarms.standing()}
    (shelf / "backups").unlink()
    making.make()
    assert alarms.standing() == []


def test_a_full_disk_is_said_to_be_full(
    app: Flask, house: House, operator: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Iterator[bytes]:
        yield b"{}"
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(rows, "lines", full)
        with pytest.raises(BackupError, match="no room left"):
            making.make()
    run = runs.newest()
    assert run is not None
    assert run.what == "full"
    assert place.whole(place.shelf()) == []


def test_a_backup_that_was_killed_counts_for_nothing_and_the_next_repairs(
    app: Flask, house: House, operator: Identity, shelf: Path, settings: config.Settings, database: str
) -> None:
    places.photo_of_new_case()
    db.session.rollback()
    environ = {**os.environ, "INTAKE_INSTANCE": str(settings.instance), "INTAKE_BACKUP_FOLDER": str(shelf)}
    environ |= {"INTAKE_BACKUP_RECIPIENT": operator.recipient}
    if database != "sqlite":
        environ["INTAKE_DATABASE_URL"] = settings.database_url
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=config.ROOT, env=environ, check=False)
    assert done.returncode == -9
    assert [path.name for path in shelf.glob("backups/*/*")] == ["rows.age"]
    assert list(shelf.glob("drafts/*")), "what it was writing lies there"
    assert place.whole(place.shelf()) == []
    status, said = places.run(app, "backup", "verify")
    assert (status, "There is no backup" in said) == (1, True)
    made = making.make()
    assert (made.new, made.chunks) == (0, 1), "the chunk was whole"
    assert place.whole(place.shelf()) == [made.name]
    assert len(list(shelf.glob("backups/*"))) == 1
    assert not list(shelf.glob("drafts/*"))
    first, second = db.session.scalars(select(BackupRun.what).order_by(BackupRun.id))
    assert (first, second) == ("broken off", "")


def test_two_at_once_is_one(app: Flask, house: House, operator: Identity) -> None:
    making.make()
    with place.shelf().alone(), pytest.raises(BackupError, match="Another backup"):
        making.make()


def test_a_chunk_that_is_not_what_came_makes_the_backup_incomplete(
    app: Flask, house: House, operator: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.photo_of_new_case()
    (name,) = storage().names()
    storage().delete(name)
    storage().put(name, 0, seal(b"another", [new_identity().recipient]))
    status, said = places.run(app, "backup", "create")
    assert (status, "1 chunks are missing here, or are not what came" in said) == (1, True)
    assert runs.last_good() is None
    storage().delete(name)

    def destroyed(_: str) -> bool:
        """Say what is true where a case was destroyed since."""
        return False

    with monkeypatch.context() as patch:
        patch.setattr(making, "_is_named", destroyed)
        status, said = places.run(app, "backup", "create")
    assert (status, "1 chunks were deleted with their case" in said) == (0, True)
    assert db.session.scalars(select(Chunk.name)).all() == [name]


def test_incomplete_backups_push_out_no_good_one(app: Flask, house: House, operator: Identity, shelf: Path) -> None:
    app.config["BACKUPS"] = places.settings(operator, shelf, keep=2)
    first, second = making.make(), making.make()
    places.photo_of_new_case()
    (name,) = storage().names()
    sealed = storage().get(name, 0)
    storage().delete(name)
    lacking = [making.make() for _ in range(3)]
    assert place.whole(place.shelf()) == [first.name, second.name, *(made.name for made in lacking[1:])]
    storage().put(name, 0, sealed)
    assert making.make().removed == [first.name], "of each kind, two are kept"


def test_who_comes_back_over_other_files_is_refused(
    app: Flask, backed_up: None, operator: Identity, tmp_path: Path
) -> None:
    with places.empty(tmp_path / "other", app.config["BACKUPS"]) as other:
        storage().put("0" * 32, 0, seal(b"another", [new_identity().recipient]))
        status, said = places.come_back(other, operator)
        assert (status, "There are other files" in said) == (1, True)
