"""How what the desk sees of a file is said: its kind, why there is no copy, clues, the scanner's word."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from babel.numbers import format_percent
from flask_babel import format_datetime, get_locale, gettext
from flask_babel import lazy_gettext as _l

from intake.evidence import scan
from intake.evidence.kinds import ANYTHING
from intake.evidence.queries import Part
from intake.i18n import day_pattern
from intake.web.forms import clean_line

LONGEST_CLUE = 300  # characters; what a file says of itself may be a whole novel
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?(UTC|[+-]\d\d:\d\d)?")
_KINDS = {
    "image/jpeg": _l("Picture (JPEG)"),
    "image/png": _l("Picture (PNG)"),
    "image/gif": _l("Picture (GIF)"),
    "image/webp": _l("Picture (WebP)"),
    "image/heic": _l("Picture (HEIC)"),
    "image/svg+xml": _l("Drawing (SVG)"),
    "application/pdf": _l("Document (PDF)"),
    "application/rtf": _l("Document (RTF)"),
    "application/x-ole-storage": _l("Older office document"),
    "application/x-executable": _l("Program"),
    "application/x-ms-shortcut": _l("Shortcut that starts something"),
    "text/x-script": _l("Script: a program as text"),
    "text/html": _l("Web page"),
    "text/vcard": _l("Contact details (vCard)"),
    "application/xml": _l("Data (XML)"),
    "message/rfc822": _l("E-mail"),
    "application/zip": _l("Archive (ZIP)"),
    "application/vnd.sqlite3": _l("Database"),
    ANYTHING: _l("Of a kind that we do not know"),
}
_FAMILIES = {
    "image/": _l("Picture"),
    "audio/": _l("Sound"),
    "video/": _l("Film"),
    "text/": _l("Text"),
    "application/vnd.openxmlformats": _l("Office document"),
    "application/vnd.oasis": _l("Office document"),
    "application/vnd.ms-word": _l("Office document with macros"),
    "application/vnd.ms-excel": _l("Office document with macros"),
    "application/vnd.ms-powerpoint": _l("Office document with macros"),
}
_ARCHIVES = frozenset({"vnd.rar", "x-7z-compressed", "gzip", "x-bzip2", "x-xz", "zstd", "x-tar"})
# Why there is no viewing copy: what is so, and what to do.
REASONS = {
    "no_sandbox": (
        _l("This server cannot lock away the program that would read it (no Landlock or seccomp)."),
        _l("Tell the operator. Until then there is the original only."),
    ),
    "kind": (
        _l("Of files of this kind no viewing copy is made."),
        _l("If you need it, open the original on a machine that is kept for that, without a network."),
    ),
    "dangerous": (
        _l("Files of this kind can run what a stranger wrote, so nothing of it is opened here."),
        _l("If you need it, open the original on a machine that is kept for that, without a network."),
    ),
    "too_large": (
        _l("It is larger than what a viewing copy is made of."),
        _l("The operator can allow more. Until then there is the original only."),
    ),
    "broken": (
        _l("It could not be read: it is damaged, cut off, or not what it pretends to be."),
        _l("Ask the person to send it once more. Be careful with the original."),
    ),
    "locked": (
        _l("It has a password, which nobody here has."),
        _l("Ask the person to send it without one."),
    ),
    "too_long": (
        _l("Reading it took too much time or memory, and was stopped. A file can be made to do that."),
        _l("Try again once. If that does not help, be careful with the original."),
    ),
    "no_ffmpeg": (
        _l("This server lacks the program that reads sound and film (ffmpeg)."),
        _l("Tell the operator. Until then there is the original only."),
    ),
}
FINAL = frozenset({"kind", "dangerous", "locked"})  # the reasons that trying again does not change
SCANNED = {
    scan.CLEAN: _l("No virus was found"),
    scan.FOUND: _l("A virus was found"),
    scan.TOO_LARGE: _l("Not scanned: it is too large for the scanner"),
    scan.NO_ANSWER: _l("Not scanned: the scanner did not answer"),
    scan.NOBODY: _l("Not scanned: this server has no scanner"),
}
CLUES = {
    "taken_at": _l("Taken at, by the device's own clock"),
    "made_at": _l("Written at"),
    "changed_at": _l("Changed at"),
    "located_at": _l("Time of the satellites"),
    "place": _l("Place: latitude, longitude"),
    "altitude": _l("Height above the sea"),
    "device": _l("Device"),
    "software": _l("Made with"),
    "author": _l("Author"),
    "rights": _l("Rights"),
    "title": _l("Title"),
    "description": _l("Description"),
}
PARTS = {"sound": _l("Sound"), "film": _l("Film")}


def kind(content_type: str) -> str:
    """Return what kind of file that is."""
    if content_type in _KINDS:
        return str(_KINDS[content_type])
    if content_type.removeprefix("application/") in _ARCHIVES:
        return gettext("Archive")
    family = next((said for begins, said in _FAMILIES.items() if content_type.startswith(begins)), None)
    return str(family) if family else content_type


def part(of: Part | None, size: int) -> str:
    """Return how much of a file a part of it is; nothing where it is whole.

    Args:
        of: what it is a part of.
        size: its bytes.
    """
    if of is None:
        return ""
    share = format_percent(max(1, size * 100 // of.size) / 100, locale=get_locale())
    if size * 100 < of.size:
        return gettext("less than the first %(share)s of the file", share=share)
    return gettext("the first %(share)s of the file", share=share)


def clues(told: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return what a file says of itself: of each clue its key, its label and its words."""
    found = []
    for key, value in told:
        if key in CLUES:
            text = clean_line(value)[:LONGEST_CLUE]
            found.append((key, str(CLUES[key]), _moment(text) if key.endswith("_at") else text))
    return found


def scanned(told: Mapping[str, Any]) -> str:
    """Return what the scanner said."""
    return str(SCANNED.get(told["result"], SCANNED[scan.NO_ANSWER]))


def _moment(text: str) -> str:
    """Return a time in words, on the clock that wrote it; what is none stays as it is."""
    found = _MOMENT.fullmatch(text)
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}" if found else text)
    except ValueError:
        return text
    zone = f" UTC{found[3].removeprefix('UTC')}" if found and found[3] else ""
    return f"{format_datetime(moment, f'{day_pattern()}, HH:mm:ss', rebase=False)}{zone}"
