"""Upgrading while others upgrade, killed half-way, and of a database that newer code made; on SQLite and PostgreSQL."""

import os
import runpy
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import event, func, select, text

from intake.backup import schema, upgrading
from intake.config import ROOT, Settings
from intake.desks.models import House
from intake.extensions import MIGRATING, db
from tests.migrations_archive import kept

OLD = kept.NUMBERS[1]
NEWER = "9999"
FIRST = ("sqlite", "CREATE TABLE canary_run")
HALF_WAY = [
    pytest.param(database, half, marks=[] if (database, half) == FIRST else pytest.mark.slow)
    for database in ("sqlite", "postgresql")
    for half in ("CREATE TABLE canary_run", "UPDATE alembic_version", "CREATE INDEX", "ALTER TABLE")
]
REFUSED = "The database is newer than this code (9999)"


@pytest.fixture
def environ(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment in which commands find the database of this test."""
    return _environ(app, monkeypatch)


def _environ(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    known: Settings = app.config["SETTINGS"]
    monkeypatch.setenv("INTAKE_INSTANCE", str(known.instance))
    monkeypatch.setenv("INTAKE_DATABASE_URL", known.database_url)
    return dict(os.environ)


def grow_newer() -> None:
    """Let the database be one that newer code upgraded."""
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": NEWER})
    db.engine.dispose()


def at() -> str | None:
    """Return the revision of the database."""
    with db.engine.connect() as connection:
        return schema.of(connection)


def test_what_web_server_worker_and_commands_load_refuses_a_newer_database(environ: dict[str, str]) -> None:
    assert "app" in runpy.run_path(str(ROOT / "wsgi.py")), "this code's own is taken"
    grow_newer()
    with pytest.raises(SystemExit, match=r"^The database is newer than this code \(9999\): ") as refused:
        runpy.run_path(str(ROOT / "wsgi.py"))
    assert str(refused.value).count("\n") == 0
    assert at() == NEWER, "nothing was changed"


def test_a_database_that_is_away_or_not_there_is_not_refused(empty: Flask, tmp_path: Path) -> None:
    upgrading.refuse_newer(empty)
    assert not (tmp_path / "intake.sqlite3").exists(), "looking makes no file"


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"])
def test_a_start_with_a_newer_database_says_one_sentence_and_ends(environ: dict[str, str]) -> None:
    grow_newer()
    done = _flask(environ, "serve")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(REFUSED)
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    "words",
    [
        *(
            "init",
            "web",
            "doctor",
            "outbox deliver",
            "outbox deliver --watch",
            "outbox receive",
            "outbox alarms --tell",
        ),
        *("backup create", "backup restore", "db upgrade", "db move", "db downgrade", "audit verify", "demo", "canary"),
        *("cases retention", "cases reconcile", "desks rescue", "evidence verify"),
    ],
)
def test_no_command_touches_a_newer_database(environ: dict[str, str], words: str) -> None:
    grow_newer()
    done = _flask(environ, *words.split())
    assert done.returncode == 1
    assert done.stderr.startswith(REFUSED)
    assert at() == NEWER


@pytest.mark.parametrize("database", ["postgresql"])
def test_who_upgrades_at_the_same_time_waits_on_postgresql(empty: Flask) -> None:
    with db.engine.connect() as first:
        first.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        second = threading.Thread(target=_upgrade, args=(empty,))
        second.start()
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as onlooker:
            while second.is_alive() and not onlooker.scalar(waits):
                pass
        assert second.is_alive()
        assert at() is None, "it did nothing yet"
        first.rollback()
    second.join()
    assert at() == schema.newest()


@pytest.mark.parametrize("database", ["postgresql"])
def test_an_upgrade_gives_way_to_who_is_at_work_on_postgresql(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    flask_migrate.upgrade(revision=OLD)
    monkeypatch.setattr("intake.extensions.PATIENCE", "50ms")
    with db.engine.connect() as reader:
        reader.execute(text('SELECT count(*) FROM "case"'))
        with pytest.raises(upgrading.UpgradeError, match="nothing was changed: try again"):
            upgrading.bring_up()
        assert at() == OLD
    upgrading.bring_up()
    assert at() == schema.newest()


@pytest.mark.parametrize(("database", "half"), HALF_WAY)
def test_an_upgrade_that_is_killed_changed_nothing_and_is_taken_up_again(
    empty: Flask, tmp_path: Path, half: str
) -> None:
    before = kept.lines(kept.put(OLD, tmp_path))
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if not child:
        _upgrade_until(half)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert at() == OLD
    assert kept.lines(kept.tables()) == before
    flask_migrate.upgrade()  # waits until PostgreSQL noticed
    assert at() == schema.newest()


def _upgrade_until(half: str) -> NoReturn:
    """Upgrade, and kill this process in the midst of it."""

    def kill(*given: Any) -> None:
        if given[2].strip().startswith(half):
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        event.listen(db.engine, "before_cursor_execute", kill)
        flask_migrate.upgrade()
    finally:
        os._exit(1)


@pytest.mark.slow
def test_two_who_set_up_at_the_same_time_make_one_house(
    empty: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _environ(empty, monkeypatch)
    there = here
    if db.engine.dialect.name == "postgresql":  # two machines share it
        there = {**here, "INTAKE_INSTANCE": str(tmp_path / "other")}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "init"]
    both = [
        subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE) for environ in (here, there)
    ]
    told = [one.communicate()[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert "".join(told).count("The rescue identity is in") == 1, "the other one found the desks made"
    assert db.session.scalar(select(func.count(House.id))) == 1
    db.session.rollback()


def _upgrade(app: Flask) -> None:
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()


def _flask(environ: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
