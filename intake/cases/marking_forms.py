"""What marking a file asks: a box in numbers, a press on a picture, a passage, and whether the file may leave."""

from flask_babel import gettext
from wtforms import HiddenField, ValidationError
from wtforms.fields import Field

from intake.cases import marking
from intake.cases.copy_forms import PassageForm
from intake.cases.file_redaction import WHOLE, Box
from intake.cases.marking import WIDTHS, Corner
from intake.web.forms import DeskForm, Line

USUAL_WIDTH, NARROWEST = WIDTHS[1], 160  # pixels; a script fits pictures to narrow screens
LONGEST_NUMBER = 4  # digits


class PartForm(DeskForm):
    """Which part of a file is shown, how wide, and the version of the marks that the page showed."""

    part = HiddenField()
    base = HiddenField()
    width = HiddenField()

    @property
    def numbers(self) -> tuple[int, int]:
        """The part and the version; 0 where they are no numbers."""
        return number(self.part.data) or 0, number(self.base.data) or 0

    @property
    def shown_width(self) -> int:
        """In how many pixels the picture was shown."""
        return width_in(self.width.data)


class BoxForm(PartForm):
    """A box, in thousandths of the picture's width and height."""

    x = Line()
    y = Line()
    w = Line()
    h = Line()

    def validate_h(self, field: Field) -> None:  # noqa: ARG002 the signature is WTForms'
        """Refuse what is no number, or no place on the picture."""
        if any(number(one.data) is None for one in (self.x, self.y, self.w, self.h)) or not self.box().is_possible:
            raise ValidationError(
                gettext(
                    "Give four whole numbers from 0 to %(most)s. The box must have a size, and lie on the picture.",
                    most=WHOLE,
                )
            )

    def box(self) -> Box:
        """Return the box, once it is valid."""
        return Box(self.numbers[0], *(number(one.data) or 0 for one in (self.x, self.y, self.w, self.h)))


class PressForm(PartForm):
    """A press on the picture: the first is a corner, the second the one opposite."""

    corner = HiddenField()
    across = HiddenField(name="press.x")
    down = HiddenField(name="press.y")

    def pressed(self, height: int) -> Corner | None:
        """Return where it was; nothing where a key pressed it, since nobody knows where then.

        Args:
            height: in how many pixels the picture was shown.
        """
        across, down = number(self.across.data), number(self.down.data)
        if across is None or down is None or (across, down) == (0, 0):
            return None
        return marking.corner(across, down, self.shown_width, height)

    @property
    def first(self) -> Corner | None:
        """The corner that was pressed before; nothing where there is none."""
        return corner_in(self.corner.data)


class UnmarkForm(PartForm):
    """A mark that shall be taken off, by its place in the list."""

    place = HiddenField()

    @property
    def place_number(self) -> int:
        """The place; -1 where it is none."""
        found = number(self.place.data)
        return -1 if found is None else found


class MarkPassageForm(PassageForm):
    """A passage of a text."""

    part = HiddenField()
    width = HiddenField()


class ReleaseForm(DeskForm):
    """Whether a file may leave as it is marked."""

    leaves = HiddenField()
    base = HiddenField()

    @property
    def base_number(self) -> int:
        """The version of the marks that the page showed."""
        return number(self.base.data) or 0


def corner_in(text: str | None) -> Corner | None:
    """Return the corner that is written in an address or a hidden field, such as ``120-800``; nothing if it is none."""
    numbers = [number(one) for one in (text or "").split("-")]
    known = [one for one in numbers if one is not None and one <= WHOLE]
    return (known[0], known[1]) if len(numbers) == len(known) == 2 else None  # noqa: PLR2004 across, and down


def width_in(text: str | None) -> int:
    """Return in how many pixels a picture is shown: the usual ones, where a text does not say."""
    asked = number(text)
    return asked if asked and NARROWEST <= asked <= WIDTHS[-1] else USUAL_WIDTH


def number(text: str | None) -> int | None:
    """Return a whole number of few digits, or nothing where a text is none."""
    return int(text) if text and len(text) <= LONGEST_NUMBER and text.isascii() and text.isdigit() else None
