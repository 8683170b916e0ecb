"""Bringing the database up to this code, one process at a time, and leaving alone one that newer code made."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from intake.backup import schema
from intake.config import Settings
from intake.extensions import db
from intake.setting_checks import SettingError

SETTING_UP = 7_466_001  # what the lock of PostgreSQL is called that one set-up holds
_BUSY = frozenset({"55P03", "40P01"})  # PostgreSQL: a lock was not to be had in time, deadlock


class UpgradeError(Exception):
    """The database was not brought up; says why, and what to do."""


def refuse_newer(app: Flask) -> None:
    """Refuse a database that newer code made: this code would write what that one cannot read.

    A database that is away, or not there yet, is nobody's business here: whoever needs it says so.

    Args:
        app: whose database to look at.

    Raises:
        SettingError: it is newer.
    """
    with app.app_context():
        path = db.engine.url.database
        if db.engine.dialect.name == "sqlite" and not (path and Path(path).exists()):
            return  # looking would make it
        try:
            with db.engine.connect() as connection:
                unknown = schema.unknown(connection)
        except SQLAlchemyError:
            return
        finally:
            db.engine.dispose()  # a web process that is forked must not share a connection
    if unknown:
        message = (
            f"The database is newer than this code ({unknown}): install the version that upgraded it, "
            "or restore a backup made before."
        )
        raise SettingError(message)


def bring_up() -> None:
    """Bring the database up to this code. All of it is done or nothing.

    Raises:
        UpgradeError: the database does not answer, or others do not let go of it.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        flask_migrate.upgrade()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in _BUSY:
            message = "Others are at work in the database, so nothing was changed: try again when no backup is made."
            raise UpgradeError(message) from error
        reason = str(error.orig).splitlines()[0]
        message = f"INTAKE_DATABASE_URL names a database that does not answer: {reason}."
        raise UpgradeError(message) from error


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Let one process at a time set up: two at once would each make a rescue identity, on several machines too."""
    with (settings.instance / ".set-up").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if db.engine.dialect.name == "sqlite":
            yield
            return
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(select(func.pg_advisory_lock(SETTING_UP)))
            try:
                yield
            finally:
                connection.execute(select(func.pg_advisory_unlock(SETTING_UP)))
