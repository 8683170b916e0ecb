"""A database moves from SQLite to PostgreSQL whole, from an older schema too."""

from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from intake import audit
from intake.backup import coming_back, rows, schema
from intake.backup.place import BackupError
from intake.backup.reading import Reader
from intake.backup_command import move
from intake.cases import queries as cases
from intake.cases.models import Case
from intake.desks import setup
from intake.extensions import db
from intake.i18n import now
from intake.sealing import Identity, code_keys
from tests.backup import places
from tests.factories import STORY, House, make_case, make_member
from tests.servers.emptied import Emptied

NAME = "Жанна «О’Нил»\u202e"


def run_move(app: Flask, *words: str) -> tuple[int, str]:
    """Run the command; return how it ended, and what it said."""
    db.session.rollback()
    done = app.test_cli_runner().invoke(move, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done.exit_code, done.output


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("schema_before", [pytest.param("head", marks=pytest.mark.slow), "0024"])
def test_a_database_moves_whole(
    app: Flask, house: House, operator: Identity, tmp_path: Path, emptied: Emptied, schema_before: str
) -> None:
    make_member(house, "KZ", name=NAME)
    case, keys, code = make_case()
    reference = case.reference
    db.session.remove()
    if schema_before != "head":
        flask_migrate.downgrade(revision=schema_before)
        db.session.remove()
    db.engine.dispose()
    source = app.config["INSTANCE"] / "intake.sqlite3"
    name = "moved_to"
    emptied.server.create(name)
    try:
        with places.empty(tmp_path / "other", app.config["BACKUPS"], emptied.server.url(name)) as other:
            status, said = run_move(other, "--from", str(source))
            assert status == 0, said
            assert "each table compared by count and hash" in said
            assert schema.of(db.session.connection()) == schema.newest()
            found = cases.by_tag(code_keys(code, setup.code_salt()).tag)
            assert found is not None
            assert found.reference == reference
            (told,) = cases.read_statements(found, lambda _: keys.identity)
            assert told.words["story"] == STORY
            assert db.session.scalar(text("SELECT name FROM member")) == NAME
            assert [audit.broken_at(chain) for chain in audit.chains()] == [None] * len(audit.chains())
            make_case()
            assert places.count(Case) == 2
            status, said = run_move(other, "--from", str(source))
            assert (status, "is not empty" in said) == (1, True)
            assert places.count(Case) == 2
    finally:
        emptied.server.drop(name)


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_move_to_sqlite_is_refused(app: Flask, house: House) -> None:
    status, said = run_move(app)
    assert (status, "INTAKE_DATABASE_URL must name the PostgreSQL" in said) == (1, True)


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_is_no_database_of_ours_does_not_move(app: Flask, tmp_path: Path) -> None:
    for content in (b"", b"no database at all" * 100):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(BackupError, match=r"no database|cannot be read"):
            coming_back.move_from(tmp_path / "other", print)
    with pytest.raises(BackupError, match="There is no database"):
        coming_back.move_from(tmp_path / "none", print)


@pytest.mark.parametrize("database", ["sqlite"])
def test_rows_say_the_same_whatever_is_read_of_them(app: Flask, house: House, tmp_path: Path) -> None:
    """Every line is checked: one that is left out, doubled, changed or moved is noticed."""
    lines = list(rows.lines(db.session.connection(), "1", now()))
    reader = Reader("1")
    for line in lines:
        reader.write(line)
    assert reader.finish()["tables"] == len(db.metadata.tables)
    place = next(number for number, line in enumerate(lines) if line.startswith(b"["))
    spoiled = (
        lines[:place] + lines[place + 1 :],
        lines[:place] + lines[place : place + 1] * 2 + lines[place + 1 :],
        [*lines[:place], lines[place].replace(b"[", b"[ ", 1), *lines[place + 1 :]],
        [*lines[:place], b'["too", "short"]\n', *lines[place + 1 :]],
        lines[:-1],
        lines[1:],
        lines[: place - 1] + lines[place:],
        [*lines[:-1], lines[-1].replace(b'"tables":', b'"tables":1')],
        [*lines, b"{}\n"],
        [*lines, b"["],
        [lines[0].replace(b'"revision":"1"', b'"revision":"2"'), *lines[1:]],
    )
    for number, some in enumerate(spoiled):
        with pytest.raises(rows.RowsError):  # noqa: PT012 either of both may notice
            reader = Reader("1")
            for line in some:
                reader.write(line)
            reader.finish()
            pytest.fail(f"nobody noticed {number}")
