"""``flask backup …`` and ``flask db move``: backups are made and looked at, and all comes back or moves elsewhere."""

import logging
import signal
import threading
from pathlib import Path
from typing import NoReturn, TextIO

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate.cli import db as database_commands  # type: ignore[import-not-found]  # its stubs leave it out
from sqlalchemy.exc import SQLAlchemyError

from intake import logs, supervisor
from intake.backup import coming_back, looking, making, place, runs
from intake.backup.looking import Found
from intake.backup.place import BackupError
from intake.backup.reading import Reader
from intake.config import Settings
from intake.extensions import db
from intake.i18n import now
from intake.sealing import Identity, SealError, read_identity
from intake.storage.shelf import Shelf

LOOK_EVERY = 60.0  # seconds
MEGABYTE = 1_000_000
group = AppGroup("backup", help="Backups.")
log = logging.getLogger(__name__)
_folder = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where backups lie, if not where INTAKE_BACKUP_FOLDER says.",
)
_identity = click.option(
    "--identity-file",
    type=click.File(),
    help="Read the identity that opens backups from a file, - for standard input; by default it is asked for.",
)


def begin() -> None:
    """Put the command that moves a database among those that change one."""
    database_commands.add_command(move)


@group.command("create")
@click.option("--watch", is_flag=True, help="Make one whenever it is time, until told to stop.")
@click.option("--parent", type=int, hidden=True)
@with_appcontext
def create(watch: bool, parent: int | None) -> None:  # noqa: FBT001 a command's flag
    """Make a backup of database and files, sealed to the operator, while all goes on; keep no more than are wanted."""
    logs.tell_more()
    if parent is not None:
        supervisor.end_with(parent)
    if watch:
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        while not stopping.is_set():
            make_if_due()
            stopping.wait(LOOK_EVERY)
        return
    try:
        made = making.make()
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Backup {made.name}: {_said(made)}.")
    if made.gone:
        click.echo(f"{made.gone} chunks were deleted with their case while it was made.")
    if made.missing:
        click.echo(
            f"WRONG  {made.missing} chunks are missing here, or are not what came: flask evidence verify names them."
        )
        raise SystemExit(1)


def make_if_due() -> None:
    """Make a backup if it is time. Whatever goes wrong is written down and tried again; nothing else waits for it."""
    try:
        if runs.is_due(now()):
            made = making.make()
            log.info("backup %s: %s", made.name, _said(made))
    except BackupError as error:
        log.warning("no backup: %s", error)
    except SQLAlchemyError as error:
        log.warning("no backup: the database failed (%s)", type(error).__name__)
    finally:
        db.session.remove()


@group.command("list")
@_folder
@with_appcontext
def list_them(folder: Path | None) -> None:
    """Say which backups there are, oldest first."""
    try:
        on = place.shelf(folder)
        for name in place.whole(on):
            parts = list(place.parts(on, name))
            size = place.head(on, name)[1] + sum(part.size for part in parts)
            click.echo(f"{name}  {len(parts):>8} chunks  {-(-size // MEGABYTE):>8} MB")
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        _cannot_be_read(error)


@group.command("verify")
@click.argument("name", required=False)
@_folder
@click.option("--identity-file", type=click.File(), help="Read every row, too, with the identity that opens backups.")
@with_appcontext
def verify(name: str | None, folder: Path | None, identity_file: TextIO | None) -> None:
    """Hash all of a backup anew, the newest or the one named; end with 1 if anything is wrong.

    Without the operator's identity it says whether all is there and hangs together. With it, who altered everything at
    once is found out, too, unless they know to whom it is sealed: audit verify --heads shows that.
    """
    found, said = Found(), ""
    try:
        on = place.shelf(folder)
        backup = place.chosen(on, name)
        wrong = [] if looking.rows(on, backup) else ["the rows are not what was written"]
        wrong += looking.chunks(on, backup, found)
        if identity_file is not None:
            said = _read_through(on, backup, _read_identity(identity_file))
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        _cannot_be_read(error)
    for one in wrong:
        click.echo(f"WRONG  {one}.")
    click.echo(
        f"Backup {backup}: {found.chunks} chunks, {-(-found.size // MEGABYTE)} MB, wrong {len(wrong)}. {said}".strip()
    )
    if wrong:
        raise SystemExit(1)


@group.command("restore")
@click.argument("name", required=False)
@_folder
@_identity
@with_appcontext
def restore(name: str | None, folder: Path | None, identity_file: TextIO | None) -> None:
    """Come back from a backup, the newest or the one named, into this instance, which must be empty.

    Every table and every file is compared by number and hash; then a case whose return code lies in the backup alone is
    opened with it.
    """
    try:
        on = place.shelf(folder)
        backup = place.chosen(on, name)
        came = coming_back.come_back(on, backup, _read_identity(identity_file), click.echo)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        _cannot_be_read(error)
    if came.older:
        click.echo("It was of an older version, and was brought up to this one.")
    if came.manifest.missing:
        click.echo(
            f"WRONG  {came.manifest.missing} chunks were missing when it was made: flask evidence verify names them."
        )
    click.echo("All is back. Nobody is signed in. See docs/operate.md for what to do before you start it.")
    click.echo(f"If this was a trial, say so on the machine that works: flask backup tried {backup}")


@group.command("tried")
@click.argument("name")
@with_appcontext
def tried(name: str) -> None:
    """Write down that coming back from a backup was tried, on another machine, and went well."""
    if not coming_back.note_tried(name):
        message = f"No backup {name} was made here."
        raise click.ClickException(message)
    click.echo("Written down.")


@click.command("move")
@click.option(
    "--from",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The SQLite database; by default intake.sqlite3 in the instance folder.",
)
@with_appcontext
def move(path: Path | None) -> None:
    """Copy an SQLite database into the empty PostgreSQL that INTAKE_DATABASE_URL names; compare counts and hashes.

    Stop everything first. The SQLite database stays as it is. Files stay where they are.
    """
    if db.engine.dialect.name != "postgresql":
        message = (
            "INTAKE_DATABASE_URL must name the PostgreSQL database to move to: postgresql://user:password@host/name."
        )
        raise click.ClickException(message)
    source = path or _settings().instance / "intake.sqlite3"
    try:
        total = coming_back.move_from(source, click.echo)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Moved: {total['rows']} rows in {total['tables']} tables, each table compared by count and hash.")
    click.echo(f"Once all works, put {source} away: it holds everything until today.")


def _read_through(on: Shelf, backup: str, identity: Identity) -> str:
    manifest = looking.manifest(on, backup, identity)
    total = looking.read_rows(on, backup, identity, Reader(manifest.revision))
    return f"All {total['rows']} rows of {total['tables']} tables can be read."


def _said(made: making.Made) -> str:
    removed = f", {len(made.removed)} older thrown away" if made.removed else ""
    size = -(-made.written // MEGABYTE)
    return f"{made.rows} rows, {made.chunks} chunks, {made.new} of them new, {size} MB written{removed}"


def _read_identity(file: TextIO | None) -> Identity:
    try:
        text = file.read() if file else click.prompt("Identity that opens backups (not shown)", hide_input=True)
        return read_identity(text)
    except (SealError, UnicodeError) as error:
        what, why = "identity", error if isinstance(error, SealError) else "the file is no text"
        message = f"{why}: give the file that age-keygen wrote."
        raise BackupError(what, message) from error


def _cannot_be_read(error: OSError) -> NoReturn:
    message = f"The backup cannot be read: {error.strerror or type(error).__name__}."
    raise click.ClickException(message) from error


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
