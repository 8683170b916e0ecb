"""Running migrations on the application's own engine."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from intake.extensions import Moment, Sealed, db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:  # noqa: ANN401, ARG001 the signature is Alembic's
    """Write our column types as the plain ones they are in the database."""
    if kind == "type" and isinstance(item, Sealed):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate in one transaction."""
    configure = dict(current_app.extensions["migrate"].configure_args)
    engine = db.engine.execution_options(write=True)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, render_item=render_item, **configure)
        with context.begin_transaction():
            context.run_migrations()


run()
