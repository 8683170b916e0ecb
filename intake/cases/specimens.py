"""What the page of components is shown with: invented, in every state that a component has."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField, TextAreaField

from intake.cases import dashboard_words as words
from intake.cases import small_numbers
from intake.cases.board import Bar, Series
from intake.cases.models import ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, NOT_A_COMPLAINT, RECEIVED
from intake.i18n import COUNTRY_NAMES, MEGABYTE
from intake.web.forms import DeskForm

WHEN = datetime(2026, 11, 22, 9, 40, tzinfo=UTC)
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitän"  # 42 letters
RIGHT_TO_LEFT = "برادرم را از خانه بردند و خبری از او نیست"
WITHOUT_SPACE = "scan_" + 60 * "0" + ".jpg"
STATUSES = (RECEIVED, ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, NOT_A_COMPLAINT)
CODE = ("4863", "8631", "2311", "2565", "2833", "9118")
_PER_WEEK = (0, 7, 3, 12, 31, 2, 18, 9, 6, 14, 1, 22, 17)
_PER_COUNTRY = (48, 3, 61, 2, 17, 11)
_ANSWERS = {"name": f"Zarina {LONG_WORD}", "story": RIGHT_TO_LEFT, "country": "KZ", "role": "editor", "ticked": "1"}


class SpecimenForm(DeskForm):
    """One field of each kind."""

    name = StringField()
    story = TextAreaField()
    country = SelectField(choices=(), validate_choice=False)
    role = StringField()
    ticked = StringField()


def _form(wrong: str = "", **data: Any) -> SpecimenForm:  # noqa: ANN401 what a field holds
    form = SpecimenForm(MultiDict(), data=data)
    for asked in form:
        asked.errors = [wrong] if wrong else []
    return form


def _case(**known: object) -> SimpleNamespace:
    return SimpleNamespace(**{"reference": "KZ-3F8K-2M", "urgent": False, "alarm_at": None, "due_at": None, **known})


def _message(text: str, **known: object) -> SimpleNamespace:
    of_desk = {"member_id": 1, "signed": "", "text": text, "sent_at": WHEN, "read_at": None}
    return SimpleNamespace(**{**of_desk, **known})


def _series(name: str, labels: list[str], counts: tuple[int, ...], *, protected: bool = False) -> Series:
    cells = (small_numbers.protect(counts) or []) if protected else [small_numbers.Cell(count) for count in counts]
    bars = [Bar(label, cell, label) for label, cell in zip(labels, cells, strict=True)]
    return Series(name, str(words.SERIES[name]), str(words.OF[name]), bars)


def _weeks() -> list[str]:
    return [f"{(WHEN + timedelta(weeks=week)):%d.%m.}" for week in range(len(_PER_WEEK))]


def _charts() -> list[Series]:
    countries = [str(name) for name in COUNTRY_NAMES.values()]
    bare = _series(words.COUNTRIES, countries, _PER_COUNTRY)
    return [
        _series(words.WEEKS, _weeks(), _PER_WEEK),
        replace(_series(words.COUNTRIES, countries, _PER_COUNTRY, protected=True), name="hidden"),
        _series(words.LANGUAGES, [LONG_WORD, RIGHT_TO_LEFT], (1200, 1)),
        replace(bare, name="none", bars=[]),
        replace(bare, name="left_out", bars=[], left_out=True),
    ]


@dataclass(frozen=True)
class Specimens:
    """All that the components are shown with, in the language being written now."""

    when: datetime = WHEN
    colleague: str = "Zarina"
    long_word: str = LONG_WORD
    right_to_left: str = RIGHT_TO_LEFT
    without_space: str = WITHOUT_SPACE
    statuses: tuple[str, ...] = STATUSES
    code: tuple[str, ...] = CODE
    empty: SpecimenForm = field(default_factory=_form)
    filled: SpecimenForm = field(default_factory=lambda: _form(**_ANSWERS))
    wrong: SpecimenForm = field(
        default_factory=lambda: _form(gettext("Choose the country where it happened."), **_ANSWERS)
    )
    cases: list[SimpleNamespace] = field(
        default_factory=lambda: [
            _case(),
            _case(due_at=WHEN),
            _case(urgent=True, alarm_at=WHEN),
            _case(urgent=True, alarm_at=WHEN, due_at=WHEN),
        ]
    )
    messages: list[SimpleNamespace] = field(
        default_factory=lambda: [
            _message(gettext("What happened?"), member_id=None, read_at=WHEN),
            _message(RIGHT_TO_LEFT, member_id=None),
            _message(f"{LONG_WORD} {WITHOUT_SPACE}"),
            _message("— 1\n— 2\n\n— 3", signed="Zarina", read_at=WHEN),
        ]
    )
    files: list[SimpleNamespace] = field(
        default_factory=lambda: [
            SimpleNamespace(file_name="court.jpg", size=3 * MEGABYTE, refusal="", known=False),
            SimpleNamespace(file_name=WITHOUT_SPACE, size=2 * MEGABYTE, refusal="", known=True),
            SimpleNamespace(
                file_name=RIGHT_TO_LEFT, size=1, refusal=gettext("Choose the country where it happened."), known=False
            ),
        ]
    )
    series: list[Series] = field(default_factory=_charts)
