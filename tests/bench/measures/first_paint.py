"""How long a phone on a bad line waits until it sees words: first contentful paint, ours beside pages like the others'.

Chromium's own emulation: half a megabit a second, 300 ms for each request; then the same with a processor four times
slower. The cache is empty each time. The emulation delays requests, not packets: setting up a connection, its
encryption, lost packets and the slow start of TCP are not modelled, and they would all weigh on large pages first.
"""

import statistics
import sys
from collections.abc import Callable, Iterator
from functools import partial

from playwright.sync_api import Browser, CDPSession, Error, Page, sync_playwright

from intake.cases import return_code
from intake.i18n import TAGS
from tests.bench import peer_pages, sample
from tests.bench.instance import HOST, LANGUAGE, Bench, Instance
from tests.bench.rows import RATIO, BenchError, Place, Row, Target
from tests.bench.servers import OURS, running
from tests.factories import signed_code
from tests.servers import browser, programs

SOON = Target(at_most=1500)
SOONER = Target(at_least=1, of=RATIO)
LATENCY = 300  # ms
LINE = 500_000 // 8  # bytes a second, each way
PROCESSORS = {1: "", 4: ", processor 4 times slower"}
PROCESSORS_IF_QUICK = (4,)
TIMES, TIMES_IF_QUICK = 3, 1
LONGEST = 60_000  # ms: bounds a hang
TABLE = "first contentful paint, 0.5 Mbit/s, 300 ms (ms)"
_PAINTED = """new Promise(seen => new PerformanceObserver(list => list.getEntries().forEach(
entry => entry.name == 'first-contentful-paint' && seen(entry.startTime))).observe({type: 'paint', buffered: true}))"""
_FILL = """fields => { for (const [name, value] of Object.entries(fields)) {
const found = document.querySelectorAll(`[name="${name}"]`);
found.forEach(one => one.type == 'radio' || one.type == 'checkbox' ? one.checked = one.value == value
: one.value = value) } }"""
Way = Callable[[Page, CDPSession], None]


def rows(bench: Bench) -> Iterator[Row]:
    """Measure the complaint page in each language, two more pages, and the others'.

    Raises:
        BenchError: a page was not answered, or never painted.
    """
    try:
        programs.find("chromium", *programs.KNOWN["chromium"].places)
    except programs.Missing as lack:
        sys.stderr.write(f"First contentful paint is not measured: {lack}\n")
        return
    times, processors = (TIMES_IF_QUICK, PROCESSORS_IF_QUICK) if bench.quick else (TIMES, tuple(PROCESSORS))
    instance = bench.instance()
    signed = _signed(instance)
    with running(instance, OURS) as server, peer_pages.served() as others, sync_playwright() as playwright:
        ours, chromium = f"http://{HOST}:{server.port}", browser.launch(playwright)
        try:
            yield from _compared(partial(_median, chromium, times), processors, ours, others, signed)
        except Error as error:
            message = f"Chromium: {error.message}"
            raise BenchError(message) from error
        finally:
            chromium.close()


def _compared(
    measure: Callable[[Way, int], float], processors: tuple[int, ...], ours: str, others: str, signed: str
) -> Iterator[Row]:
    for slower in processors:
        slowly = PROCESSORS[slower]
        paints = {lang: measure(_straight(f"{ours}/{lang}/"), slower) for lang in TAGS}
        for lang, paint in paints.items():
            name = f"complaint{slowly}"
            yield Row(f"{name}, {lang}", paint, "ms", aims=(SOON,), place=Place(TABLE, name, lang))
        for name, way in (("answer", _answer(ours, signed)), ("case", _case(ours, signed))):
            yield Row(f"first paint, {name} page{slowly}", measure(way, slower), "ms", aims=(SOON,))
        for peer in peer_pages.PEERS:
            paint = measure(_straight(f"{others}/{peer.kilobytes}/"), slower)
            yield Row(
                f"first paint, {peer.name}{slowly}",
                paint,
                "ms",
                max(paints.values()),
                aims=(SOONER,),
                against="our slowest",
            )


def _median(chromium: Browser, times: int, way: Way, slower: int) -> float:
    return statistics.median(_painted(chromium, way, slower) for _ in range(times))


def _painted(chromium: Browser, way: Way, slower: int) -> float:
    """Go a way in a fresh browser; return after how many milliseconds the last page painted its first words."""
    context = chromium.new_context(viewport=browser.PHONE)
    context.set_default_timeout(LONGEST)
    try:
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        way(page, line)
        return float(page.evaluate(_PAINTED))
    finally:
        context.close()


def _slow(line: CDPSession) -> None:
    speed = {"latency": LATENCY, "downloadThroughput": LINE, "uploadThroughput": LINE}
    line.send("Network.emulateNetworkConditions", {"offline": False, **speed})


def _straight(address: str) -> Way:
    """Return the way to a page by its address."""

    def go(page: Page, line: CDPSession) -> None:
        _slow(line)
        answer = page.goto(address)
        if answer is None or not answer.ok:
            message = f"{address} was answered with {answer and answer.status}"
            raise BenchError(message)

    return go


def _answer(ours: str, signed: str) -> Way:
    """Return the way to the page that says that a complaint arrived: its form is filled before the line is slow."""

    def go(page: Page, line: CDPSession) -> None:
        page.goto(f"{ours}/{LANGUAGE}/")
        page.evaluate(_FILL, {**next(sample.bodies()), "code": signed})
        _slow(line)
        with page.expect_navigation():
            page.evaluate("document.getElementById('f').submit()")
        if signed not in page.content() or page.locator("[name=country]").count():
            message = "the complaint was not taken"
            raise BenchError(message)

    return go


def _case(ours: str, signed: str) -> Way:
    """Return the way to the page of the case, whose code was typed before the line is slow."""

    def go(page: Page, line: CDPSession) -> None:
        page.goto(f"{ours}/{LANGUAGE}/case")
        page.evaluate(_FILL, {"code": signed[: return_code.LENGTH]})
        with page.expect_navigation():
            page.evaluate("document.getElementById('f').submit()")
        _straight(f"{ours}/{LANGUAGE}/case")(page, line)

    return go


def _signed(instance: Instance) -> str:
    with instance.opened():
        return signed_code()
