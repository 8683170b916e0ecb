"""What comes out of the box is the picture, the page, the words, and nothing that came with them."""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pillow_heif
import pytest
from PIL import Image

from intake.evidence import box
from intake.evidence.boxed import clues as pure
from intake.evidence.boxed import texts
from tests.evidence.boxed_files import (
    MARKER,
    clues,
    encoded,
    locked_pdf,
    opened,
    pdf,
    photo,
    png_of,
    refused,
    seen,
    traced_jpeg,
    traces,
    zip_bomb,
)

RED, LIME, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EVERY_CLUE = [
    ("taken_at", "2026-05-01 12:30:00 +05:00"),
    ("changed_at", "2026-05-01 12:31:00"),
    ("located_at", "2026-05-01 07:30:00 UTC"),
    ("place", "43.238900, 76.889694"),
    ("altitude", "812 m"),
    ("device", f"Xiaomi Redmi {MARKER}"),
    ("author", MARKER),
    ("description", MARKER),
]


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, ...]) -> bool:
    """Return whether a pixel has a colour, as far as JPEG keeps colours."""
    pixel = image.convert("RGB").getpixel(place)
    assert isinstance(pixel, tuple)
    return all(abs(there - wanted) < 40 for there, wanted in zip(pixel, colour, strict=True))


def test_a_photo_keeps_its_pixels_and_loses_every_trace() -> None:
    file = traced_jpeg()
    for trace in (MARKER.encode(), b"Exif", b"xmpmeta", b"ICC_PROFILE"):
        assert trace in file
    ((part, shown),) = seen("image/jpeg", file)
    assert (part.number, part.kind, part.content_type) == (0, "picture", "image/jpeg")
    image = opened(shown)
    assert (part.width, part.height) == image.size == (90, 60)
    assert near(image, (5, 5), RED)
    assert near(image, (80, 5), LIME)
    for trace in (MARKER.encode(), b"Exif", b"xmp", b"ICC", b"MPF", b"Xiaomi"):
        assert trace not in shown
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert shown.count(b"\xff\xd8\xff") == 1, "no small copy within, none behind"


@pytest.mark.parametrize(("orientation", "upper_left"), [(3, None), (6, BLUE)])
def test_a_photo_stands_upright(orientation: int, upper_left: tuple[int, ...] | None) -> None:
    ((part, shown),) = seen("image/jpeg", traced_jpeg(orientation))
    assert (part.width, part.height) == ((90, 60) if orientation == 3 else (60, 90))
    if upper_left:
        assert near(opened(shown), (5, 5), upper_left)


@pytest.mark.parametrize(
    "name", [*("PNG", "WEBP", "GIF", "HEIF"), *(pytest.param(name, marks=pytest.mark.slow) for name in ("AVIF", "BMP"))]
)
def test_each_kind_of_picture_is_shown(name: str) -> None:
    pillow_heif.register_heif_opener()
    content_type = "image/heic" if name == "HEIF" else f"image/{name.lower()}"
    said = {"exif": traces()} if name not in {"GIF", "BMP"} else {}
    file = encoded(photo(), name, quality=90, **said) if name in {"HEIF", "AVIF"} else encoded(photo(), name, **said)
    ((part, shown),) = seen(content_type, file)
    assert (part.kind, part.width, part.height) == ("picture", 90, 60)
    assert near(opened(shown), (5, 5), RED)
    assert MARKER.encode() not in shown
    assert clues(content_type, file) == (EVERY_CLUE if said else [])


def test_a_large_photo_becomes_as_large_as_a_screen() -> None:
    ((part, shown),) = seen("image/jpeg", encoded(Image.new("RGB", (5000, 1000)), "JPEG"))
    assert (part.width, part.height) == opened(shown).size == (2400, 480)


def test_of_what_moves_the_first_picture_is_shown() -> None:
    file = encoded(
        Image.new("RGB", (20, 20), RED), "GIF", save_all=True, append_images=[Image.new("RGB", (20, 20), BLUE)]
    )
    ((_, shown),) = seen("image/gif", file)
    assert near(opened(shown), (5, 5), RED)


def test_transparency_stays_and_16_bits_become_8() -> None:
    ((part, shown),) = seen("image/png", encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 60)), "PNG"))
    assert (part.content_type, opened(shown).getpixel((3, 3))) == ("image/png", (255, 0, 0, 60))
    ((_, shown),) = seen("image/png", encoded(Image.new("I;16", (8, 8), 32_768), "PNG"))
    assert near(opened(shown), (3, 3), (128, 128, 128))


def test_a_profile_of_colours_that_is_broken_costs_nothing() -> None:
    ((_, shown),) = seen("image/jpeg", encoded(photo(), "JPEG", icc_profile=MARKER.encode() * 20))
    assert near(opened(shown), (5, 5), RED)
    assert MARKER.encode() not in shown


def test_the_pages_of_a_document_are_shown_and_nothing_in_it_wakes() -> None:
    file = pdf(2, script=f"app.alert('{MARKER}')", attached=MARKER, Author=MARKER)
    assert b"JavaScript" in file
    assert b"EmbeddedFile" in file
    parts = seen("application/pdf", file)
    assert [(part.kind, part.number, part.width, part.height, part.more) for part, _ in parts] == [
        ("page", 0, 800, 1200, 0),
        ("page", 1, 800, 1200, 0),
    ]
    for _, shown in parts:
        assert near(opened(shown), (50, 50), RED)
        assert near(opened(shown), (400, 600), (255, 255, 255))
        assert near(opened(shown), (750, 1150), BLUE), "what was filled into its fields is seen"
        assert MARKER.encode() not in shown


def test_of_a_long_document_it_is_said_how_many_pages_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    job = box._JOBS["application/pdf"]  # noqa: SLF001 fifty pages take their time
    assert dict(job.order)["pages"] == 50
    monkeypatch.setitem(box._JOBS, "application/pdf", replace(job, order=(("pages", 2),)))  # noqa: SLF001 as above
    parts = seen("application/pdf", pdf(5))
    assert [part.more for part, _ in parts] == [0, 3]


def test_a_page_of_no_size_is_crossed_out_and_the_others_shown() -> None:
    parts = seen("application/pdf", pdf(3, first="99999999 300"))
    assert [(part.number, part.width, part.height) for part, _ in parts] == [
        (0, 1200, 1700),
        (1, 800, 1200),
        (2, 800, 1200),
    ]
    ((part, _),) = seen("application/pdf", pdf(first="14000 2"))
    assert (part.width, part.height) == (1800, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1251", "koi8-r"])
def test_words_are_read_in_whatever_letters_they_were_written(encoding: str) -> None:
    words = "Здравствуйте. Меня зовут Айгуль, мне 34 года.\nМы ждём ответа, ПОМОГИТЕ!"
    assert texts.decoded(words.encode(encoding)) == words


def test_words_come_out_with_nothing_that_steers_a_screen() -> None:
    file = "Привет,\r\nмир\u202eтекст\x1b[31m\x00\u200fend\tя\u2028<script>".encode()
    ((part, shown),) = seen("text/plain", file)
    assert (part.kind, part.content_type, part.more) == ("text", "text/plain; charset=utf-8", 0)
    assert shown.decode() == "Привет,\nмир\ufffdтекст\ufffd[31m\ufffd\ufffdend\tя\n<script>"


def test_of_a_long_text_the_beginning_is_shown_and_how_much_is_left() -> None:
    file = "я".encode() * 600_001
    ((part, shown),) = seen("text/plain", file)
    assert part.more == len(file) - 1024**2
    assert shown.decode() == "я" * (1024**2 // 2)


def test_what_metadata_says_is_one_short_line_whatever_it_says() -> None:
    words = f"a\n\u202eb\x1b\0{'c' * 10_000}"
    file = encoded(photo(), "JPEG", exif=traces(description=words, artist="\u2066Зарина\u2069", model="\r\n"))
    said = dict(clues("image/jpeg", file))
    assert said["description"].startswith("a b")
    assert len(said["description"]) <= 200
    assert all(value.isprintable() for value in said.values())
    assert (said["author"], said["device"]) == ("Зарина", "Xiaomi")


def test_what_a_photo_says_is_told() -> None:
    assert clues("image/jpeg", traced_jpeg()) == [*EVERY_CLUE[:6], ("software", "Snapseed"), *EVERY_CLUE[6:]]
    assert clues("image/png", encoded(photo(), "PNG")) == []
    assert clues("text/plain", b"text") == []


def test_what_a_document_says_is_told() -> None:
    said = clues("application/pdf", pdf(Author="Aigul", CreationDate="D:20260501123000+05'00'", Producer="Scan"))
    assert ("made_at", "2026-05-01 12:30:00 +05:00") in said
    assert ("author", "Aigul") in said
    assert ("software", "Scan") in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("+43.2389+076.8897+812.0/", [("place", "43.238900, 76.889700"), ("altitude", "812 m")]),
        ("-43.2-076.9/", [("place", "-43.200000, -76.900000")]),
        ("+99.0+076.9/", []),
    ],
)
def test_places_of_films_are_read(text: str, told: list[tuple[str, str]]) -> None:
    assert pure.trimmed(pure.iso_6709(text)) == told


@pytest.mark.parametrize(("content_type", "name"), [("image/jpeg", "JPEG"), ("image/png", "PNG")])
def test_what_lies_under_a_black_box_is_gone(content_type: str, name: str) -> None:
    file = encoded(photo(100, 100), name, exif=traces())
    painted = box.black(content_type, file, [(0, 0, 300, 250), (990, 990, 500, 500), (5, 5, 0, 0)])
    image = opened(painted)
    assert (image.format, image.size) == (name, (100, 100))
    assert near(image, (3, 3), (0, 0, 0))
    assert near(image, (25, 20), (0, 0, 0))
    assert near(image, (40, 40), RED)
    assert near(image, (60, 10), LIME)
    assert MARKER.encode() not in painted
    assert not image.getexif()


def test_a_black_box_covers_every_pixel_that_it_touches() -> None:
    image = opened(box.black("image/png", encoded(Image.new("RGB", (7, 7), RED), "PNG"), [(200, 0, 1, 1000)]))
    assert [image.convert("RGB").getpixel((column, 3)) for column in range(7)] == [RED, (0, 0, 0), *[RED] * 5]


@pytest.mark.parametrize(
    ("reason", "content_type", "file"),
    [
        ("too_large", "image/png", png_of(60_000, 60_000)),
        ("too_large", "image/png", png_of(9_000, 9_000)),
        ("broken", "image/png", png_of(100, 100, noted=bytes(20_000_000))),
        ("broken", "image/png", png_of(100, 100)),
        ("broken", "image/png", zip_bomb()),
        ("broken", "image/jpeg", encoded(photo(), "PNG")),
        ("broken", "image/jpeg", encoded(photo(), "JPEG")[:900]),
        ("broken", "image/jpeg", b"\xff\xd8\xff<html><script>alert(1)</script>"),
        ("broken", "image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("broken", "application/pdf", b"%PDF-1.7\n" + bytes(2000)),
        ("broken", "application/pdf", b""),
        ("locked", "application/pdf", locked_pdf()),
        ("kind", "image/svg+xml", SVG),
        ("broken", "image/png", SVG),
        ("kind", "application/zip", zip_bomb()),
        ("kind", "text/html", b"<script>"),
        ("kind", "application/octet-stream", b"MZ"),
    ],
)
def test_what_is_hostile_or_broken_is_refused_with_a_reason(reason: str, content_type: str, file: bytes) -> None:
    assert refused(content_type, file) == reason


@pytest.mark.parametrize(
    ("content_type", "file"),
    [
        ("image/gif", encoded(photo(), "GIF") + f"*/=1;alert('{MARKER}')//".encode()),
        (
            "image/jpeg",
            encoded(photo(), "JPEG", comment=f"<script>{MARKER}</script>".encode()) + b"<html>" + MARKER.encode(),
        ),
        ("application/pdf", pdf() + zip_bomb()),
        ("image/png", encoded(photo(), "PNG") + zip_bomb()),
    ],
)
def test_of_a_file_that_is_two_things_only_the_picture_comes_out(content_type: str, file: bytes) -> None:
    ((_, shown),) = seen(content_type, file)
    assert MARKER.encode() not in shown
    assert b"PK\x03\x04" not in shown
    assert opened(shown).size[0] >= 90


def test_a_file_that_is_not_as_long_as_was_said_is_refused() -> None:
    file = encoded(photo(), "PNG")
    with pytest.raises(box.NoCopyError, match="broken"):
        list(box.look("image/png", [file], len(file) + 1))


def test_what_fails_while_it_is_read_is_the_reader_s_to_know() -> None:
    def failing() -> Iterator[bytes]:
        yield b"\x89PNG"
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        list(box.look("image/png", failing(), 10))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "PDF"])
def test_whatever_bytes_change_it_is_shown_or_refused(name: str) -> None:
    pillow_heif.register_heif_opener()
    content_type = {"HEIF": "image/heic", "PDF": "application/pdf"}.get(name, f"image/{name.lower()}")
    whole = pdf(2) if name == "PDF" else encoded(photo(), name, **({"exif": traces()} if name != "GIF" else {}))
    chance = random.Random(7)  # noqa: S311 the same each time
    for _ in range(15):
        file = io.BytesIO(whole)
        for _ in range(chance.randint(1, 12)):
            file.seek(chance.randrange(len(whole)))
            file.write(bytes([chance.randrange(256)]))
        for look in (seen, clues):
            assert told(look, content_type, file.getvalue()) in {"", "broken", "too_large", "locked"}


def told(look: Callable[[str, bytes], object], content_type: str, file: bytes) -> str:
    """Look; return the reason if there is nothing to see."""
    try:
        look(content_type, file)
    except box.NoCopyError as error:
        return error.reason
    return ""


def test_this_machine_looks_at_files() -> None:
    assert box.ill() == ""
