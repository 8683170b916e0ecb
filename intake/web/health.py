"""Liveness, for who watches the server. It tells nothing about anybody."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from intake.extensions import db
from intake.web.access import public

blueprint = Blueprint("web", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the server answers and the database does."""
    db.session.execute(text("SELECT 1"))
    return {"ok": True}
