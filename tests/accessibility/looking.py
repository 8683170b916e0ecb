"""Looking at a page: what axe finds, and what else can be measured, in a window of some size, in light or dark."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize

from tests.accessibility.album import Shot
from tests.servers import browser

CHECKS = Path(__file__).with_name("checks.js")
ZOOMED: ViewportSize = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %
# What can change with the size of the window or with its colours; all else is the same in each.
BY_SIZE = ["target-size", "scrollable-region-focusable", "color-contrast"]
BY_COLOUR = ["color-contrast"]
WHOLE = ["wide", "cut", "tied", "sound", "still"]
_PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)  # a picture, where one would be


@functools.cache
def _scripts() -> str:
    return f"{AXE_FILE_PATH.read_text()}\n{CHECKS.read_text()}\n0"


@dataclass(frozen=True)
class View:
    """A window, and the colours that the person prefers."""

    size: ViewportSize
    dark: bool

    def __str__(self) -> str:
        """Return it as a fault names it."""
        return f"{self.size['width']} px, {'dark' if self.dark else 'light'}"


VIEWS = tuple(View(size, dark) for size in (browser.DESKTOP, browser.PHONE) for dark in (False, True))


def watch(context: BrowserContext) -> Page:
    """Return a page that shows what was kept: pictures are one dot, and nothing that is sent arrives anywhere."""
    page = context.new_page()

    def answer(route: Route) -> None:
        if route.request.resource_type in {"image", "media"}:
            route.fulfill(body=_PIXEL, content_type="image/gif")

    page.route(re.compile(r"^http://localhost:\d+/(?!shot/|static/)"), answer)
    return page


def ready(page: Page) -> None:
    """Let a page be looked at."""
    page.evaluate(_scripts())


def show(page: Page, view: View) -> None:
    """Give the window a size and colours."""
    page.set_viewport_size(view.size)
    page.emulate_media(color_scheme="dark" if view.dark else "light", reduced_motion="reduce")


def look(page: Page, looks: list[str], rules: list[str] | None = None) -> list[str]:
    """Return what some looks find; ``rules`` are those of axe: none of them, all for ``[]``, or some."""
    found: list[str] = page.evaluate("([looks, rules]) => looked(looks, rules)", [looks, rules])
    return found


def faults(page: Page, *views: View) -> list[str]:
    """Return all that is wrong with the page that is open, as it is, or in each of some views: the first one whole."""
    ready(page)
    if not views:
        return look(page, WHOLE, [])
    found = []
    for number, view in enumerate(views):
        show(page, view)
        resized = number == 0 or view.size != views[number - 1].size
        if number == 0:
            said = look(page, WHOLE, [])
        else:
            said = look(page, ["wide", "cut"] if resized else [], BY_SIZE if resized else BY_COLOUR)
        found += [f"{view}: {fault}" for fault in said]
    return found


def zoomed(page: Page) -> list[str]:
    """Return what is lost at 400 %, with letters twice as large, and with wide spaces between them."""
    page.set_viewport_size(ZOOMED)
    found = [f"400 %: {fault}" for fault in look(page, ["wide", "cut", "spaced"])]
    page.set_viewport_size({"width": 640, "height": 512})
    return [*found, *(f"200 %: {fault}" for fault in look(page, ["wide", "large"]))]


def walked(context: BrowserContext, url: str, shots: list[Shot], *views: tuple[View, ...]) -> list[str]:
    """Return all that is wrong with pages that were kept.

    Args:
        context: a browser's.
        url: where they are served.
        shots: the pages.
        views: the windows in which a page is looked at: each page in one of these, in turn.
    """
    page, found = watch(context), []
    for number, shot in enumerate(shots):
        own = views[shot.place % len(views)]
        first = shot.place // 7 % len(own)
        show(page, own[first])
        page.goto(f"{url}/shot/{number}")
        said = faults(page, *own[first:], *own[:first]) + zoomed(page)
        said += browser.seen(context).errors
        browser.seen(context).errors.clear()
        found += [f"{shot.name} [{shot.lang}] {fault}" for fault in said]
    page.unroute_all(behavior="ignoreErrors")
    page.close()
    return found
