"""What the case page asks of a desk: an answer, a status, a reason, how it was made sure who asks for a new code."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, ValidationError
from wtforms.validators import AnyOf

from intake.cases.conversation import LONGEST_MESSAGE, LONGEST_ONCE, MOST_BYTES, Words, once
from intake.cases.deletion import REASONS
from intake.cases.models import PUBLISHED
from intake.cases.renewal import CHECKS
from intake.cases.search import Filters
from intake.cases.search_words import Term, terms_of
from intake.cases.statuses import GIVEN, WITH_WORDS
from intake.web.forms import Characters, DeskForm, Line, Text, character_count, row_number

LONGEST_WORDS = 1_000
LONGEST_SEARCH = 300
JOURNALIST, NAME = SIGNATURES = ("acca", "name")  # what a complainant sees a message signed with


class MessageForm(DeskForm):
    """An answer to the complainant."""

    text = Text(
        validators=[Characters(1, LONGEST_MESSAGE, MOST_BYTES, _l("Write your message, then press the button."))]
    )
    signed = Line(default=JOURNALIST, validators=[AnyOf(SIGNATURES, message=_l("Choose how you sign."))])
    asks = BooleanField()
    once = HiddenField(default=once)

    def words(self, name: str) -> Words:
        """Return the message, once it is valid.

        Args:
            name: the name of the member who writes.
        """
        return Words(
            text=self.text.data or "",
            once=(self.once.data or once())[:LONGEST_ONCE],
            signed=name if self.signed.data == NAME else "",
            asks=bool(self.asks.data),
        )


class StatusForm(DeskForm):
    """A status, and the words that go with some of them."""

    status = Line(validators=[AnyOf(GIVEN, message=_l("Choose a status."))])
    words = Text()

    def validate_words(self, field: Text) -> None:
        """Ask for the link, to whom, or why; refuse words where the complainant would not see them."""
        count = character_count((field.data or "")[: 100 * LONGEST_WORDS])
        if self.status.data in WITH_WORDS and not count:
            raise ValidationError(gettext("Say it in the field: the link, to whom it was passed on, or why."))
        if count > LONGEST_WORDS:
            raise ValidationError(gettext("This is too long: %(most)s characters at most.", most="1000"))
        if self.status.data == PUBLISHED and not _is_link(field.data or ""):
            raise ValidationError(gettext("Write the whole link, beginning with https://"))
        if count and self.status.data in GIVEN and self.status.data not in WITH_WORDS:
            raise ValidationError(gettext("These words go with published, passed on and closed. Else write a message."))


class KeepForm(DeskForm):
    """Why a case is kept although its deletion was asked."""

    reason = Line(validators=[AnyOf(REASONS, message=_l("Choose why the case must be kept."))])


class NewCodeForm(DeskForm):
    """How it was made sure who asks for a new code; the code that the page was made with comes along, signed."""

    check = Line(validators=[AnyOf(CHECKS, message=_l("Say how you made sure who asks. Else give no code."))])
    code = HiddenField()


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


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "") and not set(text) & set(" \n\t<>\"'")
