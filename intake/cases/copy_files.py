"""Writing a copy of a case: as PDF, as JSON, and as ZIP with the files. In memory alone, never on the disk."""

import base64
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from flask_babel import gettext

from intake.cases import consent, copies, copy_words
from intake.cases.copies import Copy
from intake.cases.copy_sections import Piece
from intake.cases.enclosures import Enclosure
from intake.cases.zipping import Zip
from intake.evidence import read
from intake.evidence.kinds import ENDINGS
from intake.evidence.place import storage
from intake.evidence.read import Keeper
from intake.evidence.viewing import OpenedPart
from intake.i18n import day_and_time, direction

FONTS = Path(__file__).parent / "fonts"
TEMPLATE = Path(__file__).parent / "dossier.typ"
STANDARD = "ua-1"  # PDF/UA: read aloud in the right order
MANIFEST = "case-export-manifest/1"
MOST_SHOWN, MOST_SHOWN_BYTES = 80, 24 * 1024**2  # pictures in a PDF: all of them are in memory at once
_Member = tuple[str, Iterable[bytes], int]  # its name in the ZIP, its bytes, how many they are
_LONG_WORD = re.compile(r"\S{60}(?=\S)")
_NO_LETTER_OF_OURS = frozenset({"So", "Sk", "Co", "Cn", "Cs"})  # pictures, and what is nothing at all


def as_json(copy: Copy) -> bytes:
    """Return a copy as JSON."""
    return json.dumps(copies.document(copy), ensure_ascii=False, indent=1).encode()


def as_pdf(copy: Copy) -> bytes:
    """Return a copy as PDF, with the letters of all our languages.

    Where a text has characters that our letters lack, pictures become □; if others are left, the PDF does not promise
    to be fit for reading aloud.

    Raises:
        box.NoCopyError: a picture could not be blacked out.
        sealing.SealError, FileNotFoundError: one was altered, or is gone.
    """
    told, pictures = _told(copy), json.dumps(_pictures(copy))
    import typst  # noqa: PLC0415 heavy: 80 MB of it

    for change, standards in ((_as_it_is, [STANDARD]), (_without_pictures, [STANDARD]), (_without_pictures, [])):
        try:
            return typst.compile(
                TEMPLATE,
                root=TEMPLATE.parent,
                font_paths=[FONTS],
                ignore_system_fonts=True,
                sys_inputs={"copy": json.dumps(_changed(told, change)), "pictures": pictures},
                pdf_standards=standards,  # type: ignore[arg-type]  # a list of one
                timestamp=int(copy.made_at.timestamp()),
            )
        except typst.TypstError:
            if not standards:
                raise RuntimeError("a copy could not be set as PDF") from None  # noqa: EM101, TRY003 its own words tell what is sealed
    raise AssertionError


def as_zip(copy: Copy) -> Iterator[bytes]:
    """Return what yields a ZIP with PDF, JSON, the recordings, what goes along of attached files, and a manifest.

    All but the files is written now, and the first chunk of each recording opened, so that a fault shows before any
    answer. Of the rest one chunk is in memory at a time, or one picture that is blacked out.

    Raises:
        sealing.SealError: a file was altered; where that shows later, the ZIP breaks off.
        FileNotFoundError: a chunk of it is gone.
        box.NoCopyError: a picture could not be blacked out: it is not given as it was.
    """
    members: list[_Member] = [("dossier.pdf", [as_pdf(copy)], 0), ("case.json", [as_json(copy)], 0)]
    places: Counter[str] = Counter()
    for file in copy.files:  # their names tell nothing
        places[file.what] += 1
        for part in copy.spoken.get(file.name, [file]):
            name = f"files/{file.what}-{places[file.what]}.{ENDINGS.get(part.content_type, 'bin')}"
            members.append((name, read.plaintext(part), part.size))
    return _zipped(copy, chain(members, _enclosed(copy, storage())))


def _enclosed(copy: Copy, kept: Keeper) -> Iterator[_Member]:
    """Yield what goes along of attached files; each is opened when its turn comes."""
    for enclosure in copy.enclosures:
        yield from ((enclosure.name_of(part), enclosure.content(part, kept), part.size) for part in enclosure.parts)
        if enclosure.original:
            yield enclosure.name_of_original, read.whole(enclosure.file, kept), enclosure.file.size


def _zipped(copy: Copy, members: Iterable[_Member]) -> Iterator[bytes]:
    with Zip(copy.reference, copy.made_at) as archive:
        for name, pieces, size in members:
            # Recordings and pictures are compressed as they are.
            plain = name.startswith(("files/", "originals/")) and not name.endswith(".txt")
            yield from archive.put(name, pieces, size, squeezed=not plain)
        listed = [{"name": one.path, "size": one.size, "sha256": one.sha256} for one in archive.sums]
        yield from archive.put("manifest.json", [_manifest(copy, listed)], squeezed=True)
    yield archive.taken()


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
        "lang": copy.language.partition("-")[0],  # Typst takes no script with it
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
                        "shown": _shown(piece),
                    }
                    for piece in section.pieces
                ],
            }
            for section in copy.sections
        ],
        "more": gettext("It is in the ZIP: there are more pictures than this file has room for."),
        "left_out_title": gettext("What is left out"),
        "left_out": copy.left_out,
    }


def _shown(piece: Piece) -> list[dict[str, Any]]:
    """Return which pictures stand below a piece: by which name they come, how they are called, and whether as pages."""
    enclosed = piece.enclosed
    if enclosed is None:
        return []
    return [
        {
            "name": enclosed.name_of(part),
            "page": part.kind == consent.PAGE,
            "alt": copy_words.name_of(enclosed, part),
            "width": part.width or 1,
            "height": part.height or 1,
        }
        for part in enclosed.pictures
    ]


def _pictures(copy: Copy) -> dict[str, str]:
    """Return the pictures of a PDF by their names, as many as it has room for.

    Each is wrapped in an SVG: what sets the PDF takes bytes only as text, and reads pictures else from a folder.
    """
    found: dict[str, str] = {}
    room = MOST_SHOWN_BYTES
    for enclosure in copy.enclosures:
        for part in enclosure.pictures:
            room -= part.size
            if room < 0 or len(found) >= MOST_SHOWN:
                return found
            found[enclosure.name_of(part)] = _as_svg(enclosure, part)
    return found


def _as_svg(enclosure: Enclosure, part: OpenedPart) -> str:
    size = f'width="{part.width or 1}" height="{part.height or 1}"'
    content = base64.b64encode(b"".join(enclosure.content(part, storage()))).decode()
    href = f"data:{part.content_type};base64,{content}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{href}"/></svg>'


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
