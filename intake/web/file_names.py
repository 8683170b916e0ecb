"""Names of files, which strangers choose: as they may be shown and saved. Pure."""

import re
import unicodedata

from intake.web.composed import composed

LONGEST = 200  # characters
LONGEST_IN_BYTES = 255  # what file systems take
LONGEST_ENDING = 20  # characters: what is longer after a dot is no ending
NO_NAME = "_"
# Characters that no one sees although they are letters or marks: fillers, and what chooses or joins forms.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # direction and width of text, and what is nothing at all
_TAKEN = re.compile(r'[<>:"|?*]')  # of some file systems, or of a header


def safe_name(file_name: str) -> str:
    """Return a file's name as it may be shown and saved: one line, no path, nothing that disguises its ending.

    At most ``LONGEST`` characters and ``LONGEST_IN_BYTES`` bytes of UTF-8, the ending kept. A name of which
    nothing is left is ``NO_NAME``.
    """
    name = re.split(r"[/\\]", file_name.rstrip("/\\"))[-1]
    seen = "".join(" " if sign.isspace() else sign for sign in name if sign.isspace() or _is_seen(sign))
    clean = _TAKEN.sub("_", " ".join(_UNSEEN.sub("", composed(seen)).split()))
    clean = clean.strip(". ")  # a hidden file, the folder above, or an ending that a system leaves out
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        stem, dot, ending = clean, "", ""
    stem = stem.rstrip(". ")[: LONGEST - len(dot + ending)]
    room = LONGEST_IN_BYTES - len((dot + ending).encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return f"{stem}{dot}{ending}" or NO_NAME


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in _NEVER
