"""Where backups of a test lie, and empty places that they come back to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from intake import config
from intake.app import create_app
from intake.backup_settings import BackupSettings
from intake.extensions import db
from intake.sealing import Identity
from tests.conftest import CHEAP, spare_the_disk
from tests.evidence import sending
from tests.factories import make_case


def settings(identity: Identity, shelf: Path, keep: int = 3) -> BackupSettings:
    """Return the settings of backups that go to a folder."""
    return BackupSettings(identity.recipient, shelf, None, 24, keep)


@contextmanager
def empty(folder: Path, backups: BackupSettings, database_url: str = "") -> Iterator[Flask]:
    """Return an application on an empty place that knows where backups lie, its context open.

    Args:
        folder: its instance folder.
        backups: the settings of backups.
        database_url: an empty database; by default a new file.
    """
    environ = {"INTAKE_INSTANCE": str(folder), "INTAKE_CANARY_HOURS": "0"}
    if database_url:
        environ["INTAKE_DATABASE_URL"] = database_url
    folder.mkdir(exist_ok=True)
    app = create_app(config.load(environ), password_cost=CHEAP)
    app.config["BACKUPS"] = backups
    with app.app_context():
        spare_the_disk(db.engine)
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def run(app: Flask, *words: str, said: str = "") -> tuple[int, str]:
    """Run a command, saying words to it; return how it ended, and what it said."""
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=words, input=said)
    db.session.rollback()
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done.exit_code, done.output


def come_back(app: Flask, identity: Identity, *words: str) -> tuple[int, str]:
    """Run the command that comes back from a backup."""
    return run(app, "backup", "restore", *words, "--identity-file", "-", said=f"{identity.text}\n")


def count(model: type) -> int:
    """Return how many rows there are."""
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def photo_of_new_case(seed: int = 1) -> tuple[str, str, bytes]:
    """Let somebody tell something and send a photograph; return case, code and photograph."""
    case, keys, code = make_case()
    content = sending.photo(seed=seed)
    sending.arrive(sending.visit_of(case, keys), case, content)
    return case.reference, code, content
