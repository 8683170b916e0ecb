"""The figures of a dashboard for outside as a file for spreadsheets, which take nothing in it for a formula."""

from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext

from intake import audit
from intake.cases import spreadsheets
from intake.cases.board import Board, Series
from intake.cases.dashboard_words import said
from intake.cases.figures import WAITING
from intake.cases.small_numbers import Cell
from intake.desks.models import Desk
from intake.members.sessions import Visitor

ACT = "figures.taken"
NameOf = Callable[[Desk], Any]


def take(visitor: Visitor, board: Board) -> None:
    """Write down that a member took figures out of the house: of which desk, or of all theirs, and of which days."""
    choice = board.choice
    audit.record(
        ACT,
        desk_id=int(choice.desk) if choice.desk else audit.HOUSE,
        member_id=visitor.member.id,
        first=choice.since.isoformat(),
        last=choice.until.isoformat(),
    )


def as_csv(board: Board, name_of: NameOf) -> bytes:
    """Return the file.

    Args:
        board: figures that ``board.for_outside`` has made safe to share.
        name_of: what a desk is called.
    """
    head = gettext("Figure"), gettext("Of"), gettext("Number")
    return spreadsheets.as_csv([head, *_rows(board, name_of)])


def _rows(board: Board, name_of: NameOf) -> Iterator[tuple[str, str, str]]:
    choice = board.choice
    yield gettext("Desks"), ", ".join(str(name_of(desk)) for desk in board.shown), ""
    yield gettext("Days, in UTC"), f"{choice.since.isoformat()} – {choice.until.isoformat()}", ""
    yield gettext("Cases that arrived"), "", _plain(board.total)
    for series in (*board.series, *board.ratings):
        yield from _of_series(series)
    for times in board.times:
        of = str(name_of(times.desk)) if times.desk else gettext("All together")
        for minutes, kind, title in (
            *((lasted, kind, gettext("median")) for kind, lasted in times.medians.items()),
            *((lasted, kind, gettext("90th percentile")) for kind, lasted in times.highs.items()),
        ):
            measured = gettext("Waiting time") if kind == WAITING else gettext("Answering time")
            yield f"{measured}, {title}, {gettext('minutes')}", of, str(minutes)
    for standing in board.standing:
        yield gettext("Not acknowledged now"), "", _plain(standing.queued)
        yield gettext("Overdue now"), "", _plain(standing.overdue)


def _of_series(series: Series) -> Iterator[tuple[str, str, str]]:
    if series.left_out:
        yield series.title, "", gettext("left out: too few")
    for bar in series.bars:
        yield series.title, f"{bar.key}: {bar.label}" if bar.key.isdecimal() else bar.label, _plain(bar.cell)


def _plain(cell: Cell) -> str:
    """Return a number as programs read it, or what stands in its place."""
    return str(cell.count) if cell.count is not None else said(cell)
