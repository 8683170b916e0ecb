"""An instance and all that it stands on, in processes of their own, on disks of their own, under a clock that steps."""

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import post, power, servers, store
from tests.chaos.clock import Clock
from tests.chaos.disk import Disk
from tests.chaos.power import Station
from tests.chaos.servers import Database, Server
from tests.servers import programs
from tests.servers.redis import Redis
from tests.servers.service import Service

SQLITE, POSTGRESQL = GROUNDS = ("sqlite", "postgresql")
MEGABYTES = 768  # of a small disk: pages of memory that are taken when something is written
_LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Able:
    """What can be done on this machine: why not, or nothing.

    Attributes:
        disks: whether disks are filled and made read-only.
        cuts: whether there are power cuts.
    """

    disks: str
    cuts: str


class Stage:
    """One ground: SQLite and a folder of files, or PostgreSQL with an object store and Redis."""

    def __init__(self, ground: str, able: Able) -> None:
        """Prepare; nothing runs before ``raised``."""
        self.ground, self.able = ground, able
        self._ends = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        self._ends.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o711)  # PostgreSQL runs as somebody else
        for name in ("said", "power", "post", "temporary", "store"):
            (self.folder / name).mkdir()
        self.disks = [self._disk("instance", 0o700), *([self._disk("base", 0o711)] if self._is_large else [])]
        self.clock = Clock(self.folder)
        self.station = None if able.cuts else Station(self.folder / "power", *self._watched())
        if self.station:
            self._ends.callback(self.station.stop)
        self.post = self._post()
        self.database = self._database() if self._is_large else None
        self.store = self._store() if self._is_large else None
        self.redis = Redis() if self._is_large and not lacks("redis") else None
        self.service = Service(self.folder, **self._settings())

    @property
    def _is_large(self) -> bool:
        return self.ground == POSTGRESQL

    @property
    def letters(self) -> Path:
        """Where the mail server keeps letters."""
        return self.folder / "post"

    @property
    def slow(self) -> Path:
        """The file that says how slow the store is."""
        return self.folder / "store" / store.SLOW

    def searched(self) -> list[Path]:
        """Return where no word may lie."""
        return [self.folder / name for name in ("instance", "base", "store", "post", "said", "temporary", "power")] + [
            self.folder / "output"
        ]

    @contextmanager
    def raised(self) -> Iterator["Stage"]:
        """Start all, with members at every desk; end all afterwards."""
        with self._ends:
            for server in self._servers():
                server.start()
            if self.database:
                self.database.create()
            if self.redis:
                self._ends.enter_context(self.redis)
            self._ends.callback(self._end)
            made = self.service.flask("demo", "--cases", "1", INTAKE_MAIL_URL="")
            assert made.returncode == 0, made.stderr
            if self.station:
                self.station.adopt()
            self.start_service()
            yield self

    def start_service(self) -> None:
        """Start web server and worker, and wait until both are there."""
        self.launch()
        self.until(self.service.answers, "the page does not answer")
        self.until(lambda: len(self.service.web()[1]) > 1 and self.service.outbox(), "web or worker is missing")

    def launch(self) -> None:
        """Start ``flask serve``, and wait until it says that it is up.

        Raises:
            AssertionError: it ended.
        """
        self.keep_said()
        self.service.launch(*(self.station.launching() if self.station else power.LAUNCH))

    def keep_said(self) -> None:
        """Put aside what ``flask serve`` said, which is overwritten when it starts again."""
        output = self.folder / "output"
        if output.exists():
            with self._said("service").open("a") as file:
                file.write(output.read_text())
            output.unlink()

    def faults(self) -> Counter[str]:
        """Return what was logged as a fault, and how often."""
        found = Counter[str]()
        for line in self._said("service").read_text().splitlines():
            with suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict) and told.get("level") == "error":
                    found[str(told.get("what"))] += 1
        return found

    def stand_up(self) -> None:
        """Start whatever does not run, as who watches over an instance does."""
        for server in self._servers():
            server.start()
        if self.redis:
            self.redis.start()
        if not self.service.runs():
            self.service.clear()
            self.start_service()

    def lie_down(self) -> None:
        """Kill -9 all that writes to the disks, at once."""
        self.service.clear()
        if self.database:
            self.database.kill()

    def until(self, holds: Callable[[], object], else_: str) -> None:
        """Wait until something holds.

        Raises:
            AssertionError: it never did.
        """
        deadline = time.monotonic() + servers.LIMIT
        while not holds():
            assert time.monotonic() < deadline, f"{else_}; it said: {self.service.said()[-3000:]}"
            time.sleep(_LOOK_EVERY)

    def _servers(self) -> list[Server]:
        return [server for server in (self.post, self.database, self.store) if server]

    def _end(self) -> None:
        self.service.clear()
        for server in self._servers():
            server.kill()

    def _disk(self, name: str, mode: int) -> Disk | None:
        folder = self.folder / name
        if self.able.disks:
            folder.mkdir(mode=mode)
            return None
        disk = Disk(folder, MEGABYTES, mode=mode)
        self._ends.callback(disk.unmount)
        return disk

    def _watched(self) -> list[Path]:
        return [self.folder / name for name in ("instance", "base")]

    def _post(self) -> Server:
        port = servers.free_port()
        command = servers.python(post.__name__, str(port), str(self.folder / "post"))
        return Server(command, port, self._said("post"))

    def _store(self) -> Server:
        port = servers.free_port()
        command = servers.python(store.__name__, str(port), str(self.folder / "store"))
        return Server(command, port, self._said("store"))

    def _database(self) -> Database:
        launching = self.station.launching if self.station else _unwatched
        return Database(self.folder / "base", self._said("database"), launching)

    def _said(self, name: str) -> Path:
        return self.folder / "said" / name

    def _settings(self) -> dict[str, str]:
        settings = {
            "INTAKE_MAIL_URL": f"smtp://{servers.HOST}:{self.post.port}",
            "INTAKE_DISK_RESERVE_MB": "1",
            "INTAKE_CANARY_HOURS": "0",  # what tests the way would be in it
            "TMPDIR": str(self.folder / "temporary"),
            **self.clock.settings,
        }
        if self.database:
            settings["INTAKE_DATABASE_URL"] = self.database.url
        if self.store:
            place = f"{servers.HOST}:{self.store.port}/{store.BUCKET}"
            settings["INTAKE_STORE_URL"] = f"s3+http://okapi-key:okapi-word@{place}"
        if self.redis:
            self.redis.port = servers.free_port()
            settings["INTAKE_REDIS_URL"] = self.redis.url
        return settings


def _unwatched(user: int, group: int) -> list[str]:
    return [*power.LAUNCH[:-2], str(user), str(group)]


def lacks(need: str) -> bool:
    """Return whether a program is not here, or shall be skipped."""
    program = programs.KNOWN[need]
    try:
        programs.find(program.name, *program.places)
    except programs.Missing:
        return True
    return need in programs.skipped()
