"""What kind of file begins with some bytes, by its content, and whether it may harm who opens it. Pure.

Where a file is two things at once, its beginning decides, as it does for most programs; nothing of ours renders a file
without asking here first.
"""

import re

from intake.evidence import kinds_of_media, kinds_of_text, kinds_of_zip
from intake.web.file_names import safe_name
from intake.web.recordings import ENDINGS as RECORDINGS
from intake.web.recordings import content_type_of

ANYTHING = "application/octet-stream"
HEAD = 8192  # bytes that tell what a file is: a zip's first entries, a film's first tracks
PROGRAM, SCRIPT = "application/x-executable", "text/x-script"
_KINDS = (
    (rb"\xff\xd8\xff", "image/jpeg", "jpg"),
    (rb"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (rb"GIF8[79]a", "image/gif", "gif"),
    (rb"RIFF.{4}WEBP", "image/webp", "webp"),
    (rb"II[*+]\0|MM\0[*+]", "image/tiff", "tif"),
    (rb"BM.{4}\0{4}.\x00\x00\x00|BM.{4}\0{4}.\x04\x00\x00", "image/bmp", "bmp"),  # where the pixels begin: below 2 kB
    (rb"%PDF-", "application/pdf", "pdf"),
    (rb"#!AMR", "audio/amr", "amr"),
    (rb"RIFF.{4}AVI ", "video/x-msvideo", "avi"),
    (rb"\x00\x00\x01\xba", "video/mpeg", "mpg"),
    (rb"G.{187}G.{187}G", "video/mp2t", "ts"),
    (rb"FLV\x01", "video/x-flv", "flv"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf", "asf"),  # sound, too
    (rb"fLaC", "audio/flac", "flac"),
    (rb"FORM.{4}AIF[FC]", "audio/aiff", "aif"),
    (rb"\xff[\xf0\xf1\xf8\xf9][\x40-\x7f]", "audio/aac", "aac"),
    (rb"Rar!\x1a\x07", "application/vnd.rar", "rar"),
    (rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "7z"),
    (rb"\x1f\x8b\x08", "application/gzip", "gz"),
    (rb"BZh[1-9]", "application/x-bzip2", "bz2"),
    (rb"\xfd7zXZ\0", "application/x-xz", "xz"),
    (rb"\x28\xb5\x2f\xfd", "application/zstd", "zst"),
    (rb".{257}ustar", "application/x-tar", "tar"),
    (rb"MSCF\0{4}", "application/vnd.ms-cab-compressed", "cab"),
    (rb"!<arch>\n", "application/x-archive", "ar"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", "ole"),
    (rb"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "application/onenote", "one"),
    (rb"\{\\rtf?", "application/rtf", "rtf"),  # offices take a part of the word for it
    (rb"%!PS|\xc5\xd0\xd3\xc6", "application/postscript", "ps"),
    (rb"SQLite format 3\0", "application/vnd.sqlite3", "sqlite"),
    (rb"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "application/x-ms-shortcut", "bin"),
    (rb"ITSF\x03", "application/vnd.ms-htmlhelp", "bin"),
    (rb"[FCZ]WS[\x01-\x32]", "application/x-shockwave-flash", "bin"),
    (rb"MZ|\x7fELF|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba[\xbe\xbf]|dex\n0|\0asm", PROGRAM, "bin"),
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), content_type) for pattern, content_type, _ in _KINDS)
# What a browser or a system would run by its ending is taken along under one that does nothing.
ENDINGS = {
    **RECORDINGS,
    **kinds_of_media.ENDINGS,
    **kinds_of_zip.ENDINGS,
    **kinds_of_text.ENDINGS,
    **{content_type: ending for _, content_type, ending in _KINDS},
    ANYTHING: "bin",
}
_DANGEROUS_KINDS = kinds_of_zip.DANGEROUS | frozenset(
    f"""
    {PROGRAM} {SCRIPT} application/x-ms-shortcut application/vnd.ms-htmlhelp application/x-shockwave-flash
    application/postscript application/rtf application/x-ole-storage application/onenote
    text/html image/svg+xml application/xml message/rfc822
    application/vnd.rar application/x-7z-compressed application/gzip application/x-bzip2 application/x-xz
    application/zstd application/x-tar application/vnd.ms-cab-compressed application/x-archive
    """.split()
)
_WORDS_AFTER_A_DOT = """
exe com scr pif bat cmd ps1 psm1 psd1 ps1xml vb vbs vbe js jse mjs ws wsf wsh wsc sct msi msp mst msix msixbundle
appx appxbundle cpl dll sys drv ocx gadget application appref-ms jnlp jar class apk apks apkm xapk aab ipa dex
deb rpm snap flatpak appimage dmg pkg mpkg app command workflow scpt sh bash zsh csh ksh fish run out elf so dylib
py pyc pyw pyz pl rb php phar lua tcl wasm swf xpi crx
hta htm html xhtml xht shtml mht mhtml svg svgz xml xsl xslt chm hlp
lnk url desktop webloc website scf inf reg msc library-ms search-ms searchconnector-ms settingcontent-ms theme
docm dotm xlsm xltm xlam xlsb xll pptm potm ppsm ppam sldm doc dot wbk xls xlt xlm xla ppt pot pps ppa pub
mdb mde accdb accde ade adp one onepkg rtf iqy slk ps eps
zip zipx rar r00 7z gz tgz bz bz2 tbz xz txz tar zst z lzh lha arj ace cab cpio ar iso img udf vhd vhdx vmdk
eml msg pst ics diagcab torrent
"""
_DANGEROUS_ENDINGS = frozenset(_WORDS_AFTER_A_DOT.split())


def kind_of(head: bytes) -> str:
    """Return the content type of what begins with these bytes; ``ANYTHING`` where we know of none.

    Args:
        head: the first ``HEAD`` bytes, or all of a shorter file; of fewer, less can be told.
    """
    head = head[:HEAD]
    found = next((content_type for pattern, content_type in _PATTERNS if pattern.match(head)), None)
    return (
        found
        or kinds_of_zip.kind_of(head)
        or kinds_of_media.kind_of(head)
        or kinds_of_text.kind_of(head)
        or content_type_of(head)
        or ANYTHING
    )


def is_dangerous(content_type: str, file_name: str) -> bool:
    """Return whether opening a file may run what a stranger wrote, or hides what is inside: it is never rendered.

    Programs, scripts, pages, office files that may have macros, archives, mails. Neither its content nor its name is
    believed alone: a program may be called a photo, and a page may look like mere text.

    Args:
        content_type: what ``kind_of`` said.
        file_name: how whoever sent it called it.
    """
    _, dot, ending = safe_name(file_name).rpartition(".")
    by_name = bool(dot) and ending.casefold() in _DANGEROUS_ENDINGS
    return by_name or content_type in _DANGEROUS_KINDS
