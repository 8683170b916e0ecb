"""What sound, film or picture of the newer containers begins with some bytes. Pure.

A file's beginning does not always say whether there is film in it: then one of a kind that phones film with is taken
for film, as what plays film plays sound, too.
"""

import re

ENDINGS = {
    "image/heic": "heic",
    "image/avif": "avif",
    "image/x-canon-cr3": "cr3",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "audio/3gpp": "3gp",
    "video/3gpp": "3gp",
    "audio/webm": "webm",
    "video/webm": "webm",
    "audio/x-matroska": "mka",
    "video/x-matroska": "mkv",
    "audio/ogg": "ogg",
    "video/ogg": "ogv",
}
# ISO base media file format (ISO/IEC 14496-12): a box has a length, a kind, its content; brands at mp4ra.org.
_BRANDS = re.compile(rb"(.{4})ftyp(.{4})", re.DOTALL)
_OLD_QUICKTIME = re.compile(rb".{4}(?:moov|mdat|wide|free|skip|pnot).{8}", re.DOTALL)
_HANDLER = re.compile(rb"hdlr.{8}(vide|soun)", re.DOTALL)
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF = frozenset({b"avif", b"avis"})
_ANY_HEIF = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})
_SOUND = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "})
_MOST_BRANDS = 256  # bytes
# Matroska and WebM: the kind of document, and the codecs of tracks (RFC 9559, 5.1.4.1.21).
_DOCUMENT = re.compile(rb"\x42\x82[\x80-\xff](webm|matroska)")
_CODEC = re.compile(rb"\x86[\x80-\xff]([VA])_")
_EBML, _OGG = b"\x1a\x45\xdf\xa3", b"OggS\0"
_OGG_FILM = re.compile(rb"\x80theora|\x01video\0\0\0|BBCD\0|OVP80")


def kind_of(head: bytes) -> str | None:
    """Return the content type of what begins with these bytes, or None where it is none of these."""
    if found := _BRANDS.match(head):
        length, brand = int.from_bytes(found[1]), found[2]
        listed = head[16 : min(length, _MOST_BRANDS)]
        return _of_brand(brand, {listed[place : place + 4] for place in range(0, len(listed), 4)}, head)
    if head.startswith(_EBML):
        return _of_matroska(head)
    if head.startswith(_OGG):
        return "video/ogg" if _OGG_FILM.search(head) else "audio/ogg"
    return "video/quicktime" if _OLD_QUICKTIME.match(head) else None


def _of_brand(brand: bytes, others: set[bytes], head: bytes) -> str:
    if brand in _AVIF or (brand in _ANY_HEIF and others & _AVIF and not others & _HEIF):
        return "image/avif"
    if brand in _HEIF | _ANY_HEIF:
        return "image/heic"
    if brand == b"crx ":
        return "image/x-canon-cr3"
    if brand in _SOUND:
        return "audio/mp4"
    if brand == b"qt  ":
        return "video/quicktime"
    kind = "3gpp" if brand.startswith(b"3g") else "mp4"
    handlers = set(_HANDLER.findall(head))
    return f"audio/{kind}" if handlers == {b"soun"} else f"video/{kind}"


def _of_matroska(head: bytes) -> str:
    document = _DOCUMENT.search(head)
    kind = "x-matroska" if document is not None and document[1] == b"matroska" else "webm"
    # A browser's recorder names its tracks at once; where nothing is named, it is not a film that plays.
    return f"video/{kind}" if b"V" in _CODEC.findall(head) else f"audio/{kind}"
