"""What web processes count together in Redis: a guesser gets no fresh tries from the next one, nobody waits for it."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from intake import config
from intake.app import create_app
from intake.doctor import outside
from intake.i18n import now
from intake.setting_checks import SettingError
from intake.web import shared, slowing
from intake.web.slowing import Limit
from tests.conftest import CHEAP
from tests.servers.redis import Redis

ADDRESS = "198.51.100.77"
FEW = Limit("a-test", "3 per 10 minutes")
OF_ACCOUNT = Limit("an-account", "3 per 10 minutes", of_one_visitor=False)
# Another web process of the same house, that one visitor fails in once.
OTHER_PROCESS = """
import sys
from flask import Flask
from intake.web.slowing import Limit
app = Flask("other")
app.config.update(REDIS_URL=sys.argv[1], SECRET_KEY=sys.argv[2], PUBLIC_URL="http://127.0.0.1", PROXIES=())
with app.test_request_context(environ_base={"REMOTE_ADDR": sys.argv[3]}):
    Limit("a-test", "3 per 10 minutes").failed()
"""
MakeProcess = Callable[..., Flask]


@pytest.fixture
def database() -> str:
    """Name a database: nothing here asks it."""
    return "sqlite"


@pytest.fixture
def process(settings: config.Settings, redis: Redis) -> Iterator[MakeProcess]:
    """Return what makes another web process of one house: its application, and a memory that knows nothing."""
    redis.kill()
    redis.start()

    def make(url: str | None = redis.url) -> Flask:
        forget()
        app = create_app(replace(settings, redis_url=url), password_cost=CHEAP)
        app.config["PUBLIC_URL"] = "http://127.0.0.1"
        return app

    yield make
    forget()


def forget() -> None:
    """Forget what this process knows, as if it were another."""
    slowing.forget()
    slowing._daily = slowing._HalfOfDay(date.min, "")  # noqa: SLF001 a fresh process has none


def fail(app: Flask, limit: Limit = FEW, *about: str, address: str = ADDRESS) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        limit.failed(*about)


def reached(app: Flask, limit: Limit = FEW, *about: str, address: str = ADDRESS) -> bool:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        return limit.reached(*about)


def test_processes_count_a_visitor_together(process: MakeProcess) -> None:
    one = process()
    fail(one)
    two = process()
    fail(two)
    assert not reached(two)
    three = process()
    fail(three)
    assert (reached(three), reached(one), reached(process())) == (True, True, True)
    assert not reached(three, address="198.51.100.78")
    assert not reached(process(url=None)), "without Redis each counts by itself"


def test_processes_count_failures_at_an_account_together(process: MakeProcess) -> None:
    for number in range(3):
        fail(process(), OF_ACCOUNT, "aigerim", address=f"198.51.100.{number}")
    assert reached(process(), OF_ACCOUNT, "aigerim", address="203.0.113.5")
    assert not reached(process(), OF_ACCOUNT, "bolot", address="203.0.113.5")


def test_a_process_of_another_machine_counts_along(process: MakeProcess, redis: Redis) -> None:
    app = process()
    for _ in range(2):
        fail(app)
    assert not reached(app)
    command = [sys.executable, "-c", OTHER_PROCESS, redis.url, app.config["SECRET_KEY"], ADDRESS]
    subprocess.run(command, cwd=config.ROOT, check=True)
    assert reached(app)


def test_what_redis_holds_names_nobody_and_goes_by_itself(process: MakeProcess, redis: Redis) -> None:
    app = process()
    fail(app)
    fail(app, OF_ACCOUNT, "aigerim")
    keys = [word for word in redis.say("KEYS", "*").decode().split() if word.startswith("intake:")]
    assert len(keys) == 3
    held = "".join(keys)
    for key in keys:
        assert 0 < int(redis.say("TTL", key)[1:]) <= slowing.KEPT_FOR
        held += redis.say(*(("GET", key) if ":day:" in key else ("LRANGE", key, "0", "-1"))).decode()
    assert slowing._daily.half in held  # noqa: SLF001
    for word in (ADDRESS, "aigerim", app.config["SECRET_KEY"]):
        assert word not in held
    other = process()
    other.config["SECRET_KEY"] = "another house's, which has the same half " * 2
    fail(other)
    assert redis.say("KEYS", "*").count(b"intake:") == 4, "the half that Redis holds does not make the key"


def test_the_half_of_a_day_is_forgotten_with_it(process: MakeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    app = process()
    with app.app_context():
        today = slowing._key_of_today()  # noqa: SLF001
        assert slowing._key_of_today() == today  # noqa: SLF001
        later = now().replace(year=2100)
        monkeypatch.setattr(slowing, "now", lambda: later)
        assert slowing._key_of_today() != today  # noqa: SLF001


def test_while_redis_is_away_each_counts_by_itself_at_once_and_together_again_later(
    process: MakeProcess, redis: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = process()
    fail(app)
    redis.kill()
    for _ in range(3):
        fail(app)
    assert reached(app), "what it counted itself before and since"
    told = [record.getMessage() for record in caplog.records if record.name == shared.__name__]
    assert told == ["Redis is away (ConnectionError): each process counts by itself; trying again"]
    redis.start()
    fail(app, OF_ACCOUNT, "aigerim")
    assert redis.say("DBSIZE") == b":0\r\n", "it is left in peace for a while"
    later = time.monotonic() + shared.AGAIN_AFTER
    monkeypatch.setattr(time, "monotonic", lambda: later)
    fail(app, OF_ACCOUNT, "aigerim")
    assert redis.say("DBSIZE") == b":2\r\n"
    assert "Redis is back" in caplog.text
    assert all(record.levelno == logging.WARNING for record in caplog.records)


def test_a_restart_between_two_visitors_is_not_noticed(
    process: MakeProcess, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    app = process()
    fail(app)
    redis.kill()
    redis.start()
    fail(app)
    fail(app)
    assert redis.say("DBSIZE") == b":2\r\n"
    assert caplog.records == []
    assert reached(app), "what it counted itself stands though Redis forgot"
    other = process()
    fail(other)
    assert reached(other), "and all of them have the half of the day that the first brought back"


def test_nobody_waits_long_for_a_redis_that_hangs(process: MakeProcess, redis: Redis) -> None:
    app = process()
    fail(app)
    redis.say("CLIENT", "PAUSE", "60000", "ALL")
    began = time.monotonic()
    fail(app)
    fail(app)
    assert reached(app)
    assert time.monotonic() - began < 20 * shared.PATIENCE  # on a machine that has more to do
    with app.app_context():
        assert shared.state() is shared.State.AWAY
    redis.kill()


def test_a_redis_that_is_full_or_wants_a_password_is_as_one_that_is_away(process: MakeProcess, redis: Redis) -> None:
    redis.say("CONFIG", "SET", "requirepass", "okapi-word")
    shut_out, known = process(), process(f"redis://:okapi-word@127.0.0.1:{redis.port}")
    with shut_out.app_context():
        assert shared.state() is shared.State.AWAY
        assert "okapi" not in str(outside.redis())
    with known.app_context():
        assert shared.state() is shared.State.WELL
        assert str(outside.redis()).startswith(f"ok     Redis answers at redis://127.0.0.1:{redis.port}, ")
    redis.kill()
    redis.start("--maxmemory", "1", "--maxmemory-policy", "noeviction")
    app = process()
    for _ in range(3):
        fail(app)
    assert reached(app)
    redis.kill()


def test_the_doctor_says_how_redis_is(process: MakeProcess, redis: Redis) -> None:
    def said(url: str | None) -> str:
        with process(url).app_context():
            return str(outside.redis())

    assert said(None) == (
        "ok     Each web process counts wrong codes and passwords by itself: INTAKE_REDIS_URL is not set."
    )
    assert said(f"unix://{redis.socket}") == f"ok     Redis answers at unix://{redis.socket}, and keeps all in memory."
    redis.say("CONFIG", "SET", "save", "3600")
    redis.say("CONFIG", "SET", "appendonly", "yes")
    assert said(redis.url).startswith("WRONG  Redis at redis://127.0.0.1:")
    redis.kill()
    assert said(redis.url).startswith("WRONG  Redis does not answer at redis://127.0.0.1:")


@pytest.mark.parametrize(
    "url", ["redis://", "http://host", "redis://host/zero", "redis://host?socket_timeout=0", "unix://", "redis:/host"]
)
def test_nonsense_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match=r"^INTAKE_REDIS_URL must look like"):
        config.load({"INTAKE_REDIS_URL": url})


@pytest.mark.parametrize("url", ["redis://host", "rediss://user:word@host:7000/3", "unix:///run/redis.sock"])
def test_a_place_is_taken_as_it_is_and_shown_to_nobody(url: str) -> None:
    settings = config.load({"INTAKE_REDIS_URL": url})
    assert settings.redis_url == url
    assert url not in repr(settings)
