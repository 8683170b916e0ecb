"""A house that goes back to how it was: what a state machine needs before each of its walks."""

import shutil

from flask import Flask

from intake.extensions import db
from tests.factories import House


class Before:
    """The SQLite database of a test, and what its house knows, as they are when this is made."""

    def __init__(self, app: Flask, house: House) -> None:
        """Remember both."""
        self._app, self._house, self._visitors = app, house, dict(house.visitors)
        self._file = app.config["INSTANCE"] / "intake.sqlite3"
        self._kept = self._file.with_suffix(".kept")
        _let_go()
        shutil.copy(self._file, self._kept)

    def restore(self) -> None:
        """Put them back."""
        _let_go()
        for beside in ("-wal", "-shm"):
            self._file.with_name(f"{self._file.name}{beside}").unlink(missing_ok=True)
        shutil.copy(self._kept, self._file)
        self._house.visitors = dict(self._visitors)
        self._app.extensions.pop("destinations", None)


def _let_go() -> None:
    """Close every connection: the last one brings what it wrote into the file."""
    db.session.remove()
    db.engine.dispose()
