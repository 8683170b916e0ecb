"""Languages, scripts, dates."""

import functools
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from babel import Locale, localedata
from flask import Flask, g, has_request_context, request
from flask_babel import (
    force_locale,
    format_date,
    format_datetime,
    format_decimal,
    format_timedelta,
    get_locale,
    gettext,
    ngettext,
)
from flask_babel import lazy_gettext as _l

NEVER_SEEN_LANGUAGE = "en"
ASKED = "lang"  # the parameter of an address that asks for a language
LONGEST_TAG = 35  # characters, as RFC 4647 advises
ROUNDING = timedelta(minutes=10)


@dataclass(frozen=True)
class Language:
    """A language that the pages speak: its tag (BCP 47), and its own name for itself."""

    tag: str
    own_name: str


LANGUAGES = (
    Language("ru", "Русский"),
    Language("kk", "Қазақша"),
    Language("ky", "Кыргызча"),
    Language("uz", "Oʻzbekcha"),
    Language("uz-Cyrl", "Ўзбекча"),
    Language("tg", "Тоҷикӣ"),
    Language("tk", "Türkmençe"),
    Language("en", "English"),
)
TAGS = tuple(language.tag for language in LANGUAGES)
LANGUAGE_NAMES = {language.tag: language.own_name for language in LANGUAGES}
# The place of a language in the path of a page.
LANG = "<any({}):lang>".format(",".join(f'"{tag}"' for tag in TAGS))
_BY_SMALL_TAG = {tag.lower(): tag for tag in TAGS}
# Readers of these languages read Russian far more often than English.
_RUSSIAN_READERS = ("kaa", "be", "uk", "tt", "ba", "ce", "cv", "os", "sah")
_RIGHT_TO_LEFT_FIRST = 0x0590
_RIGHT_TO_LEFT_LAST = 0x08FF

COUNTRY_NAMES = {
    "KZ": _l("Kazakhstan"),
    "KG": _l("Kyrgyzstan"),
    "TJ": _l("Tajikistan"),
    "TM": _l("Turkmenistan"),
    "UZ": _l("Uzbekistan"),
    "other": _l("Another country"),
}

MEGABYTE = 1024**2  # bytes

_MONTHS = ["январ", "феврал", "март", "апрел", "май", "июн", "июл", "август", "сентябр", "октябр", "ноябр", "декабр"]
_TAJIK_SPANS = {
    "year": "сол",
    "month": "моҳ",
    "week": "ҳафта",
    "day": "рӯз",
    "hour": "соат",
    "minute": "дақиқа",
    "second": "сония",
}


def _mend_cldr() -> None:
    """Put right what CLDR 47 has wrong for our languages, in the tables that Babel holds in memory.

    Tajik has its lengths of time in English, and names of months that do not fit after a day; Uzbek in Cyrillic letters
    has months without their soft sign, which no law or newspaper writes so.
    """
    tajik, uzbek = localedata.load("tg"), localedata.load("uz_Cyrl")
    for unit, name in _TAJIK_SPANS.items():
        tajik["unit_patterns"][f"duration-{unit}"] = {"long": {"other": f"{{0}} {name}"}}
    tajik["months"]["format"]["wide"] = {number: f"{name}и" for number, name in enumerate(_MONTHS, 1)}
    tajik["months"]["stand-alone"]["wide"] = dict(enumerate(_MONTHS, 1))
    soft = {number: name if name[-1] in "тй" else f"{name}ь" for number, name in enumerate(_MONTHS, 1)}
    uzbek["months"]["format"]["wide"] = soft


_mend_cldr()

# Where the day does not stand first. The order and the marks are CLDR's, without the comma, and with the year's word
# where its letter alone is not usual: these dates stand in the middle of sentences.
_ORDERS = {"kk": "y 'ж'. d MMMM", "ky": "y-'ж'. d-MMMM", "uz": "y-'yil' d-MMMM", "uz_Cyrl": "y-'йил' d-MMMM"}


def now() -> datetime:
    """Return this moment in UTC: the one clock of the house."""
    return datetime.now(UTC)


def to_ten_minutes(moment: datetime) -> datetime:
    """Return the moment rounded down to ten minutes: how exactly a complainant's acts are kept in plain."""
    return moment - timedelta(minutes=moment.minute % 10, seconds=moment.second, microseconds=moment.microsecond)


def preferred_language() -> str:
    """Return the tag of the language for this request.

    It is the path's, else the member's, else the one that the address asks for, else the browser's first that we speak:
    never one that an address on the network suggests.
    """
    if not has_request_context():
        return NEVER_SEEN_LANGUAGE
    first = request.path.split("/", 2)[1]
    if first in TAGS:
        return first
    visitor = g.get("visitor")
    if visitor is not None:
        return str(visitor.member.language)
    wished = [(request.args.get(ASKED, ""), 1.0), *request.accept_languages]
    for tag, quality in wished:
        if quality and (known := known_tag(tag)):
            return known
        if quality and tag.replace("_", "-").split("-")[0].lower() in _RUSSIAN_READERS:
            return "ru"
    return NEVER_SEEN_LANGUAGE


def known_tag(text: str) -> str | None:
    """Return the tag of the language of ours that a tag means, however it is written: uz_cyrl-UZ is uz-Cyrl, kk-KZ kk.

    As RFC 4647 looks up: uz-Cyrl-UZ, then uz-Cyrl, then uz.
    """
    parts = text[:LONGEST_TAG].replace("_", "-").lower().split("-")
    tried = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((_BY_SMALL_TAG[tag] for tag in tried if tag in _BY_SMALL_TAG), None)


def preferred_locale() -> Locale:
    """Return the same as Babel knows it."""
    return locale_of(preferred_language())


@functools.cache
def locale_of(tag: str) -> Locale:
    """Return a language as Babel knows it, by its tag."""
    return Locale.parse(tag, sep="-")


def speaking(tag: str) -> AbstractContextManager[None]:
    """Return what lets words, dates and numbers be written in another language, by its tag, as long as it lasts."""
    return force_locale(locale_of(tag))


def language_tag() -> str:
    """Return the tag of the language being written now."""
    return str(get_locale() or NEVER_SEEN_LANGUAGE).replace("_", "-")


def direction(text: str) -> str:
    """Return ``rtl`` if the first letter that has a direction runs from right to left, else ``ltr``."""
    for character in text:
        if _RIGHT_TO_LEFT_FIRST <= ord(character) <= _RIGHT_TO_LEFT_LAST:
            return "rtl"
        if character.isalpha():
            return "ltr"
    return "ltr"


def waiting_since(moment: datetime) -> str:
    """Return how long ago a moment that was rounded down to ten minutes was, in words, such as “3 hours”."""
    if now() - moment < ROUNDING:
        return str(gettext("less than 10 minutes"))
    return str(format_timedelta(now() - moment, granularity="minute", threshold=1.2))


def lasting(minutes: int) -> str:
    """Return how long something took that began at a moment rounded down to ten minutes, in words."""
    lasted = timedelta(minutes=minutes)
    if lasted < ROUNDING:
        return str(gettext("less than 10 minutes"))
    return str(format_timedelta(lasted, granularity="minute", threshold=2))


def day_pattern() -> str:
    """Return how a date is written in the language that is being written now, as CLDR's patterns say it."""
    return _ORDERS.get(str(get_locale()), "d MMMM y")


def month_pattern() -> str:
    """Return the same for a month and its year."""
    order = _ORDERS.get(str(get_locale()))
    return order.replace("d-", "").replace("d ", "") if order else "LLLL y"


def day(moment: date) -> str:
    """Return a date in words, such as “22 November 2026”."""
    return str(format_date(moment, day_pattern()))


def date_day(moment: date) -> str:
    """Return a day in words, such as “22 November 2026”, for what is kept to the day."""
    return str(format_date(moment, day_pattern()))


def local_time(moment: datetime, zone: tzinfo) -> str:
    """Return date and time in words on the clocks of a zone, to be shown beside the country's name."""
    return str(format_datetime(moment.astimezone(zone), f"{day_pattern()}, HH:mm", rebase=False))


def span(days: int) -> str:
    """Return a number of days in words: whole years where it is that."""
    years, rest = divmod(days, 365)
    if years and not rest:
        return str(ngettext("%(num)s year", "%(num)s years", years))
    return str(ngettext("%(num)s day", "%(num)s days", days))


def day_and_time(moment: datetime) -> str:
    """Return date and time in words, in UTC, saying so."""
    return str(format_datetime(moment, f"{day_pattern()}, HH:mm")) + " UTC"


def register(app: Flask) -> None:
    """Give the templates of an application these words."""
    app.jinja_env.filters.update(
        day=day,
        date_day=date_day,
        day_and_time=day_and_time,
        span=span,
        local_time=local_time,
        waiting_since=waiting_since,
        lasting=lasting,
        number=number,
        size=size,
        direction=direction,
    )
    app.jinja_env.globals.update(
        language_tag=language_tag,
        now=now,
        languages=LANGUAGES,
        language_names=LANGUAGE_NAMES,
        country_names=COUNTRY_NAMES,
    )


def number(value: int) -> str:
    """Return a whole number grouped as the reader's language does."""
    return str(format_decimal(value))


def size(count: int) -> str:
    """Return a number of bytes in words, such as “2.4 MB”."""
    if count < MEGABYTE:
        return str(gettext("%(size)s kB", size=number(-(-count // 1024))))
    if count < 1024 * MEGABYTE:
        return str(gettext("%(size)s MB", size=_tenths(count * 10 // MEGABYTE)))
    return str(gettext("%(size)s GB", size=_tenths(count * 10 // MEGABYTE // 1024)))


def _tenths(count: int) -> str:
    return str(format_decimal(Decimal(count) / 10))  # type: ignore[arg-type]  # it takes any number
