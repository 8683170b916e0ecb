"""Pages that lie ready: what a browser unpacks is the page as it would be rendered now, with a code of its own."""

import gzip
import itertools
import random
import re

import brotli  # type: ignore[import-untyped]
import pytest
from flask import Flask, current_app, render_template
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from intake.cases import return_code
from intake.complaint import pages
from intake.complaint.forms import ComplaintForm, FurtherWordsForm, VoiceForm
from intake.complaint.signed_code import FormCode
from intake.complaint.submit import Receipt
from intake.complaint.views import OFFERED
from intake.i18n import TAGS, speaking
from intake.sealing import CodeKeys, new_identity
from intake.web import prepared
from intake.web.inlined import STATIC, static_version
from intake.web.prepared import ENCODINGS, Packed, Page, packed
from tests.factories import House, fields, reference_on
from tests.journeys.site import Site
from tests.servers import browser

CODE = re.compile(r'name="code" value="([^"]+)"')
READY = ("", "voice", "safety", "about")
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


def unpacked(answer: TestResponse) -> str:
    """Return what a browser makes of an answer."""
    text: bytes = UNPACK[answer.headers.get("Content-Encoding")](answer.data)
    return text.decode()


def rendered(name: str, lang: str, code: str) -> str:
    """Return a page as it is rendered without anything that lies ready."""
    if name in {"safety", "about"}:
        return render_template(f"complaint/{name}.html", lang=lang, kept=current_app.config["KEEP_DAYS"], carried=False)
    return pages.form_page(VoiceForm(None) if name else ComplaintForm(None), lang, code)


IN_SOME = [tag if tag in {"kk", "uz-Cyrl"} else pytest.param(tag, marks=pytest.mark.slow) for tag in TAGS]


@pytest.mark.parametrize("encoding", [*ENCODINGS, None])
@pytest.mark.parametrize(
    "lang", [tag if tag in {"kk", "uz-Cyrl"} else pytest.param(tag, marks=pytest.mark.slow) for tag in TAGS]
)
def test_what_is_unpacked_is_the_page_as_it_would_be_rendered_now(
    app: Flask, client: FlaskClient, lang: str, encoding: str | None
) -> None:
    headers = {"Accept-Encoding": encoding} if encoding else {}
    for name in READY:
        codes = set()
        for _ in range(3):
            answer = client.get(f"/{lang}/{name}", headers=headers)
            assert answer.headers.get("Content-Encoding") == encoding
            text = unpacked(answer)
            code = "".join(CODE.findall(text))
            with app.test_request_context(f"/{lang}/{name}"), speaking(lang):
                assert text == rendered(name, lang, code)
            codes.add(code)
        assert len(codes) == (3 if name in {"", "voice"} else 1), "each page has a code of its own"


@pytest.mark.parametrize("path", ["/", "/en/", "/tk/voice", "/ru/safety", "/kk/about"])
@pytest.mark.parametrize("encoding", [*ENCODINGS, None])
def test_a_page_that_lies_ready_has_the_headers_of_one_that_is_rendered(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, encoding: str | None
) -> None:
    headers = {"Accept-Encoding": encoding} if encoding else {}
    client.get(path, headers=headers)
    ready, head = client.get(path, headers=headers), client.head(path, headers=headers)
    monkeypatch.setattr(prepared, "packed", lambda *_: None)  # then it is compressed as any other page
    client.application.extensions["prepared_pages"].clear()
    other = client.get(path, headers=headers)
    assert _without_length(ready) == _without_length(other) == _without_length(head)
    assert ready.headers["Cache-Control"] == "no-store"
    assert ready.headers["Vary"] == "Accept-Encoding"
    assert int(ready.headers["Content-Length"]) == len(ready.data) == int(head.headers["Content-Length"])
    assert head.data == b""


def _without_length(answer: TestResponse) -> list[tuple[str, str]]:
    kept = Headers(answer.headers)
    for name in ("Content-Length", "Date"):
        kept.remove(name)
    return sorted(kept)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_how_long_a_page_is_tells_nothing_of_its_code(client: FlaskClient, encoding: str) -> None:
    sizes = {len(client.get("/ru/", headers={"Accept-Encoding": encoding}).data) for _ in range(20)}
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("identity", None),
        ("identity, br;q=0.5", None),
        ("deflate, zstd", None),
        ("", None),
    ],
)
def test_the_encoding_is_the_smallest_that_the_browser_likes_best(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    for path in ("/en/", "/en/case"):  # one that lies ready, one that is compressed for this answer
        answer = client.get(path, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == encoding
        assert "</html>" in unpacked(answer)


@given(
    pieces=st.lists(st.text(max_size=90), min_size=1, max_size=6),
    places=st.lists(st.integers(0, 2), min_size=5, max_size=5),
    gaps=st.tuples(*[st.integers(1, 200)] * 3),
    seed=st.integers(0, 5),
    encoding=st.sampled_from(ENCODINGS),
)
def test_any_texts_fit_the_gaps_of_any_page(
    pieces: list[str], places: list[int], gaps: tuple[int, ...], seed: int, encoding: str
) -> None:
    page = Page(tuple(piece.encode() * 2 for piece in pieces), tuple(places[: len(pieces) - 1]), gaps)
    made = packed(page, encoding)
    fills = [random.Random(seed).randbytes(gap) for gap in gaps]  # noqa: S311 no secret
    plain = page.pieces[0] + b"".join(
        fills[place] + piece for place, piece in zip(page.places, page.pieces[1:], strict=True)
    )
    assert page.filled(fills) == plain
    if made:  # one that does not come out as it went in is never sent
        assert UNPACK[encoding](made.filled(page, fills)) == plain


@pytest.mark.parametrize("lang", IN_SOME)
def test_the_answer_to_a_complaint_lies_ready_too(app: Flask, client: FlaskClient, lang: str) -> None:
    for encoding, urgent in itertools.product(ENCODINGS, ({}, {"urgent": "1"})):
        answer = client.post(f"/{lang}/", data=fields(**urgent), headers={"Accept-Encoding": encoding})
        text = unpacked(answer)
        signed, reference = CODE.findall(text)[-1], reference_on(text)
        code = FormCode(signed[: return_code.LENGTH], signed, CodeKeys(b"", new_identity(), b""), None)
        with app.test_request_context(f"/{lang}/", method="POST"), speaking(lang):
            receipt = Receipt(reference, 1, urgent=bool(urgent))
            assert text == pages.answer_page(receipt, code, lang, OFFERED, FurtherWordsForm(None))
    ready = [page for (kind, *_), page in app.extensions["prepared_pages"].items() if kind[0] == "answer"]
    assert len(ready) == 2
    assert all(packed(page, encoding) for page in ready for encoding in ENCODINGS), "what comes out is what went in"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_page_that_does_not_come_out_as_it_went_in_is_sent_as_any_other(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    def broken(page: Page) -> Packed:
        return Packed(page.pieces[1:])

    packed.cache_clear()
    monkeypatch.setattr(prepared, "_brotli", broken)
    monkeypatch.setattr(prepared, "_gzip", broken)
    answer = client.get("/en/", headers={"Accept-Encoding": encoding})
    packed.cache_clear()
    assert answer.headers["Content-Encoding"] == encoding
    assert CODE.search(unpacked(answer))


def test_no_page_is_rendered_or_compressed_twice(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, asked = [f"/en/{name}" for name in READY], {"Accept-Encoding": "br"}
    for path in paths:
        client.get(path, headers=asked)
    monkeypatch.setattr(pages, "render_template", lambda *_, **__: pytest.fail("it was rendered again"))
    monkeypatch.setattr(brotli, "Compressor", lambda **_: pytest.fail("it was compressed again"))
    monkeypatch.setattr(brotli, "compress", lambda *_, **__: pytest.fail("it was compressed again"))
    assert [client.get(path, headers=asked).status_code for path in paths] == [200] * len(READY)


@pytest.mark.parametrize("name", sorted(file.name for file in STATIC.iterdir()))
def test_the_desks_files_travel_small_and_are_asked_for_once(client: FlaskClient, name: str) -> None:
    address, plain = f"/static/{name}?v={static_version(name)}", (STATIC / name).read_bytes()
    for encoding in ENCODINGS:
        answer = client.get(address, headers={"Accept-Encoding": encoding})
        assert unpacked(answer).encode() == plain
        assert len(answer.data) < len(plain)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.mimetype in {"text/css", "text/javascript"}
    assert client.get(address).data == plain
    old = client.get(f"/static/{name}?v=123456789abc")
    assert old.headers["Cache-Control"] == "no-cache", "what an old page asks for may be newer than it thinks"
    same = client.get(f"/static/{name}", headers={"If-None-Match": old.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.css", "../config.py", "desk.css/", "."])
def test_no_other_file_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_chromium_reads_a_page_that_lies_ready(
    chromium: Browser, app: Flask, house: House, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    context = browser.phone(chromium)
    page = context.new_page()
    monkeypatch.setattr(prepared, "ENCODINGS", (encoding,))
    with Site(app) as site:
        answer = page.goto(f"{site.url}/tg/")
        assert answer
        assert answer.header_value("content-encoding") == encoding
        html = answer.text()
        code = "".join(CODE.findall(html))
        with app.test_request_context("/tg/"), speaking("tg"):
            assert html == rendered("", "tg", code)
        expect(page.locator("footer")).to_be_visible()
    assert browser.seen(context).errors == []
    context.close()
