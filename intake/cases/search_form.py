"""What a search asks: words, and where."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from wtforms import SelectField, ValidationError

from intake.cases.search import Filters
from intake.cases.search_words import Term, terms_of
from intake.web.forms import DeskForm, Line, row_number

LONGEST_SEARCH = 300  # characters


class SearchForm(DeskForm):
    """What to search for, and where; ``number`` is the page of results."""

    words = Line()
    desk = SelectField(default="", choices=[], validate_choice=False)
    country = SelectField(default="", choices=[], validate_choice=False)
    number = Line(default="1")

    def offer(self, own_desks: Sequence[tuple[str, str]], countries: Mapping[str, Any]) -> "SearchForm":
        """Offer the desks where somebody is seated, each with its name, and the countries; return the form."""
        every_desk, every_country = ("", gettext("All my desks")), ("", gettext("All countries"))
        self.desk.choices = [every_desk, *own_desks]
        self.country.choices = [every_country, *countries.items()]
        return self

    def validate_words(self, field: Line) -> None:
        """Ask for a word, and refuse what is longer than anybody searches for."""
        if len(field.data or "") > LONGEST_SEARCH:
            raise ValidationError(gettext("This is too long: %(most)s characters at most.", most=str(LONGEST_SEARCH)))
        if not self.terms():
            raise ValidationError(gettext("Write at least one word."))

    def validate_desk(self, field: SelectField) -> None:
        """Refuse what was not offered."""
        if field.data not in [value for value, *_ in field.iter_choices()]:
            raise ValidationError(gettext("Choose one from the list."))

    validate_country = validate_desk

    def terms(self) -> list[Term]:
        """Return what is searched for."""
        return terms_of(self.words.data or "")

    def filters(self) -> Filters:
        """Return where it is searched."""
        return Filters(int(self.desk.data) if self.desk.data else None, self.country.data or "")

    def page(self) -> int:
        """Return the page of results that is wanted; the first where that is no number."""
        try:
            return row_number(self.number.data or "1")
        except ValueError:
            return 1
