"""What can happen to an instance. Each strike does its harm, lets some moments pass, and puts right what it must."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from intake.extensions import sqlite_driver
from tests.chaos.stage import POSTGRESQL, SQLITE, Stage

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0  # seconds
STEPS = (-HOUR, 10 * MINUTE, DAY, -10 * MINUTE)  # of the clock, in turn: in the end it is a day ahead
A_WHILE = 4.0  # seconds in which a worker comes to a letter
LOCK_WITHIN = 60.0  # seconds
LONGER = 1.6  # times: in a long storm this is longer than a writer waits


class Storm:
    """Strikes at one stage, and what was struck."""

    def __init__(self, stage: Stage, seed: int, longest: float) -> None:
        """Prepare.

        Args:
            stage: what is struck.
            seed: the same strikes come in the same order for it.
            longest: for how many seconds something is away at most.
        """
        self.stage, self.chance = stage, random.Random(seed)  # noqa: S311 it shall be the same every time
        self._longest = longest
        self.stepped = 0
        self.lost_in_cuts = 0

    def rest(self, times: float = 1.0) -> None:
        """Let some moments pass."""
        time.sleep(self.chance.uniform(self._longest / 4, self._longest) * times)

    def kill(self, found: list[int]) -> bool:
        """Kill -9 one of these processes of Intake, if there is one just now."""
        if found:
            time.sleep(self.chance.uniform(0, 0.02))
            self.stage.service.kill(self.chance.choice(found))
        return bool(found)


@dataclass(frozen=True)
class Strike:
    """One kind of harm.

    Attributes:
        name: what is struck.
        strike: does it; says whether there was anything to strike.
        per_hundred: how many there are for each hundred complaints.
        doubles: whether a letter may come twice by it: it was taken, and nobody could write that down.
        grounds: where there is such a thing.
        needs: what the machine must be able to.
    """

    name: str
    strike: Callable[[Storm], bool]
    per_hundred: float = 1.0
    doubles: bool = False
    grounds: tuple[str, ...] = (SQLITE, POSTGRESQL)
    needs: str = ""

    def why_not(self, stage: Stage) -> str:
        """Return why it is not done at a stage; nothing where it is."""
        if stage.ground not in self.grounds:
            return "there is none"
        if self.needs == "redis":
            return "" if stage.redis else "redis-server is not installed"
        return str(getattr(stage.able, self.needs)) if self.needs else ""


def web_process(storm: Storm) -> bool:
    """Kill one process of the web server."""
    return storm.kill(storm.stage.service.web()[1])


def web_server(storm: Storm) -> bool:
    """Kill the web server, which starts those processes."""
    return storm.kill(storm.stage.service.web()[0])


def worker(storm: Storm) -> bool:
    """Kill the worker, with letters in its hands if it has any."""
    storm.stage.clock.step(11 * MINUTE)  # letters that wait for each other go out now
    letters = storm.stage.letters
    before, deadline = sum(1 for _ in letters.glob("[!.]*")), time.monotonic() + A_WHILE
    while sum(1 for _ in letters.glob("[!.]*")) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    return storm.kill(storm.stage.service.outbox())


def everything(storm: Storm) -> bool:
    """Kill all of Intake, and start it again."""
    storm.stage.service.clear()
    storm.rest()
    storm.stage.stand_up()
    return True


def database(storm: Storm) -> bool:
    """Kill the database."""
    assert storm.stage.database is not None
    storm.stage.database.kill()
    storm.rest()
    storm.stage.stand_up()
    return True


def object_store(storm: Storm) -> bool:
    """Kill the store."""
    assert storm.stage.store is not None
    storm.stage.store.kill()
    storm.rest()
    storm.stage.stand_up()
    return True


def slow_store(storm: Storm) -> bool:
    """Let the store take seconds for each answer; sometimes longer than anybody waits for it."""
    storm.stage.slow.write_text(str(storm.chance.choice([0.5, 2.0, 12.0])))
    storm.rest()
    storm.stage.slow.unlink()
    return True


def mail_server(storm: Storm) -> bool:
    """Kill the mail server."""
    storm.stage.post.kill()
    storm.rest()
    storm.stage.stand_up()
    return True


def mail_refused(storm: Storm) -> bool:
    """Let the mail server refuse, hang up in the middle, or say nothing."""
    mode = storm.chance.choice(["4xx", "4xx_at_rcpt", "drop_in_data", "refuse_connection"])
    for said in (mode, "accept"):
        storm.stage.post.input.write(f"{said}\n".encode())
        storm.stage.post.input.flush()
        if said == mode:
            storm.rest()
    return True


def redis(storm: Storm) -> bool:
    """Kill Redis, which forgets all."""
    assert storm.stage.redis is not None
    storm.stage.redis.kill()
    storm.rest()
    storm.stage.redis.start()
    return True


def full_disk(storm: Storm) -> bool:
    """Fill every disk."""
    disks = [disk for disk in storm.stage.disks if disk]
    for disk in disks:
        disk.fill()
    storm.rest()
    for disk in disks:
        disk.empty()
    storm.stage.stand_up()  # PostgreSQL ends where its disk is full
    return True


def read_only_disk(storm: Storm) -> bool:
    """Let the machine come up with disks that nobody can write to, and mend them under the running programs."""
    stage = storm.stage
    stage.lie_down()
    for disk in filter(None, stage.disks):
        disk.set_read_only(wish=True)
    if stage.database:
        stage.database.start(wait=False)
    with suppress(AssertionError):  # it does not come up
        stage.launch()
    storm.rest()
    for disk in filter(None, stage.disks):
        disk.set_read_only(wish=False)
    stage.stand_up()
    return True


def locked_database(storm: Storm) -> bool:
    """Hold the lock that every writer needs, sometimes longer than they wait."""
    if storm.stage.database:
        with storm.stage.database.connect() as connection, connection.transaction():
            connection.execute('LOCK TABLE "case" IN ACCESS EXCLUSIVE MODE')
            storm.rest(LONGER)
        return True
    connection = sqlite_driver().connect(str(storm.stage.service.instance / "intake.sqlite3"), timeout=LOCK_WITHIN)
    connection.isolation_level = None
    connection.execute("BEGIN IMMEDIATE")
    storm.rest(LONGER)
    connection.execute("ROLLBACK")
    connection.close()
    return True


def clock(storm: Storm) -> bool:
    """Step the clock."""
    storm.stage.clock.step(STEPS[storm.stepped % len(STEPS)])
    storm.stepped += 1
    return True


def power(storm: Storm) -> bool:
    """Cut the power: all is dead at once, and what was not synced is gone."""
    stage = storm.stage
    assert stage.station is not None
    stage.lie_down()
    storm.lost_in_cuts += stage.station.cut()
    stage.stand_up()
    return True


ALL = (
    Strike("web process", web_process, 3),
    Strike("web server", web_server),
    Strike("worker", worker, 3, doubles=True),
    Strike("all of Intake", everything, doubles=True),
    Strike("database", database, 1.5, doubles=True, grounds=(POSTGRESQL,)),
    Strike("store", object_store, 1.5, grounds=(POSTGRESQL,)),
    Strike("slow store", slow_store, grounds=(POSTGRESQL,)),
    Strike("mail server", mail_server, doubles=True),
    Strike("mail refused", mail_refused),
    Strike("Redis", redis, grounds=(POSTGRESQL,), needs="redis"),
    Strike("full disk", full_disk, doubles=True, needs="disks"),
    Strike("read-only disk", read_only_disk, doubles=True, needs="disks"),
    Strike("locked database", locked_database, doubles=True),
    Strike("clock", clock, 2, doubles=True),
    Strike("power", power, doubles=True, needs="cuts"),
)
LAST = "worker"  # it dies with letters in its hands, and nothing else frees them
