"""A desk's key is replaced at the very moment in which somebody writes: nothing is sealed to the old one after that."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from flask import Flask, current_app
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.orm import Session

from intake.cases import feedback, renewal, statuses
from intake.cases import queries as cases
from intake.cases.models import Case, Statement
from intake.cases.sealed_rows import DESK, sealed_to
from intake.complaint import submit
from intake.desks import invitations, queries
from intake.desks.models import Seat
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, unseal_document
from tests.cases import saved, tell, visit_of, write
from tests.cases.rotating import (
    EVERYTHING,
    begin,
    desk_named,
    finish,
    full_case,
    go_on,
    invited,
    joined,
    keys_of,
    opened_by,
    read_by,
    seat,
)
from tests.factories import STORY, House, make_case, make_member, make_recording

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
LIMIT = 60.0  # seconds; bounds a hang, and is no promise of speed
OTHER_CODE = "839150627493801625749613"


@pytest.fixture
def visitor(house: House) -> Visitor:
    return house.visitors[make_member(house, "KZ").id]


def until_somebody_waits() -> None:
    """Return when a connection to this database waits for a row that another holds."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + LIMIT
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)


@contextmanager
def held_open(app: Flask, act: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Run something in another thread, up to where it would be saved; it is when what is yielded is called."""
    ready, may_end = Event(), Event()

    def hold(_: Session) -> None:
        if not ready.is_set():
            ready.set()
            assert may_end.wait(LIMIT)

    def run() -> None:
        with app.app_context():
            event.listen(db.session(), "before_commit", hold)
            act()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        assert ready.wait(LIMIT), running.exception(0)

        def end() -> None:
            may_end.set()
            running.result(LIMIT)

        try:
            yield end
        finally:
            may_end.set()


def meanwhile(app: Flask, act: Callable[[], object], end: Callable[[], None]) -> object:
    """Run something in another thread, let it wait for what is held open, end that, and return what came of it."""

    def run() -> object:
        with app.app_context():
            return act()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        until_somebody_waits()
        end()
        return running.result(LIMIT)


def anywhere(visitor: Visitor) -> Callable[[], Visitor]:
    """Return what gives a member as the session of the thread that asks knows them."""
    number, identity = visitor.member.id, visitor.identity
    return lambda: Visitor(db.session.get_one(Member, number), identity, "")


def send(code: CodeKeys, story: str, *, forgotten: bool = False, **fields: object) -> None:
    """Send a complaint, or further words where the code has a case."""
    if forgotten:
        current_app.extensions.pop("destinations", None)
    complaint = submit.Complaint(
        language="en",
        story=story,
        urgent=False,
        **{"country": "KZ", "contact_mode": "code", "contact_value": "", "consent": True, **fields},  # type: ignore[arg-type]  # the names are those of Complaint
    )
    settle(submit.sealing_of(complaint, code), submit.submit)


WRITERS: dict[str, Callable[[Visitor, Case, CodeKeys], object]] = {
    "a complaint": lambda *_: send(keys_of(OTHER_CODE), STORY),
    "a complaint whose desk this process knows not yet": lambda *_: send(keys_of(OTHER_CODE), STORY, forgotten=True),
    "a spoken complaint": lambda *_: send(keys_of(OTHER_CODE), STORY, recording=make_recording()),
    "further words": lambda _, __, code: send(code, f"{STORY} And more."),
    "answers": lambda _, case, code: tell(visit_of(saved(case), code), saved(case), "danger", note="Now"),
    "a message": lambda _, case, code: write(visit_of(saved(case), code), saved(case), "And now?"),
    "a member's message": lambda visitor, case, _: write(visitor, saved(case), "Tell us more.", asks=True),
    "a status": lambda visitor, case, _: settle(
        lambda: statuses.seal_status(visitor, saved(case), "closed", "Done"), statuses.give
    ),
    "feedback": lambda _, case, __: settle(
        lambda: feedback.seal_opinion(saved(case), {"relevance": 1}, "", ""), feedback.give
    ),
    "a new code": lambda _, case, code: settle(
        lambda: renewal.seal_anew(saved(case), visit_of(saved(case), code).opens, keys_of(OTHER_CODE)), renewal.renew
    ),
}


def sealed_rows() -> set[tuple[str, int, int]]:
    """Return every row that is sealed to a desk, with its key."""
    db.session.rollback()
    found = set()
    for kind in sealed_to(DESK):
        rows = kind.table
        found |= {(kind.name, *row) for row in db.session.execute(select(rows.c.id, rows.c.desk_key_id))}
    return found


@pytest.mark.parametrize("what", WRITERS)
def test_who_writes_while_the_key_is_being_replaced_waits_and_seals_to_the_new_one(
    app: Flask, house: House, visitor: Visitor, what: str
) -> None:
    case, code, _ = make_case()
    case_id, member, before = case.id, anywhere(visitor), sealed_rows()
    with held_open(app, lambda: begin(member())) as end:
        meanwhile(app, lambda: WRITERS[what](member(), db.session.get_one(Case, case_id), code), end)
    fresh = sealed_rows() - before
    assert fresh
    assert {key_id for _, _, key_id in fresh} == {queries.current_key(desk_named().id).id}
    go_on(visitor)
    assert finish(visitor)
    assert opened_by(house.identity("KZ")) == set()


@pytest.mark.parametrize("what", WRITERS)
def test_the_key_is_replaced_when_who_writes_has_saved(app: Flask, house: House, visitor: Visitor, what: str) -> None:
    case, code, _ = make_case()
    case_id, member, before = case.id, anywhere(visitor), sealed_rows()
    with held_open(app, lambda: WRITERS[what](member(), db.session.get_one(Case, case_id), code)) as end:
        meanwhile(app, lambda: begin(member()), end)
    fresh = sealed_rows() - before
    assert {key_id for _, _, key_id in fresh} <= {house.keys["KZ"][0]}
    go_on(visitor)
    assert finish(visitor)
    assert opened_by(house.identity("KZ")) == set()


def test_who_is_seated_at_this_moment_gets_the_new_key_too(app: Flask, house: House, visitor: Visitor) -> None:
    case, _ = full_case(visitor)
    before, after = (house.visitors[make_member(house, "KG").id] for _ in range(2))
    one, other, member = before.member.id, after.member.id, anywhere(visitor)
    with held_open(app, lambda: seat(member(), one)) as end:
        meanwhile(app, lambda: begin(member()), end)
    with held_open(app, lambda: begin(member())) as end:
        meanwhile(app, lambda: seat(member(), other), end)
    assert read_by(before, case) == read_by(after, case) == EVERYTHING
    go_on(after)
    assert finish(after)


def test_who_is_locked_out_at_this_moment_gets_no_new_key(app: Flask, house: House, visitor: Visitor) -> None:
    before, after, member = make_member(house, "KZ").id, make_member(house, "KZ").id, anywhere(visitor)
    with held_open(app, lambda: lock_out(before)) as end:
        meanwhile(app, lambda: begin(member()), end)
    assert seated() == {visitor.member.id, after}
    with held_open(app, lambda: begin(member())) as end:
        meanwhile(app, lambda: lock_out(after), end)
    assert seated() == {visitor.member.id}


def lock_out(member_id: int) -> None:
    """Lock a member out, then take their seats."""
    with transaction():
        db.session.execute(update(Member).where(Member.id == member_id).values(locked_at=now()))
        db.session.execute(delete(Seat).where(Seat.member_id == member_id))


def seated() -> set[int]:
    """Return who has a seat at the desk's newest key, locked out or not."""
    newest = queries.current_key(desk_named().id).id
    return set(db.session.scalars(select(Seat.member_id).where(Seat.desk_key_id == newest)))


def test_whoever_joins_at_this_moment_has_the_new_key_or_is_turned_away(
    app: Flask, house: House, visitor: Visitor
) -> None:
    first, member = invited(visitor), anywhere(visitor)
    with held_open(app, lambda: begin(member())) as end, pytest.raises(invitations.InvitationError):
        meanwhile(app, lambda: joined(*first, "first"), end)
    last = invited(visitor)
    with held_open(app, lambda: joined(*last, "last")) as end:
        meanwhile(app, lambda: begin(member()), end)
    newcomer = db.session.scalars(select(Member).where(Member.name == "last")).one()
    assert newcomer.id in seated()


def test_a_step_waits_for_nobody_and_leaves_what_another_holds_for_later(
    app: Flask, house: House, visitor: Visitor
) -> None:
    held, free = (make_case()[0] for _ in range(2))
    begin(visitor)
    case_id = held.id

    def read() -> None:
        with transaction():
            db.session.execute(update(Statement).where(Statement.case_id == case_id).values(read_at=now()))

    with held_open(app, read) as end:
        assert go_on(visitor) == 1
        assert read_by(visitor, free)[0] == [STORY]
        end()
    assert go_on(visitor) == 1
    assert finish(visitor)


def test_a_page_that_was_being_read_when_the_old_key_was_retired_is_read_to_its_end(visitor: Visitor) -> None:
    case, _ = full_case(visitor)
    begin(visitor)
    opens = cases.desk_opens(visitor)
    row = db.session.scalars(select(Statement).where(Statement.case_id == case.id)).first()
    assert row is not None
    sealed, key_id = row.sealed, row.desk_key_id
    go_on(visitor)
    assert finish(visitor)
    assert unseal_document(cases.STATEMENT, sealed, opens(key_id))["reference"] == saved(case).reference
