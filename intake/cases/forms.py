"""What the case page asks of a desk: an answer, a status, a reason, how it was made sure who asks for a new code."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectMultipleField, ValidationError
from wtforms.validators import AnyOf

from intake.cases import bulk, transfer
from intake.cases.conversation import LONGEST_MESSAGE, LONGEST_ONCE, MOST_BYTES, Words, once
from intake.cases.deletion import REASONS
from intake.cases.models import PUBLISHED, Case
from intake.cases.paper_form import AtMost, PaperForm
from intake.cases.renewal import CHECKS
from intake.cases.replies import LONGEST_TITLE, PLACES, unknown_places
from intake.cases.statuses import GIVEN, asks_words, offered
from intake.cases.words import REPLY_LANGUAGES
from intake.i18n import COUNTRY_NAMES, now
from intake.web.forms import Characters, DeskForm, Line, Text, clean_line, is_longer, row_number

LONGEST_WORDS = 1_000
LONGEST_LABEL = 40
LONGEST_NAME = 60  # of a saved view
LONGEST_REFERENCE = 20
_YEAR = timedelta(days=366)
JOURNALIST, NAME = SIGNATURES = ("acca", "name")  # what a complainant sees a message signed with


class MessageForm(DeskForm):
    """An answer to the complainant."""

    text = Text(
        validators=[Characters(1, LONGEST_MESSAGE, MOST_BYTES, _l("Write your message, then press the button."))]
    )
    signed = Line(default=JOURNALIST, validators=[AnyOf(SIGNATURES, message=_l("Choose how you sign."))])
    asks = BooleanField()
    once = HiddenField(default=once)
    kept = HiddenField()

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
    before: str = ""

    def after(self, status: str) -> "StatusForm":
        """Return the form, for a case that has this status now."""
        self.before = status
        return self

    def validate_status(self, field: Line) -> None:
        """Refuse what does not follow on the status that the case has."""
        if field.data in GIVEN and field.data not in offered(self.before):
            raise ValidationError(self.not_now())

    def refuse(self) -> None:
        """Say that this status does not follow on the one that the case has by now."""
        self.status.errors = [self.not_now()]

    @staticmethod
    def not_now() -> str:
        """Return the sentence that says so."""
        return gettext("The case cannot get this status now. Choose one of these, or look at what changed meanwhile.")

    def validate_words(self, field: Text) -> None:
        """Ask for the link, to whom, or why; refuse words where the complainant would not see them."""
        text = field.data or ""
        needed = self.status.data in GIVEN and asks_words(self.before, self.status.data or "")
        if needed and not text:
            raise ValidationError(gettext("Say it in the field: the link, to whom it was passed on, or why."))
        if is_longer(text, LONGEST_WORDS):
            raise ValidationError(gettext("This is too long: %(most)s characters at most.", most="1000"))
        if self.status.data == PUBLISHED and not _is_link(text):
            raise ValidationError(gettext("Write the whole link, beginning with https://"))
        if text and self.status.data in GIVEN and not needed:
            raise ValidationError(
                gettext("These words go with what is done, and with taking it up again. Else write a message.")
            )


class KeepForm(DeskForm):
    """Why a case is kept although its deletion was asked."""

    reason = Line(validators=[AnyOf(REASONS, message=_l("Choose why the case must be kept."))])


class NewCodeForm(DeskForm):
    """How it was made sure who asks for a new code; the code that the page was made with comes along, signed."""

    check = Line(validators=[AnyOf(CHECKS, message=_l("Say how you made sure who asks. Else give no code."))])
    code = HiddenField()


class NoteForm(PaperForm):
    """A note of the desk."""

    note = Text(validators=[AtMost(LONGEST_MESSAGE)])

    def validate_note(self, field: Text) -> None:
        """Ask for a text."""
        if not field.data:
            raise ValidationError(gettext("Write the note, then press the button."))


class PersonalForm(PaperForm):
    """A personal note; empty, it is thrown away."""

    personal = Text(validators=[AtMost(LONGEST_MESSAGE)])


class DraftForm(PaperForm):
    """A message that is not sent yet; empty, it is thrown away."""

    text = Text(validators=[AtMost(LONGEST_MESSAGE)])
    signed = Line(default=JOURNALIST)
    asks = BooleanField()
    reply = HiddenField()

    def words(self) -> dict[str, Any]:
        """Return the draft."""
        signed = NAME if self.signed.data == NAME else JOURNALIST
        return {
            "text": self.text.data or "",
            "signed": signed,
            "asks": bool(self.asks.data),
            "once": self.once_only,
        }

    @property
    def reply_id(self) -> int | None:
        """The number of the canned reply that was chosen; none if it is no number."""
        try:
            return row_number(self.reply.data or "")
        except ValueError:
            return None


class ContactForm(DeskForm):
    """That the rules were read, and which ones."""

    known = HiddenField()


class ReplyForm(DeskForm):
    """A canned reply."""

    language = Line(validators=[AnyOf([tag for tag, _ in REPLY_LANGUAGES], message=_l("Choose a language."))])
    title = Line()
    text = Text(validators=[AtMost(LONGEST_MESSAGE)])

    def validate_title(self, field: Line) -> None:
        """Ask for a name to choose it by."""
        if not field.data or is_longer(field.data, LONGEST_TITLE):
            raise ValidationError(gettext("A name has 1 to %(most)d characters.", most=LONGEST_TITLE))

    def validate_text(self, field: Text) -> None:
        """Ask for a text, in which everything in braces can be filled in."""
        if not field.data:
            raise ValidationError(gettext("Write the reply, then press the button."))
        unknown = unknown_places(field.data)
        if unknown:
            raise ValidationError(
                gettext(
                    "Nobody knows how to fill in %(unknown)s. Known are: %(known)s.",
                    unknown=", ".join(unknown),
                    known=places(),
                )
            )


def places() -> str:
    """Return what may stand in a canned reply to be filled in, as it is written."""
    return ", ".join(f"{{{name}}}" for name in PLACES)


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "") and not set(text) & set(" \n\t<>\"'")


class ReasonForm(DeskForm):
    """Why: what a colleague, or the desk, reads about a step."""

    reason = Text(validators=[Characters(1, LONGEST_WORDS, MOST_BYTES, _l("Write why, in a few words."))])


class ToForm(DeskForm):
    """Somebody, or a desk, chosen by number; and who or what stood there when the page was made."""

    to = Line()
    before = Line()

    @property
    def to_id(self) -> int:
        """The number that was chosen; one that no row has where it is none."""
        return _row_or(self.to, 0) or 0

    @property
    def before_id(self) -> int | None:
        """The number that stood there before, if any did."""
        return _row_or(self.before, None)

    def refuse(self, words: str) -> None:
        """Say what is wrong with the choice."""
        self.to.errors = [words]


class OfferForm(ToForm):
    """A colleague, with a word about the case."""

    word = Text(validators=[Characters(1, LONGEST_WORDS, MOST_BYTES, _l("Write a word about the case."))])

    def validate_to(self, field: Line) -> None:
        """Ask for somebody."""
        if not field.data:
            raise ValidationError(gettext("Choose a colleague."))


class TransferForm(ToForm):
    """Another desk, and why the case goes there."""

    reason = Text(validators=[Characters(1, LONGEST_WORDS, MOST_BYTES, _l("Write why, in a few words."))])
    country = Line()
    asks_country = False

    def about(self, case: Case) -> "TransferForm":
        """Return the form, for this case: it asks for the country where that is not confirmed."""
        self.asks_country = transfer.asks_country(case)
        return self

    @property
    def confirmed(self) -> str | None:
        """The country that was chosen, where it was asked for."""
        return self.country.data or None if self.asks_country else None

    def validate_to(self, field: Line) -> None:
        """Ask for a desk."""
        if not field.data:
            raise ValidationError(gettext("Choose a desk."))

    def validate_country(self, field: Line) -> None:
        """Ask for a country where nobody has confirmed one."""
        if self.asks_country and field.data not in COUNTRY_NAMES:
            raise ValidationError(gettext("Choose the country that the mail is about."))


class UrgencyForm(ReasonForm):
    """Whether a case is urgent, and why."""

    urgent = Line(validators=[AnyOf(("1", "0"))])


class DueForm(DeskForm):
    """The day on which a case is due; empty for none."""

    day = Line()
    chosen: date | None = None

    def validate_day(self, field: Line) -> None:
        """Refuse what is no day, is over, or is more than a year ahead."""
        try:
            self.chosen = date.fromisoformat(field.data) if field.data else None
        except ValueError as error:
            raise ValidationError(gettext("Choose a day, or write it as year-month-day: 2027-02-28.")) from error
        if self.chosen is not None and not timedelta() < self.chosen - now().date() <= _YEAR:
            raise ValidationError(gettext("Choose a day from tomorrow on, within a year."))


class LabelForm(DeskForm):
    """The name of a label."""

    name = Line(validators=[Characters(1, LONGEST_LABEL, MOST_BYTES, _l("Write the label."))])


def _row_or(field: Line, otherwise: int | None) -> int | None:
    try:
        return row_number(field.data or "")
    except ValueError:
        return otherwise


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
