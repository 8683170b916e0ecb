"""What the worker sees to beside the letters. It is an edge: each verb has a transaction of its own."""

import logging
import time

from flask import current_app
from sqlalchemy.exc import DBAPIError

from intake.backup import runs as backups
from intake.cases import deletion, due, escalation, lockdown, presence, reconciliation, retention, summary
from intake.complaint import canary_rounds
from intake.evidence import remove
from intake.evidence.place import storage
from intake.extensions import transaction
from intake.i18n import now
from intake.members import certificates
from intake.members import queries as members
from intake.outbox import alarms, rehearsal, second_way
from intake.outbox import certificates as kept

STEADY_FOR = 3600.0  # seconds after a jump of the clock before files are swept again
JUMP = 300.0  # seconds by which the clock must part from the time that passed
SWEPT_AT = (0, 1)  # the minutes of an hour: two, since a round may take longer than one
log = logging.getLogger(__name__)


def every_minute() -> None:
    """Keep the promises that no member keeps: raise alarms, withdraw, destroy, end what is over, remind, sweep."""
    _clock_is_steady()
    see_to_alarms()
    sum_up()
    with transaction():
        lockdown.withdraw_late(now())  # no letter is kept for who was locked out
        rehearsal.forget(now())
    _destroy_what_was_asked()
    end_what_is_over()
    for case_id in due.come(now()):
        with transaction():
            due.remind(case_id, now())
    call_others()
    if reconciliation.is_due(now()):
        reconcile()
    if backups.alarm_is_due(now()):
        with transaction():
            backups.see_to_alarm(now())
    if now().minute in SWEPT_AT:
        sweep()
    _see_to_canaries()


def see_to_alarms() -> None:
    """Raise and end alarms, and tell the operator of them by the second way."""
    addresses = {str(member.id): member.address for member in members.all_active()}
    with transaction():
        alarms.look(now(), {**addresses, alarms.NEWSROOM: current_app.config["NEWSROOM_ADDRESS"]})
    tell_of_alarms()


def tell_of_alarms() -> None:
    """Tell the operator by the second way of the alarms that nobody told of, and of those that are over since."""
    try:
        with second_way.alone() as alone:
            moment = now()
            notice = second_way.owed(moment) if alone else None
            if notice is not None and second_way.tell(notice):
                with transaction():
                    second_way.told(notice, moment)
    except OSError as error:  # the disk refuses: letters go on, and the next round tries again
        log.warning("alarms could not be told: %s; trying again", type(error).__name__)


def sum_up() -> None:
    """Owe the daily summary, if its morning has come."""
    if summary.is_due(now()):
        found = summary.gathered(now())
        with transaction():
            summary.owe(found, now())


def end_what_is_over() -> tuple[int, int]:
    """Warn of cases whose time is nearly over, destroy a few of those whose day has come; return how many of each."""
    warned, destroyed = 0, 0
    with transaction():
        void = retention.look(now())
    if retention.anything_to_warn_of(now()):
        with transaction():
            warned = retention.warn(now())
    for case_id in _with_files(retention.due(now())):
        try:
            with transaction():
                destroyed += retention.destroy(case_id, now())
        except OSError as error:
            log.warning("files of a case could not be removed: %s; trying again", type(error).__name__)
    if void or warned or destroyed:
        log.info("ends of cases: warnings void %d, warned of %d, destroyed %d", void, warned, destroyed)
    return warned, destroyed


def call_others() -> int:
    """Call others to the cases that nobody acknowledged in time; return how many letters are owed by it."""
    owed = 0
    for case_id in escalation.come(now()):
        with transaction():
            owed += escalation.call(case_id, now())
    if owed:
        log.info("letters that call others to cases nobody acknowledged: %d", owed)
    return owed


def reconcile() -> tuple[int, int]:
    """Compare letters with cases; return of how many cases nobody was told, and how many waited unnoticed."""
    missing, unnoticed = 0, 0
    for case_id in reconciliation.forgotten(now()):
        with transaction():
            unnoticed += reconciliation.remember(case_id, now())
    for case_id in reconciliation.untold():
        with transaction():
            missing += bool(reconciliation.tell(case_id, now()))
    with transaction():
        reconciliation.finish(now(), missing)
    counts = ", ".join(f"{status} {count}" for status, count in reconciliation.tally().items())
    log.info("cases by status: %s; without a letter to anybody: %d", counts or "none", missing)
    return missing, unnoticed


def _destroy_what_was_asked() -> None:
    """Destroy the cases whose complainants asked for it, once their days have passed."""
    for case_id in _with_files(deletion.due(now())):
        try:
            with transaction():
                destroyed = deletion.destroy(case_id, now())
        except OSError as error:  # the disk refuses: letters and other cases go on, and the next round tries again
            log.warning("files of a case could not be removed: %s; trying again", type(error).__name__)
        else:
            log.info("cases destroyed, as their complainants asked: %d", destroyed)


def _with_files(case_ids: list[int]) -> list[int]:
    """Return the cases whose files are to be removed; none while the store is away: no row is held for that."""
    try:
        if case_ids:
            storage().reach()
    except OSError as error:
        log.warning("files are not to be reached: %s; trying again", type(error).__name__)
        return []
    return case_ids


def _see_to_canaries() -> None:
    """Test the way of complaints now and then. Whatever goes wrong with that, letters must go out."""
    try:
        canary_rounds.every_minute()
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 a test of the way must not stand in the way
        log.error("canaries: %s", type(error).__name__)  # noqa: TRY400 a traceback shows values


def sweep() -> None:
    """Take away what nothing needs any more, and warn of keys for letters that end soon: every hour."""
    with transaction():
        presence.sweep(now())
        kept.sweep()
        certificates.warn(now())
    if not _clock_is_steady():
        log.warning("the clock jumped: files that nothing needs are looked for in an hour")
        return
    try:
        remove.sweep(now())
    except OSError as error:
        log.warning("files could not be swept: %s; trying again", type(error).__name__)


def _clock_is_steady() -> bool:
    """Return whether the clock of this process did not jump for an hour, as far as anybody looked.

    After a jump forward, what somebody is sending at this moment looks as if it had been left behind a day ago.
    """
    moment, passed = now().timestamp(), time.monotonic()
    known: dict[str, float] = current_app.extensions.setdefault("clock", {"apart": moment - passed})
    if abs(moment - passed - known["apart"]) > JUMP:
        known["jumped"] = passed
    known["apart"] = moment - passed
    return "jumped" not in known or passed - known["jumped"] >= STEADY_FOR
