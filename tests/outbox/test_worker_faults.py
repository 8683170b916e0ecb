"""Workers that are killed, clocks that step back, servers that hang: nothing is lost, and what came twice is known."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from intake import config
from intake.cases import letters_page
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR
from intake.outbox import deliver
from intake.outbox.models import Letter
from intake.outbox.worker import Tally, deliver_due
from tests.factories import House, letters, make_member
from tests.outbox import Clock, arrived, attempts, before_each_send, claim_and_die, owe
from tests.outbox.dying_worker import ACCEPTED, CLAIMED, CLAIMING, IN_DATA
from tests.servers.smtp import SmtpServer

COUNT = deliver.BATCH + 3
RAN_OUT = deliver.LEASE + timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def settings(settings: config.Settings, server: SmtpServer) -> config.Settings:
    """Return the settings of a trial whose letters go to the server."""
    mail = config.load({"INTAKE_MAIL_URL": f"smtp://{server.host}:{server.port}"}).mail
    return dataclasses.replace(settings, mail=mail)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now())
    monkeypatch.setattr("intake.outbox.worker.now", clock)
    return clock


def broken_off() -> list[str]:
    """Return the letters at which a worker died, by name."""
    return [letter.message_id for letter in letters() for tried in attempts(letter) if tried.broke_off]


def perhaps_doubled(house: House) -> int:
    """Return how many letters the page of letters says to have arrived twice, perhaps."""
    editor = make_member(house, role=EDITOR)
    page = letters_page.page(house.visitors[editor.id], {"state": "duplicates"})
    assert page.duplicates == len(page.letters)
    return page.duplicates


def kill(settings: config.Settings, server: SmtpServer, step: str) -> None:
    """Run a worker that is killed at a step."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
    environ |= {
        "INTAKE_INSTANCE": str(settings.instance),
        "INTAKE_DATABASE_URL": settings.database_url,
        "INTAKE_MAIL_URL": f"smtp://{server.host}:{server.port}",
    }
    command = (sys.executable, "-m", "tests.outbox.dying_worker", step)
    done = subprocess.run(command, cwd=config.ROOT, env=environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize(
    ("step", "doubled"),
    [
        pytest.param(CLAIMING, False, marks=pytest.mark.slow),
        pytest.param(CLAIMED, False, marks=pytest.mark.slow),
        pytest.param(IN_DATA, False, marks=pytest.mark.slow),
        (ACCEPTED, True),
    ],
)
def test_a_killed_worker_loses_nothing_and_doubles_only_what_was_accepted(
    house: House, settings: config.Settings, server: SmtpServer, clock: Clock, *, step: str, doubled: bool
) -> None:
    ids = owe(COUNT)
    kill(settings, server, step)
    assert arrived(server) == Counter(ids[:1] if doubled else [])
    leased = 0 if step == CLAIMING else deliver.BATCH
    assert len([letter for letter in letters() if letter.locked_until]) == leased
    assert deliver_due() == Tally(delivered=COUNT - leased), "what the dead one holds is nobody's until its lease ends"
    clock.moment = now() + RAN_OUT
    assert deliver_due() == Tally(delivered=leased)
    assert deliver_due() == Tally()
    assert arrived(server) == Counter([*ids, *(ids[:1] if doubled else [])])
    assert broken_off() == ([] if step == CLAIMING else ids[:1])
    if doubled:
        first, again = (one for one in server.letters if one.message["Message-ID"] == ids[0])
        assert first.raw == again.raw, "it is the same letter, under the same name"
    assert perhaps_doubled(house) == len(broken_off())


def test_of_the_letters_of_a_dead_worker_one_alone_may_have_been_on_its_way(
    app: Flask, server: SmtpServer, clock: Clock
) -> None:
    later = owe(deliver.BATCH)
    claim_and_die(clock())
    clock.forward(RAN_OUT)
    first = owe(deliver.BATCH - 1)
    with transaction():  # they come before the others, which are claimed in two goes by that
        db.session.execute(update(Letter).where(Letter.message_id.in_(first)).values(due_at=now() - HOUR))
    assert deliver_due() == Tally(delivered=2 * deliver.BATCH - 1)
    assert arrived(server) == Counter([*later, *first])
    assert broken_off() == later[:1]


def test_two_workers_that_die_one_after_the_other_leave_two_traces_of_the_same_letter(
    app: Flask, server: SmtpServer, clock: Clock
) -> None:
    ids = owe(2)
    for _ in range(2):
        claim_and_die(clock())
        clock.forward(RAN_OUT)
    assert deliver_due() == Tally(delivered=2)
    assert broken_off() == [ids[0]] * 2
    assert arrived(server) == Counter(ids)


def test_a_clock_that_steps_back_an_hour_in_the_middle_loses_and_doubles_nothing(
    house: House, server: SmtpServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = owe(COUNT)
    steps = iter([timedelta(), HOUR])

    def step_back(_letter: Letter) -> None:
        clock.forward(-next(steps, timedelta()))

    before_each_send(monkeypatch, step_back)
    sent = deliver_due().delivered
    assert sent >= deliver.BATCH, "what it holds it sends"
    clock.forward(HOUR)
    assert deliver_due().delivered == COUNT - sent, (
        "what became due before the step is due again, an hour later at most"
    )
    assert arrived(server) == Counter(ids)
    assert perhaps_doubled(house) == 0


def test_the_letters_of_a_worker_that_died_before_the_clock_stepped_back_wait_an_hour_at_most(
    app: Flask, server: SmtpServer, clock: Clock
) -> None:
    ids = owe(COUNT)
    claim_and_die(clock())
    clock.forward(-HOUR)
    deliver_due()
    clock.forward(HOUR + RAN_OUT)
    deliver_due()
    assert arrived(server) == Counter(ids)
    assert broken_off() == ids[:1]


def test_a_server_that_takes_a_letter_and_then_hangs_has_it_once(
    house: House, server: SmtpServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = owe(3)
    server.mode = "hang_when_taken"
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "TIMEOUT", 0.2)
        tally = deliver_due()
        assert tally.delivered == 2, "the answer stands, whatever the server does after it; the next had another line"
        assert tally.failed == 1
    server.mode = "accept"
    clock.forward(HOUR)
    assert deliver_due() == Tally(delivered=1)
    assert arrived(server) == Counter(ids)
    assert perhaps_doubled(house) == 0


def test_a_server_that_keeps_a_letter_and_never_answers_may_have_it_twice_under_one_name(
    app: Flask, server: SmtpServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = owe(1)
    server.mode = "hang_in_answer"
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "TIMEOUT", 0.2)
        assert deliver_due() == Tally(failed=1)
    assert letters()[0].delivered_at is None, "nobody said that it was taken"
    server.mode = "accept"
    clock.forward(HOUR)
    assert deliver_due() == Tally(delivered=1)
    assert arrived(server) == Counter({ids[0]: 2})
    assert "timed out" in attempts(letters()[0])[0].answer
