"""Liveness, for who watches the server. It tells nothing about anybody."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from intake.i18n import now
from intake.outbox import alarms
from intake.web.access import public

blueprint = Blueprint("web", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the server answers and the database does, and what is wrong with letters.

    Letters are no reason to send nobody here any more: a load balancer reads the status, and it stays 200.
    """
    return _said()


@blueprint.get("/healthz/letters")
@public
def letters() -> ResponseReturnValue:
    """Say the same, with 503 while anything is wrong with letters: for a monitor that wakes somebody."""
    said = _said()
    return said, 503 if "degraded" in said else 200


def _said() -> dict[str, object]:
    wrong = sorted({sign.kind for sign in alarms.signs(now())})
    return {"ok": True, "degraded": wrong} if wrong else {"ok": True}
