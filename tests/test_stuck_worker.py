"""A worker that hangs is ended and started again, and the operator hears of it although it cannot speak."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from intake import doctor, supervisor
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import alarms, postmaster
from intake.supervisor import Child
from tests.factories import House
from tests.servers.hook import Hook
from tests.servers.service import LIMIT


@pytest.fixture
def worker(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """Return a worker of this instance that is not started yet and was heard of long ago."""
    settings = app.config["SETTINGS"]
    monkeypatch.setenv("INTAKE_INSTANCE", str(settings.instance))
    monkeypatch.setenv("INTAKE_DATABASE_URL", settings.database_url.replace("+psycopg", ""))
    monkeypatch.setattr(supervisor, "GRACE", 0.2)
    with transaction():
        postmaster.note("beat_at", now() - timedelta(minutes=11))
    worker = Child("outbox", ["outbox", "deliver", "--watch"])
    yield worker
    assert worker.process is not None
    worker.process.kill()
    worker.process.wait(LIMIT)


def start_long_ago(worker: Child) -> None:
    """Let a worker have had the time to be heard of."""
    worker.started = time.monotonic() - supervisor.HUNG_FOR


def test_a_worker_that_hangs_is_ended_and_told_of_although_it_cannot_speak(
    worker: Child, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    worker.process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert worker.process.stdout is not None
    with worker.process.stdout as said:
        said.readline()
    worker.started = time.monotonic()
    with Hook() as hook:
        monkeypatch.setenv("INTAKE_ALARM_URL", hook.url)
        supervisor.see_to_silence(worker)
        assert worker.process.poll() is None, "it has its time after a start"
        assert [text.split(":")[1] for text in hook.texts] == [" The program that sends letters gives no sign of life"]
    start_long_ago(worker)
    monkeypatch.setattr(supervisor, "FLASK", ("false",))
    supervisor.see_to_silence(worker)
    assert worker.process.wait(LIMIT) == -signal.SIGKILL
    assert "it could not be told" in caplog.text


@pytest.mark.slow
def test_a_worker_that_was_stopped_dead_is_started_again_and_heard_of(worker: Child) -> None:
    worker.start()
    assert worker.process is not None
    stuck = worker.process
    os.kill(stuck.pid, signal.SIGSTOP)
    start_long_ago(worker)
    supervisor.see_to_silence(worker)
    assert stuck.wait(LIMIT) in {-signal.SIGTERM, -signal.SIGKILL}
    deadline = time.monotonic() + LIMIT
    while alarms.worker_is_silent(now()):
        assert time.monotonic() < deadline
        db.session.rollback()
        worker.look()
        time.sleep(0.05)
    assert worker.process is not stuck


def test_it_is_asked_twice_and_the_asking_ends_with_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False, True, True, True])
    seen: list[str] = []
    stopping = threading.Event()
    monkeypatch.setattr(supervisor, "ASK_EVERY", 0.0)
    monkeypatch.setattr(supervisor, "see_to_silence", lambda child: seen.append(child.name))

    def silent() -> bool:
        answer = next(answers, None)
        if answer is None:
            stopping.set()
        return bool(answer)

    supervisor._listen(Child("outbox", []), silent, stopping)  # noqa: SLF001 what runs beside the supervisor
    assert seen == ["outbox", "outbox"]


def test_a_database_that_is_away_says_nothing_about_the_worker(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))  # noqa: EM101 an SQL statement

    with transaction():
        postmaster.started(now() - timedelta(hours=1))
    ask = doctor.asking_for_worker(app)
    assert ask()
    monkeypatch.setattr(alarms, "worker_is_silent", away)
    assert not ask()
    assert "nobody knows how the worker is" in caplog.text
