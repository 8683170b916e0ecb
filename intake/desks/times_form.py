"""What a desk's times are asked with."""

import re

from flask_babel import gettext
from wtforms import ValidationError

from intake.desks import times
from intake.desks.models import Desk
from intake.desks.times import HOUR, LEAST_OTHER, LEAST_URGENT, MOST_OTHER, MOST_URGENT, Times
from intake.web.forms import DeskForm, Line

_NUMBER = re.compile("[0-9]{1,6}")


class TimesForm(DeskForm):
    """Within how many minutes and hours a desk acknowledges its cases, and where its clocks run."""

    urgent = Line()
    other = Line()
    zone = Line()

    @classmethod
    def of(cls, desk: Desk) -> "TimesForm":
        """Return the form with a desk's times in it."""
        hours, rest = divmod(desk.other_minutes, HOUR)
        return cls(None, urgent=str(desk.urgent_minutes), other=str(hours + bool(rest)), zone=desk.time_zone)

    def validate_urgent(self, field: Line) -> None:
        """Refuse what is no number of minutes within the bounds."""
        _bounded(field, LEAST_URGENT, MOST_URGENT)

    def validate_other(self, field: Line) -> None:
        """Refuse what is no number of hours within the bounds, or less than urgent cases have."""
        hours = _bounded(field, LEAST_OTHER, MOST_OTHER)
        if not self.urgent.errors and hours * HOUR < int(self.urgent.data or 0):
            raise ValidationError(gettext("Other cases cannot be more urgent than the urgent ones."))

    def validate_zone(self, field: Line) -> None:
        """Refuse what is no time zone."""
        if not times.is_zone(field.data or ""):
            raise ValidationError(gettext("Choose one of the time zones."))

    def chosen(self) -> Times:
        """Return what was chosen, once it is valid."""
        return Times(int(self.urgent.data or 0), int(self.other.data or 0) * HOUR, self.zone.data or "")


def _bounded(field: Line, least: int, most: int) -> int:
    typed = field.data or ""
    number = int(typed) if _NUMBER.fullmatch(typed) else None
    if number is None or not least <= number <= most:
        raise ValidationError(gettext("Type a whole number from %(least)s to %(most)s.", least=least, most=most))
    return number
