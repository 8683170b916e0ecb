"""The countries that have a desk, and the word for all others: their regions and their clocks."""

import functools
import json
from pathlib import Path
from zoneinfo import ZoneInfo

COUNTRIES = ("KZ", "KG", "TJ", "TM", "UZ")  # ISO 3166-1 alpha-2
OTHER = "other"
# One zone a country: Kazakhstan has had one clock since 1 March 2024, Uzbekistan's two zones show the same time.
TIME_ZONES = {
    "KZ": "Asia/Almaty",
    "KG": "Asia/Bishkek",
    "TJ": "Asia/Dushanbe",
    "TM": "Asia/Ashgabat",
    "UZ": "Asia/Tashkent",
}


def zone_of(country: str) -> ZoneInfo:
    """Return the zone (IANA) of a country's clocks; UTC for another country, whose clock we do not know."""
    return ZoneInfo(TIME_ZONES.get(country, "UTC"))


@functools.cache
def _regions() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads((Path(__file__).parent / "regions.json").read_text())
    return found


def regions_of(country: str, language: str) -> list[tuple[str, str]]:
    """Return the regions of a country (ISO 3166-2 code and name), none for another country.

    Args:
        country: an ISO 3166-1 code.
        language: the tag of the language to name them in; where a name is not known in it, the English one stands.

    Names are CLDR's where it has them, else of ISO 3166-2 or our own drafts.
    """
    return [(region["code"], region.get(language, region["en"])) for region in _regions().get(country, [])]
