"""What an evidence bundle asks: for whom, and which files."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import AnyOf

from intake.cases import bundle
from intake.cases.bundle import Wish
from intake.web.forms import DeskForm, Line


class BundleForm(DeskForm):
    """For whom a bundle is, and which files are in it."""

    audience = Line(validators=[AnyOf(bundle.AUDIENCES, message=_l("Choose for whom the bundle is."))])
    files = SelectMultipleField(validate_choice=False)

    def wish(self) -> Wish:
        """Return what is wanted, once it is valid."""
        return Wish(self.audience.data or "", frozenset(self.files.data or ()))

    def refuse_choice(self) -> None:
        """Say that no file of the case was chosen."""
        self.files.errors = [gettext("Choose at least one of the files below.")]
