"""What the page asks on which a member says how letters come."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import ValidationError
from wtforms.validators import AnyOf

from intake.i18n import NEVER_SEEN_LANGUAGE, TAGS
from intake.members import time_zones
from intake.members.letter_choices import Chosen
from intake.members.models import AT_ONCE, RHYTHMS, Member
from intake.members.quiet import HOUR
from intake.web.forms import DeskForm, Line

_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])")


class LettersForm(DeskForm):
    """Language, rhythm, quiet hours, time zone."""

    language = Line(validators=[AnyOf(TAGS, message=_l("Choose one of the languages."))])
    rhythm = Line(validators=[AnyOf(RHYTHMS, message=_l("Choose how often letters come."))])
    quiet_from = Line()
    quiet_until = Line()
    time_zone = Line()

    @classmethod
    def of(cls, member: Member, zone: str) -> "LettersForm":
        """Return the form with what a member chose before.

        Args:
            member: the member.
            zone: what stands there for one who chose none.
        """
        return cls(
            None,
            language=member.language,
            rhythm=member.rhythm,
            quiet_from=_shown(member.quiet_from),
            quiet_until=_shown(member.quiet_until),
            time_zone=member.time_zone or zone,
        )

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check the fields, and the quiet hours together."""
        valid = super().validate(extra_validators)
        for field in (self.quiet_from, self.quiet_until):
            if field.data and _minute(field) is None:
                field.errors = [gettext("Write the time like this: 22:00.")]
                valid = False
        if bool(self.quiet_from.data) != bool(self.quiet_until.data):
            empty = self.quiet_until if self.quiet_from.data else self.quiet_from
            empty.errors = [gettext("Say when they begin and when they end, or leave both empty.")]
            return False
        if valid and self.quiet_from.data and _minute(self.quiet_from) == _minute(self.quiet_until):
            self.quiet_until.errors = [gettext("These begin and end at once. Leave both empty for no quiet hours.")]
            return False
        return valid

    def validate_time_zone(self, field: Line) -> None:
        """Refuse a zone that is in no list."""
        if field.data not in time_zones.known():
            raise ValidationError(gettext("Choose one of the time zones."))

    def chosen(self) -> Chosen:
        """Return what was chosen, once it is valid."""
        begins, ends = _minute(self.quiet_from), _minute(self.quiet_until)
        return Chosen(
            language=self.language.data or NEVER_SEEN_LANGUAGE,
            rhythm=self.rhythm.data or AT_ONCE,
            quiet=None if begins is None or ends is None else (begins, ends),
            zone=self.time_zone.data or time_zones.UTC,
        )


def _minute(field: Line) -> int | None:
    """Return the minute of the day that was typed; None for what is no time."""
    read = _TIME.fullmatch(field.data or "")
    return int(read[1]) * HOUR + int(read[2]) if read else None


def _shown(minute: int | None) -> str:
    return "" if minute is None else "{:02}:{:02}".format(*divmod(minute, HOUR))
