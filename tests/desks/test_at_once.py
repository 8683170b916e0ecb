"""Two people at once: nobody is seated twice, and no editor is left out of a desk."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from intake.desks import new_desk, promises, queries, seats
from intake.desks.models import Promise, Seat
from intake.extensions import db, transaction
from intake.members import secrets
from intake.members.models import EDITOR, Member
from tests.factories import PASSWORD, House, count_rows, letters, make_member, make_promise

MEETING = 0.5  # seconds that one waits for the other


def meeting(monkeypatch: pytest.MonkeyPatch, both: threading.Barrier, module: object, name: str) -> None:
    """Let a function wait for the other transaction to come as far, before it does its work."""
    work: Callable[..., Any] = getattr(module, name)

    def together(*args: Any, **kwargs: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(MEETING)
        return work(*args, **kwargs)

    monkeypatch.setattr(module, name, together)


def at_once(app: Flask, *verbs: Callable[[], object]) -> list[object]:
    """Run verbs, each in a transaction and a thread of its own; return what they returned or raised."""

    def work(verb: Callable[[], object]) -> object:
        with app.app_context():
            try:
                with transaction():
                    return verb()
            except promises.NoPromiseError as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(verbs)) as pool:
        done = [working.result() for working in [pool.submit(work, verb) for verb in verbs]]
    db.session.rollback()
    return done


def test_two_who_grant_a_promise_at_once_seat_once(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    holders = [house.visitors[make_member(house, "KZ").id] for _ in range(2)]
    newcomer = make_member(house)
    promise_id = make_promise(newcomer, "KZ").id
    meeting(monkeypatch, threading.Barrier(2), seats, "give")
    done = at_once(app, *(lambda holder=holder: promises.grant(holder, promise_id) for holder in holders))
    assert sorted(type(result).__name__ for result in done) == ["Member", "NoPromiseError"]
    assert (count_rows(Seat), count_rows(Promise), len(letters("seated"))) == (3, 0, 2)


def test_an_editor_who_joins_while_a_desk_is_made_is_seated_or_promised_a_seat(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    founder = make_member(house, *house.keys, role=EDITOR, is_admin=True).id
    made = secrets.make_identity(PASSWORD)
    both = threading.Barrier(2)
    meeting(monkeypatch, both, seats, "give")
    meeting(monkeypatch, both, promises, "_promise_all")

    def come() -> None:
        joined = secrets.join(made, name="New", address="new@example.org", language="en", role=EDITOR, is_admin=False)
        promises.promise_every_desk(joined, None)

    at_once(app, lambda: new_desk.make("North", founder), come)
    editor = db.session.scalars(select(Member).where(Member.address == "new@example.org")).one()
    north = queries.by_name("North").id
    promised = set(db.session.scalars(select(Promise.desk_id).where(Promise.member_id == editor.id)))
    assert north in queries.held_by(editor) | promised
