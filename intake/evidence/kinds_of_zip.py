"""What a zip is that begins with some bytes: what an office wrote, a program, or just an archive. Pure.

Read are the names of the first entries, and the list of kinds that what offices write begins with; nothing else is
unpacked, and of that list no more than a bounded piece.
"""

import re
import zlib

ARCHIVE = "application/zip"
_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# A local file header: version, flags, method, time, date, CRC, two sizes, two lengths (APPNOTE.TXT, 4.3.7).
_ENTRY = re.compile(rb"PK\x03\x04.{4}(..).{16}(..)(..)", re.DOTALL)
_DEFLATED = 8
_LONGEST_LIST = 256 * 1024  # bytes, unpacked
_LIST_OF_KINDS = b"[Content_Types].xml"
_WORD, _SHEET, _SLIDES = (
    f"application/vnd.openxmlformats-officedocument.{kind}"
    for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
_WITH_MACROS = {
    _WORD: "application/vnd.ms-word.document.macroenabled.12",
    _SHEET: "application/vnd.ms-excel.sheet.macroenabled.12",
    _SLIDES: "application/vnd.ms-powerpoint.presentation.macroenabled.12",
}
_FOLDERS = {b"word/": _WORD, b"xl/": _SHEET, b"ppt/": _SLIDES}
_LISTED = {b"wordprocessingml": _WORD, b"spreadsheetml": _SHEET, b"ms-excel": _SHEET, b"presentationml": _SLIDES}
_MACROS = re.compile(rb"macroenabled|vbaproject", re.IGNORECASE)
_NAMED = re.compile(rb"application/(?:vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation|graphics)|epub\+zip)")
_ANDROID, _JAVA = "application/vnd.android.package-archive", "application/java-archive"
_OF_ANDROID = re.compile(rb"(?:AndroidManifest\.xml|classes\.dex)\Z|META-INF/com/android/")
_OF_JAVA = re.compile(rb"\AMETA-INF/MANIFEST\.MF\Z|\.class\Z")
_OPEN = "application/vnd.oasis.opendocument"
ENDINGS = {
    ARCHIVE: "zip",
    _WORD: "docx",
    _SHEET: "xlsx",
    _SLIDES: "pptx",
    _WITH_MACROS[_WORD]: "docm",
    _WITH_MACROS[_SHEET]: "xlsm",
    _WITH_MACROS[_SLIDES]: "pptm",
    f"{_OPEN}.text": "odt",
    f"{_OPEN}.spreadsheet": "ods",
    f"{_OPEN}.presentation": "odp",
    f"{_OPEN}.graphics": "odg",
    "application/epub+zip": "epub",
    _ANDROID: "bin",
    _JAVA: "bin",
}
DANGEROUS = frozenset({ARCHIVE, _ANDROID, _JAVA, *_WITH_MACROS.values()})


def kind_of(head: bytes) -> str | None:
    """Return the content type of the zip that begins with these bytes, or None where it is none."""
    if not head.startswith(_STARTS):
        return None
    names, listed = [], b""
    for entry in _ENTRY.finditer(head):
        method, name_length, more = (int.from_bytes(one, "little") for one in entry.groups())
        name = head[entry.end() : entry.end() + name_length]
        content = head[entry.end() + name_length + more :]
        names.append(name)
        if len(names) == 1 and name == b"mimetype" and (named := _NAMED.match(content)):
            return named[0].decode()
        if name == _LIST_OF_KINDS and not listed:
            listed = _unpacked(content) if method == _DEFLATED else content
    office = _office(names, listed)
    if office is not None:
        has_macros = _MACROS.search(listed) or any(_MACROS.search(name) for name in names)
        return _WITH_MACROS[office] if has_macros else office
    return _program(names) or ARCHIVE


def _office(names: list[bytes], listed: bytes) -> str | None:
    """Return what an office wrote: its own folder says so, or the list of kinds."""
    if not listed and _LIST_OF_KINDS not in names and b"_rels/.rels" not in names:
        return None
    of_folder = next((kind for folder, kind in _FOLDERS.items() for name in names if name.startswith(folder)), None)
    # A text may have a sheet in it: what is named first is what it is, as its own part comes before those within.
    named = sorted((place, kind) for word, kind in _LISTED.items() if (place := listed.find(word)) >= 0)
    return of_folder or (named[0][1] if named else None)


def _program(names: list[bytes]) -> str | None:
    if any(_OF_ANDROID.match(name) for name in names):
        return _ANDROID
    return _JAVA if any(_OF_JAVA.search(name) for name in names) else None


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, _LONGEST_LIST)
    except zlib.error:
        return b""
