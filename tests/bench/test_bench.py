"""What the bench counts and what it calls good."""

import io
import zlib
from typing import Any

import pytest
from rich.console import Console

from tests.bench.measures.page_bytes import References
from tests.bench.peer_pages import PEERS, Peer
from tests.bench.rows import NO_ERROR, P95, POSTGRESQL, RATIO, BenchError, Place, Row, Target, Times
from tests.bench.sample import pattern, values
from tests.bench.tables import Grid, all_of, listing, printable


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
    row = Row("rate", value, "POST/s", 100, aims=(Target(at_least=0.8, of=RATIO),))
    assert row.ok is ok
    assert row.as_json()["ok"] is ok


def test_a_target_may_bound_what_is_late_and_what_went_wrong_and_all_of_them_count() -> None:
    late, none_wrong = Target(at_most=150, of=P95), NO_ERROR
    times = Times(40, 150, 900)
    assert Row("rate", 1, "POST/s", times=times, errors=0, aims=(late, none_wrong)).ok
    assert not Row("rate", 1, "POST/s", times=times, errors=1, aims=(late, none_wrong)).ok
    assert not Row("rate", 1, "POST/s", times=Times(1, 150.1, 150.1), errors=0, aims=(late, none_wrong)).ok
    assert not Row("rate", 1, "POST/s", aims=(none_wrong,)).ok, "nobody counted"


def test_a_row_without_a_target_only_informs() -> None:
    assert Row("rate", 0, "POST/s").ok
    assert Row("rate", 0, "POST/s").as_json()["ok"] is None
    assert Row("rate", 0, "POST/s").as_json()["ratio"] is None


def test_the_quantiles_are_times_that_were_measured() -> None:
    assert Times.of(range(100, 0, -1)) == Times(50, 95, 99)
    assert Times.of([7.0]) == Times(7, 7, 7)
    with pytest.raises(BenchError, match="no answer"):
        Times.of([])


def test_a_pattern_gives_the_page_back() -> None:
    signed = "839150627493801625749613.abc"
    page = f"width: 100%; {signed} 8391 5062 7493 8016 2574 9613 KZ-7Q4M-K2"
    made = pattern(page, values(signed, "KZ-7Q4M-K2"))
    assert made % values(signed, "KZ-7Q4M-K2") == page
    assert "8391" not in made


def test_a_table_has_a_line_for_each_page_and_shows_what_misses_its_target() -> None:
    sizes = {("complaint", "ru"): 7000, ("complaint", "tk"): 8193, ("answer", "ru"): 6000, ("answer", "tk"): 6100}
    cells = [
        Row(f"{page}, {lang}", size, "bytes", aims=(Target(at_most=8192),), place=Place("page bytes", page, lang))
        for (page, lang), size in sizes.items()
    ]
    of_all, of_pages = all_of([*cells, Row("rate", 5, "POST/s")])
    assert [line.cells[:2] for line in of_all.lines] == [["rate", "5 POST/s"]]
    assert [line.cells for line in of_pages.lines] == [
        ["complaint", "7,000", "8,193!", "≤ 8192", "missed"],
        ["answer", "6,000", "6,100", "≤ 8192", "ok"],
    ]
    assert "8,193!" in _printed(of_pages)


def test_both_databases_stand_on_one_line_and_it_says_on_which_the_aim_was_missed() -> None:
    aims, times = (Target(at_least=0.8, of=RATIO), NO_ERROR), Times(1.25, 20, 300)
    told: dict[str, Any] = {"against": "bare Flask", "aims": aims, "times": times, "errors": 0}
    grid = listing(
        [
            Row("POST", 90, "POST/s", 100, **told),
            Row("other", 1, "ms"),
            Row("POST", 70, "POST/s", 100, **{**told, "database": POSTGRESQL, "errors": 2}),
        ]
    )
    figures = ["90 POST/s", "1.25 / 20 / 300", "0.90", "70 POST/s, 2 errors", "1.25 / 20 / 300", "0.70"]
    verdict = ["bare Flask", "ratio ≥ 0.8, no error", "missed on PostgreSQL"]
    assert [line.cells for line in grid.lines] == [["POST", *figures, *verdict], ["other", "1 ms", *[""] * 8]]
    assert [line.ok for line in grid.lines] == [False, None]
    assert "missed on PostgreSQL" in _printed(grid)


def _printed(grid: Grid) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(printable(grid))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]  # it is text


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.kilobytes)
def test_an_invented_page_weighs_what_it_says_and_is_as_many_requests(peer: Peer) -> None:
    files = peer.files()
    page = References()
    page.feed(files[f"/{peer.kilobytes}/"][1].decode())
    assert set(page.found) == set(files) - {f"/{peer.kilobytes}/"}
    assert sum(len(body) for _, body in files.values()) == pytest.approx(peer.travelling * 1024, rel=0.02)
    assert f"{len(files)} requests" in peer.name
    assert all(len(zlib.compress(body, 9)) > len(body) * 0.7 for _, body in files.values()), "there is no order in it"
