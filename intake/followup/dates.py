"""Questions about time: when something was, as far as it is known, and when something threatens."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from babel.dates import format_date
from flask_babel import get_locale, gettext
from wtforms import ValidationError

from intake.followup.questions import EARLIEST_YEAR, Asked, year_of, year_wanted
from intake.i18n import COUNTRY_NAMES, NEVER_SEEN_LANGUAGE, day_pattern, month_pattern, now
from intake.reference.countries import OTHER, zone_of
from intake.web.forms import clean_line

EASTERNMOST = timedelta(hours=14)  # where the date changes first
LONGEST_AHEAD = timedelta(days=2 * 365 + 1)
HOURS = 24
_DECEMBER = 12
_KEPT = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?(?:T([0-9]{2}))?")


class InParts(Asked):
    """A question that is answered in several small fields.

    Its ``data`` is the answer as it is kept, None if there is none or it is wrong; ``typed`` is what stands in the
    fields, right or wrong.
    """

    parts: ClassVar[tuple[str, ...]]

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:  # noqa: ANN401, ARG002 the signature is WTForms'
        """Read the fields, or a kept answer."""
        self.process_errors: list[str] = []
        self.wrong = ""
        if formdata is None:
            self.typed = self.taken_apart(data)
        else:
            self.typed = {part: clean_line(formdata.get(f"{self.name}-{part}")) for part in self.parts}
        try:
            self.data = self.put_together()
        except ValidationError as error:
            self.data, self.wrong = None, str(error)

    def taken_apart(self, kept: Any) -> dict[str, str]:  # noqa: ANN401 whatever was kept
        """Return the fields of a kept answer."""
        found = _KEPT.fullmatch(kept) if isinstance(kept, str) else None
        values = found.groups() if found else ()
        return {part: str(int(value)) if value else "" for part, value in zip(KEPT_PARTS, values, strict=False)}

    def put_together(self) -> Any:  # noqa: ANN401 whatever is kept
        """Return what the fields say; raise a ValidationError if that is nonsense."""
        raise NotImplementedError

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 the signature is WTForms'
        """Refuse nonsense."""
        if self.wrong:
            raise ValidationError(self.wrong)


KEPT_PARTS = ("year", "month", "day", "hour")


class PartialDate(InParts):
    """A date in the past of which year, or year and month, may be all that is known. Kept as ISO 8601, cut short."""

    kind = "date"
    parts = ("day", "month", "year")

    def put_together(self) -> str | None:
        """Return the date; a day needs its month and a month its year."""
        day, month, year = (self.typed.get(part, "") for part in self.parts)
        if not (day or month or year):
            return None
        if not year:
            raise ValidationError(gettext("Please add the year. If you do not know it, leave the whole date empty."))
        if day and not month:
            raise ValidationError(gettext("Please add the month, or leave the day empty too."))
        number = year_of(year)
        if number is None:
            raise ValidationError(year_wanted())
        return written(number, month, day)

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401 a block's form
        """Refuse nonsense, and what is still to come."""
        super().pre_validate(form)
        if self.data and earliest(self.data) > _today(form.country):
            raise ValidationError(gettext("This date is still to come. Please look at it again."))

    def spoken(self, value: Any) -> str:  # noqa: ANN401 whatever was kept
        """Return the date in words."""
        return date_in_words(value)


class Moment(InParts):
    """A day to come, with or without its hour, by the clock of a country."""

    kind = "moment"
    parts = ("day", "month", "year", "hour")
    hours: ClassVar[list[tuple[str, str]]] = [(str(hour), f"{hour:02}:00") for hour in range(HOURS)]
    clock = OTHER

    def taken_apart(self, kept: Any) -> dict[str, str]:  # noqa: ANN401 whatever was kept
        """Return the fields of a kept answer."""
        return super().taken_apart(kept.get("at") if isinstance(kept, dict) else None)

    def put_together(self) -> str | None:
        """Return day and hour as ISO 8601, cut short; all of the day must be there."""
        day, month, year, hour = (self.typed.get(part, "") for part in self.parts)
        if not (day or month or year or hour):
            return None
        if not (day and month and year):
            raise ValidationError(gettext("Please give day, month and year: without them nobody can watch the clock."))
        if not year.isdecimal() or len(year) != len("2026") or int(year) < EARLIEST_YEAR:
            raise ValidationError(gettext("The year must be a number of four digits, such as 2027."))
        text = written(int(year), month, day)
        if not hour:
            return text
        if not hour.isdecimal() or len(hour) > len("23") or not int(hour) < HOURS:
            raise ValidationError(gettext("The hour must be a number from 0 to 23."))
        return f"{text}T{int(hour):02}"

    def answer(self) -> dict[str, str] | None:
        """Return day and hour, and whose clock they are read from."""
        return {"at": self.data, "clock": self.clock} if self.data else None

    def in_utc(self) -> datetime | None:
        """Return the moment to the hour; a day without an hour begins at midnight."""
        if not self.data:
            return None
        day, _, hour = self.data.partition("T")
        local = datetime.combine(date.fromisoformat(day), time(int(hour or 0)), zone_of(self.clock))
        return local.astimezone(UTC).replace(minute=0)

    @property
    def has_passed(self) -> bool:
        """Whether the hour, or the day if no hour was given, is over."""
        moment = self.in_utc()
        lasts = timedelta(hours=1 if "T" in (self.data or "") else HOURS)
        return moment is not None and moment + lasts <= now()

    @property
    def is_too_far(self) -> bool:
        """Whether it is more than two years ahead."""
        moment = self.in_utc()
        return moment is not None and moment > now() + LONGEST_AHEAD

    def spoken(self, value: Any) -> str:  # noqa: ANN401 whatever was kept
        """Return the moment in words, and whose clock it is read from."""
        if not isinstance(value, dict) or not isinstance(value.get("at"), str):
            return super().spoken(value)
        day, _, hour = value["at"].partition("T")
        words = f"{date_in_words(day)}, {hour}:00" if hour else date_in_words(day)
        return f"{words} ({clock_name(str(value.get('clock', OTHER)))})"


def clock_name(country: str) -> str:
    """Return whose clock is meant."""
    if country not in COUNTRY_NAMES or country == OTHER:
        return gettext("universal time, UTC")
    return gettext("local time: %(country)s", country=str(COUNTRY_NAMES[country]))


def written(year: int, month: str, day: str) -> str:
    """Return a date as ISO 8601, without what is not known.

    Raises:
        ValidationError: there is no such date.
    """
    if any(part and (not part.isdecimal() or len(part) > len("12")) for part in (month, day)):
        raise ValidationError(gettext("Please write the date in numbers, such as 3, 12 and 2024."))
    numbers = [int(part) for part in (month, day) if part]
    try:
        date(year, *[*numbers, 1, 1][:2])
    except ValueError as error:
        raise ValidationError(gettext("There is no such date. Please look at the day and the month.")) from error
    return "-".join([f"{year:04}", *(f"{part:02}" for part in numbers)])


def earliest(kept: str) -> date:
    """Return the first day that a partial date may mean."""
    year, month, day = [*map(int, kept.split("-")), 1, 1][:3]
    return date(year, month, day)


def latest(kept: str) -> date:
    """Return the last day that a partial date may mean."""
    known = list(map(int, kept.split("-")))
    month = known[1] if known[1:] else _DECEMBER
    return date(known[0], month, known[2] if known[2:] else calendar.monthrange(known[0], month)[1])


def date_in_words(kept: Any) -> str:  # noqa: ANN401 whatever was kept
    """Return a partial date in words, such as “March 2025”; whatever else was kept, as it is."""
    try:
        first, pattern = earliest(kept), ("y", month_pattern(), day_pattern())[kept.count("-")]
    except (ValueError, AttributeError, IndexError):
        return str(kept)
    return format_date(first, pattern, locale=get_locale() or NEVER_SEEN_LANGUAGE)


def _today(country: str) -> date:
    """Return the date in a country; where it is not known which, the latest date that there is anywhere."""
    return (now() + EASTERNMOST).date() if country == OTHER else now().astimezone(zone_of(country)).date()
