"""What the bench counts and what it calls good."""

import io
import zlib

import pytest
from rich.console import Console

from tests.bench.load import Answer, Slice
from tests.bench.measures.page_bytes import References
from tests.bench.peer_pages import PEERS, Peer
from tests.bench.rows import Place, Row, Target
from tests.bench.sample import pattern, values
from tests.bench.tables import all_of


def test_everything_that_a_browser_would_fetch_is_counted_and_nothing_else() -> None:
    page = References()
    page.feed(
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/a.css"><style>b{background:url(/c.png)}</style>'
        '<script>let a = "url("</script><script src="/d.js"></script><img src="data:image/png;base64,AA==">'
        '<a href="https://example.org/">elsewhere</a><p style="background:url(data:,)">url(</p>'
    )
    assert sorted(page.found) == ["/a.css", "/d.js", "url(…)"]


@pytest.mark.parametrize(("value", "ok"), [(79, False), (80, True), (100, True)])
def test_a_target_may_bound_the_ratio_from_below(value: float, ok: bool) -> None:  # noqa: FBT001 a parameter
    row = Row("rate", value, "POST/s", 100, Target(at_least=0.8, of_ratio=True))
    assert row.ok is ok
    assert row.as_json()["target"] == "ratio ≥ 0.8"


def test_a_row_without_a_target_only_informs() -> None:
    assert Row("rate", 0, "POST/s").ok
    assert Row("rate", 0, "POST/s").as_json()["ratio"] is None


def test_the_rate_counts_what_came_in_time_and_the_quantile_every_answer() -> None:
    part = Slice([Answer(number / 100, b"", b"") for number in range(1, 101)], counted=90, seconds=2.0)
    assert part.rate == 45
    assert part.quantile(0.95) == pytest.approx(0.95)


def test_a_pattern_gives_the_page_back() -> None:
    signed = "839150627493801625749613.abc"
    page = f"width: 100%; {signed} 8391 5062 7493 8016 2574 9613 KZ-7Q4M-K2"
    made = pattern(page, values(signed, "KZ-7Q4M-K2"))
    assert made % values(signed, "KZ-7Q4M-K2") == page
    assert "8391" not in made


def test_a_table_has_a_line_for_each_page_and_shows_what_misses_its_target() -> None:
    sizes = {("complaint", "ru"): 7000, ("complaint", "tk"): 8193, ("answer", "ru"): 6000, ("answer", "tk"): 6100}
    cells = [
        Row(f"{page}, {lang}", size, "bytes", target=Target(at_most=8192), place=Place("page bytes", page, lang))
        for (page, lang), size in sizes.items()
    ]
    console = Console(file=io.StringIO(), width=90)
    console.print(*all_of([*cells, Row("rate", 5, "POST/s")]))
    lines = [line.split() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]  # it is text
    assert ["│", "complaint", "│", "7,000", "│", "8,193!", "│", "≤", "8192", "│", "missed", "│"] in lines
    assert ["│", "answer", "│", "6,000", "│", "6,100", "│", "≤", "8192", "│", "ok", "│"] in lines
    assert any("POST/s" in line for line in lines)
    assert cells[1].as_json()["column"] == "tk"


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.kilobytes)
def test_an_invented_page_weighs_what_it_says_and_is_as_many_requests(peer: Peer) -> None:
    files = peer.files()
    page = References()
    page.feed(files[f"/{peer.kilobytes}/"][1].decode())
    assert set(page.found) == set(files) - {f"/{peer.kilobytes}/"}
    assert sum(len(body) for _, body in files.values()) == pytest.approx(peer.travelling * 1024, rel=0.02)
    assert f"{len(files)} requests" in peer.name
    assert all(len(zlib.compress(body, 9)) > len(body) * 0.7 for _, body in files.values()), "there is no order in it"
