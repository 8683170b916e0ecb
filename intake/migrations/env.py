"""Running migrations on the application's own engine."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from intake import extensions
from intake.extensions import Moment, Sealed, db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:  # noqa: ANN401, ARG001 the signature is Alembic's
    """Write our column types as the plain ones they are in the database."""
    if kind == "type" and isinstance(item, Sealed):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate in one transaction: killed half-way, nothing was done. Who comes meanwhile waits, and finds it done.

    SQLite makes a changed table anew, which others point to: it looks at that last. Alembic would not trust it to undo
    a changed table; it does, since the driver opens no transaction of its own, see ``extensions``.
    """
    configure = dict(current_app.extensions["migrate"].configure_args)
    engine = db.engine.execution_options(write=True)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            _driver(connection).execute("PRAGMA foreign_keys=OFF").close()
        try:
            configure |= {"render_item": render_item, "transactional_ddl": True}
            context.configure(connection=connection, target_metadata=db.metadata, **configure)
            with context.begin_transaction():
                if not sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(extensions.MIGRATING)))
                    connection.execute(select(func.set_config("lock_timeout", extensions.PATIENCE, True)))  # noqa: FBT003 is_local
                context.run_migrations()
                if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    message = "after this migration, rows would point to rows that are not there"
                    raise RuntimeError(message)
        finally:
            if sqlite:
                _driver(connection).execute("PRAGMA foreign_keys=ON").close()


def _driver(connection: Connection) -> Any:  # noqa: ANN401 the driver's own type
    return connection.connection.driver_connection


run()
