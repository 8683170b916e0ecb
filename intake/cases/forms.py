"""What the case page asks of a desk: an answer, a status, a reason, how it was made sure who asks for a new code."""

from urllib.parse import urlsplit

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectMultipleField, ValidationError
from wtforms.validators import AnyOf

from intake.cases import bulk
from intake.cases.conversation import LONGEST_MESSAGE, LONGEST_ONCE, MOST_BYTES, Words, once
from intake.cases.deletion import REASONS
from intake.cases.models import PUBLISHED
from intake.cases.renewal import CHECKS
from intake.cases.statuses import GIVEN, WITH_WORDS
from intake.web.forms import Characters, DeskForm, Line, Text, character_count, clean_line, row_number

LONGEST_WORDS = 1_000
LONGEST_NAME = 60  # of a saved view
LONGEST_REFERENCE = 20
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


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "") and not set(text) & set(" \n\t<>\"'")


class BulkForm(DeskForm):
    """What shall be done to the cases that are ticked, or to all that the page shows."""

    case = SelectMultipleField(validate_choice=False)
    shown = SelectMultipleField(validate_choice=False)
    all = BooleanField()
    act = Line()

    def validate_act(self, field: Line) -> None:
        """Refuse what is no act, and cases that are none."""
        act, _, number = (field.data or "").partition(":")
        if act not in bulk.ACTS or (act in bulk.WITH_NUMBER and not _is_row_number(number)):
            raise ValidationError(gettext("Choose what to do with the cases."))
        if not self.references():
            raise ValidationError(gettext("Tick the cases first."))

    def references(self) -> tuple[str, ...]:
        """Return the references of the cases."""
        ticked = [*(self.case.data or []), *((self.shown.data or []) if self.all.data else [])]
        known = {one for one in map(clean_line, ticked) if 0 < len(one) <= LONGEST_REFERENCE}
        return tuple(sorted(known)[: bulk.MOST])

    def wish(self) -> bulk.Wish:
        """Return what shall be done, once it is valid."""
        act, _, number = (self.act.data or "").partition(":")
        return bulk.Wish(self.references(), act, int(number) if act in bulk.WITH_NUMBER else 0)


class SavedViewForm(DeskForm):
    """The name of a view, and whether others see it."""

    name = Line(validators=[Characters(1, LONGEST_NAME, 4 * LONGEST_NAME, _l("Give the view a name."))])
    shared = BooleanField()
    query = HiddenField()


def _is_row_number(text: str) -> bool:
    try:
        return row_number(text) > 0
    except ValueError:
        return False
