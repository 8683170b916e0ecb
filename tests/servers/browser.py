"""Debian's Chromium, driven by Playwright, that talks to nobody but this machine and tells what went wrong in it."""

import re
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Route,
    ViewportSize,
    WebError,
    WebSocket,
)

from . import programs

PHONE: ViewportSize = {"width": 360, "height": 800}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}

ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses its sandbox to root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--use-fake-ui-for-media-stream",  # and a person who allows it
    # The routes below do not see what the browser does by itself (prefetched names, web sockets).
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1",
)

# A name must end where the host ends, or http://localhost.example/ and http://localhost@example/ would pass.
ELSEWHERE = re.compile(r"^(https?|wss?)://(?!(localhost|127\.0\.0\.1|\[::1\])(:\d+)?([/?#]|$))")
WORTH_TELLING = {"error", "warning"}


@dataclass
class Seen:
    """What happened in a context: addresses it was kept from, and what its console and its scripts complained of.

    Chromium complains on the console of every blocked address and of every answer from 400 on, too: a test that
    provokes such an answer empties `errors` with clear(). The lists grow only while Playwright is asked something.
    """

    blocked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


_SEEN: WeakKeyDictionary[BrowserContext, Seen] = WeakKeyDictionary()


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window; whoever calls closes it.

    Raises:
        pytest.skip.Exception, pytest.fail.Exception: Chromium is to be skipped, or is not installed.
        playwright.sync_api.Error: it does not start.

    """
    executable = programs.require("chromium")
    return playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))


def phone(
    browser: Browser,
    *,
    javascript: bool = True,
    dark: bool = False,
    locale: str = "en",
    ignore_https_errors: bool = False,
) -> BrowserContext:
    """Open a fresh context, without cookies, of the size and with the touch screen of a small phone.

    Args:
        browser: from launch().
        javascript: whether scripts run.
        dark: whether the person prefers dark colours.
        locale: the language the person prefers (``Accept-Language``).
        ignore_https_errors: whether a certificate nobody signed will do.

    """
    return _watched(
        browser.new_context(
            viewport=PHONE,
            device_scale_factor=1,
            is_mobile=True,
            has_touch=True,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            locale=locale,
            ignore_https_errors=ignore_https_errors,
        )
    )


def desktop(
    browser: Browser,
    *,
    javascript: bool = True,
    dark: bool = False,
    locale: str = "en",
    ignore_https_errors: bool = False,
) -> BrowserContext:
    """Open a fresh context, without cookies, of the size of a desk's screen; the arguments are those of phone()."""
    return _watched(
        browser.new_context(
            viewport=DESKTOP,
            device_scale_factor=1,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            locale=locale,
            ignore_https_errors=ignore_https_errors,
        )
    )


def seen(context: BrowserContext) -> Seen:
    """Answer what happened so far in a context made here; the lists go on growing.

    Raises:
        KeyError: the context was not made by phone() or desktop().

    """
    return _SEEN[context]


def _watched(context: BrowserContext) -> BrowserContext:
    """Keep a context on this machine, and write down what it tries and complains of."""
    record = _SEEN[context] = Seen()

    def block(route: Route) -> None:
        record.blocked.append(route.request.url)
        route.abort("blockedbyclient")

    def note_console(message: ConsoleMessage) -> None:
        if message.type in WORTH_TELLING:
            record.errors.append(f"{message.type}: {message.text}")

    def note_error(error: WebError) -> None:
        record.errors.append(f"uncaught: {error.error}")

    def note_socket(web_socket: WebSocket) -> None:
        if ELSEWHERE.match(web_socket.url):  # the resolver rule of launch() is what stops it
            record.blocked.append(web_socket.url)

    def follow(page: Page) -> None:
        page.on("websocket", note_socket)

    context.route(ELSEWHERE, block)
    context.on("console", note_console)
    context.on("weberror", note_error)
    context.on("page", follow)
    return context
