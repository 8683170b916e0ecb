"""Time zones as people choose them: those of the region first, all in the reader's language."""

import functools
import zoneinfo
from collections.abc import Iterable
from datetime import tzinfo
from typing import NamedTuple

from babel import Locale
from babel.core import get_global

from intake.i18n import language_tag, locale_of
from intake.reference.countries import COUNTRIES

UTC = "UTC"  # of whoever wants to say nothing of where they are


class Zone(NamedTuple):
    """A time zone: its name in the IANA database, and what people call it."""

    name: str
    label: str


@functools.cache
def known() -> frozenset[str]:
    """Return the names of all zones that may be chosen."""
    return frozenset({UTC, *zoneinfo.available_timezones().intersection(_territories())})


@functools.cache
def choices(language: str) -> tuple[tuple[Zone, ...], tuple[Zone, ...]]:
    """Return the zones of the region, and the others, each in the order of their names.

    Args:
        language: the tag of the language to name them in.
    """
    locale, places = locale_of(language), _territories()
    found = sorted((_label(name, locale), name) for name in known() if name != UTC)
    zones = [Zone(name, label) for label, name in found]
    ours = tuple(zone for zone in zones if places[zone.name] in COUNTRIES)
    others = tuple(zone for zone in zones if places[zone.name] not in COUNTRIES)
    return ours, (Zone(UTC, UTC), *others)


def labelled(names: Iterable[str], language: str) -> list[Zone]:
    """Return zones with what people call them in a language, in the order of that; UTC first."""
    locale = locale_of(language)
    zones = (Zone(name, UTC if name == UTC else _label(name, locale)) for name in names)
    return sorted(zones, key=lambda zone: (zone.name != UTC, zone.label))


def said(zone: tzinfo) -> str:
    """Return what people call a zone, in the language being written now."""
    return labelled([str(zone)], language_tag())[0].label


def _territories() -> dict[str, str]:
    """Return the territory (ISO 3166-1) of every zone that CLDR knows and that is somewhere."""
    places: dict[str, str] = get_global("zone_territories")  # type: ignore[assignment]  # its type is that of all tables
    return {name: place for name, place in places.items() if not name.startswith("Etc/")}


def _label(name: str, locale: Locale) -> str:
    city = locale.time_zones.get(name, {}).get("city") or name.rsplit("/", 1)[-1].replace("_", " ")
    territory = locale.territories.get(_territories().get(name, ""), "")
    return f"{territory}, {city}" if territory and territory != city else city
