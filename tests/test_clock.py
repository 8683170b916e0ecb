"""The clock jumps back an hour and forward a day, and the machine stands in four zones: nothing is lost by it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from intake import chores, i18n
from intake.backup import runs
from intake.backup.models import BackupRun
from intake.cases import retention
from intake.cases.models import Case, ComplainantSession
from intake.complaint import canary
from intake.complaint.models import CanaryRun
from intake.config import ROOT
from intake.evidence.place import storage
from intake.extensions import db, transaction
from intake.members import sessions
from intake.members.models import MemberSession
from intake.outbox import alarms, deliver, worker
from intake.outbox.models import Attempt, Letter
from intake.sealing import new_identity, seal
from tests.backup import places
from tests.cases.letter_clock import Clock
from tests.factories import House, come_back, confirm, make_case, make_member, send, sign_in, signed_code

ZONES = ("Asia/Almaty", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Of times: run as a whole in each zone by ``make test-all``.
OF_TIMES = (
    *("tests/test_i18n.py", "tests/cases/test_retention.py", "tests/cases/test_escalation.py"),
    *("tests/cases/test_summary.py", "tests/cases/test_cover.py", "tests/members/test_sign_in.py"),
    *("tests/outbox/test_deliver.py", "tests/outbox/test_digests.py", "tests/backup/test_backup_schedule.py"),
)


@pytest.fixture
def clock(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the house, which stands still."""
    return Clock(monkeypatch)


def one_round() -> None:
    """Let a worker start, do one round, and end."""
    pauses = iter((False, True))
    worker.watch(lambda _: next(pauses))


def owed() -> int:
    """Return how many letters did not go out."""
    count = db.session.scalar(select(func.count(Letter.id)).where(Letter.delivered_at.is_(None)))
    db.session.rollback()
    return count or 0


@pytest.mark.parametrize("jump", [-HOUR, -DAY, DAY])
def test_letters_wait_for_no_clock(clock: Clock, jump: timedelta) -> None:
    make_case()
    assert owed()
    clock.moment += jump
    one_round()
    assert owed() == 0
    make_case()
    one_round()
    assert owed() == 0


def test_a_worker_at_work_notices_that_the_clock_went_back(clock: Clock) -> None:
    make_case()
    rounds = iter(range(9))

    def pause(_: float) -> bool:
        number = next(rounds)
        if number == 1:
            make_case()
            clock.moment -= HOUR
        return number == 2

    worker.watch(pause)
    assert owed() == 0
    assert not alarms.worker_is_silent(clock.moment), "it said at once that it lives"


def test_what_a_clock_that_was_a_day_ahead_left_behind_is_not_waited_for(clock: Clock) -> None:
    make_case()
    first, *others = list(db.session.scalars(select(Letter.id)))
    moment = clock.moment
    with transaction():
        ahead = {"failures": 2, "due_at": moment + DAY, "owed_at": moment - HOUR}
        db.session.execute(update(Letter).where(Letter.id == first).values(ahead))
        leased = {"locked_until": moment + DAY, "owed_at": moment - HOUR, "due_at": moment - HOUR}
        db.session.execute(update(Letter).where(Letter.id.in_(others)).values(leased))
    clock.moment += timedelta(seconds=1)
    one_round()
    clock.moment += timedelta(seconds=1)
    one_round()
    assert owed() == 0


def test_what_is_to_wait_still_waits(clock: Clock) -> None:
    make_case()
    moment = clock.moment
    with transaction():
        db.session.execute(update(Letter).values(failures=1, due_at=moment + HOUR, owed_at=moment - HOUR))
    with transaction():
        assert deliver.catch_up(moment) == 0
    with transaction():
        later = {"failures": 0, "due_at": moment + DAY, "owed_at": moment + HOUR, "is_held": True}
        db.session.execute(update(Letter).values(later))
    with transaction():
        assert deliver.catch_up(moment) == 0, "somebody said when it may go"
    one_round()
    assert db.session.scalar(select(func.count(Attempt.id))) == 0


def test_a_member_stays_signed_in_when_the_clock_goes_back_but_no_longer_than_else(
    client: FlaskClient, house: House, clock: Clock
) -> None:
    member = make_member(house, "KZ")
    sign_in(client, member)
    confirm()
    clock.moment -= HOUR
    assert client.get("/desk/").status_code == 200
    row = db.session.scalars(select(MemberSession)).one()
    assert row.used_at == clock.moment
    assert not sessions.is_confirmed(sessions.Visitor(member, house.visitors[member.id].identity, row.id))
    clock.moment += sessions.spans()[0] + timedelta(seconds=1)
    assert client.get("/desk/").status_code == 302, "nothing was pressed for too long"
    clock.moment += DAY
    sign_in(client, member)
    assert client.get("/desk/").status_code == 200


def test_a_visit_and_a_form_outlive_a_clock_that_goes_back(client: FlaskClient, clock: Clock) -> None:
    _, _, code = make_case()
    form = signed_code()
    come_back(client, code)
    clock.moment -= HOUR
    assert client.get("/en/case").status_code == 200
    assert db.session.scalars(select(ComplainantSession.used_at)).one() == i18n.to_ten_minutes(clock.moment)
    before = db.session.scalar(select(func.count(Case.id))) or 0
    assert send(client, code=form).status_code == 200
    clock.moment += DAY
    assert send(client, code=signed_code()).status_code == 200
    db.session.rollback()
    assert db.session.scalar(select(func.count(Case.id))) == before + 2
    assert "case" in come_back(client, code)


def test_backups_and_canaries_are_not_put_off_by_a_clock_that_was_ahead(app: Flask, clock: Clock) -> None:
    app.config["BACKUPS"] = places.settings(new_identity(), ROOT)
    with transaction():
        db.session.add(BackupRun(name="one", began_at=clock.moment, ended_at=clock.moment, what="", size=1))
        for country in canary.ALL:
            db.session.add(CanaryRun(country=country, began_at=clock.moment, ended_at=clock.moment, step="", what=""))
    assert not runs.is_due(clock.moment + HOUR)
    assert not canary.due(clock.moment + HOUR, DAY)
    assert runs.is_due(clock.moment - HOUR)
    assert canary.due(clock.moment - HOUR, DAY) == list(canary.ALL)


def test_nothing_is_destroyed_by_a_clock_that_jumps(clock: Clock) -> None:
    make_case()
    with transaction():
        retention.look(clock.moment)
        db.session.execute(update(Case).values(warned_at=clock.moment, ends_at=clock.moment))
    for jump in (400 * DAY, -400 * DAY):
        with transaction():
            assert retention.look(clock.moment + jump) == 1, "warnings are void"
        assert retention.due(clock.moment + jump) == []
        with transaction():
            db.session.execute(update(Case).values(warned_at=clock.moment, ends_at=clock.moment))


def test_no_file_is_taken_for_left_behind_because_the_clock_jumped(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]
    monkeypatch.setattr(chores, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    clock.moment = clock.moment.replace(minute=30)
    clock.go()
    name = "0" * 32
    storage().put(name, 0, seal(b"on its way", [new_identity().recipient]))
    clock.moment = clock.moment.replace(minute=0) + 2 * DAY
    clock.go()
    assert list(storage().names()) == [name], "its row is about to be saved"
    clock.moment, passed[0] = clock.moment + HOUR, 3600.0
    clock.go()
    assert list(storage().names()) == []


def test_a_worker_is_judged_by_what_it_said_neither_long_ago_nor_in_times_to_come() -> None:
    moment = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    said = [moment - HOUR, moment - timedelta(minutes=9), moment + timedelta(minutes=9), moment + HOUR]
    assert [alarms.is_silent(one, moment) for one in said] == [True, False, False, True]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Stand in a zone; a database server that is asked from now on stands there too."""
    monkeypatch.setenv("TZ", request.param)
    monkeypatch.setenv("PGTZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


AT = datetime(2026, 3, 28, 19, 40, tzinfo=UTC)  # the next day in Almaty, Kathmandu and Apia, afternoon in St. John's
SAID = '<time datetime="([^"]*)"'


@pytest.mark.usefixtures("zone")
def test_times_are_the_same_wherever_the_machine_stands(app: Flask, house: House, clock: Clock) -> None:
    clock.moment = AT + timedelta(minutes=7)
    case, _, _ = make_case()
    reference = case.reference
    assert case.received_at == AT
    one_round()
    db.session.expire_all()
    assert {one.delivered_at for one in db.session.scalars(select(Letter))} == {clock.moment}
    db.session.rollback()
    client = app.test_client()
    sign_in(client, make_member(house, "KZ"))
    page = client.get(f"/desk/cases/{reference}").get_data(as_text=True)
    assert f'datetime="{AT:%Y-%m-%dT%H:%M}' in page, re.findall(SAID, page)
    (letter, *_) = sorted((app.config["SETTINGS"].instance / "letters").glob("*.eml"))
    assert re.search(r"^Date: .* (\+0000|-0000|GMT)\r?$", letter.read_text(), re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("place", ZONES)
def test_the_tests_of_times_hold_in_every_zone(place: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not slow", *OF_TIMES]
    environ = {**os.environ, "TZ": place, "PGTZ": place}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
