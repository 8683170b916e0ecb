"""What the metadata of a picture says, read from the file as it came; nothing is decoded of what can be seen."""

import math
from collections.abc import Callable
from io import BufferedReader
from typing import Any

from PIL import ExifTags, Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin  # noqa: F401 formats, loaded in time

from intake.evidence.boxed import clues
from intake.evidence.boxed.clues import Clues
from intake.evidence.boxed.frames import Head
from intake.evidence.boxed.pictures import LIMITS, opened, prepare
from intake.evidence.boxed.room import say, work

_TAGS = {
    ExifTags.Base.Software: "software",
    ExifTags.Base.Artist: "author",
    ExifTags.Base.Copyright: "rights",
    ExifTags.Base.ImageDescription: "description",
}
_TIMES = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal, "taken_at"),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized, "made_at"),
    (ExifTags.Base.DateTime, ExifTags.Base.OffsetTime, "changed_at"),
)
UNDER_THE_SEA = b"\x01"


def main(order: str) -> None:
    """Say what the picture on standard input says of itself."""
    prepare(order)
    work(order, LIMITS, show)


def show(file: BufferedReader, order: Head) -> None:
    """Say the clues; of metadata that is broken, as much as can be read."""
    image = opened(file, order["format"])
    found = [clue for read in (_exif, _located, _xmp) for clue in _read(read, image)]
    say({"clues": clues.trimmed(found)})


def _read(read: Callable[[Image.Image], Clues], image: Image.Image) -> Clues:
    try:
        return read(image)
    except Exception:  # noqa: BLE001 metadata of whatever kind: what can be read of the rest is
        return []


def _exif(image: Image.Image) -> Clues:
    exif = image.getexif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    found = [(key, _text(exif.get(tag))) for tag, key in _TAGS.items()]
    makes = " ".join(_text(exif.get(tag)) for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    for tag, offset, key in _TIMES:
        said = _text(inner.get(tag) or exif.get(tag))
        found.append((key, clues.exif_time(said, _text(inner.get(offset)))))
    return [*found, ("device", makes)]


def _located(image: Image.Image) -> Clues:
    """Read place, altitude and time of the satellites (Exif 2.32, 4.6.6)."""
    gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    found: Clues = []
    if gps.get(ExifTags.GPS.GPSLatitude) and gps.get(ExifTags.GPS.GPSLongitude):
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], _text(gps.get(ExifTags.GPS.GPSLatitudeRef)), "S")
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], _text(gps.get(ExifTags.GPS.GPSLongitudeRef)), "W")
        found.append(("place", clues.place(latitude, longitude)))
    altitude = gps.get(ExifTags.GPS.GPSAltitude)
    if altitude is not None and math.isfinite(float(altitude)):
        below = gps.get(ExifTags.GPS.GPSAltitudeRef) in {UNDER_THE_SEA, 1}
        found.append(("altitude", f"{-float(altitude) if below else float(altitude):.0f} m"))
    date, time = _text(gps.get(ExifTags.GPS.GPSDateStamp)), gps.get(ExifTags.GPS.GPSTimeStamp)
    if date and time:
        clock = ":".join(f"{int(float(part)):02d}" for part in time)
        found.append(("located_at", clues.exif_time(f"{date} {clock}", "UTC")))
    return found


def _xmp(image: Image.Image) -> Clues:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return clues.xmp(packet.encode() if isinstance(packet, str) else packet)


def _degrees(parts: Any, side: str, negative: str) -> float:  # noqa: ANN401 whatever Pillow made of it
    degrees: float = sum(float(part) / 60**power for power, part in enumerate(parts))
    return -degrees if side.strip().upper() == negative else degrees


def _text(value: object) -> str:
    """Return a tag's value as text; nothing if it is none."""
    if isinstance(value, str):
        try:
            value = value.encode("latin-1")  # cameras write UTF-8, Pillow reads one byte each
        except UnicodeEncodeError:
            return str(value)
    return value.partition(b"\0")[0].decode("utf-8", "replace") if isinstance(value, bytes) else ""
