"""Choosing a language by its own name: on every page, losing nothing that was typed, kept in the path.

Where a page answers a form, the names are buttons of that form: they bring what was typed to the same page in another
language, which neither checks nor saves it. Elsewhere they are links. A campaign's link may say ``?lang=kk``: the first
page is shown in that language at once, every other one by a redirect to its path; what is no language of ours is left
out silently. A path that spells its language otherwise, such as /KK/, leads to the right one. At the desk the member's
account says the language; before sign-in, the address does.
"""

from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlencode

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException, NotFound

from intake.i18n import ASKED, LANGUAGES, TAGS, Language, known_tag, language_tag

SPEAK = "speak"  # the field of a form that brings what was typed to the same page in another language
_FIRST_PAGE = "complaint.page"
UNPROCESSABLE = 422
READS = frozenset({"GET", "HEAD"})  # what is asked for to be read, with its page or without


@dataclass(frozen=True)
class Choice:
    """A language that can be chosen: where it is spoken, and whether it is spoken here."""

    language: Language
    address: str
    is_spoken: bool


def is_asked() -> bool:
    """Return whether a form was sent to speak another language: nothing in it is to be checked, saved or done."""
    return request.method == "POST" and SPEAK in request.form


def choices(endpoint: str = "", *, sends: bool = False) -> list[Choice]:
    """Return the languages, each with the address of this page in it: of the first page, where this one has none.

    Args:
        endpoint: which page is meant, if not the one that was asked for.
        sends: whether a form is sent there.
    """
    spoken = language_tag()
    return [Choice(one, _address(one.tag, endpoint, sends=sends), one.tag == spoken) for one in LANGUAGES]


def init(app: Flask) -> None:
    """Give the templates the choices, follow the links of campaigns, and call a form that only speaks no fault."""
    app.jinja_env.globals.update(language_choices=choices, asked_language=_asked, asking=_asking, is_answer=_is_answer)
    app.before_request(_follow)
    app.after_request(_no_fault)


def _address(tag: str, endpoint: str = "", *, sends: bool = False) -> str:
    if endpoint:
        return url_for(endpoint, lang=tag)
    path = g.get("replayed", request.path)  # what was typed before a visit ran out is answered under another address
    _, first, rest = (*path.split("/", 2), "", "")[:3]
    if first in TAGS and (sends or request.method in READS or _can_be_read(path)):
        return f"{request.script_root}/{tag}/{quote(rest)}"
    return url_for(_FIRST_PAGE, lang=tag)


def _can_be_read(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    return True


def _is_answer() -> bool:
    """Return whether a page answers a form, so that something typed may stand in it."""
    return request.method == "POST"


def _asking(tag: str) -> str:
    """Return the address of a page of the desk, with all that it says, which asks for a language."""
    said = [(name, value) for name, value in request.args.items(multi=True) if name != ASKED]
    return f"{request.script_root}{quote(request.path)}?{urlencode([*said, (ASKED, tag)])}"


def _asked() -> str | None:
    """Return the language that the address asks for, so that a form can go on asking for it."""
    return known_tag(request.args.get(ASKED, ""))


def _follow() -> Response | None:
    """Lead from a public page that a link asked for in a language to its path in that language, without the query."""
    if request.method in READS and isinstance(request.routing_exception, NotFound):
        return _put_right()
    spoken = (request.view_args or {}).get("lang")
    if request.method not in READS or ASKED not in request.args or spoken is None:
        return None
    return cast("Response", redirect(_address(_asked() or spoken)))


def _put_right() -> Response | None:
    """Lead from the path of a language that is spelled otherwise, such as /KK/ or /uz_cyrl/, to the right one."""
    _, first, rest = (*request.path.split("/", 2), "", "")[:3]
    tag = known_tag(first)
    if tag is None or tag == first or not _can_be_read(f"/{tag}/{rest}"):
        return None
    return cast("Response", redirect(f"{request.script_root}/{tag}/{quote(rest)}"))


def _no_fault(response: Response) -> Response:
    if response.status_code == UNPROCESSABLE and is_asked():
        response.status_code = 200
    return response
