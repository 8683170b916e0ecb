"""What a process leaves behind when something breaks: no value in an error, no memory, no file for others to read."""

import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from intake import config
from intake.app import create_app
from intake.extensions import db
from tests.conftest import CHEAP


@pytest.fixture
def loose() -> Iterator[None]:
    """Let the process write files for everybody and dump its memory, as it may have been started."""
    umask = os.umask(0)
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    yield
    os.umask(umask)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def test_an_error_of_the_database_shows_no_value(app: Flask) -> None:
    with pytest.raises(DBAPIError) as raised:
        db.session.execute(text("INSERT INTO nowhere VALUES (:story)"), {"story": "Xylophagous"})
    db.session.rollback()
    assert "nowhere" in str(raised.value)
    assert "Xylophagous" not in str(raised.value)


def test_a_crash_leaves_no_memory_on_the_disk(settings: config.Settings, loose: None) -> None:
    create_app(settings, password_cost=CHEAP)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


def test_what_is_written_is_the_owners_alone(settings: config.Settings, loose: None, tmp_path: Path) -> None:
    create_app(settings, password_cost=CHEAP)
    (tmp_path / "written").write_text("words")
    assert stat.S_IMODE((tmp_path / "written").stat().st_mode) == 0o600
