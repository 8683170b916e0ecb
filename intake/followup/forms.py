"""What the return page asks: the code."""

from flask_babel import gettext
from wtforms import ValidationError

from intake.cases import return_code
from intake.web.forms import Line, PublicForm


class ReturnForm(PublicForm):
    """The return code, as a person types it: any digits, spaces, dashes."""

    code = Line()

    def validate_code(self, field: Line) -> None:
        """Say kindly what is wrong with a mistyped code."""
        try:
            self.digits = return_code.read(field.data or "")
        except return_code.CodeError as error:
            raise ValidationError(_kind_words(error)) from error


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
