"""Which schema the database has, and which there are."""

import logging

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from intake.backup.place import BackupError
from intake.extensions import db, migrate


def newest() -> str:
    """Return the revision that this code is written for."""
    return str(ScriptDirectory(str(migrate.directory)).get_current_head())


def is_known(revision: str) -> bool:
    """Return whether this code knows a revision: not one of a newer version."""
    known = ScriptDirectory(str(migrate.directory)).walk_revisions()  # asked for one, it would take "head" and "-1" too
    return revision in {one.revision for one in known}


def of(connection: Connection) -> str | None:
    """Return the revision of a database; None where it has no tables."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return MigrationContext.configure(connection).get_current_revision()


def unknown(connection: Connection) -> str | None:
    """Return the revision of a database that newer code made; None of one that this code knows, or without tables."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    there = MigrationContext.configure(connection).get_current_heads()
    return next((one for one in there if not is_known(one)), None)


def must_be_newest() -> None:
    """Refuse a database of another version than the code.

    Raises:
        BackupError: it is.
    """
    there = of(db.session.connection())
    db.session.rollback()
    if there != newest():
        what, message = "schema", "The database is not of this version: stop everything, run flask init, start again."
        raise BackupError(what, message)


def bring_to(revision: str) -> None:
    """Bring the database of this application to a revision."""
    db.session.rollback()
    flask_migrate.upgrade(revision=revision)
