"""What signing in asks."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from intake.web.forms import DeskForm, Line


class SignInForm(DeskForm):
    """Address and password."""

    address = Line(validators=[InputRequired(_l("Type the e-mail address that your colleagues know you by."))])
    password = PasswordField(validators=[InputRequired(_l("Type your password."))])
    next = HiddenField()

    def local_next(self) -> str | None:
        """Return the desk page to go on to; None where it leads anywhere else."""
        path: Any = self.next.data or ""
        safe = path.startswith("/desk/") and not path.startswith("//") and "\\" not in path and ":" not in path
        return path if safe else None
