"""Files for the box, made by the tests: honest ones with traces in them, and hostile ones."""

import io
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageDraw
from pypdf import PdfWriter

from intake.evidence import box
from intake.evidence.box import NoCopyError, Part

MARKER = "okapi-marker"
Seen = tuple[Part, bytes]


def seen(content_type: str, file: bytes) -> list[Seen]:
    """Look at a file; return the parts, each with its bytes."""
    return [(part, b"".join(part.pieces)) for part in box.look(content_type, pieces(file), len(file))]


def refused(content_type: str, file: bytes) -> str:
    """Look at a file of which there is no viewing copy; return why. Nothing else may come of it."""
    try:
        found = seen(content_type, file)
    except NoCopyError as error:
        return error.reason
    message = f"it was shown: {[part for part, _ in found]}"
    raise AssertionError(message)


def clues(content_type: str, file: bytes) -> list[tuple[str, str]]:
    """Return what a file says of itself."""
    return box.clues(content_type, pieces(file), len(file))


def pieces(file: bytes) -> Iterator[bytes]:
    """Yield a file as it comes out of the storage."""
    return (file[start : start + 65_536] for start in range(0, len(file), 65_536))


def opened(encoded: bytes) -> Image.Image:
    """Open a picture that came out of the box."""
    image = Image.open(io.BytesIO(encoded))
    image.load()
    return image


def photo(width: int = 90, height: int = 60) -> Image.Image:
    """Return a picture with another colour in each corner, and many colours between them."""
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    image.paste(Image.effect_noise((width, height), 60).convert("RGB"), (0, 0), Image.new("L", (width, height), 60))
    for colour, place in (("red", (0, 0)), ("lime", (width // 2, 0)), ("blue", (0, height // 2))):
        ImageDraw.Draw(image).rectangle((*place, place[0] + width // 2 - 1, place[1] + height // 2 - 1), fill=colour)
    return image


def encoded(image: Image.Image, name: str, **said: Any) -> bytes:
    """Return a picture as a file."""
    out = io.BytesIO()
    image.save(out, name, **said)
    return out.getvalue()


def traces(orientation: int = 1, **words: str) -> Image.Exif:
    """Return what a telephone writes into a photo: when, where, with what, and a small copy of it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Xiaomi", words.get("model", f"Redmi {MARKER}")
    exif[0x0112], exif[0x0132] = orientation, "2026:05:01 12:31:00"
    for tag, word in ((0x013B, "artist"), (0x010E, "description")):
        exif[tag] = words.get(word, MARKER).encode()
    exif.get_ifd(0x8769).update({0x9003: "2026:05:01 12:30:00", 0x9011: "+05:00"})
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (43.0, 14.0, 20.04), 3: "E", 4: (76.0, 53.0, 22.9), 5: b"\0", 6: 812.0}
        | {7: (7.0, 30.0, 0.0), 29: "2026:05:01"}
    )
    return exif


def traced_jpeg(orientation: int = 1) -> bytes:
    """Return a photo with all the traces that a JPEG may hold, and with bytes behind its end."""
    xmp = f'<x:xmpmeta xmp:CreatorTool="Snapseed" dc:creator="{MARKER}"></x:xmpmeta>'.encode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = encoded(
        photo(),
        "JPEG",
        quality=95,
        exif=traces(orientation),
        xmp=xmp,
        comment=MARKER.encode(),
        icc_profile=profile,
    )
    return file + encoded(photo(30, 20), "JPEG", comment=MARKER.encode()) + MARKER.encode()


def png_of(width: int, height: int, pixels: bytes = b"", noted: bytes = b"") -> bytes:
    """Return a PNG that says how large it is, whatever there is of it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    note = (b"zTXt", b"Comment\0\0" + zlib.compress(noted))
    chunks = ((b"IHDR", head), *([note] if noted else []), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def pdf(pages: int = 1, *, script: str = "", attached: str = "", first: str = "200 300", **info: str) -> bytes:
    """Return a document of pages of 200 by 300 points, each with a red square in its upper left corner.

    In its lower right corner a field is filled in, with a blue square.

    Args:
        pages: how many.
        script: what it would run when it is opened.
        attached: what lies in a program that is attached to it.
        first: the sides of the first page.
        info: what it says of itself.
    """
    kids = " ".join(f"{8 + number} 0 R" for number in range(pages))
    action = f"/OpenAction << /S /JavaScript /JS ({script}) >>" if script else ""
    names = "/Names << /EmbeddedFiles << /Names [(a.exe) 5 0 R] >> >>" if attached else ""
    square, about = "1 0 0 rg 0 250 50 50 re f", " ".join(f"/{name} ({value})" for name, value in info.items())
    field = "0 0 1 rg 0 0 50 50 re f"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {action} {names} >>",
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>",
        f"<< /Length {len(square)} >> stream\n{square}\nendstream",
        f"<< {about} >>",
        "<< /Type /Filespec /F (a.exe) /EF << /F 6 0 R >> >>",
        f"<< /Type /EmbeddedFile /Length {len(attached)} >> stream\n{attached}\nendstream",
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 50 50] /Length {len(field)} >> stream\n{field}\nendstream",
    ]
    annotation = "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /F 4 /Rect [150 0 200 50] /AP << /N 7 0 R >> >>"
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {{}}] /Contents 3 0 R /Annots [{annotation}] >>"
    objects += [page.format(sides) for sides in (first, *["200 300"] * (pages - 1))]
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, text in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj {text} endobj\n".encode("latin-1"))
    end = out.tell()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{end}\n%%EOF\n".encode())
    return out.getvalue()


def locked_pdf() -> bytes:
    """Return a document with a password."""
    writer, out = PdfWriter(clone_from=io.BytesIO(pdf())), io.BytesIO()
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


def zip_bomb() -> bytes:
    """Return an archive of a thousandth of what is in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{MARKER}.txt", bytes(4_000_000))
    return out.getvalue()


def amr(seconds: int = 1) -> bytes:
    """Return a recording as old telephones make it (RFC 4867, 5): frames of 20 ms at 12.2 kbit/s."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50 * seconds


def made(path: Path, *arguments: str) -> bytes:
    """Let ffmpeg make a file."""
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", *arguments, str(path)], check=True)
    return path.read_bytes()
