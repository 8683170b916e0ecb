"""The table that a native reader corrects: every text of a language beside its English and Russian, one line a form."""

import csv
import html
import io
import zipfile
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import xlsxwriter
from babel.messages.catalog import Message

from tests.catalogues.places import PICTURES, files_of_texts, pictures_of, place
from tests.catalogues.reading import catalogue, english, forms, key, messages

WIDTHS = (14, 6, 50, 50, 50, 50, 30, 30)  # of the columns, in letters
_COMPLAINANTS = (" complaint/", " followup/", " components/public")
_SHEET = "xl/worksheets/sheet1.xml"
_SHARED = "xl/sharedStrings.xml"
_XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # what a table program would work out instead of showing


@dataclass(frozen=True)
class Line:
    """A line of the table. The reader writes into ``correction`` and ``remark`` alone."""

    text: str  # what names the text: a digest of its English
    form: int  # of a plural; 0 where there is one form only
    english: str
    russian: str
    translation: str
    correction: str = ""
    remark: str = ""
    place: str = ""


COLUMNS = tuple(field.name for field in fields(Line))


def name_of(message: Message) -> str:
    """Return what names a text in tables: a digest of its English."""
    return sha256("\0".join(key(message)).encode()).hexdigest()[:12]


def lines(tag: str) -> list[Line]:
    """Return the table of a language: what complainants read first, then letters, then the rest, page by page."""
    russian = {key(message): forms(message) for message in messages(catalogue("ru"))}
    found = []
    for message in messages(catalogue(tag)):
        said_in, source = russian.get(key(message), ("",)), english(message)
        places = "; ".join(sorted(map(place, files_of_texts().get(key(message), ())), key=_rank))
        for form, text in enumerate(forms(message)):
            ours, theirs = source[min(form, len(source) - 1)], said_in[min(form, len(said_in) - 1)]
            found.append(Line(name_of(message), form, ours, theirs, text, place=places))
    return sorted(found, key=lambda line: (_rank(line.place), line.place))


def _rank(said_in: str) -> int:
    """Return how early a reader should come to a text: nobody may have the time for all."""
    return 0 if any(room in said_in for room in _COMPLAINANTS) else 1 if "letter " in said_in else 2


def write_csv(table: Iterable[Line], path: Path) -> None:
    """Write the table as CSV that table programs open as UTF-8, without working anything out."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_inert(str(cell)) for cell in astuple(line)] for line in table)


def write_xlsx(table: Iterable[Line], path: Path) -> None:
    """Write the table as XLSX."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, wrapped = book.add_worksheet("review"), book.add_format({"text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width, wrapped)
        for row, cells in enumerate([COLUMNS, *map(astuple, table)]):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, str(cell))


def read(path: Path) -> list[Line]:
    """Read a table back, CSV or XLSX.

    Raises:
        ValueError: it is no table of ours.
    """
    rows = _rows_of_xlsx(path) if path.suffix.lower() == ".xlsx" else _rows_of_csv(path)
    if not rows or any(column not in rows[0] for column in COLUMNS[:7]):
        message = f"{path} has not the columns {', '.join(COLUMNS)}"
        raise ValueError(message)
    found = []
    for row in rows[1:]:
        cells = dict(zip(rows[0], row, strict=False))
        if cells.get("text", "").strip():
            words = {column: cells.get(column, "") for column in COLUMNS if column != "form"}
            found.append(Line(form=int(float(cells.get("form") or 0)), **words))
    return found


def write_page(tag: str, name: str, table: Iterable[Line], folder: Path) -> None:
    """Write the table as one page for a browser or for paper, with the pictures beside it that were taken."""
    taken = sorted(path.stem for path in (PICTURES / tag).glob("*.png"))
    for picture in taken:
        (folder / f"{picture}.png").write_bytes((PICTURES / tag / f"{picture}.png").read_bytes())
    shown = {
        name_of(message): pictures_of(files_of_texts().get(key(message), ()), taken)
        for message in messages(catalogue(tag))
    }
    body = "".join(_row(line, shown.get(line.text, [])) for line in table)
    head = "".join(f"<th>{column}" for column in ("text", "English", "Russian", name, "said in", "remark"))
    (folder / "index.html").write_text(_PAGE.format(tag=tag, name=html.escape(name), head=head, body=body), "utf-8")


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>
<style>body{{font:15px/1.4 sans-serif;margin:1rem}}table{{border-collapse:collapse}}td,th{{border:1px solid #999;\
padding:.3rem;vertical-align:top;text-align:left}}th{{position:sticky;top:0;background:#fff}}td:last-child{{min-width:12rem}}\
</style><h1>{name}</h1><p>Write corrections into review.xlsx or review.csv, in the column correction.</p>
<table><thead><tr>{head}</thead><tbody>{body}</tbody></table></html>
"""


def _row(line: Line, pictures: list[str]) -> str:
    links = " ".join(f'<a href="{picture}.png">{picture}</a>' for picture in pictures)
    cells = (f"{line.text}&nbsp;{line.form}", *map(html.escape, (line.english, line.russian, line.translation)))
    return f"<tr>{''.join(f'<td>{cell}' for cell in cells)}<td>{html.escape(line.place)}<br>{links}<td>"


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _alive(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _rows_of_csv(path: Path) -> list[list[str]]:
    text = path.read_text("utf-8-sig")
    comma = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    return [[_alive(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=comma)]


def _rows_of_xlsx(path: Path) -> list[list[str]]:
    """Read the first sheet, as Excel, LibreOffice and we ourselves write it."""
    with zipfile.ZipFile(path) as book:
        shared = [_text(each) for each in _xml(book, _SHARED).iter(f"{_XML}si")] if _SHARED in book.namelist() else []
        return [_cells(row, shared) for row in _xml(book, _SHEET).iter(f"{_XML}row")]


def _xml(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(name))  # noqa: S314 a reader of ours sent it, and nobody serves it


def _cells(row: ET.Element, shared: list[str]) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{_XML}c"):
        column = sum((ord(letter) - 64) * 26**at for at, letter in enumerate(reversed(_letters(cell)))) - 1
        cells += [""] * (column - len(cells))
        text = _text(cell)
        cells.append(shared[int(text)] if cell.get("t") == "s" and text else text)
    return cells


def _letters(cell: ET.Element) -> str:
    return (cell.get("r") or "A").rstrip("0123456789")


def _text(element: ET.Element) -> str:
    """Return the text of a cell or of a shared string."""
    return "".join(each.text or "" for each in element.iter() if each.tag in (f"{_XML}t", f"{_XML}v"))
