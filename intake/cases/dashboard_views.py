"""The dashboard: figures of the member's desks, and how letters are delivered."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from intake.cases import board, charts, dashboard_filter, dashboard_words, figures_csv
from intake.cases.board import Board
from intake.cases.dashboard_filter import OUTSIDE
from intake.cases.figures import ANSWERING, WAITING
from intake.desks.forms import desk_name
from intake.extensions import transaction
from intake.i18n import now
from intake.members.guards import current, member_required

blueprint = Blueprint("dashboard", __name__, url_prefix="/desk/dashboard")


@blueprint.get("")
@member_required
def page() -> ResponseReturnValue:
    """Show the figures of the member's desks, to them or as they may be shown outside."""
    return render_template(
        "cases/dashboard.html",
        board=_read({}),
        words=dashboard_words,
        charts=charts,
        kinds=(WAITING, ANSWERING),
        desk_name=desk_name,
    )


@blueprint.get("/figures.csv")
@member_required
def figures() -> ResponseReturnValue:
    """Give the figures as a file, as they may be shown outside, and write down who took them."""
    read = _read({"for": OUTSIDE})
    if not read.shown:
        raise NotFound
    if read.choice.ignored:
        asked: dict[str, Any] = {**request.args, "for": OUTSIDE}
        return redirect(url_for("dashboard.page", **asked))
    with transaction():
        figures_csv.take(current(), read)
    name = f"figures-{read.choice.since.isoformat()}-{read.choice.until.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "text/csv; charset=utf-8"}
    return figures_csv.as_csv(read, desk_name), headers


def _read(more: dict[str, str]) -> Board:
    own = board.own_desks(current())
    choice = dashboard_filter.read({**request.args, **more}, [desk.id for desk in own], now().date())
    return board.read(current(), choice, own)
