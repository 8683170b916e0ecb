"""What a file says about itself: when, where and with what it was made. Anybody can have written it there.

A clue is a key of ``KEYS`` and a value of one line. This module is used on both sides: what comes out of the box is
trimmed once more by who asked.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

KEYS = (
    "taken_at",  # when a camera or a recorder says that it was taken
    "made_at",  # when a document was written
    "changed_at",
    "located_at",  # what the satellites' clock said, in UTC
    "place",  # latitude and longitude, decimal degrees
    "altitude",  # metres above the sea
    "device",
    "software",
    "author",
    "rights",
    "title",
    "description",
)
LONGEST = 200
MOST = 60  # clues of one file
MOST_XMP = 1024**2
Clues = list[tuple[str, str]]
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_EXIF_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d)(.*)")
_PDF_TIME = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?([Zz]|[+-]\d\d)?'?(\d\d)?")
_ISO_6709 = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)(?:([+-]\d+(?:\.\d+)?))?")
_XMP_KEYS = {
    "xmp:CreatorTool": "software",
    "xmp:CreateDate": "made_at",
    "xmp:ModifyDate": "changed_at",
    "photoshop:DateCreated": "taken_at",
    "dc:creator": "author",
    "dc:rights": "rights",
}
_LISTED = re.compile(r"<rdf:li[^>]*>([^<]*)</rdf:li>")
LATITUDES, LONGITUDES = 90, 180


def trimmed(pairs: Iterable[tuple[object, object]]) -> Clues:
    """Return what is a clue: a known key and one line of bounded length; each once, in the order of keys."""
    found = {
        (str(key), line): None
        for key, value in pairs
        if isinstance(value, str) and key in KEYS and (line := one_line(value))
    }
    return sorted(found, key=lambda pair: KEYS.index(pair[0]))[:MOST]


def one_line(text: str) -> str:
    """Return text as one line without what steers a screen, as long as clues may be."""
    seen = (" " if unicodedata.category(sign) in _UNSEEN else sign for sign in text[: 8 * LONGEST])
    return " ".join("".join(seen).split())[:LONGEST].rstrip()


def exif_time(text: str, offset: str = "") -> str:
    """Return a time as Exif writes it (2026:05:01 12:30:00) with its offset, as people write it."""
    found = _EXIF_TIME.fullmatch(text.strip())
    return f"{found[1]}-{found[2]}-{found[3]}{found[4]} {offset}" if found else text


def pdf_time(text: str) -> str:
    """Return a time as PDF writes it (D:20260501123000+05'00'; ISO 32000-1, 7.9.4), as people write it."""
    found = _PDF_TIME.match(text.strip())
    if not found:
        return text
    year, month, day, hour, minute, second, zone, minutes = found.groups()
    date = "-".join(filter(None, (year, month, day)))
    time = ":".join(filter(None, (hour, minute, second)))
    offset = zone and ("UTC" if zone in "Zz" else f"{zone}:{minutes or '00'}")
    return " ".join(filter(None, (date, time, offset)))


def place(latitude: float, longitude: float) -> str:
    """Return a place in decimal degrees; nothing if there is no such place."""
    if not (abs(latitude) <= LATITUDES and abs(longitude) <= LONGITUDES):
        return ""
    return f"{latitude:.6f}, {longitude:.6f}"


def iso_6709(text: str) -> Clues:
    """Return place and altitude as cameras write them into films (+43.2389+076.8897+812.0/)."""
    found = _ISO_6709.match(text.strip())
    if not found:
        return [("place", text)]
    clues = [("place", place(float(found[1]), float(found[2])))]
    return [*clues, ("altitude", f"{float(found[3]):.0f} m")] if found[3] else clues


def xmp(packet: bytes) -> Clues:
    """Return what an XMP packet says, as attribute, element or list. It is searched, not parsed: it may be anything."""
    text = packet[:MOST_XMP].decode("utf-8", "replace")
    found: Clues = []
    for name, key in _XMP_KEYS.items():
        values = re.findall(rf'{name}="([^"]*)"', text)
        for inner in re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL):
            values += _LISTED.findall(inner) if "<" in inner else [inner]
        found += [
            (key, html.unescape(value).replace("T", " ") if key.endswith("_at") else html.unescape(value))
            for value in values
        ]
    return found
