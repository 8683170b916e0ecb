"""Alarms are raised when something is wrong with letters, stay until it is over, and do not cry for nothing."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from intake import chores
from intake.extensions import db, table, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.outbox import alarms, deliver, postmaster, worker
from intake.outbox.alarms import ADDRESS_BOUNCES, NEWSROOM, NO_DELIVERY, WORKER_SILENT
from intake.outbox.models import Alarm, Attempt, Bounce, Letter
from tests.factories import House, make_member
from tests.outbox import owe

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
T = now() - timedelta(days=30)  # when a test begins


def change(message_id: str, **values: object) -> None:
    """Change columns of a letter."""
    with transaction():
        db.session.execute(update(Letter).where(Letter.message_id == message_id).values(values))


def owed_at(moment: datetime, address: str = "a@example.org", **values: object) -> str:
    """Owe a letter at a moment; return its Message-ID."""
    (message_id,) = owe(1, address)
    change(message_id, owed_at=moment, due_at=moment, **values)
    return message_id


def number_of(message_id: str) -> int:
    return db.session.scalars(select(Letter.id).where(Letter.message_id == message_id)).one()


def tried(message_id: str, at: datetime) -> None:
    """Add an attempt in vain."""
    row = {"letter_id": number_of(message_id), "at": at, "accepted": False, "smtp_code": 451, "answer": "later"}
    with transaction():
        db.session.execute(insert(table(Attempt)), [row])
        again = {"failures": Letter.failures + 1, "due_at": at + HOUR}
        db.session.execute(update(Letter).where(Letter.message_id == message_id).values(again))


def came_back(message_id: str, at: datetime, *, permanent: bool = True) -> None:
    """Let a letter come back."""
    row = {"letter_id": number_of(message_id), "at": at, "permanent": permanent, "status": "5.1.1", "answer": "no"}
    with transaction():
        db.session.execute(insert(table(Bounce)), [row])


def look(moment: datetime, **addresses: str) -> set[tuple[str, str]]:
    """Look as the worker does; return which alarms stand."""
    with transaction():
        alarms.look(moment, {NEWSROOM: "info@acca.media", **addresses})
    return stand()


def stand() -> set[tuple[str, str]]:
    db.session.rollback()
    return {(alarm.kind, alarm.about) for alarm in alarms.standing()}


def test_that_no_letter_goes_out_for_twelve_hours_is_an_alarm_until_one_does(app: Flask) -> None:
    assert look(T) == set()
    failing = owed_at(T)
    tried(failing, T)
    assert look(T + 12 * HOUR - MINUTE) == set()
    assert look(T + 12 * HOUR) == {(NO_DELIVERY, "")}
    assert look(T + 13 * HOUR) == {(NO_DELIVERY, "")}
    assert [alarm.raised_at for alarm in alarms.standing()] == [T + 12 * HOUR], "one that stands stays as it is"
    other = owed_at(T + 13 * HOUR)
    change(other, delivered_at=T + 13 * HOUR)
    assert look(T + 14 * HOUR) == set()
    assert look(T + 25 * HOUR) == {(NO_DELIVERY, "")}
    change(failing, withdrawn_at=T + 25 * HOUR)
    assert look(T + 26 * HOUR) == set(), "nothing is owed"


def test_a_worker_that_tries_nothing_is_no_delivery_either_and_the_hours_can_be_set(app: Flask) -> None:
    app.config["ALARM_HOURS"] = 2
    owed_at(T)
    assert look(T + HOUR) == set()
    assert look(T + 2 * HOUR) == {(NO_DELIVERY, "")}


def test_a_letter_that_is_kept_for_the_morning_or_goes_out_in_another_is_not_late(app: Flask) -> None:
    kept = owed_at(T)
    change(kept, due_at=T + 14 * HOUR)
    digest = owed_at(T)
    change(digest, delivered_at=T - HOUR)
    change(owed_at(T), gathered_in_id=number_of(digest))
    assert look(T + 13 * HOUR) == set()
    tried(kept, T + 14 * HOUR)
    assert look(T + 15 * HOUR) == set(), "it was tried an hour ago for the first time"
    assert look(T + 26 * HOUR) == {(NO_DELIVERY, "")}


def sent(address: str, at: datetime) -> str:
    message_id = owed_at(at, address)
    change(message_id, delivered_at=at)
    return message_id


def test_an_address_from_which_letters_come_back_is_an_alarm_until_one_stays_there_for_a_day(app: Flask) -> None:
    first, other = sent("a@example.org", T), sent("b@example.org", T)
    came_back(first, T + MINUTE)
    came_back(other, T + MINUTE, permanent=False)
    people = {"7": "a@example.org", "8": "b@example.org"}
    assert look(T + HOUR, **people) == {(ADDRESS_BOUNCES, "7")}
    came_back(sent("a@example.org", T + 2 * HOUR), T + 3 * HOUR)
    sent("a@example.org", T + 4 * HOUR)
    sent("b@example.org", T + HOUR)
    assert look(T + 27 * HOUR, **people) == {(ADDRESS_BOUNCES, "7")}, "the later one has not stayed there for a day"
    assert look(T + 28 * HOUR, **people) == set()
    assert look(T + 99 * HOUR, **people) == set()
    came_back(sent("a@example.org", T + 100 * HOUR), T + 101 * HOUR)
    assert look(T + 102 * HOUR, **people) == {(ADDRESS_BOUNCES, "7")}


def test_another_address_ends_it_and_so_does_leaving(app: Flask) -> None:
    for address in ("a@example.org", "b@example.org", "info@acca.media"):
        came_back(sent(address, T), T + MINUTE)
    people = {"7": "a@example.org", "8": "b@example.org"}
    bounce = {(ADDRESS_BOUNCES, "7"), (ADDRESS_BOUNCES, "8"), (ADDRESS_BOUNCES, NEWSROOM)}
    assert look(T + HOUR, **people) == bounce
    people = {"7": "new@example.org"}
    assert look(T + 2 * HOUR, **people) == {(ADDRESS_BOUNCES, NEWSROOM)}
    assert look(T + 3 * HOUR, **{**people, "8": "b@example.org"}) == {(ADDRESS_BOUNCES, NEWSROOM)}, "let in again"


def test_taken_as_mended_it_is_raised_by_what_comes_back_later_alone(app: Flask) -> None:
    came_back(sent("a@example.org", T), T + MINUTE)
    assert look(T + HOUR, **{"7": "a@example.org"})
    with transaction():
        assert alarms.end(ADDRESS_BOUNCES, T + 2 * HOUR, "7")
        assert not alarms.end(ADDRESS_BOUNCES, T + 2 * HOUR, "7")
    assert look(T + 3 * HOUR, **{"7": "a@example.org"}) == set()
    came_back(sent("a@example.org", T + 4 * HOUR), T + 4 * HOUR)
    assert look(T + 5 * HOUR, **{"7": "a@example.org"}) == {(ADDRESS_BOUNCES, "7")}


def test_what_comes_back_of_a_canary_is_nobodys_address(app: Flask) -> None:
    came_back(owed_at(T, delivered_at=T, is_canary=True), T)
    assert look(T + HOUR, **{"7": "a@example.org"}) == set()


def test_a_member_who_is_locked_out_has_no_alarm_in_the_workers_round(app: Flask, house: House) -> None:
    member = make_member(house, "KZ", address="a@example.org")
    about = (ADDRESS_BOUNCES, str(member.id))
    came_back(sent("a@example.org", now()), now())
    chores.see_to_alarms()
    assert stand() == {about}
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(locked_at=now()))
    chores.see_to_alarms()
    assert stand() == set()


def test_the_worker_is_judged_by_who_asks_and_never_raises_its_own_silence(app: Flask, house: House) -> None:
    assert not alarms.worker_is_silent(T), "it was never started"
    assert alarms.signs(T) == []
    with transaction():
        postmaster.started(T)
    silent = T + 10 * MINUTE + timedelta(seconds=1)
    assert not alarms.worker_is_silent(T + 10 * MINUTE)
    assert [sign.kind for sign in alarms.signs(silent)] == [WORKER_SILENT]
    assert look(silent) == set()
    with transaction():
        assert alarms.look_from_outside(silent)
        assert alarms.look_from_outside(silent)
    assert look(silent) == {(WORKER_SILENT, "")}
    assert [sign.kind for sign in alarms.signs(silent)] == [WORKER_SILENT], "it is said once"
    with transaction():
        postmaster.note("beat_at", silent)
    assert alarms.signs(silent) == []
    assert look(silent) == set()


def test_a_start_is_a_sign_of_life_and_takes_none_back(app: Flask, house: House) -> None:
    for moment, kept in ((T, T), (T - HOUR, T), (T + HOUR, T + HOUR)):
        with transaction():
            postmaster.started(moment)
        assert postmaster.found().beat_at == kept


def test_the_worker_gives_a_sign_of_life_after_its_round_once_a_minute(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[datetime | None] = []
    clock = [0.0]
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr("intake.outbox.worker.now", lambda: T + timedelta(seconds=clock[0]))

    def stopping(_pause: float) -> bool:
        db.session.rollback()
        db.session.expire_all()
        beats.append(postmaster.found().beat_at)
        clock[0] += 30
        return len(beats) > 4

    def fall() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        worker.watch(lambda _pause: False, fall)
    worker.watch(stopping)
    seconds = [beat and (beat - T).total_seconds() for beat in beats]
    assert seconds == [None, 30, 30, 90, 90], "one that falls at its work gives none"


def test_a_long_round_is_left_for_what_else_is_due(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def slowly(*_: object) -> None:
        clock[0] += 40
        assert clock[0] < 1000

    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(deliver, "claim", lambda moment: deliver.Claim([Letter()], moment))  # there is always another
    monkeypatch.setattr(worker, "_deliver", slowly)
    worker.deliver_due(60)
    assert clock == [80]


def test_an_alarm_that_nobody_knows_is_refused(app: Flask) -> None:
    with pytest.raises(ValueError, match="smoke"), transaction():
        alarms.raised("smoke", T)
    assert db.session.scalars(select(Alarm)).all() == []
