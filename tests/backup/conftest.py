"""Who backups are sealed to, and where they go."""

from pathlib import Path

import pytest
from flask import Flask

from intake.sealing import Identity, new_identity
from tests.backup import places


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return the folder where backups go."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def operator(app: Flask, shelf: Path) -> Identity:
    """Return the identity of an operator, to whom backups are sealed."""
    identity = new_identity()
    app.config["BACKUPS"] = places.settings(identity, shelf)
    return identity
