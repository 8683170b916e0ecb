"""Whatever a browser, a proxy or a stranger says in headers and addresses: no request breaks the house."""

from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from intake.cases import dashboard_filter, letters_filter, queue_filter
from intake.cases.queue_filter import Choices
from intake.i18n import TAGS, known_tag, now
from intake.members.forms import local
from intake.web import ranges, session_cookie
from intake.web.replay import view_of
from tests.factories import House
from tests.strategies import examples, texts

HEADERS = (
    *("Accept-Language", "Accept-Encoding", "Accept", "Range", "If-Range", "If-None-Match", "If-Modified-Since"),
    *("Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded"),
    *("Cookie", "Authorization", "Origin", "Referer", "Sec-Fetch-Site", "User-Agent", "Content-Type", "Date"),
    *("Content-Length", "Expect", "X-Request-Id", "Via", "X-HTTP-Method-Override", "Cache-Control", "Connection"),
)
SAID = (
    *("ru;q=nan,kk;q=1e999", "*;q=x", "," * 3000, "br;q=inf,gzip;q=-1", "bytes=9-1", "bytes=-0", "bytes=" + "9" * 5000),
    *(
        "bytes=0-0,2-3",
        "bytes=0-",
        'W/"x", *',
        '"' * 999,
        "Mon, 99 Foo 99999 99:99:99 GMT",
        "[",
        "[::1",
        "..",
        "a" * 300,
    ),
    *("xn--a", "-.-", "a b", "127.0.0.1:999999", "for=[;host=", "//evil.example", "form=x; visit=x.y; desk=\xff.\xff"),
    *(
        'desk="\\000.AA"',
        "visit=x." + "A" * 44,
        ";" * 3000,
        "Basic \xff",
        "Bearer \xff",
        "Digest x=",
        "multipart/form-data",
    ),
    *("multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300, "http://[", "-1", "100-continue"),
)
PATHS = (
    "/",
    "/en/",
    "/kk/case",
    "/KK/",
    "/healthz",
    "/metrics",
    "/static/desk.css",
    "/desk/",
    "/desk/sign-in",
    "/nothing",
)
VALUES = st.one_of(
    st.sampled_from(SAID), st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
)


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: most of these requests never reach it."""
    return str(request.param)


@examples(12, 3000)
@given(
    said=st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), min_size=1, max_size=4),
    path=st.sampled_from(PATHS),
    method=st.sampled_from(("GET", "POST")),
)
@example(said=[("Host", "..")], path="/en/", method="GET")
@example(said=[("Host", "a" * 300)], path="/desk/", method="POST")
@example(said=[("Host", "xn--a")], path="/desk/", method="GET")
@example(said=[("Content-Type", "multipart/form-data; boundary=")], path="/en/", method="POST")
def test_whatever_headers_say_the_answer_is_one_of_ours(
    app: Flask, house: House, said: list[tuple[str, str]], path: str, method: str
) -> None:
    environ = EnvironBuilder(path, method=method, headers=said).get_environ()
    with app.app_context():  # asked as a server asks: the test's own browser reads the host as well, and falls over it
        body, status, headers = run_wsgi_app(app, environ, buffered=True)
    assert int(status[:3]) < 500, (said, path, body)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "evil.example" not in headers.get("Location", "")


@examples(8, 1000)
@given(
    path=texts(60),
    query=st.lists(st.tuples(st.sampled_from(("lang", "next", "again", "in", "qr", "v", "x")), texts(40))),
)
@example(path="/desk/members/" + "9" * 5000 + "/away", query=[])
@example(path="/en/", query=[("lang", "kk"), ("lang", "\0")])
def test_whatever_an_address_says_the_answer_is_one_of_ours(
    client: FlaskClient, path: str, query: list[tuple[str, str]]
) -> None:
    asked = "&".join(f"{name}={written(value)}" for name, value in query)
    for before in ("/", "/en/", "/desk/cases/", "/desk/sign-in"):
        assert client.get(f"{before}{written(path)[:9000]}?{asked}").status_code < 500


def written(text: str) -> str:
    """Return text as a browser, or a stranger, writes it in an address."""
    return quote(text.encode(errors="surrogatepass"))


@examples(20, 5000)
@given(
    size=st.integers(1, 10_000),
    said=st.one_of(st.sampled_from(SAID), st.from_regex(r"bytes=[0-9]{0,5}-[0-9]{0,5}", fullmatch=True)),
)
@example(size=5, said="bytes=5-")
@example(size=5, said="bytes=-9")
def test_a_part_of_a_file_lies_within_it(app: Flask, size: int, said: str) -> None:
    with app.test_request_context(headers=[("Range", said.strip())]):
        part = ranges.asked(size)
    if part is not None:
        assert 0 <= part.start < part.stop <= size
        assert part.size == size


@examples(20, 5000)
@given(value=st.one_of(st.none(), texts(90)))
def test_a_cookie_that_nobody_of_ours_made_is_no_key(value: str | None) -> None:
    found = session_cookie.read(value)
    if found is not None:
        assert found.opener.recipient.startswith("age1")
    key, made = session_cookie.made()
    assert session_cookie.read(made) == key
    assert session_cookie.read(made[:-8]) is None


@examples(20, 5000)
@given(text=texts(60))
def test_a_language_is_one_of_ours_or_none(text: str) -> None:
    assert known_tag(text) in {None, *TAGS}


@examples(20, 5000)
@given(path=texts(60))
@example(path="//evil.example/desk/")
@example(path="/desk/members/" + "9" * 5000 + "/away")
@example(path="/desk/\\evil.example")
def test_going_on_leads_nowhere_else(app: Flask, path: str) -> None:
    for said in (path, f"/desk/{path}", f"/{path}", f"/desk//{path}"):
        found = local(said)
        if found is not None:
            assert found.startswith("/desk/")
            assert not found.startswith("//")
            with app.test_request_context():
                view_of(found, "POST", "member")


PLACES = ("after", "before", "page", "words", "for")


@examples(20, 3000)
@given(values=st.lists(texts(30), min_size=1, max_size=6), at=st.integers(0, 30))
def test_a_filter_takes_what_means_something_and_leaves_out_the_rest(
    app: Flask, house: House, values: list[str], at: int
) -> None:
    names = [*queue_filter.NAMES, *dashboard_filter.Choice.__dataclass_fields__, *PLACES]
    args = {names[(at + place) % len(names)]: value for place, value in enumerate(values)}
    chosen = queue_filter.read(args, Choices([], [], []))
    assert queue_filter.read_query(chosen.query, Choices([], [], [])) == chosen
    assert chosen.received_before is None or chosen.received_from is None or chosen.received_before.tzinfo
    letters_filter.parameters(args)
    found = dashboard_filter.read(args, [], now().date())
    assert found.since <= found.until
