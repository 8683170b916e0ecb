"""What the metadata of a PDF says; none of its pages is drawn."""

import mmap
import re
from io import BufferedReader

from intake.evidence.boxed import clues
from intake.evidence.boxed.documents import LIMITS, opened
from intake.evidence.boxed.frames import Head
from intake.evidence.boxed.room import say, work

_KEYS = {"Author": "author", "Creator": "software", "Producer": "software", "Title": "title", "Subject": "description"}
_TIMES = {"CreationDate": "made_at", "ModDate": "changed_at"}
_XMP = re.compile(rb"<x:xmpmeta.{,1000000}?</x:xmpmeta>", re.DOTALL)


def main(order: str) -> None:
    """Say what the document on standard input says of itself."""
    work(order, LIMITS, show)


def show(file: BufferedReader, order: Head) -> None:  # noqa: ARG001 the same for all
    """Say the clues: of its Info, and of an XMP packet that lies in it as it is."""
    info = opened(file).get_metadata_dict(skip_empty=True)
    found: clues.Clues = [(key, str(info.get(name, ""))) for name, key in _KEYS.items()]
    found += [(key, clues.pdf_time(str(info.get(name, "")))) for name, key in _TIMES.items()]
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        packet = _XMP.search(whole)
        found += clues.xmp(packet.group()) if packet else []
    say({"clues": clues.trimmed(found)})
