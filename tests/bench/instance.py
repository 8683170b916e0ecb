"""Fresh instances to measure: set up as an operator would, a journalist seated for each country."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
from tests.bench.rows import BenchError
from tests.factories import House, current_keys, make_member

CHEAP = Cost(memory=8, passes=1)  # deriving from a member's password is not what is measured
RESCUE = "identity-of-the-bench"  # a file that opens the invented complaints, so that they can be checked
HOST = "127.0.0.1"  # where what is measured listens
LANGUAGE = "ru" if "ru" in TAGS else TAGS[0]  # what most complainants and journalists read


@dataclass(frozen=True)
class Instance:
    """A folder with a database, a signing key and letters' place."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program that works on this instance and knows no other setting."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
        return {**kept, f"{config.PREFIX}INSTANCE": str(self.folder)}

    @property
    def rescue(self) -> Identity:
        """What opens every desk."""
        return read_identity((self.folder / RESCUE).read_text())

    @contextmanager
    def opened(self) -> Iterator[Flask]:
        """Yield an application on this instance with its context open; close its database afterwards."""
        app = create_app(config.load(self.environ), password_cost=CHEAP)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    def copied_to(self, folder: Path) -> "Instance":
        """Return a copy; nobody may have this one open."""
        shutil.copytree(self.folder, folder)
        return Instance(folder)


@dataclass
class Bench:
    """What every measure is given: whether to hurry, a place for files, and instances."""

    folder: Path
    quick: bool
    _copies: list[Instance] = field(default_factory=list)

    @cached_property
    def _template(self) -> Instance:
        return _made(self.folder / "template")

    def instance(self, like: Instance | None = None) -> Instance:
        """Return a copy of an instance; by default a fresh one: desks made, a journalist seated for each country."""
        copy = (like or self._template).copied_to(self.folder / f"instance-{len(self._copies)}")
        self._copies.append(copy)
        return copy


@contextmanager
def place(*, quick: bool) -> Iterator[Bench]:
    """Yield what the measures need; afterwards nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Bench(Path(folder), quick)


def _made(folder: Path) -> Instance:
    instance, rescue = Instance(folder), new_identity()
    environ = {**instance.environ, f"{config.PREFIX}RESCUE_RECIPIENT": rescue.recipient}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "init"]
    done = subprocess.run(
        command, cwd=config.ROOT, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        message = f"flask init failed: {done.stderr.decode()}"
        raise BenchError(message)
    with instance.opened():
        _seat(rescue)
    (folder / RESCUE).write_text(rescue.text)
    return instance


def _seat(rescue: Identity) -> None:
    """Seat a journalist for each country, with the keys that the rescue identity opens."""
    names = {desk.id: desk.name for desk in desks.all_desks()}
    keys = {names[key.desk_id]: (key.id, unseal_identity(key.rescue_copy, rescue)) for key in current_keys()}
    house = House(rescue, keys, FirstAdmin("", ""))
    for country in COUNTRIES:
        make_member(house, country, language=LANGUAGE)
