"""axe-core finds nothing to complain of on any page in any state, on a phone and on a desk, in light and in dark.

By default every route of complainants is walked, and some of the other states, each in one of the languages and in one
of the four windows. ``make test-all`` walks every page and state in every language in all four.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from intake.i18n import TAGS
from tests.accessibility import complainants, desk
from tests.accessibility.album import Album, Shot, Speaks, always, in_turn, served
from tests.accessibility.looking import VIEWS, View, faults, look, ready, walked, watch, zoomed
from tests.factories import House
from tests.servers import browser

Take = Callable[[Flask, House, Speaks], Album]
# What a browser asks for and shows no page of its own for.
NO_PAGES = {
    "static": "styles and scripts",
    "web.healthz": "for a machine",
    "web.letters": "for a machine",
    "metrics.page": "for a machine",
    "security_txt.page": "a text for who looks for holes",
    "dashboard.figures": "a file to keep",
    "evidence.file": "a file to keep",
    "look.copy": "a picture, a film or a sound in a page",
    "marking.picture": "a picture in a page",
    "members.left": "for the script of a page",
    "followup.leave": "leads elsewhere",
    **dict.fromkeys(desk.SPECIMENS, "each component in many states, see test_longer_words.py"),
}


@pytest.fixture
def database() -> str:
    """Name the database: pages look the same on both."""
    return "sqlite"


def walk(chromium: Browser, app: Flask, shots: list[Shot], *pairs: tuple[View, ...]) -> list[str]:
    """Return what is wrong with pages."""
    context = browser.desktop(chromium)
    with served(shots, app.test_client()) as url:
        found = walked(context, url, shots, *pairs)
    context.close()
    return found


def unwalked(app: Flask, *walks: Album) -> set[str]:
    """Return the routes that answer GET and are neither walked nor excused."""
    asked = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    return asked - set().union(*(album.walked for album in walks)) - set(NO_PAGES)


def test_every_page_in_a_language_of_its_own(chromium: Browser, app: Flask, house: House) -> None:
    ours, theirs = complainants.taken(app, house, in_turn()), desk.taken(app, house, in_turn())
    assert unwalked(app, ours, theirs) == set()
    assert set(NO_PAGES) & (ours.walked | theirs.walked) == set(), "these are pages after all"
    assert {shot.lang for shot in ours.shots} == {shot.lang for shot in theirs.shots} == set(TAGS)
    some = [*ours.thinned(12), *theirs.thinned(16, all_first=False)]
    found = walk(chromium, app, some, *((view,) for view in VIEWS))
    assert not found, "\n".join(found)


def test_a_route_that_is_not_walked_is_found(app: Flask) -> None:
    album = Album(always("en"), walked={rule.endpoint for rule in app.url_map.iter_rules()})
    assert unwalked(app, album) == set()
    app.add_url_rule("/desk/new", "desks.new", lambda: "")
    assert unwalked(app, album) == {"desks.new"}


@pytest.mark.slow
@pytest.mark.parametrize("lang", TAGS)
@pytest.mark.parametrize("take", [complainants.taken, desk.taken], ids=["complainants", "desk"])
def test_every_page_in_every_language_and_window(
    chromium: Browser, app: Flask, house: House, take: Take, lang: str
) -> None:
    assert walk(chromium, app, take(app, house, always(lang)).shots, VIEWS) == []


SOUND = """<!doctype html><html lang="en"><title>Sound</title><meta name="viewport" content="width=device-width">
<body><a class="skip" href="#m">Skip</a><main id="m"><h1>Sound</h1><p>Words.</p>{}</main></html>"""
FIELD = '<form><label for="a">A</label>{}<input id="a" {}></form>'


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (FIELD.format('<p class="e" id="a-e">Wrong</p>', 'aria-invalid="true"'), "error without a field"),
        (FIELD.format('<p class="e" id="a-e">Wrong</p>', 'aria-describedby="a-e"'), "wrong, but not said to be"),
        (FIELD.format("", 'aria-describedby="a-h"'), "which is not there"),
        (FIELD.format("", 'aria-invalid="true"'), "invalid without a reason"),
        ('<form><input name="b" title="B"></form>', "no label"),
        ('<div class="es"><a href="#gone">Wrong</a></div>', "leads nowhere"),
        ('<a hreflang="ru" href="/ru/">Русский</a>', "in which language?"),
        ("<table><tr><td>1</table>", "a table without headings"),
        ("<h1>Twice</h1>", "headings of the first rank"),
        ('<p style="width: 2000px">Wide</p>', "wider than its window"),
        ('<p style="height: 10px; overflow: hidden">Words<br>words</p>', "cut off"),
        ('<p style="font-size: 16px">Words</p>', ""),
        ('<p style="transition: color 1s">Words</p>', "moves"),
        ('<p style="color: #ccc">Pale</p>', "color-contrast"),
        ('<p><a href="/" style="font-size: 8px">a</a><br><a href="/x" style="font-size: 8px">b</a></p>', "target-size"),
        ('<img src="data:,">', "image-alt"),
        ('<div tabindex="3">Out of order</div>', "tabindex"),
    ],
)
def test_a_planted_fault_is_found(planted_page: Page, planted: str, found: str) -> None:
    planted_page.set_content(SOUND.format(planted))
    said = faults(planted_page, VIEWS[0])
    assert found in " ".join(said) if found else said == []


@pytest.fixture(scope="module")
def planted_page(chromium: Browser) -> Page:
    """Return one page for all that is planted."""
    return watch(browser.desktop(chromium))


def test_what_only_a_zoom_brings_to_light_is_found(planted_page: Page) -> None:
    planted_page.set_content(
        SOUND.replace("<h1>", '<h1 style="font-size: 16px">').format('<p style="width: 400px">A</p>')
    )
    ready(planted_page)
    said = " ".join(zoomed(planted_page))
    assert "400 %: wider than its window" in said
    assert "letters stay small: 16 → 16" in said
    planted_page.set_content(SOUND.format('<p style="height: 20px; overflow: hidden; line-height: 1">A line</p>'))
    ready(planted_page)
    assert look(planted_page, ["cut"]) == []
    assert "with wide spaces cut off" in " ".join(look(planted_page, ["spaced"]))
