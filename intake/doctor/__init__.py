"""What is wrong with this instance, and what to do about it: one line for each thing that was looked at."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from intake import i18n
from intake.backup import place as backup_place
from intake.backup import runs as backups
from intake.cases import queries as cases
from intake.config import Settings
from intake.desks import rescue_file, setup
from intake.doctor import house, outside
from intake.doctor.finding import Finding
from intake.evidence import box, scan, verify
from intake.evidence.place import storage
from intake.extensions import db, migrate
from intake.members import queries as members
from intake.outbox import alarm_words, alarms, deliver, postmaster, second_way
from intake.outbox import queries as letters

LONGEST_WORDS = 200
MOST_CASES = 10  # that one line names
log = logging.getLogger(__name__)


@click.command("doctor")
@click.option("--fix", "mend", is_flag=True, help="Mend what can be mended without harm.")
@with_appcontext
def command(*, mend: bool) -> None:
    """Say what is wrong with this instance, and what to do about it; end with 1 if anything is."""
    wrong = False
    for finding in examined(mend=mend):
        click.echo(finding)
        wrong = wrong or finding.wrong
    if wrong:
        raise SystemExit(1)


def examined(*, mend: bool = False) -> Iterator[Finding]:
    """Yield what was found, one after the other: looking takes its time where a server does not answer.

    Args:
        mend: mend what can be mended without harm, and say so.
    """
    found = list(_database())
    yield from found
    if any(finding.wrong for finding in found):
        return
    moment = i18n.now()
    yield _worker(moment)
    yield from _letters(moment)
    yield from _alarms()
    yield from _files()
    yield from _backups(moment)
    yield _mail_server()
    yield _second_way()
    yield from _rescue_identity()
    yield _box()
    yield _scanner()
    yield outside.redis()
    yield from house.found(moment, mend=mend)
    yield from outside.found(moment)


def asking_for_worker(app: Flask) -> Callable[[], bool]:
    """Return what asks, out of any thread, whether the worker was not heard of for long. It never raises."""

    def ask() -> bool:
        with app.app_context():
            try:
                return alarms.worker_is_silent(i18n.now())
            except SQLAlchemyError as error:
                log.warning("database: %s; nobody knows how the worker is", type(error).__name__)
                return False
            finally:
                db.session.remove()

    return ask


def _database() -> Iterator[Finding]:
    """Look whether the database answers, is up to date, and set up."""
    scripts = ScriptDirectory(str(migrate.directory))
    try:
        there = set(MigrationContext.configure(db.session.connection()).get_current_heads())
        yield Finding("The database answers.")
        if there != set(scripts.get_heads()):
            to_do = "Stop everything, run flask init, then start again."
            yield Finding("The database is not of this version.", to_do)
        elif setup.house() is None or postmaster.kept() is None:
            yield Finding("This instance is not set up.", "Run flask init.")
        else:
            yield Finding("The database is of this version.")
    except SQLAlchemyError as error:
        words = _short(str(getattr(error, "orig", None) or type(error).__name__))
        yield Finding(f"The database does not answer: {words}.", "Start it, or correct INTAKE_DATABASE_URL.")
    finally:
        db.session.rollback()


def _worker(moment: datetime) -> Finding:
    kept = postmaster.kept()
    beat_at = kept.beat_at if kept else None
    start = "Start it with flask serve, or flask outbox deliver --watch."
    if beat_at is None:
        return Finding("The worker, which sends letters, was never started.", start)
    if alarms.is_silent(beat_at, moment):
        return Finding(f"The worker, which sends letters, gives no sign of life since {_at(beat_at)}.", start)
    return Finding(f"The worker lives: it was heard of at {_at(beat_at)}.")


def _letters(moment: datetime) -> Iterator[Finding]:
    """Look at what is owed, and what the mail server said of it."""
    post = letters.health(moment)
    last = f"the last went out at {_at(post.delivered_at)}" if post.delivered_at else "none ever went out"
    oldest = f", the oldest since {_at(post.oldest_owed_at)}" if post.oldest_owed_at else ""
    yield Finding(f"Letters: {post.owed} owed{oldest}; {post.day} went out in 24 hours, {last}.")
    if post.late:
        what = f"{post.late} of them should have been tried some minutes ago and were not."
        yield Finding(what, "Look whether the worker runs, and what it writes.")
    for word in post.words:
        what = f"Of {word.count}, the mail server said last: {word.smtp_code or ''} {_short(word.answer)}".rstrip()
        yield Finding(f"{what}.", "See to what it says; the letters are tried again by themselves.")
    newsroom = current_app.config["NEWSROOM_ADDRESS"]
    settings = _settings()
    if settings.mail.folder is not None and not settings.trial:
        what = f"Letters are written to {settings.mail} and reach nobody."
        yield Finding(what, "Set INTAKE_MAIL_URL to a mail server.")
    if not any(sign.kind == alarms.ADDRESS_BOUNCES and sign.about == alarms.NEWSROOM for sign in alarms.standing()):
        yield Finding(f"The newsroom's address is {newsroom}, and nothing came back from it.")


def _alarms() -> Iterator[Finding]:
    """Say which alarms stand; of the worker's silence there is a line already."""
    standing = [alarm for alarm in alarms.standing() if alarm.kind != alarms.WORKER_SILENT]
    names = members.names({int(alarm.about) for alarm in standing if alarm.about.isdecimal()})
    for alarm in standing:
        about = f" ({names.get(int(alarm.about), '–') if alarm.about.isdecimal() else alarm.about})"
        what = f"{alarm_words.wrong(alarm.kind)}{about if alarm.about else ''}, since {_at(alarm.raised_at)}."
        yield Finding(what, alarm_words.to_do(alarm.kind) or "See to it.")
    if not standing:
        yield Finding("No alarm stands.")


def _files() -> Iterator[Finding]:
    """Look whether files can be kept, and whether those are there that should be."""
    place = storage()
    mend = "Mend it, or correct INTAKE_STORE_URL." if _settings().files.store else "Look at the disk and its owner."
    try:
        place.reach()
        keeps = place.try_out()
        gone = list(verify.missing())
    except OSError as error:
        yield Finding(f"Files are not to be reached at {place}: {error.strerror or type(error).__name__}.", mend)
        return
    yield Finding(f"Files are kept at {place}.")
    if not keeps:
        what = f"{place} lets what came first be overwritten: it does not know If-None-Match."
        yield Finding(what, "Use a store that does.")
    if gone:
        first = cases.references({kept.case_id for kept, _ in gone[:MOST_CASES]})
        more = " and others" if len(gone) > MOST_CASES else ""
        lost = sum(count for _, count in gone)
        named = ", ".join(sorted(first.values()))
        what = f"Of {len(gone)} files {lost} chunks are missing: {named}{more}."
        yield Finding(what, "Put them back from a backup; flask evidence verify names them.")


def _backups(moment: datetime) -> Iterator[Finding]:
    """Look whether backups are made, whether the last is good and young, and whether coming back was ever tried."""
    known = backup_place.settings()
    if known.recipient is None or not known.has_place:
        if _settings().trial:
            yield Finding("No backups are made; on a trial none need be.")
        else:
            to_do = "Set INTAKE_BACKUP_RECIPIENT and INTAKE_BACKUP_FOLDER, as docs/operate.md says."
            yield Finding("No backups are made: what is lost here is lost.", to_do)
        return
    good, newest, tried_at = backups.last_good(), backups.newest(), backups.tried_at()
    look = "Run flask backup create, and do what it says."
    if newest is not None and newest.ended_at is not None and newest.what:
        yield Finding(f"The last backup, of {_at(newest.began_at)}, is not good: {newest.what}.", look)
    if good is None:
        yield Finding("No good backup was ever made.", look)
        return
    if good.began_at < moment - backups.old_after():
        yield Finding(f"The last good backup is old: it is of {_at(good.began_at)}.", look)
    else:
        yield Finding(f"The last good backup is of {_at(good.began_at)}.")
    if tried_at is None or tried_at < moment - backups.TRY_EVERY:
        since = f"since {_at(tried_at)}" if tried_at else "so far"
        to_do = "Try flask backup restore on another machine, then run flask backup tried here."
        yield Finding(f"Nobody tried to come back from a backup {since}.", to_do)


def _mail_server() -> Finding:
    server = current_app.config["MAIL"]
    outcome = deliver.hand_over(None, server)
    if outcome.accepted:
        return Finding(f"The mail server {server} takes letters of ours.")
    words = _short(f"{outcome.smtp_code or ''} {outcome.answer}".strip())
    return Finding(f"The mail server {server} is not to be reached: {words}.", "Mend it, or correct INTAKE_MAIL_URL.")


def _second_way() -> Finding:
    way = second_way.way()
    if way is None and _settings().trial:
        return Finding("Nobody is told of alarms but by letter; on a trial nobody need be.")
    if way is None:
        what = "Nobody is told of alarms but by letter, which may be what is ill."
        return Finding(what, "Set INTAKE_ALARM_URL or INTAKE_ALARM_ADDRESS.")
    outcome = second_way.reach()
    if outcome.accepted:
        return Finding(f"Alarms are told by {way}.")
    words = _short(outcome.answer.partition(":")[0])
    to_do = "Mend it, or correct INTAKE_ALARM_URL and INTAKE_ALARM_ADDRESS."
    return Finding(f"Alarms cannot be told by {way}: {words}.", to_do)


def _rescue_identity() -> Iterator[Finding]:
    if rescue_file.lies_here():
        yield Finding(f"{rescue_file.path()} opens every case.", "Move it away from this machine.")


def _box() -> Finding:
    """Say whether files can be looked at, and whether sound and film can."""
    lacking = box.ill()
    if lacking == box.NO_SANDBOX:
        what = "Files cannot be looked at in safety: no viewing copies are made."
        to_do = "Run this on Linux 5.13 or newer with Landlock and seccomp on, and libseccomp installed."
        return Finding(what, to_do)
    if lacking:
        what = "Sound and film cannot be looked at in safety: ffmpeg is not there, or does not run behind walls."
        return Finding(what, "Install ffmpeg from the distribution's packages.")
    return Finding("Files can be looked at in safety, sound and film too.")


def _scanner() -> Finding:
    """Say whether anybody looks for viruses."""
    scanner = current_app.config["FILES"].scanner
    if scanner is None:
        return Finding("No scanner looks for viruses in files: INTAKE_CLAMAV_URL is not set.")
    if not scan.answers(scanner):
        what = "The scanner does not answer: files are shown as not scanned."
        return Finding(what, "Start clamd, or mend INTAKE_CLAMAV_URL.")
    return Finding("The scanner for viruses answers.")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _short(text: str) -> str:
    """Return what others said as a piece of one line."""
    return "".join(sign if sign.isprintable() else " " for sign in " ".join(text.split()))[:LONGEST_WORDS].rstrip(".")
