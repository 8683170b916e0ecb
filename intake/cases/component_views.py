"""The page of components: what the pages are built of, in every state and several languages."""

import re
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from intake.cases import charts, dashboard_words
from intake.cases.specimens import Specimens
from intake.cases.words import STATUSES
from intake.followup.blocks import BLOCKS
from intake.i18n import LANGUAGE_NAMES, TAGS, language_tag, speaking
from intake.members.guards import member_required
from intake.web import pseudo

blueprint = Blueprint("components", __name__, url_prefix="/desk/components")
COMPONENTS = {
    "field": _l("Field"),
    "summary": _l("Errors, all in one place"),
    "button": _l("Button"),
    "tabs": _l("Tabs"),
    "table": _l("Table"),
    "tag": _l("Tag"),
    "clock": _l("Clock"),
    "timeline": _l("Timeline"),
    "chat": _l("Conversation"),
    "upload": _l("Files"),
    "chart": _l("Chart"),
    "empty": _l("Where nothing is"),
}
OF_PUBLIC = ("field", "summary", "button", "chat", "upload", "recorder", "code")
_NAMED = re.compile(r'\b(id|for|name|aria-labelledby|aria-describedby|href)="(?!/|\?|https?:)(#?)([^"]+)"')


@dataclass(frozen=True)
class Sheet:
    """The components in one language."""

    tag: str
    name: str
    drawn: dict[str, Markup]


@blueprint.get("")
@member_required
def page() -> ResponseReturnValue:
    """Show the components of the desk."""
    return render_template(
        "specimens/desk.html", names=COMPONENTS, sheets=_sheets("desk", tuple(COMPONENTS)), **_asked()
    )


@blueprint.get("/complainant")
@member_required
def complainant() -> ResponseReturnValue:
    """Show the components of the complainant's pages, in their style."""
    return render_template("specimens/public.html", sheets=_sheets("public", OF_PUBLIC), **_asked())


def _asked() -> dict[str, str]:
    """Return the languages of the sheets: the member's own and another, as chosen."""
    own, other = _languages()
    return {"own": own, "other": other}


def _languages() -> tuple[str, str]:
    own = request.args.get("own", "")
    own = own if own in TAGS else language_tag()
    other = request.args.get("other", "")
    return own, other if other in TAGS else next(tag for tag in TAGS if tag != own)


def _sheets(of: str, names: tuple[str, ...]) -> list[Sheet]:
    sheets = []
    for tag in dict.fromkeys(_languages()):
        with speaking(tag):
            sheets.append(Sheet(tag, LANGUAGE_NAMES[tag], _drawn(of, names, tag)))
    with pseudo.spoken():
        sheets.append(Sheet("en", pseudo.TAG, _drawn(of, names, pseudo.TAG)))
    return sheets


def _drawn(of: str, names: tuple[str, ...], tag: str) -> dict[str, Markup]:
    shown = {"it": Specimens(), "charts": charts, "words": dashboard_words, "names": STATUSES, "lang": language_tag()}
    if of == "public":
        shown["empty"], shown["wrong"] = _questions({}), _questions({"deadline-day": "31", "deadline-month": "2"})
    drawn = {name: render_template(f"specimens/{of}/{name}.html", **shown) for name in names}
    return {name: _apart(html, f"{tag}-{name}") for name, html in drawn.items()}


def _questions(answers: dict[str, str]) -> object:
    form = BLOCKS["danger"].form(MultiDict(answers), "KZ")
    if answers:
        form.validate()
    return form


def _apart(html: str, sheet: str) -> Markup:
    """Return what was drawn with names that differ from sheet to sheet and from form to form: all stand on one page."""
    forms = (_named(form, f"{sheet}-{number}") for number, form in enumerate(html.split("<form")))
    return Markup("<form".join(forms))  # noqa: S704 our own templates escaped it


def _named(html: str, before: str) -> str:
    def named(found: re.Match[str]) -> str:
        attribute, sign, names = found.groups()
        return f'{attribute}="{sign}{" ".join(f"{before}-{name}" for name in names.split())}"'

    return _NAMED.sub(named, html)
