"""The page of components shows every macro that pages are built of, in several languages, one spoken by nobody."""

import re

import pytest
from flask import Flask
from flask_babel import force_locale, gettext, lazy_gettext, ngettext

from intake.config import ROOT
from intake.i18n import LANGUAGE_NAMES, TAGS
from intake.web import pseudo
from intake.web.pseudo import stretched
from tests.factories import make_house, make_member, sign_in

# They show nothing by themselves, or what a member is needed for.
UNSEEN = frozenset({"words_of_script", "rows", "pause", "token", "carried", "away_tag"})
OF_DESK = ("field", "tag", "time", "timeline", "tabs", "table", "empty", "chat", "chart", "upload")


@pytest.mark.parametrize("path", ["/desk/components", "/desk/components/complainant"])
def test_all_components_stand_on_the_page_in_two_languages_and_in_longer_words(app: Flask, path: str) -> None:
    house = make_house()
    client = app.test_client()
    sign_in(client, make_member(house, language="kk"))
    shown = client.get(path, query_string={"other": "tk"}).get_data(as_text=True)
    for name in (LANGUAGE_NAMES["kk"], LANGUAGE_NAMES["tk"], pseudo.TAG):
        assert name in shown
    assert "Журналистерге жіберу" in shown or "Сақтау" in shown
    assert stretched("Send to the journalists") in shown or stretched("Save") in shown
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert len(ids) == len(set(ids)), "a label finds its field"
    for named in re.findall(r'\b(?:for|aria-labelledby|aria-describedby)="([^"]+)"', shown):
        assert set(named.split()) <= set(ids)


def test_a_language_that_is_not_known_is_left_out(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, make_member(make_house()))
    for query in ({"own": "xx", "other": "<i>"}, {"own": pseudo.TAG}, {"own": "ru", "other": "ru"}):
        answer = client.get("/desk/components", query_string=query)
        assert answer.status_code == 200
        assert "<i>" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("component", OF_DESK)
def test_no_macro_of_a_component_is_left_without_a_specimen(component: str) -> None:
    source = (ROOT / "templates" / "components" / f"{component}.html").read_text()
    specimens = "".join(path.read_text() for path in (ROOT / "templates" / "specimens").rglob("*.html"))
    macros = set(re.findall(r"{% macro ([a-z]\w*)\(", source)) - UNSEEN
    others = "".join(path.read_text() for path in (ROOT / "templates" / "components").glob("*.html"))
    used = specimens + re.sub(r"{% macro \w+", "", others)
    assert {name for name in macros if not re.search(rf"\b{name}\(", used)} == set()


def test_the_language_is_longer_keeps_what_is_filled_in_and_says_where_it_ends() -> None:
    for text in ("Sign out", "Do not add names or addresses that are not needed.", "CSV"):
        said = stretched(text)
        assert said.startswith("[")
        assert said.endswith("]")
        assert len(said) >= 1.3 * len(text)
        assert not re.search(r"[aeiou]", said)
    assert "%(num)s" in stretched("%(num)s new")
    assert stretched("Characters left: #").count("#") == 1
    assert max(len(word) for word in re.findall(r"\w+", stretched("Tell us what happened", 40))) == 40


def test_it_is_spoken_for_a_while_and_offered_to_nobody(app: Flask) -> None:
    later = lazy_gettext("Save")
    with app.test_request_context("/"), force_locale("ru"):
        before = gettext("Save")
        with pseudo.spoken():
            assert gettext("Save") == str(later) == stretched("Save")
            assert ngettext("%(num)s case", "%(num)s cases", 2) == stretched("%(num)s cases") % {"num": 2}
        assert gettext("Save") == str(later) == before != stretched("Save")
    assert pseudo.TAG not in TAGS
    page = app.test_client().get("/en/", headers={"Accept-Language": pseudo.TAG}).get_data(as_text=True)
    assert pseudo.TAG not in page
    assert stretched("Send to the journalists") not in page
