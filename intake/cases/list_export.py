"""The list of the queue to take along, as CSV or XLSX: plain columns alone."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from intake import audit
from intake.cases import detection, fact_filter, queue, queue_rows, spreadsheets, words
from intake.cases.models import Case
from intake.cases.queue_filter import Filter
from intake.desks import queries as desks
from intake.desks.models import Desk
from intake.extensions import StaleError
from intake.i18n import COUNTRY_NAMES, LANGUAGE_NAMES
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.web.forms import clean_line

MOST = 10_000  # cases in one list
Cell = str | int | bool | datetime | None


@dataclass(frozen=True)
class List:
    """A list to take along.

    Attributes:
        head: the names of the columns.
        rows: the cells, a row for each case.
        of_desk: how many cases are of which desk, by its number.
        is_cut: whether there are more cases than a list has.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    of_desk: Counter[int]
    is_cut: bool


def make(visitor: Visitor, chosen: Filter, desk_name: Callable[[Desk], Any]) -> List:
    """Return the list of the cases of the visitor's desks that a filter finds, in its order.

    Args:
        visitor: who asks.
        chosen: which cases, in which order.
        desk_name: how a desk is called.
    """
    meant = fact_filter.looked_up(visitor, chosen)
    found, is_cut = queue.first(visitor, chosen, MOST, meant.case_ids if meant else None)
    return List(
        _head(), list(_rows(found, _desks(visitor, desk_name))), Counter(case.desk_id for case in found), is_cut
    )


def note_taken(visitor: Visitor, taken: List, form: str) -> None:
    """Write down, at each desk, that a member took a list along, and how many of its cases are on it.

    Raises:
        StaleError: the member is seated at one of the desks no longer: make it anew.
    """
    if not set(taken.of_desk) <= set(desks.held_by(visitor.member)):
        raise StaleError
    for desk_id, count in sorted(taken.of_desk.items()):
        audit.record("case.list_copied", desk_id=desk_id, member_id=visitor.member.id, form=form, cases=count)
    if not taken.of_desk:
        audit.record("case.list_copied", member_id=visitor.member.id, form=form, cases=0)


def as_csv(taken: List) -> bytes:
    """Return a list as CSV in UTF-8 (RFC 4180), no cell of which a spreadsheet takes for a formula."""
    return spreadsheets.as_csv([taken.head, *([_plain(cell) for cell in row] for row in taken.rows)])


def as_xlsx(taken: List) -> bytes:
    """Return a list as XLSX, in memory: every cell is a text, a number or a time, never a formula."""
    import xlsxwriter  # noqa: PLC0415 heavy

    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet(gettext("Cases")[:31])
    bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(taken.head) - 1, 18)
    for column, name in enumerate(taken.head):
        sheet.write_string(0, column, name, bold)
    for place, row in enumerate(taken.rows, start=1):
        for column, cell in enumerate(row):
            _write(sheet, place, column, cell, moment)
    book.close()
    return file.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell, moment: Any) -> None:  # noqa: ANN401 the library has no types
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell.replace(tzinfo=None), moment)
    elif isinstance(cell, int) and not isinstance(cell, bool):
        sheet.write_number(row, column, cell)
    elif cell is not None:
        sheet.write_string(row, column, _plain(cell))


def _head() -> list[str]:
    """Return the names of the columns; times are in UTC."""
    return [
        gettext("Reference"),
        gettext("Country"),
        gettext("Desk"),
        gettext("Status"),
        gettext("Urgent"),
        gettext("Alarm, UTC"),
        gettext("Received, UTC"),
        gettext("Acknowledged, UTC"),
        gettext("Who answers for it"),
        gettext("Language of the form"),
        gettext("Language of the words"),
        gettext("How it came"),
        gettext("Due"),
        gettext("Can be reached"),
        gettext("Not for publication"),
        gettext("Files"),
        gettext("Labels"),
    ]


def _rows(found: list[Case], desk_names: Mapping[int, str]) -> Iterator[list[Cell]]:
    names = members.names({case.assignee_id for case in found})
    files, labels = queue_rows.files_of(found), queue_rows.labels_of(found)
    for case in found:
        yield [
            case.reference,
            str(COUNTRY_NAMES.get(case.country, case.country)),
            desk_names.get(case.desk_id, ""),
            str(words.STATUSES[case.status]),
            case.urgent,
            case.alarm_at,
            case.received_at,
            case.acknowledged_at,
            clean_line(names.get(case.assignee_id, "")) if case.assignee_id else "",
            LANGUAGE_NAMES.get(case.language, case.language),
            detection.name(case.detected),
            str(words.CHANNELS.get(case.channel, case.channel)),
            case.due_at.date().isoformat() if case.due_at else "",
            case.reachable,
            case.not_for_publication,
            files.get(case.id, 0),
            ", ".join(map(clean_line, labels.get(case.id, ()))),
        ]


def _desks(visitor: Visitor, desk_name: Callable[[Desk], Any]) -> dict[int, str]:
    return {own.desk.id: clean_line(str(desk_name(own.desk))) for own in desks.desks_of(visitor.member)}


def _plain(cell: Cell) -> str:
    if isinstance(cell, bool):
        return gettext("yes") if cell else gettext("no")
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return "" if cell is None else str(cell)
