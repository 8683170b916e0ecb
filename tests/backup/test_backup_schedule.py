"""Backups are made by themselves, and who looks is told when they are not."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from intake import config, doctor
from intake.audit import AuditEntry
from intake.backup import making, runs
from intake.backup.models import BackupRun
from intake.backup_command import make_if_due
from intake.backup_settings import BackupSettings
from intake.cases import acts
from intake.extensions import db, transaction
from intake.i18n import now
from intake.sealing import Identity, new_identity
from intake.setting_checks import SettingError
from tests.backup import places
from tests.factories import House

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def looked_at(app: Flask) -> list[tuple[bool, str]]:
    """Return what the doctor says of backups."""
    return [(finding.wrong, str(finding)) for finding in doctor._backups(now())]  # noqa: SLF001


def test_one_is_made_when_it_is_time(app: Flask, house: House, operator: Identity) -> None:
    make_if_due()
    make_if_due()
    assert places.count(BackupRun) == 1
    with transaction():
        db.session.execute(update(BackupRun).values(began_at=now() - timedelta(hours=25)))
    make_if_due()
    assert places.count(BackupRun) == 2
    app.config["BACKUPS"] = BackupSettings(operator.recipient, app.config["BACKUPS"].folder, None, 0, 3)
    assert not runs.is_due(now() + timedelta(days=99)), "never by itself, if the operator wants that"


def test_the_doctor_says_what_is_wrong_with_backups(app: Flask, house: House, operator: Identity) -> None:
    ((wrong, told),) = looked_at(app)
    assert (wrong, "No good backup was ever made. Run flask backup create" in told) == (True, True)
    made = making.make()
    (good, ok), (untried, told) = looked_at(app)
    assert (good, untried) == (False, True)
    assert "The last good backup is of" in ok
    assert "flask backup tried here" in told
    assert places.run(app, "backup", "tried", "another")[0] == 1
    assert places.run(app, "backup", "tried", made.name)[0] == 0
    assert [wrong for wrong, _ in looked_at(app)] == [False]
    with transaction():
        db.session.execute(update(BackupRun).values(began_at=now() - timedelta(hours=49)))
    ((wrong, told),) = looked_at(app)
    assert (wrong, "is old" in told) == (True, True)
    with transaction():
        runs.begin("another", now())
        runs.end("another", now(), "full", 0)
    assert "is not good: full" in looked_at(app)[0][1]
    said = {entry.act for entry in db.session.query(AuditEntry)}
    assert {"backup.made", "backup.tried"} <= said
    assert acts.nobody("backup.tried") == "the operator"


def test_a_trial_needs_none_and_a_real_instance_does(app: Flask, house: House) -> None:
    assert [wrong for wrong, _ in looked_at(app)] == [False]


def test_runs_of_long_ago_are_forgotten_but_not_the_last_good_one(app: Flask, house: House, operator: Identity) -> None:
    long_ago = now() - timedelta(days=200)
    for name, what in (("a", ""), ("b", ""), ("c", "full")):
        with transaction():
            runs.begin(name, long_ago)
            runs.end(name, long_ago, what, 0)
    with transaction():
        runs.begin("d", now())
    db.session.rollback()
    assert [run.name for run in db.session.query(BackupRun).order_by(BackupRun.id)] == ["b", "d"]


def test_settings_of_backups() -> None:
    known = config.load({"INTAKE_BACKUP_RECIPIENT": RECIPIENT, "INTAKE_BACKUP_FOLDER": "/mnt/backup"}).backups
    assert known == BackupSettings(RECIPIENT, Path("/mnt/backup"), None, 24, 14)
    assert known.by_itself
    assert not config.load({}).backups.by_itself
    assert not config.load({"INTAKE_BACKUP_HOURS": "0"}).backups.hours


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("BACKUP_RECIPIENT", new_identity().text, "must be one age recipient", id="an identity"),
        ("BACKUP_FOLDER", "backups", "must be an absolute path"),
        ("BACKUP_FOLDER", str(config.ROOT / "instance" / "backups"), "lies in the instance folder"),
        ("BACKUP_HOURS", "often", "whole number of hours"),
        ("BACKUP_KEEP", "0", "whole number of backups from 1"),
        ("BACKUP_STORE_URL", "s3+http://a:b@store.example/c", "plain http is only for this machine"),
    ],
)
def test_a_wrong_setting_of_backups_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingError, match=words) as raised:
        config.load({f"INTAKE_{name}": value})
    assert f"INTAKE_{name}" in str(raised.value)
    assert "AGE-SECRET-KEY" not in str(raised.value)


def test_backups_go_to_one_place_and_not_beside_what_they_are_of() -> None:
    url = "s3+https://a:b@store.example/c"
    with pytest.raises(SettingError, match="both set"):
        config.load({"INTAKE_BACKUP_FOLDER": "/mnt/b", "INTAKE_BACKUP_STORE_URL": url})
    with pytest.raises(SettingError, match="another bucket"):
        config.load({"INTAKE_STORE_URL": url, "INTAKE_BACKUP_STORE_URL": url})
