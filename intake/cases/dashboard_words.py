"""How the dashboard says what it counts."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from intake.cases.small_numbers import FEWER, FEWEST, Cell
from intake.i18n import number
from intake.reference.leaf_codes import LEAVES

WEEKS, COUNTRIES, LANGUAGES, DETECTED, VIOLATED = "weeks", "countries", "languages", "detected", "violations"
PERIODS = {
    "4w": _l("4 weeks"),
    "13w": _l("13 weeks"),
    "year": _l("A year"),
    "own": _l("The days below"),
}
SERIES = {
    WEEKS: _l("Arrivals by week"),
    COUNTRIES: _l("Arrivals by country"),
    LANGUAGES: _l("Arrivals by language of the form"),
    DETECTED: _l("Arrivals by language of the words"),
    VIOLATED: _l("Violations that the desk coded"),
}
OF = {
    WEEKS: _l("Week from Monday"),
    COUNTRIES: _l("Country"),
    LANGUAGES: _l("Language of the form"),
    DETECTED: _l("Language of the words"),
    VIOLATED: _l("Violation"),
}
IGNORED = {
    "desk": _l("There is no such desk among yours: all are shown."),
    "period": _l("There is no such period: 13 weeks are shown."),
    "since": _l("The first day is not a date: 13 weeks are shown."),
    "until": _l("The last day is not a date: 13 weeks are shown."),
    "days": _l("The first day is after the last, or three years before it and more: 13 weeks are shown."),
    "for": _l("There is no such view: yours is shown."),
}
CODES = {
    code: leaf.listed for code, leaf in LEAVES.items()
}  # whoever passes a screen, or is shown a page, reads no more


def said(cell: Cell) -> str:
    """Return a number as people read it, or what stands in its place."""
    if cell.count is not None:
        return number(cell.count)
    return f"<{number(FEWEST)}" if cell.hidden == FEWER else gettext("held back")
