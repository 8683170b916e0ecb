"""What a copy of a case, a marked passage and a list to take along ask."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, ValidationError
from wtforms.validators import AnyOf

from intake.cases import blacking, consent, copy_words
from intake.cases.blacking import Passage
from intake.cases.copies import Wish
from intake.web.forms import Characters, DeskForm, Line, Text, row_number

LONGEST_PASSAGE, LONGEST_INSTEAD = 2_000, 40  # characters
MOST_BYTES = 20_000


NOWHERE = -1  # a place that nothing has


class CopyForm(DeskForm):
    """For whom a copy is, and in which form."""

    audience = Line(validators=[AnyOf(consent.AUDIENCES, message=_l("Choose for whom the copy is."))])
    form = Line(default=copy_words.PDF, validators=[AnyOf(copy_words.FORMS, message=_l("Choose a form."))])
    reach = BooleanField()
    blacked = BooleanField()
    originals = BooleanField()

    def validate_originals(self, field: BooleanField) -> None:
        """Refuse an original where something shall be blacked out."""
        if field.data and self.blacked.data and self.audience.data == consent.INSIDE:
            raise ValidationError(gettext("Nothing can be blacked out in an original. Untick one of the two."))

    def wish(self) -> Wish:
        """Return what is wanted, once it is valid."""
        audience = self.audience.data or ""
        inside = audience == consent.INSIDE
        reach, blacked, originals = (
            inside and bool(field.data) for field in (self.reach, self.blacked, self.originals)
        )
        return Wish(audience, reach=reach, blacked=blacked, originals=originals)


class PassageForm(DeskForm):
    """A passage to be blacked out, and the version of the list that the page showed."""

    text = Text(
        validators=[Characters(1, LONGEST_PASSAGE, MOST_BYTES, _l("Write or paste what shall be blacked out."))]
    )
    kind = Line(default=blacking.NAME, validators=[AnyOf(blacking.KINDS, message=_l("Choose what it is."))])
    instead = Line(validators=[Characters(0, LONGEST_INSTEAD, 4 * LONGEST_INSTEAD, "")])
    base = HiddenField()

    def validate_text(self, field: Text) -> None:
        """Refuse what would stand nearly everywhere."""
        if field.data and blacking.letters(field.data) < blacking.SHORTEST:
            raise ValidationError(gettext("Write at least two letters or digits."))

    def passage(self) -> Passage:
        """Return the passage, once it is valid."""
        return Passage(self.text.data or "", self.kind.data or "", self.instead.data or "")

    @property
    def base_number(self) -> int:
        """The version of the list that the page showed; 0 where it is no number."""
        return _number(self.base.data)


class RemoveForm(DeskForm):
    """A passage that shall be seen again, by its place in the list."""

    place = HiddenField()
    base = HiddenField()

    @property
    def numbers(self) -> tuple[int, int]:
        """The place, and the version of the list that the page showed."""
        return _number(self.place.data, NOWHERE), _number(self.base.data)


def _number(text: str | None, otherwise: int = 0) -> int:
    try:
        return row_number(text or "")
    except ValueError:
        return otherwise
