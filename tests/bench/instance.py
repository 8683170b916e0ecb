"""Fresh instances to measure: set up as an operator would, a journalist seated for each country."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from flask import Flask

from intake import config
from intake.app import create_app
from intake.desks import queries as desks
from intake.desks.setup import FirstAdmin
from intake.extensions import db
from intake.i18n import TAGS
from intake.reference.countries import COUNTRIES
from intake.sealing import Cost, Identity, new_identity, read_identity, unseal_identity
from tests.bench.rows import SQLITE, BenchError
from tests.factories import House, current_keys, make_member
from tests.servers import programs
from tests.servers.postgres import DURABLE, Postgres

CHEAP = Cost(memory=8, passes=1)  # deriving from a member's password is not what is measured
RESCUE = "identity-of-the-bench"  # a file that opens the invented complaints, so that they can be checked
HOST = "127.0.0.1"  # where what is measured listens
LANGUAGE = "ru" if "ru" in TAGS else TAGS[0]  # what most complainants and journalists read


@dataclass(frozen=True)
class Instance:
    """A folder with a signing key and letters' place; its database lies there too, or on a server."""

    folder: Path
    database_url: str | None = None

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program that works on this instance and knows no other setting."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
        elsewhere = {f"{config.PREFIX}DATABASE_URL": self.database_url} if self.database_url else {}
        return {**kept, f"{config.PREFIX}INSTANCE": str(self.folder), **elsewhere}

    @property
    def rescue(self) -> Identity:
        """What opens every desk."""
        return read_identity((self.folder / RESCUE).read_text())

    def house(self) -> House:
        """Return the desks with their identities, as the rescue identity opens them; within ``opened``."""
        names = {desk.id: desk.name for desk in desks.all_desks()}
        keys = {names[key.desk_id]: (key.id, unseal_identity(key.rescue_copy, self.rescue)) for key in current_keys()}
        return House(self.rescue, keys, FirstAdmin("", ""))

    @contextmanager
    def opened(self, password_cost: Cost = CHEAP) -> Iterator[Flask]:
        """Yield an application on this instance with its context open; close its database afterwards."""
        app = create_app(config.load(self.environ), password_cost=password_cost)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()


@dataclass
class Bench:
    """What every measure is given: whether to hurry, a place for files, instances, and a database server."""

    folder: Path
    quick: bool
    _stack: ExitStack
    _templates: dict[str, Instance] = field(default_factory=dict)
    _count: int = 0

    @cached_property
    def postgres(self) -> Postgres:
        """A PostgreSQL that waits for the disk as in earnest; started when it is first asked for.

        Raises:
            BenchError: it is not installed.
        """
        known = programs.KNOWN["postgresql"]
        try:
            programs.find(known.name, *known.places)
        except programs.Missing as lack:
            message = f"{lack}: install {known.package}"
            raise BenchError(message) from lack
        return self._stack.enter_context(Postgres(DURABLE))

    def instance(self, database: str = SQLITE, like: Instance | None = None) -> Instance:
        """Return a copy of an instance on the same database; nobody may have that one open.

        Args:
            database: ``SQLITE`` or ``POSTGRESQL``.
            like: which; by default a fresh one: desks made, a journalist seated for each country.
        """
        self._count += 1
        if like is None:
            like = self._templates.get(database) or self._templates.setdefault(database, self._made(database))
        folder, name = self.folder / f"instance-{self._count}", f"instance_{self._count}"
        shutil.copytree(like.folder, folder)
        if like.database_url is None:
            return Instance(folder)
        self.postgres.create(name, like.database_url.rpartition("/")[2])
        return Instance(folder, self.postgres.url(name))

    def empty(self, name: str, database: str = SQLITE) -> Instance:
        """Return an instance in which nothing is: a folder, and on PostgreSQL an empty database, both of this name."""
        folder = self.folder / f"{name}-{database.lower()}"
        folder.mkdir()
        if database == SQLITE:
            return Instance(folder)
        self.postgres.create(name)
        return Instance(folder, self.postgres.url(name))

    def _made(self, database: str) -> Instance:
        return _made(self.empty("template", database))


@contextmanager
def place(*, quick: bool) -> Iterator[Bench]:
    """Yield what the measures need; afterwards nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        yield Bench(Path(folder), quick, stack)


def _made(instance: Instance) -> Instance:
    rescue = new_identity()
    environ = {**instance.environ, f"{config.PREFIX}RESCUE_RECIPIENT": rescue.recipient}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "init"]
    done = subprocess.run(
        command, cwd=config.ROOT, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        message = f"flask init failed: {done.stderr.decode()}"
        raise BenchError(message)
    (instance.folder / RESCUE).write_text(rescue.text)
    with instance.opened():
        house = instance.house()
        for country in COUNTRIES:
            make_member(house, country, language=LANGUAGE)
    return instance
