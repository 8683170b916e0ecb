"""Running migrations on the application's own engine."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from intake.extensions import Moment, Sealed, db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:  # noqa: ANN401, ARG001 the signature is Alembic's
    """Write our column types as the plain ones they are in the database."""
    if kind == "type" and isinstance(item, Sealed):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate in one transaction. SQLite makes a changed table anew, which others point to: it looks at that last."""
    configure = dict(current_app.extensions["migrate"].configure_args)
    engine = db.engine.execution_options(write=True)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            _driver(connection).execute("PRAGMA foreign_keys=OFF").close()
        try:
            context.configure(connection=connection, target_metadata=db.metadata, render_item=render_item, **configure)
            with context.begin_transaction():
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
