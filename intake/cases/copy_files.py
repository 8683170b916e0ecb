"""Writing a copy of a case: as PDF, as JSON, and as ZIP with the recordings. In memory alone, never on the disk."""

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from flask_babel import gettext

from intake.cases import copies, copy_words
from intake.cases.copies import Copy
from intake.evidence import read
from intake.evidence.kinds import ENDINGS
from intake.i18n import day_and_time, direction

FONTS = Path(__file__).parent / "fonts"
TEMPLATE = Path(__file__).parent / "dossier.typ"
STANDARD = "ua-1"  # PDF/UA: read aloud in the right order
MANIFEST = "case-export-manifest/1"
_LONG_WORD = re.compile(r"\S{60}(?=\S)")
_NO_LETTER_OF_OURS = frozenset({"So", "Sk", "Co", "Cn", "Cs"})  # pictures, and what is nothing at all


def as_json(copy: Copy) -> bytes:
    """Return a copy as JSON."""
    return json.dumps(copies.document(copy), ensure_ascii=False, indent=1).encode()


def as_pdf(copy: Copy) -> bytes:
    """Return a copy as PDF, with the letters of all our languages.

    Where a text has characters that our letters lack, pictures become □; if others are left, the PDF does not promise
    to be fit for reading aloud.
    """
    told = _told(copy)
    import typst  # noqa: PLC0415 heavy: 80 MB of it

    for change, standards in ((_as_it_is, [STANDARD]), (_without_pictures, [STANDARD]), (_without_pictures, [])):
        try:
            return typst.compile(
                TEMPLATE,
                root=TEMPLATE.parent,
                font_paths=[FONTS],
                ignore_system_fonts=True,
                sys_inputs={"copy": json.dumps(_changed(told, change))},
                pdf_standards=standards,  # type: ignore[arg-type]  # a list of one
                timestamp=int(copy.made_at.timestamp()),
            )
        except typst.TypstError:
            if not standards:
                raise RuntimeError("a copy could not be set as PDF") from None  # noqa: EM101, TRY003 its own words tell what is sealed
    raise AssertionError


def as_zip(copy: Copy) -> Iterator[bytes]:
    """Return what yields a ZIP with PDF, JSON, the recordings and a manifest.

    All but the recordings is written now, and the first chunk of each of them opened, so that a fault shows before any
    answer. Of the rest one chunk is in memory at a time.

    Raises:
        sealing.SealError: a recording was altered; where that shows later, the ZIP breaks off.
        FileNotFoundError: a chunk of it is gone.
    """
    members: list[tuple[str, Iterable[bytes]]] = [("dossier.pdf", [as_pdf(copy)]), ("case.json", [as_json(copy)])]
    places: Counter[str] = Counter()
    for file in copy.files:  # their names tell nothing
        places[file.what] += 1
        name = f"files/{file.what}-{places[file.what]}.{ENDINGS.get(file.content_type, 'bin')}"
        members.append((name, read.plaintext(file)))
    return _zipped(copy, members)


def _zipped(copy: Copy, members: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    sink, listed = _Sink(), []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in members:
            seen, size = hashlib.sha256(), 0
            with archive.open(_entry(copy, name), "w") as member:
                for piece in pieces:
                    member.write(piece)
                    seen.update(piece)
                    size += len(piece)
                    yield sink.taken()
            listed.append({"name": name, "size": size, "sha256": seen.hexdigest()})
        archive.writestr(_entry(copy, "manifest.json"), _manifest(copy, listed))
    yield sink.taken()


class _Sink(io.RawIOBase):
    """What a ZIP is written to: it keeps nothing that was taken."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 any buffer
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def _entry(copy: Copy, name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{copy.reference}/{name}", copy.made_at.timetuple()[:6])
    # Recordings are compressed as they are.
    entry.compress_type = zipfile.ZIP_STORED if name.startswith("files/") else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _manifest(copy: Copy, listed: list[dict[str, Any]]) -> bytes:
    told = {
        "format": MANIFEST,
        "reference": copy.reference,
        "for": copy.verdict.audience,
        "made_at": copy.made_at.isoformat(timespec="seconds"),
        "made_by": copy.made_by,
        "files": listed,
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _told(copy: Copy) -> dict[str, Any]:
    """Return what the PDF says, every text with its direction."""
    mark = f"{copy.made_by} · {day_and_time(copy.made_at)}"
    return {
        "lang": copy.language,
        "reference": copy.reference,
        "title": gettext("Case %(reference)s", reference=copy.reference),
        "purpose": _text(str(copy_words.AUDIENCES[copy.verdict.audience])),
        "mark": _text(mark),
        "page": gettext("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
        "warning": gettext("Not for publication") if copy.case.not_for_publication else "",
        "sections": [
            {
                "title": section.title,
                "pieces": [
                    {
                        "head": _text(piece.head),
                        "meta": _text(piece.meta),
                        "text": _text(piece.text),
                        "facts": [{"label": label, "value": _text(value)} for label, value in piece.facts],
                    }
                    for piece in section.pieces
                ],
            }
            for section in copy.sections
        ],
        "left_out_title": gettext("What is left out"),
        "left_out": copy.left_out,
    }


def _text(text: str) -> dict[str, str]:
    """Return a text for the PDF: a word that is longer than a line may break."""
    return {"text": _LONG_WORD.sub("\\g<0>\u200b", text), "dir": direction(text)}


def _changed(told: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 whatever JSON has
    if isinstance(told, dict):
        return {name: _changed(one, change) for name, one in told.items()}
    if isinstance(told, list):
        return [_changed(one, change) for one in told]
    return change(told) if isinstance(told, str) else told


def _as_it_is(text: str) -> str:
    return text


def _without_pictures(text: str) -> str:
    return "".join("□" if _is_picture(letter) else letter for letter in text if letter != "\ufe0f")


def _is_picture(letter: str) -> bool:
    return unicodedata.category(letter) in _NO_LETTER_OF_OURS and letter not in "█`^¨´¸"
