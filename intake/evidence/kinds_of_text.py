"""What text begins with some bytes: a page, a drawing, a script, a mail, or just words; and how it is written. Pure."""

import codecs
import re

PLAIN = "text/plain"
_HTML, _SVG, _XML = "text/html", "image/svg+xml", "application/xml"
_SCRIPT, _MAIL = "text/x-script", "message/rfc822"
# Of these, what a browser or a system would run is taken along as mere text.
ENDINGS = {PLAIN: "txt", _HTML: "txt", _SVG: "txt", _XML: "txt", _SCRIPT: "txt", "text/vcard": "vcf", _MAIL: "eml"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f]")
_CYRILLIC_1251 = re.compile(rb"[\xc0-\xff\xa8\xb8\xaa\xba\xaf\xbf\xb2\xb3\xa1\xa2\xa3\xbc\xbd\xbe\x8d\x9d\x8e\x9e\x90]")
_HIGH = re.compile(rb"[\x80-\xff]")
_MOSTLY = 0.8
_OURS = re.compile("[\\s!-~\u0400-\u052f]")
# What begins a page although nothing before says so (WHATWG, MIME Sniffing, 7.1, and some more).
_PAGE = re.compile(
    r"<(?:!doctype\s+html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|meta|img|form|frameset|"
    r"link|base|object|embed|video|audio|input|button|center|span|template)(?=[\s>/])|<!--"
)
_DRAWING = re.compile(r"<(?:\w[\w.-]*:)?svg(?=[\s>/])|<!doctype\s+(?:\w[\w.-]*:)?svg\b")
_BEFORE_ROOT = re.compile(r"<\?(?!php).*?\?>|<!--.*?-->|<!doctype\s[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_SCRIPTS = re.compile(
    r"#!|<\?php|<\?=|@echo\s+off|\[internetshortcut\]|\[desktop entry\]|windows registry editor|regedit4|<%|"
    r"powershell(?:\.exe)?\s+-"
)
_HEADER = re.compile(r"[!-9;-~]{1,60}:[ \t].*(?:\r?\n[ \t].*)*\r?\n")
_MAILS_OWN = re.compile(r"^(?:received|return-path|delivered-to|message-id|mime-version|from):", re.MULTILINE)
_FEWEST_HEADERS, _MOST_HEADERS = 3, 100


def encoding_of(head: bytes) -> str | None:
    """Return how a text that begins with these bytes is written, as Python calls it; None where it is no text.

    Known are UTF-8, UTF-16 and UTF-32, and what old Windows wrote in Russian.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding if _reads(head, encoding) else None
    if not head:
        return None
    if _reads(head, "utf-8"):
        return "utf-8"
    if b"\0" in head or b"\x04" in head:  # of Latin or Cyrillic letters in UTF-16
        return next((one for one in ("utf-16-le", "utf-16-be") if _reads(head, one, ours=True)), None)
    high = len(_HIGH.findall(head))
    is_russian = high and len(_CYRILLIC_1251.findall(head)) >= _MOSTLY * high and _reads(head, "cp1251")
    return "cp1251" if is_russian else None


def kind_of(head: bytes) -> str | None:
    """Return the content type of the text that begins with these bytes, or None where it is none."""
    encoding = encoding_of(head)
    # What a browser would take for a page is one, whatever bytes are in it.
    text = _decoded(head, encoding or "latin-1").lstrip("\ufeff\0 \t\r\n\f\v").lower()
    if _SCRIPTS.match(text):
        return _SCRIPT
    if text.startswith("<") and (found := _markup(text)):
        return found
    if encoding is None:
        return None
    if text.startswith("%pdf-"):
        return "application/pdf"  # blanks before it stop no reader
    if text.startswith("begin:vcard"):
        return "text/vcard"
    return _MAIL if _is_mail(text) else PLAIN


def _markup(text: str) -> str | None:
    is_xml, root = text.startswith("<?xml"), text
    while before := _BEFORE_ROOT.match(root):
        if _DRAWING.match(before[0]):
            return _SVG
        if _PAGE.match(before[0]) and not before[0].startswith("<!--"):
            return _HTML
        root = root[before.end() :].lstrip()
    if _DRAWING.match(root):
        return _SVG
    if _PAGE.match(root) or (not is_xml and _PAGE.match(text)):
        return _HTML
    return _XML if is_xml else None


def _is_mail(text: str) -> bool:
    place = count = 0
    while count < _MOST_HEADERS and (header := _HEADER.match(text, place)):
        place, count = header.end(), count + 1
    return count >= _FEWEST_HEADERS and len(_MAILS_OWN.findall(text[:place])) > 1


def _decoded(head: bytes, encoding: str) -> str:
    """Return a text that may end in the midst of a character."""
    return codecs.getincrementaldecoder(encoding)("ignore").decode(head)


def _reads(head: bytes, encoding: str, *, ours: bool = False) -> bool:
    """Return whether these bytes are a text that is written so, without any control that no text has."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    if _CONTROL.search(text):
        return False
    return not ours or len(_OURS.findall(text)) >= _MOSTLY * len(text) > 0
