"""What came of backups: when the last good one was made, and whether it is time for another."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from intake import audit
from intake.audit import HOUSE, AuditEntry
from intake.backup.models import BackupRun
from intake.backup.place import settings
from intake.extensions import db
from intake.outbox import alarms

GOOD, BROKEN_OFF, INCOMPLETE = "", "broken off", "incomplete"
AGAIN_AFTER = timedelta(hours=1)  # one that failed is made again so much later
KEPT = timedelta(days=90)  # for which what came of backups is kept
TRY_EVERY = timedelta(days=90)  # how often coming back should be tried
_GOOD = (BackupRun.ended_at.is_not(None), BackupRun.what == GOOD)


def begin(name: str, moment: datetime) -> None:
    """Write down that a backup is begun; one that was not ended was broken off, since nobody else makes one."""
    open_ones = update(BackupRun).where(BackupRun.ended_at.is_(None))
    db.session.execute(open_ones.values(ended_at=moment, what=BROKEN_OFF))
    newest = select(func.max(BackupRun.id)).where(*_GOOD).scalar_subquery()
    tried = select(func.max(BackupRun.id)).where(BackupRun.tried_at.is_not(None)).scalar_subquery()
    old = delete(BackupRun).where(BackupRun.began_at < moment - KEPT, BackupRun.case_id.is_(None))
    kept = (BackupRun.id != func.coalesce(newest, 0), BackupRun.id != func.coalesce(tried, 0))
    db.session.execute(old.where(*kept))
    db.session.add(BackupRun(name=name, began_at=moment, what=GOOD, size=0))
    db.session.flush()


def end(name: str, moment: datetime, what: str, size: int) -> None:
    """Write down what came of a backup."""
    done = update(BackupRun).where(BackupRun.name == name)
    db.session.execute(done.values(ended_at=moment, what=what, size=size))
    audit.record("backup.made", backup=name, what=what or "good")
    if what == GOOD:
        alarms.end(alarms.BACKUP_LATE, moment)


def end_open(moment: datetime) -> None:
    """Say of the backup from which this database came back that it was not over when the rows were read."""
    open_ones = update(BackupRun).where(BackupRun.ended_at.is_(None))
    db.session.execute(open_ones.values(ended_at=moment, what=GOOD, tried_at=moment))


def is_due(moment: datetime) -> bool:
    """Return whether it is time for a backup: a while after the last was begun, sooner if that one failed.

    It is, too, where the clock went back behind that one.
    """
    if not settings().by_itself:
        return False
    last = newest()
    if last is None:
        return True
    well = last.ended_at is not None and last.what == GOOD
    wait = timedelta(hours=settings().hours) if well else min(AGAIN_AFTER, timedelta(hours=settings().hours))
    return not last.began_at <= moment < last.began_at + wait


def is_late(moment: datetime) -> bool:
    """Return whether backups should be made, and the last good one is too old."""
    if not settings().by_itself:
        return False
    good = last_good()
    since = good.began_at if good else _house_began_at()
    return since is not None and since < moment - old_after()


def old_after() -> timedelta:
    """Return after how long the last good backup is too old."""
    return 2 * timedelta(hours=settings().hours or 24)


def alarm_is_due(moment: datetime) -> bool:
    """Return whether the alarm that backups are late is to be raised, or to be ended."""
    return is_late(moment) != bool(alarms.about(alarms.BACKUP_LATE))


def see_to_alarm(moment: datetime) -> None:
    """Raise the alarm that backups are late, or end it."""
    if is_late(moment):
        alarms.raised(alarms.BACKUP_LATE, moment)
    else:
        alarms.end(alarms.BACKUP_LATE, moment)


def newest() -> BackupRun | None:
    """Return the backup that was begun last."""
    return db.session.scalar(select(BackupRun).order_by(BackupRun.id.desc()).limit(1))


def last_good() -> BackupRun | None:
    """Return the last backup with which nothing was wrong."""
    return db.session.scalar(select(BackupRun).where(*_GOOD).order_by(BackupRun.id.desc()).limit(1))


def incomplete() -> set[str]:
    """Return the names of the backups in which chunks are missing."""
    return set(db.session.scalars(select(BackupRun.name).where(BackupRun.what == INCOMPLETE)))


def tried_at() -> datetime | None:
    """Return when coming back from a backup was tried last."""
    return db.session.scalar(select(func.max(BackupRun.tried_at)))


def note_tried(name: str, moment: datetime) -> bool:
    """Write down that the operator tried to come back from a backup; return whether there was such a backup."""
    named = update(BackupRun).where(BackupRun.name == name).values(tried_at=moment).returning(BackupRun.id)
    if not db.session.execute(named).all():
        return False
    audit.record("backup.tried", backup=name)
    return True


def _house_began_at() -> datetime | None:
    return db.session.scalar(select(func.min(AuditEntry.at)).where(AuditEntry.chain == HOUSE))
