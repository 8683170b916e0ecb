"""What signing in asks, and asking for the password again."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, ValidationError
from wtforms.validators import InputRequired

from intake.members.sign_in import Offered
from intake.web.forms import DeskForm, Line

LONGEST_CODE = 60  # characters


class SignInForm(DeskForm):
    """Address, and two of password, one-time code and recovery code."""

    address = Line(validators=[InputRequired(_l("Type the e-mail address that your colleagues know you by."))])
    password = PasswordField()
    code = Line()
    recovery = Line()
    next = HiddenField()

    def validate_password(self, field: PasswordField) -> None:
        """Ask for the password, unless a recovery code stands in for it."""
        if not field.data and not self.recovery.data:
            raise ValidationError(gettext("Type your password."))

    def validate_code(self, field: Line) -> None:
        """Ask for the code, unless a recovery code stands in for it."""
        if not field.data and not self.recovery.data:
            raise ValidationError(gettext("Type the six digits that your app shows now."))

    def validate_recovery(self, field: Line) -> None:
        """Refuse a recovery code that stands in for nothing, or for both."""
        if field.data and not self.password.data and not self.code.data:
            raise ValidationError(
                gettext("A recovery code stands in for the password or for the six digits, never for both.")
            )
        if field.data and self.password.data and self.code.data:
            raise ValidationError(
                gettext("Leave empty what the recovery code stands in for: the password or the six digits.")
            )

    def offered(self) -> Offered:
        """Return what was typed, once it is valid."""
        return Offered(
            self.address.data or "",
            self.password.data or "",
            (self.code.data or "")[:LONGEST_CODE],
            (self.recovery.data or "")[:LONGEST_CODE],
        )

    def local_next(self) -> str | None:
        """Return the desk page to go on to; None where it leads anywhere else."""
        return local(self.next.data)


class ConfirmForm(DeskForm):
    """The password again, before something grave."""

    password = PasswordField(validators=[InputRequired(_l("Type your password."))])
    next = HiddenField()

    def local_next(self) -> str | None:
        """Return the desk page to go on to; None where it leads anywhere else."""
        return local(self.next.data)


def local(next_path: Any) -> str | None:  # noqa: ANN401 what a hidden field may hold
    """Return a path if it leads to a page of the desk."""
    path = next_path or ""
    safe = path.startswith("/desk/") and not path.startswith("//") and "\\" not in path and ":" not in path
    return path if safe else None
