"""Files of a case that copies take along: attached, looked at, and marked, without HTTP."""

import io
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from sqlalchemy import select

from intake.audit import AuditEntry
from intake.cases import file_redaction, queries
from intake.cases.blacking import Passage
from intake.cases.file_redaction import Box, Marks
from intake.cases.models import Case
from intake.desks.routing import destination_at
from intake.evidence import box, receive, viewing
from intake.evidence import queries as evidence
from intake.evidence.queries import OpenedFile
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.sessions import Visitor
from tests.cases import saved
from tests.factories import hidden_on

CAMERA = "Quaggacam 9"
GPS = 0x8825
SECRET, WALL = (250, 20, 20), (40, 160, 60)  # a red face before a green wall
NEAR_RED = 140  # of 255
SIZE = (400, 300)
FACE = (200, 150, 300, 250)  # pixels: left, top, right, bottom
_PICTURE = re.compile(rb"(?=(\xff\xd8\xff.+?\xff\xd9|\x89PNG\r\n\x1a\n.+?IEND\xaeB`\x82))", re.DOTALL)


def picture() -> Image.Image:
    """Return a picture with something in it that must not be seen."""
    made = Image.new("RGB", SIZE, WALL)
    made.paste(SECRET, FACE)
    for x in range(0, SIZE[0], 5):  # enough colours to be kept as a photo is
        for y in range(0, SIZE[1], 5):
            if not (FACE[0] <= x < FACE[2] and FACE[1] <= y < FACE[3]):
                made.putpixel((x, y), (WALL[0] + x % 40, WALL[1] + y % 40, WALL[2] + (x + y) % 40))
    return made


@cache
def photo() -> bytes:
    """Return a photo as a phone makes it: where it was taken, by what, and a small picture of itself."""
    exif = Image.Exif()
    exif[0x010F] = exif[0x0110] = CAMERA
    degrees = (IFDRational(43), IFDRational(15), IFDRational(2727, 100))
    exif.get_ifd(GPS).update({1: "N", 2: degrees, 3: "E", 4: degrees})
    small = io.BytesIO()
    picture().resize((80, 60)).save(small, "JPEG")
    made = io.BytesIO()
    picture().save(made, "JPEG", exif=exif, comment=b"Quaggathumb" + small.getvalue(), quality=90)
    return made.getvalue()


@cache
def bare() -> bytes:
    """Return the picture alone, as the box gives it."""
    made = io.BytesIO()
    picture().save(made, "JPEG", quality=90)
    return made.getvalue()


def attach(case: Case, content: bytes, file_name: str = "Quaggova.jpg") -> str:
    """Attach a file to a case; return its name in the storage."""
    case = saved(case)
    to = destination_at(case.desk_id)
    file = receive.describe(receive.keep_content(content, file_name), case.reference, [to.recipient])
    with transaction():
        receive.save(file, case.id, to.key_id, now())
    return file.name


def file_of(visitor: Visitor, case: Case, name: str) -> OpenedFile:
    """Return a file as the desk opens it."""
    case = saved(case)
    return evidence.opened_file(name, case.id, case.reference, queries.desk_opens(visitor))


def look(visitor: Visitor, case: Case, name: str, *parts: tuple[str, bytes], really: bool = False) -> None:
    """Look at a file, so that there is a viewing copy.

    Args:
        visitor: who looks.
        case: the case.
        name: the file.
        parts: what the viewing copy has; by default the picture alone.
        really: let the box look; it takes its time.
    """
    file = file_of(visitor, case, name)
    with pytest.MonkeyPatch.context() as patch:
        if not really:
            patch.setattr(box, "look", pretended(*(parts or (("picture", bare()),))))
            patch.setattr(box, "clues", lambda *_: [])
        looked = viewing.look(file)
    with transaction():
        assert viewing.keep(looked)


def seen(
    visitor: Visitor, case: Case, content: bytes | None = None, *parts: tuple[str, bytes], really: bool = False
) -> str:
    """Attach a file, by default a photo, and look at it."""
    name = attach(case, photo() if content is None else content)
    look(visitor, case, name, *parts, really=really)
    return name


def marks(visitor: Visitor, case: Case, name: str) -> Marks:
    """Return what is marked in a file."""
    return file_redaction.read(saved(case), name, queries.desk_opens(visitor))


def mark(visitor: Visitor, case: Case, name: str, one: Box | Passage) -> None:
    """Mark something in a file."""
    base = marks(visitor, case, name).number
    settle(lambda: file_redaction.seal_with(visitor, saved(case), name, one, base), file_redaction.keep)


def release(visitor: Visitor, case: Case, name: str, *, goes_out: bool = True) -> None:
    """Say that a file may leave, or not."""
    base = marks(visitor, case, name).number
    settle(
        lambda: file_redaction.seal_release(visitor, saved(case), name, base, goes_out=goes_out), file_redaction.keep
    )


def face(part: int = 0) -> Box:
    """Return the box in which the face lies, in thousandths, a little larger."""
    left, top, right, bottom = (round(1000 * pixel / side) for pixel, side in zip(FACE, SIZE * 2, strict=True))
    return Box(part, left - 10, top - 10, right - left + 20, bottom - top + 20)


def pretended(*parts: tuple[str, bytes]) -> Any:
    """Return what stands in for the box: it shows these parts, whatever it is given."""

    def pretend(_type: str, pieces: Any, _size: int) -> Iterator[box.Part]:
        b"".join(pieces)
        for number, (kind, content) in enumerate(parts):
            content_type = box.TEXT if kind == "text" else "audio/mpeg"
            if kind in {"picture", "page"}:
                with Image.open(io.BytesIO(content)) as image:
                    content_type = f"image/{(image.format or '').lower()}"
                    yield box.Part(number, kind, content_type, [content], *image.size)
            else:
                yield box.Part(number, kind, content_type, [content])

    return pretend


def page_of_paper() -> bytes:
    """Return a page as a picture."""
    made = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(made, "PNG")
    return made.getvalue()


def has_secret(content: bytes) -> bool:
    """Return whether the face is seen in a picture: anything near its red."""
    with Image.open(io.BytesIO(content)) as image:
        few = image.convert("RGB").resize((100, 75), Image.Resampling.NEAREST)
    pixels = few.tobytes()
    return any(pixels[at] > NEAR_RED and max(pixels[at + 1 : at + 3]) < NEAR_RED for at in range(0, len(pixels), 3))


def pictures_in(file: bytes) -> list[bytes]:
    """Return every JPEG and PNG that lies anywhere in a file's bytes, one in another counted, too."""
    return [found[1] for found in _PICTURE.finditer(file)]


def page_path(case: Case, name: str, more: str = "") -> str:
    """Return the address where a file is marked."""
    return f"/desk/cases/{saved(case).reference}/files/{name}/redactions{more}"


def post(client: FlaskClient, case: Case, name: str, more: str = "", **fields: str) -> Any:
    """Press something on the page where a file is marked, as it stands now."""
    hidden = hidden_on(client.get(page_path(case, name)).get_data(as_text=True))
    sent = {one: hidden[one] for one in ("csrf_token", "base", "part", "width") if one in hidden}
    return client.post(page_path(case, name, more), data={**sent, **fields})


def acts(case: Case) -> list[tuple[str, dict[str, Any]]]:
    """Return what was done about the files of a case."""
    db.session.rollback()
    of_case = select(AuditEntry.act, AuditEntry.detail).where(AuditEntry.case_id == case.id)
    found = db.session.execute(of_case.where(AuditEntry.act.startswith("evidence.")).order_by(AuditEntry.id))
    return [(act, detail) for act, detail in found]
