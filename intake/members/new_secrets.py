"""What is asked of new secrets, on whatever form they are chosen: a strong password, an app that was set up."""

from flask_babel import gettext
from wtforms import HiddenField, PasswordField, ValidationError

from intake.members import one_time_codes, secrets
from intake.web.forms import Line


def check_password(field: PasswordField, *about: str) -> None:
    """Refuse a new password that can be guessed.

    Args:
        field: where it was typed.
        about: words about its owner, which who guesses would try.

    Raises:
        wtforms.ValidationError: saying why.
    """
    password = field.data or ""
    if len(password) > secrets.LONGEST_PASSWORD:
        raise ValidationError(
            gettext("This password is too long: %(most)d characters at most.", most=secrets.LONGEST_PASSWORD)
        )
    if not secrets.is_strong(password, *about):
        raise ValidationError(
            gettext("This password could be guessed. Take several words that do not belong together, or ours.")
        )


def check_enrolment(secret: HiddenField, field: Line) -> int:
    """Return the step of the code that was typed from an app that took this secret.

    Raises:
        wtforms.ValidationError: it is not right.
    """
    if not one_time_codes.is_secret(secret.data or ""):
        secret.data = one_time_codes.new_secret()
        raise ValidationError(gettext("The secret is another now: let your app take it once more."))
    step = one_time_codes.matching_step(secret.data or "", field.data or "", 0)
    if step is None:
        raise ValidationError(
            gettext("These are not the digits that the app shows now. Is the clock of your phone set by itself?")
        )
    return step
