"""What it takes to link two cases, or to let one be worked on with the other."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import ValidationError
from wtforms.validators import AnyOf

from intake.cases import links, merges
from intake.i18n import number
from intake.web.forms import DeskForm, Line, Text, is_longer

LONGEST_REFERENCE = 20
LONGEST_REASON = 1_000  # characters


class LinkForm(DeskForm):
    """The other case, what the two are to each other, and why."""

    other = Line()
    kind = Line(
        default=links.RELATED,
        validators=[AnyOf((*links.KINDS, *merges.WAYS), message=_l("Choose what the two are to each other."))],
    )
    reason = Text()

    @property
    def merges(self) -> bool:
        """Whether one of the two shall be worked on with the other."""
        return self.kind.data in merges.WAYS

    def validate_other(self, field: Line) -> None:
        """Ask for the reference of a case."""
        if not 0 < len(field.data or "") <= LONGEST_REFERENCE:
            raise ValidationError(gettext("Write the reference of the other case."))

    def validate_reason(self, field: Text) -> None:
        """Ask for a reason; one that is too long is given back whole."""
        if not field.data:
            raise ValidationError(gettext("Write why, in a few words."))
        if is_longer(field.data, LONGEST_REASON):
            most = number(LONGEST_REASON)
            raise ValidationError(gettext("This is too long: %(most)s characters at most.", most=most))

    def refuse(self, words: str) -> None:
        """Say why the two cannot be that to each other."""
        self.other.errors = [words]
