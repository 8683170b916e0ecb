"""Whatever happens, in whatever order: no case is left of which nobody who is here is told; nobody locked is told."""

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask, current_app
from flask_mail import Message
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake.cases import bulk, handover, lockdown, reconciliation, return_code, statuses, triage, waiting
from intake.cases.bulk import Wish
from intake.cases.lockdown import LockedAlreadyError, OneselfError
from intake.cases.models import CHECKING, RECEIVED, Case
from intake.cases.paper_models import Escalation
from intake.complaint import submit
from intake.desks import setup
from intake.desks.models import Desk
from intake.extensions import db, settle, transaction
from intake.members.admins import LastAdminError
from intake.members.cover import OverlapError
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.outbox import alarms, deliver, worker
from intake.outbox.models import Bounce, Letter
from intake.sealing import CodeKeys, Identity, code_keys
from tests.cases import saved
from tests.cases.letter_clock import Clock
from tests.cases.working import give, give_up, move
from tests.factories import House, go_away, make_member

NEWSROOM = "info@acca.media"
COUNTRIES = st.sampled_from(["KZ", "KG", "TJ"])  # nobody is seated at the last one's desk but the editor
CASES, MEMBERS = st.integers(0, 3), st.integers(0, 4)  # the admin is the last
ADMIN = 4
on_sqlite = pytest.mark.parametrize("database", ["sqlite"])  # a world begins anew as a copy of its file
KEYS = 8  # return codes that are derived beforehand: so many cases come in one run at most


@dataclass
class World:
    """Two desks and their people, as they were before anything happened."""

    app: Flask
    clock: Clock
    identities: dict[int, Identity]
    keys: list[CodeKeys]

    def keep(self) -> None:
        """Keep everything as it is now."""
        self._close()
        shutil.copy(self._file, self._file.with_suffix(".kept"))
        self.begun = self.clock.moment

    def begin_anew(self) -> None:
        """Let nothing have happened."""
        self._close()
        shutil.copy(self._file.with_suffix(".kept"), self._file)
        self.clock.moment = self.begun

    def visitor(self, number: int) -> Visitor:
        """Return one of the members as they are signed in, whether they still could or not."""
        member_id = sorted(self.identities)[number % len(self.identities)]
        db.session.rollback()
        return Visitor(db.session.get_one(Member, member_id), self.identities[member_id], "")

    @property
    def _file(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 a path
        return current_app.config["INSTANCE"] / "intake.sqlite3"

    @staticmethod
    def _close() -> None:
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def world(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return two desks, one with two journalists and one with another, an editor and an admin."""
    for desk in ("KZ", "KZ", "KG"):
        make_member(house, desk)
    make_member(house, *house.keys, role=EDITOR)
    make_member(house, role=None, is_admin=True)
    salt = setup.code_salt()
    keys = [code_keys(return_code.mint(), salt) for _ in range(KEYS)]
    identities = {number: visitor.identity for number, visitor in house.visitors.items()}
    found = World(app, Clock(monkeypatch), identities, keys)
    found.keep()
    return found


class Mail:
    """A mail server that takes letters, or does not."""

    def __init__(self, *, takes: bool) -> None:
        """Say which."""
        self.takes = takes

    def send(self, _: Message) -> None:
        if not self.takes:
            raise ConnectionRefusedError


class Newsroom(RuleBasedStateMachine):
    """What may happen in a newsroom."""

    world: World

    @initialize(
        countries=st.lists(COUNTRIES, min_size=1, max_size=2),
        dead=st.sampled_from(["nobody", "newsroom", "members", "all"]),
    )
    def begin(self, countries: list[str], dead: str) -> None:
        """Let cases be there, and some mailboxes give back whatever they are sent."""
        self.world.begin_anew()
        self.keys = list(self.world.keys)
        self.quiet = False  # whether the worker has looked since anything happened
        self.dead = {NEWSROOM} if dead in {"newsroom", "all"} else set()
        if dead in {"members", "all"}:
            self.dead.update(db.session.scalars(select(Member.address)))
        for country in countries:
            self.arrive(country, urgent=False)

    @rule(country=COUNTRIES, urgent=st.booleans())
    def arrive(self, country: str, urgent: bool) -> None:  # noqa: FBT001 drawn
        if self.keys:
            sent = submit.Complaint("en", f"Story {len(self.keys)}", urgent, country, "code", "", consent=True)
            settle(submit.sealing_of(sent, self.keys.pop()), submit.submit)

    @rule(takes=st.booleans(), known=st.booleans())
    def deliver(self, takes: bool, known: bool) -> None:  # noqa: FBT001 drawn
        """Deliver what is due; what a dead mailbox was sent comes back, and an alarm may know of it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deliver, "carrier", lambda _: contextlib.nullcontext(Mail(takes=takes)))
            worker.deliver_due()
        dead = Letter.address.in_(self.dead), Letter.delivered_at.is_not(None), Letter.withdrawn_at.is_(None)
        with transaction():
            for letter in db.session.scalars(select(Letter).where(*dead)).all():
                row = {"at": self.world.clock.moment, "permanent": True, "status": "5.1.1", "answer": ""}
                db.session.add(Bounce(letter_id=letter.id, **row))
                if known:
                    about = str(letter.member_id or alarms.NEWSROOM)
                    alarms.raised(alarms.ADDRESS_BOUNCES, self.world.clock.moment, about)
        self.quiet = False

    @rule(who=MEMBERS)
    def revive(self, who: int) -> None:
        """Let a member's mailbox take letters again."""
        self.dead.discard(self.world.visitor(who).member.address)

    @rule(who=MEMBERS, which=CASES)
    def read(self, who: int, which: int) -> None:
        self._work(who, which, in_one(lambda visitor, case: triage.note_opened(visitor, case, [], [])))

    @rule(who=MEMBERS, which=CASES)
    def acknowledge(self, who: int, which: int) -> None:
        self._work(who, which, in_one(lambda visitor, case: triage.acknowledge(visitor, case.reference)))

    @rule(who=MEMBERS, which=CASES)
    def check(self, who: int, which: int) -> None:
        self._work(who, which, lambda visitor, case: give(visitor, case, CHECKING, "Taken up"))

    @rule(who=MEMBERS, which=CASES)
    def give_up(self, who: int, which: int) -> None:
        self._work(who, which, give_up)

    @rule(who=MEMBERS, which=CASES, to=st.sampled_from(["KZ", "KG", "editors"]))
    def move(self, who: int, which: int, to: str) -> None:
        self._work(who, which, lambda visitor, case: move(visitor, case, to))

    @rule(who=MEMBERS, which=CASES, act=st.sampled_from(["urgent", "calm", "check", "put_aside"]), undone=st.booleans())
    def change(self, who: int, which: int, act: str, undone: bool) -> None:  # noqa: FBT001 drawn
        def do(visitor: Visitor, case: Case) -> None:
            settle(lambda: bulk.prepare(visitor, Wish((case.reference,), act)), bulk.change)
            last = bulk.last(visitor)
            if undone and last is not None:
                with transaction():
                    bulk.undo(visitor, last.id)

        self._work(who, which, do)

    @rule(by=st.sampled_from([ADMIN, ADMIN, 0, 3]), whom=MEMBERS, removed=st.booleans())
    def lock(self, by: int, whom: int, removed: bool) -> None:  # noqa: FBT001 drawn
        visitor, member = self.world.visitor(by), self.world.visitor(whom).member
        with contextlib.suppress(NotFound, LockedAlreadyError, LastAdminError, OneselfError), transaction():
            (lockdown.remove if removed else lockdown.lock)(visitor, member.id)
        self.quiet = False

    @rule(who=MEMBERS, stands_in=MEMBERS)
    def go_away(self, who: int, stands_in: int) -> None:
        member, other = self.world.visitor(who).member, self.world.visitor(stands_in).member
        with contextlib.suppress(OverlapError):
            go_away(member, other if other.id != member.id else None, last=3)

    @rule(minutes=st.sampled_from([-60, 1, 20, 61, 61, 12 * 60, 25 * 60]))
    def wait(self, minutes: int) -> None:
        """Let time pass, or the clock be put back; the worker does its chores, if an hour passed those of the hour."""
        self.world.clock.go(minutes=minutes)
        self.quiet = abs(minutes) >= 60

    @invariant()
    def nobody_who_is_locked_out_is_owed_a_letter(self) -> None:
        for letter, member in self._letters():
            assert member is None or member.works_here or letter.delivered_at or letter.withdrawn_at

    @invariant()
    def whatever_waits_has_its_time_and_nothing_else_has(self) -> None:
        for case in db.session.scalars(select(Case)):
            assert (case.escalates_at is not None) == (case.status == RECEIVED)

    @invariant()
    def no_case_is_alone(self) -> None:
        if not self.quiet:
            return
        back = set(db.session.scalars(select(Bounce.letter_id).where(Bounce.permanent)))
        told = {
            letter.case_id
            for letter, member in self._letters()
            if not {letter.id, letter.gathered_in_id} & back
            and not letter.withdrawn_at
            and (member.works_here and member.address == letter.address if member else letter.address == NEWSROOM)
        }
        for case in db.session.scalars(select(Case)):
            assert case.status not in statuses.OPEN or case.id in told, f"nobody is told of {case.reference}"

    @invariant()
    def others_are_called_in_time(self) -> None:
        if not self.quiet:
            return
        moment = self.world.clock.moment
        for case in db.session.scalars(select(Case).where(Case.status == RECEIVED)).all():
            assert case.escalates_at
            assert case.escalates_at > moment
            wait, desk = waiting.so_far(case), db.session.get_one(Desk, case.desk_id)
            taken = select(Escalation).where(Escalation.case_id == case.id, Escalation.waiting_since == wait.since)
            rows = list(db.session.scalars(taken.order_by(Escalation.id)))
            numbers = [row.step for row in rows if row.step]
            assert numbers == sorted(set(numbers))
            called = [row.member_id for row in rows if row.member_id]
            assert len(called) == len(set(called))
            if moment - wait.since > timedelta(minutes=desk.other_minutes * 3):
                assert numbers, f"nobody was called to {case.reference}"

    def teardown(self) -> None:
        """Let the hour pass, so that the last word is the worker's."""
        if hasattr(self, "keys"):
            self.deliver(takes=True, known=False)
            self.world.clock.go(minutes=61)
            self.quiet = True
            self.no_case_is_alone()
            self.nobody_who_is_locked_out_is_owed_a_letter()
            assert reconciliation.untold() == []

    def _work(self, who: int, which: int, do: Callable[[Visitor, Case], object]) -> None:
        """Let a member do a piece of work on a case; those who may not do it do nothing."""
        visitor, ids = self.world.visitor(who), list(db.session.scalars(select(Case.id).order_by(Case.id)))
        if ids and visitor.member.works_here:
            case = saved(db.session.get_one(Case, ids[which % len(ids)]))
            with contextlib.suppress(NotFound, handover.NotYoursError, statuses.NotAllowedError):
                do(visitor, case)
            self.quiet = False

    @staticmethod
    def _letters() -> list[tuple[Letter, Member | None]]:
        db.session.rollback()
        rows = select(Letter, Member).outerjoin(Member, Member.id == Letter.member_id)
        return [(letter, member) for letter, member in db.session.execute(rows)]


def in_one(do: Callable[[Visitor, Case], object]) -> Callable[[Visitor, Case], None]:
    """Return a piece of work that is done in one transaction."""

    def done(visitor: Visitor, case: Case) -> None:
        with transaction():
            do(visitor, case)

    return done


def explore(world: World, examples: int, length: int, *phases: Phase) -> None:
    """Let things happen, in many orders."""
    machine = type("Explored", (Newsroom,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=length,
            deadline=None,
            database=None,
            phases=(Phase.generate, *phases),
            suppress_health_check=list(HealthCheck),
        ),
    )


@on_sqlite
def test_no_case_is_left_alone_and_nobody_locked_is_written_to(world: World) -> None:
    explore(world, 10, 10)


@pytest.mark.slow
@on_sqlite
def test_the_same_in_many_more_orders(world: World) -> None:
    explore(world, 150, 40, Phase.shrink)
