"""CSV as spreadsheets open it, in which they take nothing for a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

BOM = "\ufeff"  # Excel takes UTF-8 for something else without it
_FORMULAS = frozenset("=+-@|%")  # what a spreadsheet may take for the beginning of a formula (OWASP, CSV Injection)


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows of cells as CSV in UTF-8 (RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return (BOM + text.getvalue()).encode()


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, whatever stands before the sign that nobody sees."""
    first = next((letter for letter in cell if not _is_unseen(letter)), "")
    risky = unicodedata.normalize("NFKC", first)[:1] in _FORMULAS if first else False
    return f"'{cell}" if risky or cell[:1] in {"\t", "\r", "\n"} else cell


def _is_unseen(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in {"Cf", "Cc", "Mn"}
