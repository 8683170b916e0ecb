"""What the return visit asks: the code, a message, feedback."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, ValidationError
from wtforms.validators import AnyOf, DataRequired, Optional

from intake.cases import return_code
from intake.cases.conversation import LONGEST_MESSAGE, LONGEST_ONCE, MOST_BYTES, Words, once
from intake.cases.feedback import QUESTIONS, RATINGS
from intake.web.forms import Characters, Line, PublicForm, Text
from intake.web.recordings import Recording

LONGEST_OPINION = 2000


class ReturnForm(PublicForm):
    """The return code, as a person types it: any digits, spaces, dashes. Also what confirms what is not taken back."""

    code = Line()

    def validate_code(self, field: Line) -> None:
        """Say kindly what is wrong with a mistyped code."""
        try:
            self.digits = return_code.read(field.data or "")
        except return_code.CodeError as error:
            raise ValidationError(_kind_words(error)) from error


class MessageForm(PublicForm):
    """A message to the journalists."""

    text = Text(
        validators=[
            Characters(1, LONGEST_MESSAGE, MOST_BYTES, _l("Write what you want to say, then press the button."))
        ]
    )
    once = HiddenField(default=once)

    def words(self) -> Words:
        """Return the message, once it is valid."""
        return Words(self.text.data or "", (self.once.data or once())[:LONGEST_ONCE])


class FeedbackForm(PublicForm):
    """What the person thought of the help."""

    relevance = Line(validators=[Optional(), AnyOf([str(n) for n in RATINGS], message=_l("Choose from 1 to 5."))])
    usefulness = Line(validators=[Optional(), AnyOf([str(n) for n in RATINGS], message=_l("Choose from 1 to 5."))])
    good = Text(validators=[Characters(0, LONGEST_OPINION, MOST_BYTES, "")])
    bad = Text(validators=[Characters(0, LONGEST_OPINION, MOST_BYTES, "")])

    def ratings(self) -> dict[str, int]:
        """Return the ratings that were given."""
        return {name: int(self[name].data) for name in QUESTIONS if self[name].data}

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 the signature is the base's
        """Refuse feedback that says nothing."""
        if not super().validate(extra_validators):
            return False
        if any(field.data for field in self):
            return True
        self.form_errors.append(gettext("Answer at least one question, or go back to your case."))
        return False


class VoiceMessageForm(PublicForm):
    """A recording for the case, and perhaps words that go with it."""

    recording = Recording(
        validators=[
            DataRequired(
                _l(
                    "Record or choose a voice message. If you had done so before you typed your code, please do it "
                    "again: we could not keep it meanwhile."
                )
            )
        ]
    )
    story = Text(validators=[Characters(0, LONGEST_MESSAGE, MOST_BYTES, "")])


def _kind_words(error: return_code.CodeError) -> str:
    if error.reason == "empty":
        return gettext("Type your code: the 24 digits that we showed you after you sent your message.")
    if error.reason == "letters":
        return gettext("A code has digits only. Please look for letters that slipped in.")
    if error.reason == "length":
        return gettext(
            "A code has 24 digits, and you typed %(count)d. Please compare them with what you wrote down.",
            count=error.digits,
        )
    return gettext("One of the digits seems to be wrong. Please compare them with what you wrote down, four by four.")
