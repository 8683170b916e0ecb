"""What every form of a paper shares: how long its texts may be, and which version it showed."""

from flask_babel import gettext
from wtforms import HiddenField, ValidationError

from intake.cases.conversation import LONGEST_ONCE, once
from intake.i18n import number as grouped
from intake.web.forms import DeskForm, Text, is_longer


class AtMost:
    """Bounds how long a text of the desk may be; too long, it is given back whole."""

    def __init__(self, most: int) -> None:
        """Keep how many characters a person may see."""
        self.most = most

    def __call__(self, form: DeskForm, field: Text) -> None:  # noqa: ARG002 the signature is WTForms'
        """Refuse what is longer."""
        if is_longer(field.data or "", self.most):
            raise ValidationError(gettext("This is too long: %(most)s characters at most.", most=grouped(self.most)))


class PaperForm(DeskForm):
    """What a member keeps of a case: the version that the form showed comes along, and the form's random word."""

    kept = HiddenField()
    once = HiddenField(default=once)

    @property
    def once_only(self) -> str:
        """The form's random word, of a length that can be kept."""
        return (self.once.data or once())[:LONGEST_ONCE]
