"""The outbox while workers claim, fail and die and the clock jumps: nothing is lost, nothing comes too often."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import deliver
from intake.outbox.deliver import HOURLY, LEASE, SEND_WITHIN, Claim, Outcome
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Letter
from tests.factories import House
from tests.outbox import WORDS
from tests.rewound import Before
from tests.strategies import examples

WORKERS = st.integers(0, 2)
MOST_LETTERS = 12
TAKEN = Outcome(accepted=True, smtp_code=250, answer="")
OUTCOMES = st.sampled_from((TAKEN, TAKEN, Outcome(accepted=False, smtp_code=451, answer="Later")))


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: its file is put back before each walk."""
    return str(request.param)


@dataclass
class Worker:
    """A process that delivers: what it holds, and which of it is still to be sent."""

    claim: Claim | None = None
    waiting: list[int] = field(default_factory=list)


class Outbox(RuleBasedStateMachine):
    """A walk of three workers, a mail server and a clock."""

    before: Before

    @initialize()
    def begin(self) -> None:
        """Begin with an empty outbox."""
        self.before.restore()
        self.moment = now()
        self.workers = [Worker() for _ in range(3)]
        self.arrived: Counter[int] = Counter()  # how often the mail server took a letter
        self.died: Counter[int] = Counter()  # how often a worker died when it was taken, before that was written down
        self.went_back = 0  # the clock: who held letters holds them still by their own reckoning
        self.owed = 0

    @rule(addresses=st.sets(st.integers(0, 5), min_size=1, max_size=3))
    def letters_are_owed(self, addresses: set[int]) -> None:
        if self.owed < MOST_LETTERS:
            people = [Addressee(f"a{self.owed}-{one}@example.org", "en") for one in addresses]
            with transaction():
                self.owed += enqueue("new_case", people, self.moment, **WORDS)

    @rule(number=WORKERS)
    def a_worker_claims(self, number: int) -> None:
        worker = self.workers[number]
        if worker.waiting:
            return
        with transaction():
            worker.claim = deliver.claim(self.moment)
            worker.waiting = [letter.id for letter in worker.claim.letters]
        db.session.expunge_all()

    @rule()
    def all_workers_claim(self) -> None:
        for number in range(len(self.workers)):
            self.a_worker_claims(number)
            self.no_letter_is_in_two_hands()

    @rule(number=WORKERS, outcome=OUTCOMES)
    def a_worker_sends_its_next_letter(self, number: int, outcome: Outcome) -> None:
        worker = self.workers[number]
        if not worker.waiting or worker.claim is None:
            return
        if self.moment > worker.claim.until - SEND_WITHIN:  # as a worker does whose lease runs out
            with transaction():
                deliver.release(worker.claim.until, self.letters(worker.waiting))
            worker.waiting.clear()
            return
        (letter,) = self.letters([worker.waiting.pop(0)])
        if deliver.is_withdrawn(letter):
            return
        self.arrived[letter.id] += outcome.accepted
        with transaction():
            deliver.record(letter, worker.claim.until, outcome, self.moment)

    @rule(number=WORKERS, taken=st.booleans())
    def a_worker_dies(self, number: int, taken: bool) -> None:  # noqa: FBT001 drawn
        worker = self.workers[number]
        in_time = worker.claim is not None and self.moment <= worker.claim.until - SEND_WITHIN
        if taken and worker.waiting and in_time:
            self.arrived[worker.waiting[0]] += 1
            self.died[worker.waiting[0]] += 1
        self.workers[number] = Worker()

    @rule(seconds=st.sampled_from((1, 20, 100, 200, 3700, 90_000)))
    def time_passes(self, seconds: int) -> None:
        self.moment += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from((60, 4000, 400_000)))
    def the_clock_goes_back(self, seconds: int) -> None:
        self.moment -= timedelta(seconds=seconds)
        self.went_back += 1
        with transaction():
            deliver.catch_up(self.moment)

    @invariant()
    def nothing_comes_more_often_than_it_must(self) -> None:
        for number, count in self.arrived.items():
            assert count <= 1 + self.died[number] + self.went_back, number

    @invariant()
    def no_letter_is_in_two_hands(self) -> None:
        live = [one for one in self.workers if one.claim and self.moment <= one.claim.until - SEND_WITHIN]
        held = Counter(number for one in live for number in one.waiting)
        assert self.went_back or not held or max(held.values()) == 1

    @invariant()
    def what_counts_as_delivered_arrived(self) -> None:
        for letter in db.session.scalars(select(Letter)):
            taken = self.arrived[letter.id] or self.arrived[letter.gathered_in_id or 0]
            assert letter.delivered_at is None or taken, "nobody took it"
        db.session.rollback()

    def teardown(self) -> None:
        """Let one worker that lives and a server that takes everything see to the rest: nothing may be left."""
        if not hasattr(self, "workers"):
            return
        for _ in range(60):
            self.moment += HOURLY + LEASE
            self.workers[0].waiting.clear()
            self.a_worker_claims(0)
            while self.workers[0].waiting:
                self.a_worker_sends_its_next_letter(0, TAKEN)
            left = db.session.scalars(select(Letter.id).where(Letter.delivered_at.is_(None))).all()
            db.session.rollback()
            if not left:
                break
        assert not left, f"never delivered: {left}"
        self.nothing_comes_more_often_than_it_must()

    @staticmethod
    def letters(numbers: list[int]) -> list[Letter]:
        """Return letters, read and let go."""
        found = [db.session.get_one(Letter, number) for number in numbers]
        db.session.expunge_all()
        db.session.rollback()
        return found


def test_every_letter_arrives_and_no_more_often_than_deaths_explain(app: Flask, house: House) -> None:
    Outbox.before = Before(app, house)
    run_state_machine_as_test(Outbox, settings=examples(12, 400, steps=25))
