"""The words of HTML, for a mail that has no other: nothing of it is ever shown as HTML. Pure.

Every step takes time in proportion to the length: Python's own parser takes the square of it for marks that never end.
"""

import html
import re

LONGEST_MARK = 4_000  # characters
_MARK = re.compile(
    rf"<(?:(?P<end>/?)(?P<name>[a-z][a-z0-9]*)\b|[!?])(?P<rest>[^<>]{{0,{LONGEST_MARK}}})>", re.IGNORECASE
)
_LEADS_TO = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))", re.IGNORECASE)
_APART = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "form", "header", "hr"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)
# What a reader never sees, from its beginning to its end.
_UNSEEN = tuple(
    (re.compile(begin, re.IGNORECASE), re.compile(end, re.IGNORECASE))
    for begin, end in (
        (r"<!--", r"-->"),
        *((rf"<{name}\b", rf"</{name}\b[^<>]*>") for name in ("script", "style", "title", "template")),
    )
)


def without_marks(page: str) -> str:
    """Return what HTML says to a reader, with the addresses that its links lead to."""
    for begin, end in _UNSEEN:
        page = _without(page, begin, end)
    said, at, leads_to = [], 0, ""
    for mark in _MARK.finditer(page):
        said.append(_words(page[at : mark.start()]))
        at, name = mark.end(), (mark["name"] or "").lower()
        if name in _APART:
            said.append("\n")
        if name == "a":
            if mark["end"] and leads_to and leads_to not in said[-1]:
                said.append(f" ({leads_to})")
            leads_to = "" if mark["end"] else _leads_to(mark["rest"])
    said.append(_words(page[at:]))
    lines = [" ".join(line.split()) for line in "".join(said).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without(page: str, begin: re.Pattern[str], end: re.Pattern[str]) -> str:
    """Return a page without what stands between two marks; what begins and never ends stays."""
    kept, at = [], 0
    while (first := begin.search(page, at)) and (last := end.search(page, first.end())):
        kept.append(page[at : first.start()])
        at = last.end()
    return "".join([*kept, page[at:]])


def _words(text: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", text))


def _leads_to(rest: str) -> str:
    """Return where a link leads, if that is a page."""
    found = _LEADS_TO.search(rest)
    address = html.unescape(next(filter(None, found.groups()), "")) if found else ""
    return " ".join(address.split()) if address.lower().startswith(("http://", "https://")) else ""
