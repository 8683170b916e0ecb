"""The operator's commands, one verb each: ``flask init``, ``flask serve``, ``flask desks rescue`` and so on."""

import signal
import sys
import threading
from pathlib import Path
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from rich.progress import track

from intake import audit, backup_command, chores, demo, doctor, evidence_command, logs, mail_command, supervisor
from intake.backup import upgrading
from intake.cases import canary_words, retention
from intake.cases import export as handing
from intake.cases import queries as cases
from intake.cases.models import DEMO
from intake.complaint import canary_rounds
from intake.config import Settings, write_private
from intake.desks import first_admin, notices, rescue_file, setup
from intake.desks import queries as desks
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import one_time_codes
from intake.members import queries as members
from intake.outbox import alarms, postmaster, worker
from intake.sealing import SealError, check_recipient, new_identity, read_identity
from intake.setting_checks import SettingError

desks_group = AppGroup("desks", help="Desks and their keys.")
outbox_group = AppGroup("outbox", help="Letters.")
cases_group = AppGroup("cases", help="Cases.")
audit_group = AppGroup("audit", help="Who did what.")
outbox_group.add_command(mail_command.receive)


def groups() -> tuple[click.Command, ...]:
    """Return every command."""
    alone = (init, serve, web, demo_command, doctor.command, canary)
    backup_command.begin()
    return (*alone, desks_group, outbox_group, cases_group, audit_group, evidence_command.group, backup_command.group)


@click.command()
@with_appcontext
def init() -> None:
    """Set this instance up: database, desks, first invitation. Does nothing twice."""
    set_up()


@click.command()
@with_appcontext
def serve() -> None:
    """Set up if need be, then run web server and worker until Ctrl-C."""
    settings = _settings()
    try:
        supervisor.check_port(settings)
    except SettingError as error:
        raise click.ClickException(str(error)) from error
    set_up()
    click.echo(f"Complaint page: {settings.public_url}/")
    click.echo(f"Desk:           {settings.desk_url}/desk/")
    click.echo(f"Letters go to:  {settings.mail}")
    click.echo("Ctrl-C stops it all.")
    db.session.remove()
    db.engine.dispose()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 the way out of the proxy
    supervisor.supervise(settings, doctor.asking_for_worker(app))


@click.command(hidden=True)
@click.option("--parent", type=int, help="End when this process is gone.")
@with_appcontext
def web(parent: int | None) -> None:
    """Run the web server alone."""
    _ends_with(parent)
    supervisor.serve_web(_settings())


@click.command("demo")
@click.option("--cases", "count", type=click.IntRange(1, 100_000), default=200, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same stories.")
@click.option("--digits", "secret", metavar="SECRET", help="Print the one-time code of this moment, nothing else.")
@with_appcontext
def demo_command(count: int, seed: int, secret: str | None) -> None:
    """Fill a trial with invented members and complaints."""
    if secret is not None:
        click.echo(one_time_codes.digits_now(secret))
        return
    settings = _settings()
    if settings.mail.leaves_machine:
        message = f"Letters would leave this machine ({settings.mail}): unset INTAKE_MAIL_URL, then try again."
        raise click.ClickException(message)
    if not settings.trial:
        message = "INTAKE_PUBLIC_URL is set, so this is no trial: a demonstration belongs on one."
        raise click.ClickException(message)
    set_up(invite=False)
    if cases.anything_but(DEMO):
        message = "There are real cases here: a demonstration must not mix with them. Use another INTAKE_INSTANCE."
        raise click.ClickException(message)
    if not members.anybody() and not cases.anything_received():
        with transaction():
            seated = demo.seat_members()
        first_admin.forget()
        for member in seated.members:
            click.echo(
                f"{member.address:32} {member.role:11}{'admin  ' if member.is_admin else '       '}{member.desks}"
            )
        click.echo(f"Password of them all: {seated.password}")
        click.echo(f"Secret of their one-time codes, for an app: {seated.secret}")
        click.echo(f"Or without an app, the digits of the moment: flask demo --digits {seated.secret}")
    for complaint in track(demo.complaints(count, seed), "Complaints", total=count):
        demo.send(complaint)
    click.echo(f"Letters: {worker.deliver_due().delivered} written to {settings.mail}")


@click.command()
@with_appcontext
def canary() -> None:
    """Send a marked complaint of each country the whole way, from the public form to the mailbox. Needs the worker."""
    missing = canary_rounds.what_is_missing()
    if missing is not None:
        message = f"No canary can be sent: {missing}."
        raise click.ClickException(message)
    done = canary_rounds.run()
    for run in done:
        click.echo(f"{run.country:6} {canary_words.result(run.what)}")
    if not done or any(run.what for run in done):
        raise SystemExit(1)


@desks_group.command("rescue")
@click.option("--identity-file", type=click.File(), help="Read the rescue identity from a file, - for standard input.")
def rescue(identity_file: TextIO | None) -> None:
    """Open every desk with the rescue identity, and invite a first admin anew."""
    text = identity_file.read() if identity_file else click.prompt("Rescue identity (not shown)", hide_input=True)
    try:
        identity = read_identity(text)
        with transaction():
            invited = setup.rescue(identity)
    except SealError as error:
        raise click.ClickException(str(error)) from error
    first_admin.forget()
    _show(invited)


@outbox_group.command("deliver")
@click.option("--watch", is_flag=True, help="Go on until told to stop.")
@click.option("--parent", type=int, hidden=True)
def deliver(watch: bool, parent: int | None) -> None:  # noqa: FBT001 a command's flag
    """Deliver the letters that are due."""
    logs.tell_more()
    _ends_with(parent)
    if watch:
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        worker.watch(stopping.wait, chores.every_minute)
        return
    tally = worker.deliver_due()
    click.echo(f"delivered: {tally.delivered}, still owed after an attempt: {tally.failed}")


@outbox_group.command("alarms")
@click.option("--tell", is_flag=True, help="Look anew, and tell the operator by the second way: for a timer.")
def see_to_alarms(tell: bool) -> None:  # noqa: FBT001 a command's flag
    """Say which alarms stand, since when."""
    logs.tell_more()
    if tell:
        with transaction():
            alarms.look_from_outside(now())
        chores.see_to_alarms()
        return
    for sign in alarms.signs(now()):
        click.echo(f"{sign.kind} {sign.about}".ljust(32) + f"since {sign.since:%Y-%m-%d %H:%M} UTC")


@cases_group.command("export")
@click.argument("reference")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(reference: str, folder: Path) -> None:
    """Write all of a case and its desk's rescue copy, still sealed, for the age program to open."""
    case = cases.by_reference(reference)
    if case is None or not (pieces := list(handing.pieces(case))):
        message = f"There is no case {reference}, or its content was destroyed."
        raise click.ClickException(message)
    with transaction():
        handing.note_exported(case)
    keys = {piece.desk_key_id for piece in pieces if piece.desk_key_id is not None}
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for piece in (*handing.rescue_copies(keys), *pieces):
        (folder / piece.name).write_bytes(piece.sealed)
    click.echo(f"age -d -i RESCUE-IDENTITY {folder}/desk-key-{pieces[0].desk_key_id}.age > DESK-IDENTITY")
    for piece in pieces:
        if piece.desk_key_id is not None:
            click.echo(f"age -d -i DESK-IDENTITY {folder}/{piece.name}")


@cases_group.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def retain(dry_run: bool) -> None:  # noqa: FBT001 a command's flag
    """Warn of the cases whose time is nearly over, and destroy those whose day has come, as the worker does."""
    if not dry_run:
        warned, destroyed = chores.end_what_is_over()
        click.echo(f"warned of: {warned}, destroyed: {destroyed}")
        return
    found = retention.tally(now())
    click.echo(f"to be warned of now: {found.to_warn}")
    click.echo(f"warned of, their day is ahead: {found.warned}")
    click.echo(f"to be destroyed now: {found.to_destroy}")
    click.echo(f"held: {found.held}")


@cases_group.command("reconcile")
def reconcile() -> None:
    """Compare letters with cases as the worker does hourly: whoever lacks a letter is owed one again."""
    missing, unnoticed = chores.reconcile()
    click.echo(f"without a letter to anybody, owed again: {missing}")
    click.echo(f"waiting unnoticed, and waited for from now on: {unnoticed}")


@audit_group.command("verify")
@click.option(
    "--heads",
    type=click.File(errors="replace"),
    help="Compare with heads that `flask audit heads` wrote, or with a saved daily summary; - for standard input.",
)
def verify_audit(heads: TextIO | None) -> None:
    """Recompute every hash chain, and say where one is broken or was rewritten."""
    try:
        noted = list(audit.read_notes(heads)) if heads else []
    except audit.NoteError as error:
        raise click.ClickException(str(error)) from error
    names, sound = desks.chain_names(), True
    for chain in sorted({*names, *audit.chains(), *(note.chain for note in noted)}):
        checked = audit.check(chain, noted)
        click.echo(f"{names.get(chain, f'chain {chain}'):16} {_counted(checked)}  {_found(checked)}")
        sound = sound and checked.holds
    if not sound:
        raise SystemExit(1)
    click.echo("every chain holds")


@audit_group.command("heads")
def audit_heads() -> None:
    """Write the head of every chain, a line of JSON each: keep them on another machine, for `flask audit verify`."""
    for note in audit.notes():
        click.echo(audit.written(note))


def set_up(*, invite: bool = True) -> None:
    """Bring the database up to date and make the desks, if nobody did.

    Args:
        invite: hand over an invitation of the first admin.

    Raises:
        click.ClickException: the start is not a trial, and nobody named a rescue recipient.
    """
    settings = _settings()
    if not settings.mail.leaves_machine and settings.mail.folder:
        try:
            settings.mail.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            message = f"INTAKE_MAIL_URL names {settings.mail.folder}, which cannot be made ({error.strerror})."
            raise click.ClickException(message) from error
    try:
        upgrading.bring_up()
    except upgrading.UpgradeError as error:
        raise click.ClickException(str(error)) from error
    with upgrading.alone(settings):
        house = setup.house()
        if house is None:
            _make_house(settings, invite=invite)
        else:
            _check_rescue(settings, house.rescue_recipient)
    with transaction():
        postmaster.started(now())


def _make_house(settings: Settings, *, invite: bool) -> None:
    """Make the desks. Whoever must keep the rescue identity has it before anything is sealed to it."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    recipient, shown = _rescue_recipient(settings, terminal=terminal)
    if shown:
        click.echo("The rescue identity opens every desk if all members are lost. It is shown once and kept nowhere:")
        click.echo("write it down and keep it away from this machine.\n")
        click.echo(f"    {shown}\n")
    with transaction():
        invited = setup.invite_first_admin(setup.make_desks(recipient))
    if invite:
        _hand_over(invited, terminal=terminal)


def _check_rescue(settings: Settings, recipient: str) -> None:
    """Stop a start whose rescue recipient is not the one that the desks are sealed to, or whose identity lies here.

    Raises:
        click.ClickException: saying what to do.
    """
    if settings.rescue_recipient not in {None, recipient}:
        message = (
            f"INTAKE_RESCUE_RECIPIENT is not the one that this instance was set up with ({recipient}): "
            "set that one, or begin a new instance."
        )
        raise click.ClickException(message)
    if rescue_file.lies_here() and not settings.trial:
        message = (
            f"INTAKE_PUBLIC_URL is set, but {rescue_file.path()} opens every case: "
            "move it away from this machine first."
        )
        raise click.ClickException(message)
    if rescue_file.lies_here():
        click.echo(f"Mind {rescue_file.path()}: it opens every case. Move it away from this machine.")


def _rescue_recipient(settings: Settings, *, terminal: bool) -> tuple[str, str | None]:
    """Return the rescue recipient, and its identity if that is to be shown on the terminal."""
    if settings.rescue_recipient:
        try:
            return check_recipient(settings.rescue_recipient), None
        except SealError as error:
            message = "INTAKE_RESCUE_RECIPIENT was mistyped: its last six characters do not fit the others."
            raise click.ClickException(message) from error
    if not settings.trial and not terminal:
        message = (
            "INTAKE_PUBLIC_URL is set, so this is no trial, and there is no terminal to show a rescue identity on: "
            "make one elsewhere with age-keygen, and set INTAKE_RESCUE_RECIPIENT to its recipient (age1…)."
        )
        raise click.ClickException(message)
    identity = new_identity()
    if terminal:
        return identity.recipient, identity.text
    path = rescue_file.path()
    path.unlink(missing_ok=True)  # of a set-up that did not end: its desks are not there
    write_private(path, identity.text)
    click.echo(f"The rescue identity is in {path}: move it away from this machine.")
    return identity.recipient, None


def _hand_over(invited: setup.FirstAdmin, *, terminal: bool) -> None:
    """Give the operator the first admin's link and code: on the terminal, or in a file for the owner alone."""
    if terminal:
        _show(invited)
    else:
        path = first_admin.write(notices.link(invited.invitation_id), invited.code)
        click.echo(f"The first admin's link and code are in {path}.")


def _show(invited: setup.FirstAdmin) -> None:
    link = notices.link(invited.invitation_id)
    click.echo(f"The first admin joins within 72 hours at\n    {link}\nwith the code\n    {invited.code}")


def _counted(checked: audit.Checked) -> str:
    entries = "entry  " if checked.count == 1 else "entries"
    return f"{checked.count:>8} {entries}  {checked.head.hex() if checked.head else '-':64}"


def _found(checked: audit.Checked) -> str:
    """Return what is wrong with a chain, in words."""
    found = [
        f"broken at entry {checked.broken_at}" if checked.broken_at is not None else "",
        f"entry {checked.rewritten_at} is not the one that was noted" if checked.rewritten_at is not None else "",
    ]
    return "; ".join(filter(None, found)) or "holds"


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _ends_with(parent: int | None) -> None:
    if parent is not None:
        supervisor.end_with(parent)
