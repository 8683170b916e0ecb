"""Alarms: what somebody must see to, raised once, and ended when it is over.

The worker judges what it can see: that no letter goes out, and that an address gives all back. That the worker itself
is silent is judged by whoever asks, from when it was heard of last.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import current_app
from sqlalchemy import case, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from intake.extensions import Moment, core, db, table
from intake.outbox.models import Alarm, Attempt, Bounce, Letter, Postmaster

NO_DELIVERY = "no_delivery"  # letters are owed, and the mail server took none for hours
WORKER_SILENT = "worker_silent"  # the worker does not look for letters any more
ADDRESS_BOUNCES = "address_bounces"  # about a member's number, or ``newsroom``
LETTER_MISSING = "letter_missing"  # cases had no letter to anybody; it was owed again
CANARY_LATE = "canary_late"  # about a country
CERTIFICATE_ENDS = "certificate_ends"  # about a member's number, or ``newsroom``
MAILBOX_AWAY = "mailbox_away"  # what arrives by e-mail could not be read for long
BACKUP_LATE = "backup_late"  # backups should be made, and no good one was for long
KINDS = (
    *(NO_DELIVERY, WORKER_SILENT, ADDRESS_BOUNCES, LETTER_MISSING, CANARY_LATE, CERTIFICATE_ENDS, MAILBOX_AWAY),
    BACKUP_LATE,
)
BY_HAND = frozenset({ADDRESS_BOUNCES, LETTER_MISSING})  # what a member may say is mended; the others end by themselves
NEWSROOM = "newsroom"
SILENCE = timedelta(minutes=10)  # after which the worker, which says that it lives every minute, is taken for dead
GOOD_FOR = timedelta(days=1)  # a letter that did not come back in that time has arrived
_A_MOMENT = timedelta(microseconds=1)


class Sign(NamedTuple):
    """An alarm that stands, as those need it who only tell that it does."""

    kind: str
    about: str
    since: datetime


def raised(kind: str, moment: datetime, about: str = "") -> bool:
    """Raise an alarm.

    Args:
        kind: one of ``KINDS``.
        moment: now.
        about: what it is about, where there are several of its kind.

    Returns:
        Whether it is new: one that stands already stays as it is.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        message = f"there is no alarm {kind}"
        raise ValueError(message)
    standing = select(Alarm.id).where(Alarm.kind == kind, Alarm.about == about, Alarm.ended_at.is_(None))
    if db.session.scalar(standing) is not None:
        return False
    dialect = postgresql if core().dialect.name == "postgresql" else sqlite
    row = dialect.insert(table(Alarm)).values(kind=kind, about=about, raised_at=moment)
    new = row.on_conflict_do_nothing().returning(table(Alarm).c.id)  # another worker may raise it at this moment
    return bool(core().execute(new).all())


def end(kind: str, moment: datetime, about: str = "") -> bool:
    """End an alarm.

    Returns:
        Whether it stood.
    """
    standing = update(Alarm).where(Alarm.kind == kind, Alarm.about == about, Alarm.ended_at.is_(None))
    # Whoever was told of it has still to be told that it is over, also where the clock was set back meanwhile.
    told_at = case((Alarm.told_at >= moment, literal(moment - _A_MOMENT, Moment())), else_=Alarm.told_at)
    return bool(db.session.execute(standing.values(ended_at=moment, told_at=told_at).returning(Alarm.id)).all())


def about(kind: str) -> set[str]:
    """Return what the alarms of a kind are about that are not over."""
    return set(db.session.scalars(select(Alarm.about).where(Alarm.kind == kind, Alarm.ended_at.is_(None))))


def standing() -> list[Alarm]:
    """Return the alarms that are not over, oldest first."""
    return list(db.session.scalars(select(Alarm).where(Alarm.ended_at.is_(None)).order_by(Alarm.raised_at, Alarm.id)))


def ended_since(moment: datetime, most: int) -> list[Alarm]:
    """Return the alarms that were over after a moment, the newest first.

    Args:
        moment: since when.
        most: how many at most.
    """
    over = select(Alarm).where(Alarm.ended_at >= moment).order_by(Alarm.ended_at.desc(), Alarm.id.desc())
    return list(db.session.scalars(over.limit(most)))


def signs(moment: datetime) -> list[Sign]:
    """Return what is wrong now in one statement: the alarms that stand, and whether the worker is silent.

    Args:
        moment: now.
    """
    rows = db.session.execute(_SIGNS).all()
    found = [Sign(row.kind, row.about, row.raised_at) for row in rows if row.kind not in {None, WORKER_SILENT}]
    if rows and is_silent(rows[0].beat_at, moment):
        found.insert(0, Sign(WORKER_SILENT, "", rows[0].beat_at))
    return found


def is_silent(beat_at: datetime | None, moment: datetime) -> bool:
    """Return whether the worker is not heard of any more; one that was never started is not judged.

    What it said when the clock was ahead says nothing: where the clock goes back, a worker that lives says so at once.
    """
    return beat_at is not None and abs(moment - beat_at) > SILENCE


def worker_is_silent(moment: datetime) -> bool:
    """Return the same of the worker as it is now."""
    return is_silent(db.session.scalar(select(Postmaster.beat_at)), moment)


def look(moment: datetime, addresses: Mapping[str, str]) -> None:
    """Raise and end what letters show: that none goes out, and that all of them come back from an address.

    Args:
        moment: now.
        addresses: those that must be reached, by what an alarm is about: a member's number, or ``newsroom``.
    """
    _settle(NO_DELIVERY, moment, {""} if nothing_goes_out(moment) else set())
    _settle(ADDRESS_BOUNCES, moment, _bouncing(moment, addresses))
    if not worker_is_silent(moment):
        end(WORKER_SILENT, moment)


def look_from_outside(moment: datetime) -> bool:
    """Raise the alarm that the worker is silent, which it cannot do itself.

    Returns:
        Whether it is.
    """
    silent = worker_is_silent(moment)
    if silent:
        raised(WORKER_SILENT, moment)
    return silent


def nothing_goes_out(moment: datetime) -> bool:
    """Return whether letters wait for hours, and none went out in that time.

    A letter waits since it was tried for the first time, or since it should have been: one that is kept for the
    morning, or that goes out inside another, does not.
    """
    since = moment - timedelta(hours=current_app.config["ALARM_HOURS"])
    if db.session.scalar(select(Letter.id).where(Letter.delivered_at > since).limit(1)) is not None:
        return False
    owed = (Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None), Letter.gathered_in_id.is_(None))
    tried = exists().where(Attempt.letter_id == Letter.id, Attempt.at <= since)
    waits = select(Letter.id).where(*owed, or_(Letter.due_at <= since, tried)).limit(1)
    return db.session.scalar(waits) is not None


def _settle(kind: str, moment: datetime, wrong: Iterable[str]) -> None:
    """Let the alarms of a kind stand that are about these, and no others."""
    stands = set(db.session.scalars(select(Alarm.about).where(Alarm.kind == kind, Alarm.ended_at.is_(None))))
    for about in stands.difference(wrong):
        end(kind, moment, about)
    for about in set(wrong) - stands:
        raised(kind, moment, about)


def _bouncing(moment: datetime, addresses: Mapping[str, str]) -> set[str]:
    """Return which of the addresses give letters back for good, and took none since.

    One is well again once a later letter did not come back for a day, or once somebody ended its alarm: only what comes
    back after that counts.
    """
    sent = func.coalesce(Letter.delivered_at, Letter.owed_at)
    known = ~Letter.is_canary, Letter.address.in_(set(addresses.values()))
    rows = select(Letter.address, func.max(Bounce.at), func.max(sent)).join(Letter, Letter.id == Bounce.letter_id)
    bounced = {
        address: (bounced_at, sent_at)
        for address, bounced_at, sent_at in db.session.execute(
            rows.where(Bounce.permanent, *known).group_by(Letter.address)
        )
    }
    if not bounced:
        return set()
    ended = select(Alarm.about, func.max(Alarm.ended_at)).where(Alarm.kind == ADDRESS_BOUNCES).group_by(Alarm.about)
    mended = {about: at for about, at in db.session.execute(ended) if at is not None}
    found = set()
    for about, address in addresses.items():
        if address not in bounced:
            continue
        bounced_at, sent_at = bounced[address]
        is_new = about not in mended or bounced_at > mended[about]
        if is_new and not _took_one(address, sent_at, moment - GOOD_FOR):
            found.add(about)
    return found


def _took_one(address: str, after: datetime, until: datetime) -> bool:
    """Return whether an address took a letter in a time; after the last that came back, so it has not come back."""
    in_time = ~Letter.is_canary, Letter.address == address, Letter.delivered_at > after, Letter.delivered_at <= until
    return db.session.scalar(select(Letter.id).where(*in_time).limit(1)) is not None


_SIGNS = (
    select(Postmaster.beat_at, Alarm.kind, Alarm.about, Alarm.raised_at)
    .outerjoin(Alarm, Alarm.ended_at.is_(None))
    .order_by(Alarm.raised_at, Alarm.id)
)
