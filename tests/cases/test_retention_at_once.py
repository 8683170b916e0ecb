"""Two workers at once, or a worker at the very moment in which somebody holds a case or writes in it."""

import pytest
from flask import Flask

from intake.cases import holds, retention
from intake.cases.models import Statement
from intake.extensions import db, settle, transaction
from intake.members.sessions import Visitor
from tests.cases import reference, saved, visit_of, write
from tests.cases.ending import WARNING, Worker, done, over, warned
from tests.cases.test_rotation_at_once import anywhere, held_open, meanwhile
from tests.cases.test_work_at_once import in_thread
from tests.factories import count_rows, letters

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def test_of_two_workers_one_destroys_a_case_and_the_other_does_not_wait_for_it(
    app: Flask, work: Worker, visitor: Visitor
) -> None:
    (first, _), (second, _) = done(visitor), done(visitor)
    work.at(over(second, 1095) - WARNING)
    end = max(one.ends_at for one in (saved(first), saved(second)) if one.ends_at)
    numbers = (first.id, second.id)
    db.session.rollback()

    def destroy() -> None:
        with transaction():
            assert retention.destroy(numbers[0], end)

    with held_open(app, destroy) as finish:
        assert set(retention.due(end)) == set(numbers), "it is not saved yet"
        db.session.rollback()
        with transaction():
            assert not retention.destroy(numbers[0], end)
        finish()
    with transaction():
        assert not retention.destroy(numbers[0], end), "it is done"
    with transaction():
        assert retention.destroy(numbers[1], end)
    assert [saved(one).status for one in (first, second)] == ["deleted"] * 2
    assert retention.due(end) == []


def test_of_two_workers_one_warns(app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST_WARNED", 1)
    _, (case, _) = done(visitor), done(visitor)
    near = over(case, 1095) - WARNING
    db.session.rollback()

    def warn() -> int:
        with transaction():
            return retention.warn(near)

    with held_open(app, warn) as finish:
        assert meanwhile(app, warn, finish) == 0
    assert len(letters("ending")) == 1


@pytest.mark.parametrize("what", ["a hold", "a message"])
def test_what_is_saved_while_the_worker_looks_saves_the_case(
    app: Flask, work: Worker, visitor: Visitor, what: str
) -> None:
    case, keys = done(visitor)
    end = warned(work, case)
    name, number, who = reference(case), case.id, anywhere(visitor)
    db.session.rollback()

    def hold() -> None:
        member = who()
        settle(lambda: holds.seal_hold(member, name, "A court asked"), holds.hold)

    def message() -> None:
        found = in_thread(number)
        write(visit_of(found, keys), found, "Meanwhile")

    with held_open(app, hold if what == "a hold" else message) as finish:
        assert retention.due(end) == [number], "nothing is saved yet"
        db.session.rollback()
        with transaction():
            assert not retention.destroy(number, end)
        finish()
    with transaction():
        assert not retention.destroy(number, end)
    assert saved(case).status == "closed"
    assert count_rows(Statement) == 1


def test_what_is_written_while_a_case_is_destroyed_comes_too_late(app: Flask, work: Worker, visitor: Visitor) -> None:
    case, _ = done(visitor)
    end = warned(work, case)
    name, number, who = reference(case), case.id, anywhere(visitor)
    db.session.rollback()

    def destroy() -> None:
        with transaction():
            assert retention.destroy(number, end)

    def hold() -> str:
        member = who()
        try:
            settle(lambda: holds.seal_hold(member, name, "A court asked"), holds.hold)
        except Exception as error:  # noqa: BLE001 whichever it is, its name says it
            return type(error).__name__
        return "held"

    with held_open(app, destroy) as finish:
        assert meanwhile(app, hold, finish) == "NotFound"
    assert saved(case).status == "deleted"
