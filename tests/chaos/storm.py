"""One storm: people complain, strike follows strike, then it is calm, and every promise is looked at."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import func, select

from intake.extensions import db
from intake.outbox.models import Letter
from tests.chaos import leaks, strikes, verdict
from tests.chaos.people import GaveUpError, Person, Told, told_by
from tests.chaos.stage import Stage
from tests.chaos.strikes import HOUR, MINUTE, Storm, Strike
from tests.chaos.verdict import Verdict

CLIENTS = 16
MOST_HOURS = 8  # by which the clock goes on until nothing is owed
QUIET = 4.0  # seconds in which no letter goes out, though the clock went on
LOOK_EVERY = 0.05
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How large a storm is.

    Attributes:
        count: how many complaints.
        seed: draws what is told, and the order of strikes.
        kinds: what is struck, each at least once.
        density: how many strikes there are, compared with the usual number for so many complaints.
        longest: for how many seconds something is away at most.
    """

    count: int
    seed: int
    kinds: tuple[Strike, ...] = strikes.ALL
    density: float = 1.0
    longest: float = 2.0

    def order(self, stage: Stage) -> list[Strike]:
        """Return the strikes at a stage, in their order."""
        possible = [kind for kind in self.kinds if not kind.why_not(stage)]
        chance = random.Random(self.seed)  # noqa: S311 it shall be the same every time
        drawn = [kind for kind in possible for _ in range(self.times(kind))]
        chance.shuffle(drawn)
        return [*drawn, *(kind for kind in possible if kind.name == strikes.LAST)]

    def times(self, kind: Strike) -> int:
        """Return how often something is struck."""
        return max(1, round(kind.per_hundred * self.density * self.count / 100))


@dataclass
class Report:
    """What a storm was like."""

    ground: str
    verdict: Verdict
    struck: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    lost_in_cuts: int = 0
    seconds: float = 0.0


def storm(stage: Stage, plan: Plan, say: Say) -> Report:
    """Let a storm pass over a stage that stands.

    Args:
        stage: where.
        plan: how large it is.
        say: takes a line about how it goes on.
    """
    began = time.monotonic()
    found, blow = Verdict(), Storm(stage, plan.seed, plan.longest)
    found.leaked += leaks.dumping_cores(process.number for process in stage.service.processes())
    report = Report(stage.ground, found)
    people = [told_by(number, plan.seed) for number in range(plan.count)]
    _blow(blow, plan, people, report, say)
    stage.stand_up()
    say("it is calm")
    may_double = sum(report.struck[kind.name] for kind in strikes.ALL if kind.doubles)
    with stage.service.inside():
        before = _calm(stage)
    stage.service.clear()  # as it lies there, journals and all
    stage.keep_said()
    report.faults = stage.faults()
    if stage.database:
        with stage.database.connect() as connection:
            connection.execute("CHECKPOINT")
    say("every promise is looked at")
    _look(stage, found, people, may_double, before)
    report.lost_in_cuts, report.seconds = blow.lost_in_cuts, time.monotonic() - began
    return report


def _blow(blow: Storm, plan: Plan, people: list[Told], report: Report, say: Say) -> None:
    """Let people complain, and strike whenever some more of them have come to their end."""
    over, order = threading.Event(), plan.order(blow.stage)
    with ThreadPoolExecutor(CLIENTS) as pool:
        try:
            everybody = [Person(blow.stage.service.port, told, over) for told in people]
            working = [pool.submit(_complain, person) for person in everybody]
            for place, kind in enumerate(order):
                after = (place + 1) * plan.count // (len(order) + 2)
                while sum(work.done() for work in working) < after:
                    time.sleep(LOOK_EVERY)
                say(f"{after} of {plan.count} complaints; strike: {kind.name}")
                report.struck[kind.name] += kind.strike(blow)
        except BaseException:
            over.set()
            raise
    for person, why in (work.result() for work in working):
        report.answers.update(person.statuses)
        report.verdict.stuck += [f"person {person.told.number} gave up: {why}"] if why else []


def _complain(person: Person) -> tuple[Person, str]:
    """Tell and send; return why it did not come to its end, or nothing."""
    try:
        person.tell()
        person.send()
    except GaveUpError as error:
        return person, str(error)
    return person, ""


def _calm(stage: Stage) -> int:
    """Let hours pass until all letters went out that are owed now; return the number of the last of them."""
    before = db.session.scalar(select(func.max(Letter.id))) or 0
    for _ in range(MOST_HOURS):
        stage.clock.step(HOUR + MINUTE)
        if _went_out(before):
            break
    return before


def _went_out(before: int) -> bool:
    """Return whether nothing is owed any more, as soon as that is so or nothing changes."""
    owed = select(func.count(Letter.id)).where(Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    known, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET:
        db.session.rollback()
        left = db.session.scalar(owed.where(Letter.id <= before)) or 0
        if left == 0:
            return True
        if left != known:
            known, since = left, time.monotonic()
        time.sleep(LOOK_EVERY)
    return False


def _look(stage: Stage, found: Verdict, people: list[Told], may_double: int, before: int) -> None:
    promised = [told for told in people if told.code]
    found.complaints += len(promised)
    search = leaks.Searched(told.code for told in promised)
    found.leaked += search.in_files(stage.searched())
    with stage.service.inside():
        found.leaked += search.in_rows()
        verdict.cases_open(found, promised)
        known = [letter["Message-ID"] for letter in stage.service.letters()]
        verdict.letters_came(found, stage.letters, known, may_double, before)
        verdict.nothing_half_done(found)
