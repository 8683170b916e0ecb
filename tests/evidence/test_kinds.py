"""What a file is: told by its content; what may harm is known by either content or name; a name hides nothing."""

import io
import random
import re
import zipfile
import zlib

import pytest
from PIL import Image

from intake.evidence.kinds import ANYTHING, ENDINGS, HEAD, is_dangerous, kind_of
from intake.evidence.kinds_of_text import encoding_of
from intake.web.file_names import NO_NAME, safe_name

WORDS = "Явились трое в форме, ночью, и увели брата. Адрес: ул. Ленина, 5.\r\n" * 3
HTML = b"<html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MAIL = b"Received: from a by b\r\nFrom: A <a@mail.example>\r\nSubject: We know\r\n where\r\nDate: now\r\n\r\nWords"
OPEN_XML = "application/vnd.openxmlformats-officedocument"
OPEN_TEXT = "application/vnd.oasis.opendocument.text"


def picture(form: str) -> bytes:
    """Return a picture as a program writes it."""
    sink = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(sink, form)
    return sink.getvalue()


def zipped(*names: str, packed: int = zipfile.ZIP_DEFLATED, **contents: str) -> bytes:
    """Return a zip with entries in an order; what stands in one is given by its name as Python writes it."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", packed) as archive:
        for name in names:
            archive.writestr(name, contents.get(re.sub(r"\W", "_", name).strip("_"), "x" * 50))
    return sink.getvalue()


def office(folder: str, listed: str, *, large: bool = False) -> bytes:
    """Return what an office writes: its own part may lie far behind the beginning."""
    between = [f"docProps/thumbnail{number}.jpeg" for number in range(200)] if large else []
    kinds = f'<Types><Default Extension="rels"/><Override ContentType="{listed}"/></Types>'
    return zipped("[Content_Types].xml", "_rels/.rels", *between, f"{folder}/main.xml", Content_Types__xml=kinds)


def media(brand: bytes, *handlers: bytes, others: bytes = b"") -> bytes:
    """Return the beginning of a film or sound with a track for each handler."""
    tracks = b"".join(b"\0\0\0\x20hdlr\0\0\0\0\0\0\0\0" + one + bytes(12) for one in handlers)
    brands = brand + bytes(4) + others
    return (len(brands) + 8).to_bytes(4) + b"ftyp" + brands + b"\0\0\1\0moov" + tracks + bytes(400)


def matroska(document: bytes, *codecs: bytes) -> bytes:
    """Return the beginning of a Matroska file with a track for each codec."""
    tracks = b"".join(b"\x86" + bytes([0x80 + len(one)]) + one for one in codecs)
    return b"\x1a\x45\xdf\xa3\x9f\x42\x82" + bytes([0x80 + len(document)]) + document + b"\x18\x53\x80\x67" + tracks


CORPUS = [
    (picture("JPEG"), "image/jpeg"),
    (picture("PNG"), "image/png"),
    (picture("GIF"), "image/gif"),
    (picture("WEBP"), "image/webp"),
    (picture("TIFF"), "image/tiff"),
    (picture("BMP"), "image/bmp"),
    (media(b"heic"), "image/heic"),
    (media(b"mif1", others=b"mif1heic"), "image/heic"),
    (media(b"avif"), "image/avif"),
    (media(b"mif1", others=b"mif1avif"), "image/avif"),
    (b"%PDF-1.7\n" + bytes(99), "application/pdf"),
    (b"\xef\xbb\xbf\r\n%PDF-1.4\nwords", "application/pdf"),
    (media(b"isom", b"vide", b"soun"), "video/mp4"),
    (media(b"isom", b"soun"), "audio/mp4"),
    (media(b"mp42"), "video/mp4"),
    (media(b"M4A ", b"soun"), "audio/mp4"),
    (media(b"qt  ", b"vide"), "video/quicktime"),
    (b"\0\0\0\x08wide\0\0\x10\0mdat", "video/quicktime"),
    (media(b"3gp4", b"vide"), "video/3gpp"),
    (media(b"3gp4", b"soun"), "audio/3gpp"),
    (matroska(b"webm", b"V_VP9", b"A_OPUS"), "video/webm"),
    (matroska(b"webm", b"A_OPUS"), "audio/webm"),
    (matroska(b"matroska", b"V_MPEG4/ISO/AVC"), "video/x-matroska"),
    (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
    (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
    (b"OggS\0\x02" + bytes(22) + b"\x01\x13OpusHead", "audio/ogg"),
    (b"OggS\0\x02" + bytes(22) + b"\x80theora", "video/ogg"),
    (b"#!AMR\nwords", "audio/amr"),
    (b"ID3\x03\0\0\0\0\0\0", "audio/mpeg"),
    (office("word", "x.wordprocessingml.document.main+xml"), f"{OPEN_XML}.wordprocessingml.document"),
    (office("xl", "x.spreadsheetml.sheet.main+xml"), f"{OPEN_XML}.spreadsheetml.sheet"),
    (office("ppt", "x.presentationml.slide+xml", large=True), f"{OPEN_XML}.presentationml.presentation"),
    (office("word", "vnd.ms-word.document.macroEnabled.main+xml"), "application/vnd.ms-word.document.macroenabled.12"),
    (
        zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin", packed=zipfile.ZIP_STORED),
        "application/vnd.ms-word.document.macroenabled.12",
    ),
    (zipped("mimetype", "content.xml", packed=zipfile.ZIP_STORED, mimetype=OPEN_TEXT), OPEN_TEXT),
    (zipped("AndroidManifest.xml", "classes.dex"), "application/vnd.android.package-archive"),
    (zipped("META-INF/MANIFEST.MF", "a/B.class"), "application/java-archive"),
    (zipped("word/holiday.jpg", "xl/holiday.jpg"), "application/zip"),
    (zipped(), "application/zip"),
    (b"Rar!\x1a\x07\0words", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1cwords", "application/x-7z-compressed"),
    (b"\x1f\x8b\x08words", "application/gzip"),
    (bytes(257) + b"ustar\0", "application/x-tar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "application/x-ole-storage"),
    (b"{\\rtf1\\ansi words}", "application/rtf"),
    (b"MZ\x90\0", "application/x-executable"),
    (b"\x7fELF\x02", "application/x-executable"),
    (b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "application/x-ms-shortcut"),
    (b"#!/bin/sh\nrm -rf /", "text/x-script"),
    (b"\r\n@echo off\r\ndel", "text/x-script"),
    (b"<?php system($_GET[0]);", "text/x-script"),
    (b"[InternetShortcut]\r\nURL=file://x", "text/x-script"),
    (HTML, "text/html"),
    (b" \n<!-- a photo -->\n<!DOCTYPE html><p>", "text/html"),
    (b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', "text/html"),
    ("\ufeff<script>alert(1)</script>".encode("utf-16-le"), "text/html"),
    (b"\xff\0<script>"[2:] + b"\0\xff\xfe", "text/html"),
    (SVG, "image/svg+xml"),
    (b'<?xml version="1.0"?><!-- x --><!DOCTYPE svg PUBLIC "a" "b" [<!ENTITY c "d">]><svg>', "image/svg+xml"),
    (b'<?xml version="1.0"?><s:svg xmlns:s="http://www.w3.org/2000/svg">', "image/svg+xml"),
    (b'<?xml version="1.0"?><kml>', "application/xml"),
    (MAIL, "message/rfc822"),
    (b"BEGIN:VCARD\r\nVERSION:3.0", "text/vcard"),
    (b"From: my brother\nTo: you all\nSubject: a letter that was never sent\n\nWords", "text/plain"),
    (WORDS.encode(), "text/plain"),
    (WORDS.encode()[:-1], "text/plain"),
    (WORDS.encode("utf-16"), "text/plain"),
    (WORDS.encode("utf-16-be"), "text/plain"),
    (WORDS.encode("cp1251"), "text/plain"),
    (b"", ANYTHING),
    (random.Random(1).randbytes(500), ANYTHING),  # noqa: S311 noise
    (b"words\0words\x01", ANYTHING),
]
BEGIN_AS_PICTURES = [  # what is two things at once
    (picture("GIF") + HTML, "image/gif"),
    (picture("JPEG") + zipped("a.exe"), "image/jpeg"),
    (b"GIF89a/*" + bytes(9) + b"*/=1;alert(1)", "image/gif"),
    (b"%PDF-1.4\n" + zipped("AndroidManifest.xml"), "application/pdf"),
]


@pytest.mark.parametrize(("content", "kind"), [*CORPUS, *BEGIN_AS_PICTURES])
def test_a_file_is_known_by_its_content_and_has_an_ending_for_who_takes_it_along(content: bytes, kind: str) -> None:
    assert kind_of(content[:HEAD]) == kind
    assert kind in ENDINGS


def test_a_beginning_cut_anywhere_is_read_without_a_fault_and_never_taken_for_a_program() -> None:
    program = {"application/x-executable", "application/x-ms-shortcut", "application/vnd.android.package-archive"}
    for content, kind in CORPUS:
        told = {kind_of(content[:length]) for length in range(min(len(content), 120))}
        assert told <= set(ENDINGS)
        assert kind in program or not told & program


def test_a_list_of_kinds_that_unpacks_to_gigabytes_costs_a_bounded_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, bits: int) -> None:
            self.real = real(bits)

        def decompress(self, content: bytes, most: int = 0) -> bytes:
            found = self.real.decompress(content, most)
            unpacked.append(len(found))
            return found

    bomb = zipped("[Content_Types].xml", Content_Types__xml="0" * 5_000_000)
    monkeypatch.setattr(zlib, "decompressobj", Watched)
    assert kind_of(bomb[:HEAD]) == "application/zip"
    assert unpacked == [256 * 1024]


@pytest.mark.parametrize(
    "pattern", ["<!--", "<?x ", "<!doctype a [", "A: b\n c\n", "PK\x03\x04" + "a" * 26, " ", "hdlr"]
)
def test_what_repeats_without_end_is_read_in_a_moment(pattern: str) -> None:
    for before in ("", "<?xml", "PK\x03\x04", "\x1a\x45\xdf\xa3"):
        kind_of((before + pattern * HEAD).encode("latin-1")[:HEAD])  # minutes, where a pattern tries every way


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\0", "photo.jpg"),
        (HTML, "letter.txt"),
        (SVG, "drawing.png"),
        (MAIL, "forwarded"),
        (zipped("a"), "photo.jpg"),
        (b"{\\rtf1 x}", "a.doc"),
        (office("word", "vnd.ms-word.document.macroEnabled.main+xml"), "letter.docx"),
        (picture("JPEG"), "photo.jpg.exe"),
        (picture("JPEG"), "photo.exe. . "),
        (picture("JPEG"), "photo.EXE"),
        (picture("JPEG"), "photo\u202egpj.scr"),
        (picture("JPEG"), "photo.s\u200bcr"),
        (picture("GIF"), "page.hta"),
        (b"MsgBox 1", "letter.vbs"),
        (b"var a = 1", "letter.js "),
        (picture("PNG"), "x.svg"),
        (office("word", "x.wordprocessingml.document.main+xml"), "letter.docm"),
        (b"words", "C:\\Users\\me\\run.ps1"),
    ],
)
def test_what_may_harm_is_known_by_its_content_or_its_name(content: bytes, name: str) -> None:
    assert is_dangerous(kind_of(content[:HEAD]), name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (picture("JPEG"), "photo.jpg"),
        (picture("JPEG"), "exe"),
        (picture("JPEG"), "my.exe.jpg"),
        (b"%PDF-1.4", "verdict.pdf"),
        (media(b"isom", b"vide"), "film.mp4"),
        (office("word", "x.wordprocessingml.document.main+xml"), "letter.docx"),
        (WORDS.encode("cp1251"), "протокол.txt"),
        (b"", ""),
    ],
)
def test_what_people_send_every_day_is_not_called_dangerous(content: bytes, name: str) -> None:
    assert not is_dangerous(kind_of(content[:HEAD]), name)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Протокол допроса № 5.pdf", "Протокол допроса № 5.pdf"),
        ("гувоҳӣ-ҷабрдида.jpg", "гувоҳӣ-ҷабрдида.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.doc", "a.doc"),
        ("folder/", "folder"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u2066b\u2069\u200e\u061c\u200b\u2060\ufeff\u00adc.txt", "abc.txt"),
        ("a\u115f\u3164\u2800\ufe0f.txt", "a.txt"),
        ("photo.jpg" + " " * 90 + ".exe", "photo.jpg.exe"),
        ("a\u00a0\u3000\t\r\n\u2028b.txt", "a b.txt"),
        ('a"; x="<b>|?*:.txt', "a_; x=__b_____.txt"),
        ("a\0\x07\x1b[31m.txt", "a[31m.txt"),
        ("\ud800\udfffa\U000f0000.txt", "a.txt"),
        (".bashrc", "bashrc"),
        ("photo.exe. .", "photo.exe"),
        ("", NO_NAME),
        ("..", NO_NAME),
        ("\u202e\u200b", NO_NAME),
        ("e\u0301.txt", "é.txt"),
    ],
)
def test_a_name_is_one_line_without_path_or_disguise(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert safe_name(safe) == safe


@pytest.mark.parametrize("letter", ["a", "ж", "語", "😀", "a\u0301", ". "])
@pytest.mark.parametrize("ending", [".jpg", ".tar.gz", "", "." + "x" * 300, ".доказательство"])
def test_a_name_is_as_long_as_file_systems_take_and_keeps_its_ending(letter: str, ending: str) -> None:
    for count in (198, 255, 256, 10_000):
        safe = safe_name(letter * count + ending)
        assert len(safe) <= 200
        assert len(safe.encode()) <= 255
        assert safe_name(safe) == safe
        if len(ending) < 20:
            assert safe.endswith(ending.rpartition(".")[2])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251"])
def test_the_writing_of_a_text_is_told_so_that_it_can_be_read(encoding: str) -> None:
    found = encoding_of(WORDS.encode(encoding))
    assert found is not None
    assert WORDS.encode(encoding).decode(found) == WORDS


@pytest.mark.parametrize("content", [b"", b"a\0b\x01", random.Random(2).randbytes(400), b"\xff\xfe\0\xd8\0\xd8"])  # noqa: S311
def test_what_is_no_text_has_no_writing(content: bytes) -> None:
    assert encoding_of(content) is None
