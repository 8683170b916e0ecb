"""No line that a process writes holds what somebody typed or where they are, whatever goes wrong meanwhile."""

import errno
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.datastructures import MultiDict

from intake import config, logs
from intake.extensions import db
from intake.setting_checks import SettingError
from intake.storage import StoreError
from intake.storage.folder import Folder
from tests.access_table import SEATED_ADMIN, TABLE, Route
from tests.sweep import wire
from tests.test_access_matrix import Scene, Scenes, scene  # noqa: F401 a fixture

WORD = "Xylomarimba"
ADDRESSES = ("198.51.100.213", "203.0.113.199", "2001:db8::beef")
MARKS = (WORD.lower(), *ADDRESSES)
HEADERS = {
    "User-Agent": f"{WORD}/1.0",
    "Referer": f"https://example.org/{WORD}",
    "Accept-Language": f"en, {WORD}",
    "X-Forwarded-For": f"{ADDRESSES[1]}, {ADDRESSES[2]}",
    "X-Request-Id": WORD,
}
NOWHERE = f'DROP VIEW "{WORD}"'  # whose error says its name
TOKEN = "of the operator's Prometheus, and of nobody else"
# What forms of the house call their fields: each gets the word, where the table does not fill it in.
FIELDS = ("story", "text", "words", "name", "note", "title", "reason", "q", "place", "reply", "address", "label")
Ask = Callable[..., int]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: each brings its own words into errors."""
    return str(request.param)


@pytest.fixture
def written(app: Flask) -> Iterator[io.StringIO]:
    """Return what our processes would write, in both forms, and more of it than they do."""
    stream = io.StringIO()
    handlers = [logging.StreamHandler(stream) for _ in range(2)]
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    for handler, form in zip(handlers, (logs.Objects(), logs.Lines()), strict=True):
        handler.setFormatter(form)
        root.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    yield stream
    ours.setLevel(logging.NOTSET)
    for handler in handlers:
        root.removeHandler(handler)


def asking(made: Scene) -> Ask:
    """Return what goes to a route with marks wherever a visitor can put one."""
    made.client.set_cookie("mark", WORD)

    def ask(route: Route, token: str = "", *, valid: bool = True, behind: str = "") -> int:
        row, method = TABLE[route], route[1]
        given = {name: value.format(**made.values) for name, value in row.data.items()}
        form: MultiDict[str, Any] = MultiDict(given if valid else dict.fromkeys(given, WORD))
        for name in FIELDS:
            form.setdefault(name, WORD)
        form["csrf_token"] = token
        form[WORD] = WORD
        if method == "POST" and route[0].partition(".")[2] in {"post", "bring", "send_voice"}:
            form["file"] = (io.BytesIO(WORD.encode()), f"{WORD}.jpg", "image/jpeg")
        answer = made.client.open(
            row.path.format(**made.values) + behind,
            method=method,
            query_string={"q": WORD, WORD: WORD} if method == "GET" else None,
            data=form if method == "POST" else None,
            headers=HEADERS,
            environ_base={"REMOTE_ADDR": ADDRESSES[0]},
            buffered=True,
        )
        assert wire.faults(row.path, answer.status_code, [*answer.headers]) == [], (route, answer.status)
        return answer.status_code

    return ask


def found(text: str) -> list[str]:
    """Return the lines that hold a mark."""
    return [line for line in text.splitlines() if any(mark in line.lower() for mark in MARKS)]


@contextmanager
def no_database(only: tuple[str, ...] = ("",)) -> Iterator[None]:
    """Let every statement that begins with one of these words fail, by an error that says what was typed."""

    def fail(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        return (NOWHERE, ()) if statement.startswith(only) else (statement, parameters)

    event.listen(db.engine, "before_cursor_execute", fail, retval=True)
    yield
    event.remove(db.engine, "before_cursor_execute", fail)


@contextmanager
def no_views(app: Flask) -> Iterator[None]:
    """Let every view break over what was typed."""

    def break_over(**_: object) -> str:
        return dict[str, str]()[WORD]  # a KeyError that names it

    with pytest.MonkeyPatch.context() as patch:
        for endpoint in app.view_functions:
            patch.setitem(app.view_functions, endpoint, break_over)
        yield


@contextmanager
def no_store(fault: OSError) -> Iterator[None]:
    """Let the store of files fail."""

    def fail(*_: object) -> None:
        raise fault

    with pytest.MonkeyPatch.context() as patch:
        for verb in ("_keep", "_pieces", "_numbers", "_remove", "place_of"):
            patch.setattr(Folder, verb, fail)
        yield


def elsewhere(app: Flask) -> str:
    """Return what other people see meanwhile: pages of errors, and the operator's figures."""
    other = app.test_client()
    app.config["METRICS_TOKEN"] = TOKEN
    seen = [other.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}), other.get("/nowhere"), other.get("/")]
    assert [answer.status_code for answer in seen] == [200, 404, 200]
    with no_database():
        seen += [other.get("/desk/sign-in"), other.get("/en/case"), other.get("/desk/")]
    return "".join(f"{answer.headers}{answer.get_data(as_text=True)}" for answer in seen)


@pytest.mark.parametrize("valid", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_no_route_leaves_a_word_or_an_address_in_a_log(
    scene: Scenes,  # noqa: F811
    app: Flask,
    written: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    *,
    valid: bool,
) -> None:
    made = scene(SEATED_ADMIN)
    ask, token = asking(made), made.token()
    known = {ask(route, token, behind=f"/{WORD}") for route in TABLE}
    assert known <= {308, 404, 405}
    assert {200, 302, 404, 422} <= {ask(route, token, valid=valid) for route in TABLE}
    made.client = app.test_client()
    made.visit(("followup.begin", "POST"))
    ask, token = asking(made), made.token()
    inside = [route for route in TABLE if route[0].startswith(("followup.", "files.")) and "leave" not in route[0]]
    assert {200, 303} & {ask(route, token, valid=valid) for route in inside}
    assert found(written.getvalue() + elsewhere(app) + "".join(capfd.readouterr())) == []


def test_no_fault_leaves_a_word_or_an_address_in_a_log(
    scene: Scenes,  # noqa: F811
    app: Flask,
    written: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    made = scene(SEATED_ADMIN)
    ask, token = asking(made), made.token()
    with no_views(app):
        assert {ask(route, token) for route in TABLE} == {500}
    with no_database():
        assert 503 in {ask(route, token) for route in TABLE}
    of_files = [route for route in TABLE if route[0].partition(".")[0] in {"evidence", "look", "adding", "files"}]
    for fault in (StoreError(errno.EIO, "it is away"), OSError(errno.ENOSPC, "No space left on device", f"/{WORD}")):
        with no_store(fault):
            assert {500, 503} & {ask(route, token) for route in of_files}
    with no_database(("INSERT", "UPDATE", "DELETE")):
        assert {500, 503} & {ask(route, token) for route in TABLE if route[1] == "POST"}
    lines = written.getvalue()
    assert "KeyError" in lines
    assert "OperationalError" in lines or "UndefinedTable" in lines
    assert "files: it is away" in lines
    assert found(lines + elsewhere(app) + "".join(capfd.readouterr())) == []
    for line in lines.splitlines():
        if line.startswith("{"):
            assert {"time", "level", "room", "what", "request"} <= json.loads(line).keys()


def test_what_failed_bears_the_name_that_its_line_has(app: Flask, written: io.StringIO) -> None:
    client = app.test_client()
    with no_views(app):
        one, other = (client.get("/", headers=HEADERS).headers["X-Request-Id"] for _ in range(2))
    names = [json.loads(line)["request"] for line in written.getvalue().splitlines() if line.startswith("{")]
    assert names == [one, other]
    assert len({one, other}) == 2
    assert f"request={one}" in written.getvalue()
    assert "X-Request-Id" not in client.get("/en/", headers=HEADERS).headers, "what went well needs no name"


def test_of_a_library_only_its_name_and_place_are_written(written: io.StringIO) -> None:
    for name in ("sqlalchemy.engine", "urllib3.connectionpool", "alembic.runtime.migration", "redis", "asyncio"):
        logging.getLogger(name).warning("Retrying %s", f"/case/{WORD}")
    try:
        int(WORD)
    except ValueError:
        logging.getLogger(logs.OURS).exception("it broke")
        logging.getLogger("urllib3").exception(WORD)
    logging.getLogger("_granian").error("Application callable raised an exception\nTraceback\nValueError: %s", WORD)
    text = written.getvalue()
    assert found(text) == []
    for word in ("sqlalchemy", "urllib3", "alembic", "test_logs.py", "it broke", "ValueError", "callable raised"):
        assert word in text


def test_no_line_is_made_by_who_writes_line_breaks(written: io.StringIO) -> None:
    logging.getLogger("intake.web").warning("first\n{} second\x1b[2J")
    assert len(written.getvalue().splitlines()) == 2
    assert "\x1b" not in written.getvalue()


def test_a_process_writes_objects_and_on_a_terminal_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for owner, hook in ((sys, "excepthook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, hook, getattr(owner, hook))
    said = []
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    for form, stream in ((None, io.StringIO()), (None, Terminal()), ("text", io.StringIO()), ("json", Terminal())):
        logs.begin(form, stream)
        logging.getLogger("intake.web").info("not this")
        logging.getLogger("intake.web").warning("it is so")
        said.append(stream.getvalue())
    assert [text.startswith("{") for text in said] == [True, False, False, True]
    assert all(text.count("\n") == 1 for text in said)
    logs.begin("json", stream := io.StringIO())
    thread = threading.Thread(target=lambda: dict[str, str]()[WORD])
    thread.start()
    thread.join()
    line = json.loads(stream.getvalue())
    assert (line["level"], line["kind"], line["what"]) == ("critical", "KeyError", "it ended by a fault")
    assert found(stream.getvalue()) == []


def test_the_web_server_has_no_log_of_who_asked_for_what() -> None:
    assert logs.OF_SERVER["loggers"]["granian.access"] == {"handlers": [], "propagate": False}
    with pytest.raises(SettingError, match=r"^INTAKE_LOG is 'loud'"):
        config.load({"INTAKE_LOG": "loud"})
    assert config.load({"INTAKE_LOG": "text"}).log == "text"
