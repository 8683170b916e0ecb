"""Fixtures that every room shares: an application on each database, its desks made, no way out of this machine."""

import gc
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import MethodType
from typing import Any
from uuid import uuid4

import flask_migrate
import hypothesis
import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, event
from werkzeug.routing import rules
from werkzeug.test import TestResponse

from intake import config, sealing
from intake.app import create_app
from intake.extensions import db
from intake.sealing import Cost
from intake.web import slowing
from intake.web.spoken import SpokenEnvironment
from tests import compiled, furnished, variants
from tests.factories import House
from tests.servers import browser, programs
from tests.servers.emptied import Emptied
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.s3 import S3Server

CHEAP = Cost(memory=8, passes=1)  # deriving from a password or a code costs nothing in tests
TEMPLATE = "template_of_tests"
MakeApp = Callable[..., Flask]


def pytest_configure(config: pytest.Config) -> None:
    """Let ``make test`` draw the same examples every time, ``make test-all`` others each time; neither by the clock."""
    hypothesis.settings.register_profile("house", deadline=None, derandomize="not slow" in config.option.markexpr)
    hypothesis.settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave some variants to ``make test-all``."""
    variants.leave_to_test_all(items)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported: it would look through all of it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _small_heap() -> Iterator[None]:
    """Let it pass over what tests before this module left, too."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _rules_compiled_once() -> Iterator[None]:
    """Compile the rule of a route once for all applications: it is most of what making one costs."""
    compile_rule = rules.Rule.compile
    known: dict[tuple[object, ...], dict[str, Any]] = {}

    def compile_once(rule: rules.Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.host, rule.build_only, rule.merge_slashes, repr(rule.defaults))
        if key not in known:
            before = dict(vars(rule))
            compile_rule(rule)
            known[key] = {name: made for name, made in vars(rule).items() if before.get(name) is not made}
            known[key]["arguments"] = rule.arguments
        vars(rule).update(known[key])
        for build in ("_build", "_build_unknown"):
            setattr(rule, build, MethodType(known[key][build].__func__, rule))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules.Rule, "compile", compile_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> Iterator[None]:
    """Compile a template once in each language for all applications."""
    compiled = SpokenEnvironment.compile
    known: dict[tuple[object, ...], Any] = {}

    def compile_once(spoken: SpokenEnvironment, source: str, *args: Any, **more: Any) -> Any:
        key = (spoken.language, source, args, *more.items())
        if key not in known:
            known[key] = compiled(spoken, source, *args, **more)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SpokenEnvironment, "compile", compile_once)
        yield


@pytest.fixture(autouse=True)
def _this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            message = f"a test reached for {address}"
            raise AssertionError(message)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Run Debian's Chromium, once for all tests of a process: Playwright bears no second one beside it."""
    programs.require("chromium")
    with sync_playwright() as playwright:
        running = browser.launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Run a PostgreSQL server of our own, with an empty migrated database to copy."""
    programs.require("postgresql")
    with Postgres() as server:
        server.create(TEMPLATE)
        _migrate({"INTAKE_DATABASE_URL": server.url(TEMPLATE)}, tmp_path_factory.mktemp("migrating"))
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """Run a store that speaks S3, once for all tests of a process."""
    with S3Server() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """Run Redis, which writes nothing to a disk, once for all tests of a process."""
    programs.require("redis")
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def emptied(postgres: Postgres) -> Iterator[Emptied]:
    """Return databases that tests use one after the other."""
    with closing(Emptied(postgres, TEMPLATE)) as databases:
        yield databases


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty migrated SQLite database to copy."""
    folder = tmp_path_factory.mktemp("template")
    _migrate({}, folder)
    return folder / "intake.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database that the test runs on: it runs on both."""
    return str(request.param)


@pytest.fixture
def settings(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[config.Settings]:
    """Return the settings of a trial on an empty migrated database."""
    # No chore of a test goes looking for a web server: one of somebody else might be there.
    environ = {"INTAKE_INSTANCE": str(tmp_path / "instance"), "INTAKE_CANARY_HOURS": "0"}
    (tmp_path / "instance").mkdir()
    if database == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "instance" / "intake.sqlite3")
        yield config.load(environ)
        return
    lent: Emptied = request.getfixturevalue("emptied")
    name = lent.lend()
    yield config.load({**environ, "INTAKE_DATABASE_URL": lent.server.url(name)})
    lent.take_back(name)


def spare_the_disk(engine: Engine) -> None:
    """Let SQLite not wait until the disk has what it wrote: no test cuts the power."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous=OFF").close())


@pytest.fixture
def empty(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """Return an application on a database in which there is nothing yet, with its context open."""
    environ, server, name = {"INTAKE_INSTANCE": str(tmp_path)}, None, f"empty_{uuid4().hex}"
    if database == "postgresql":
        server = request.getfixturevalue("postgres")
        server.create(name)
        environ["INTAKE_DATABASE_URL"] = server.url(name)
    app = create_app(config.load(environ))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    if server is not None:
        server.drop(name)


class Browser(FlaskClient):
    """A browser without JavaScript, whose requests share nothing with the test's own application context."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Ask for a page."""
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        if has_app_context():
            db.session.rollback()  # the test sees what the request saved
        return answer


@pytest.fixture
def app(settings: config.Settings) -> Iterator[Flask]:
    """Return an application on an empty migrated database, with its context open."""
    app = create_app(settings, password_cost=CHEAP)
    app.test_client_class = Browser
    slowing.forget()
    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setattr(sealing, "CODE_COST", CHEAP)
        spare_the_disk(db.engine)
        compiled.share(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def house(app: Flask) -> House:
    """Return the desks, made, with the identities that a real house forgets."""
    return furnished.house()


@pytest.fixture
def client(app: Flask, house: House) -> FlaskClient:
    """Return a browser without JavaScript."""
    return app.test_client()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was asked to be skipped."""
    for need in programs.skipped():
        terminalreporter.write_line(f"INTAKE_TEST_SKIP: everything that needs {need} was skipped")
    for need in programs.lacking():
        terminalreporter.write_line(f"{need} is not installed: everything that needs it was skipped")


def _migrate(environ: dict[str, str], folder: Path) -> None:
    app = create_app(config.load({"INTAKE_INSTANCE": str(folder), **environ}), password_cost=CHEAP)
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """Return the statements that the database is asked, as they come."""
    asked: list[str] = []

    def ask(*given: Any) -> None:
        asked.append(given[2])

    event.listen(db.engine, "before_cursor_execute", ask)
    yield asked
    event.remove(db.engine, "before_cursor_execute", ask)
