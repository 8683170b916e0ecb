"""The canaries' rounds: the edge that sends them and looks how far they came, a little at each look.

The worker looks every minute, and a command as often as it likes; each step of a run is taken by one of them alone.
"""

import logging
import time
from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app

from intake.cases import canary_words
from intake.complaint import canary, canary_audience, canary_browser, canary_mark, canary_removal, robots
from intake.complaint.canary_browser import Page, Place
from intake.complaint.models import ANSWERED, ARRIVED, BEGUN, DELIVERED, SENDING, STEPS, CanaryRun
from intake.desks import setup
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import canary_mailbox

PAUSE = robots.SHORTEST_TIME + 0.5  # seconds that a person needs at least to fill in a form
LOOK_EVERY = 2.0  # seconds
PATIENCE = timedelta(minutes=2)  # of the command
log = logging.getLogger(__name__)


def every_minute() -> None:
    """Send canaries whose time it is, go on with those that are on their way, and see to their alarms."""
    every = timedelta(hours=every_hours())
    if every and (due := canary.due(now(), every)):
        with transaction():
            canary.begin(now(), due)
    go_on()
    late = canary.late(now(), every) if every else set()
    if late != canary.alarming():
        with transaction():
            canary.sound(late, now())


def run() -> list[CanaryRun]:
    """Send a canary of each country, wait for all of them some minutes at most, and return what came of them."""
    with transaction():
        canary.begin(now())
    ids = [one.id for one in canary.at(*STEPS)]
    until = now() + PATIENCE
    go_on(ids)
    while canary.at(*STEPS, among=ids):
        if not canary.at(*STEPS[1:], among=ids) or now() >= until:  # nobody answers, or it takes too long
            with transaction():
                canary.end_late(now(), timedelta(0), ids)
            break
        time.sleep(LOOK_EVERY)
        go_on(ids)
    with transaction():
        canary.sound(canary.late(now(), timedelta(hours=every_hours())), now())
    return canary.ended(ids)


def every_hours() -> int:
    """Return how often the worker sends canaries, in hours; 0 where it sends none."""
    hours: int = current_app.config["CANARY_HOURS"]
    return hours if what_is_missing() is None else 0


def what_is_missing() -> str | None:
    """Return why no canary can be sent from here, for the operator; None where it can."""
    if setup.house() is None:
        return "run flask init"
    if not canary_mailbox.is_set():
        return "set INTAKE_CANARY_ADDRESS and INTAKE_CANARY_INBOX: a mailbox of its own for the letters of canaries"
    if (urlsplit(current_app.config["CANARY_URL"]).hostname or "").endswith(".onion"):
        return "set INTAKE_CANARY_URL: an onion address is not to be reached from here"
    return None


def go_on(among: Collection[int] | None = None) -> None:
    """Let every run that is on its way take the steps that it can take now.

    Args:
        among: the runs that are meant; else all.
    """
    if canary.at(*STEPS, among=among):
        _send([(one.id, one.country) for one in canary.at(BEGUN, among=among)])
        for one in canary.at(ANSWERED, among=among):
            _look_whether_accepted(one)
        for one in canary.at(DELIVERED, among=among):
            _look_whether_arrived(one)
        for one in canary.at(ARRIVED, among=among):
            _open(one)
        with transaction():
            canary.end_late(now())
    for case_id in canary_removal.left_behind():
        with transaction():
            canary_removal.remove(case_id, now())


def _place() -> Place:
    config = current_app.config
    return Place(config["CANARY_URL"], urlsplit(config["PUBLIC_URL"]).netloc, config["MAIL_CA_FILE"])


def _send(runs: list[tuple[int, str]]) -> None:
    """Ask for a form for each run, wait as long as a person needs to fill it in, and send them."""
    place, asked = _place(), list[tuple[int, str, Page]]()
    db.session.rollback()  # hold no read open while the web server takes its time
    for run_id, country in runs:
        try:
            asked.append((run_id, country, canary_browser.ask(place)))
        except canary_browser.AwayError as error:
            log.warning("the web server did not answer a canary (%s); trying again", type(error.__cause__).__name__)
            break
        except canary_browser.RefusedError:
            _end(run_id, canary_words.REFUSED)
    if asked:
        time.sleep(PAUSE)
    for run_id, country, page in asked:
        _send_one(run_id, country, page, place)


def _send_one(run_id: int, country: str, page: Page, place: Place) -> None:
    with transaction():
        if not canary.go(run_id, BEGUN, SENDING):
            return
    before = canary_audience.should_hear(country, canary_browser.LANGUAGE, now())
    told, mark = canary.story(run_id, country), canary_mark.of(run_id, country)
    db.session.rollback()
    try:
        reference = canary_browser.send(place, page, canary_browser.fill(page, country, told, mark))
    except canary_browser.AwayError as error:
        log.warning("no answer to a canary (%s)", type(error.__cause__).__name__)  # it may have been taken all the same
    except canary_browser.RefusedError:
        _end(run_id, canary_words.REFUSED)
    except canary_browser.NoReceiptError:
        _end(run_id, canary_words.NO_RECEIPT)
    else:
        after = canary_audience.should_hear(country, canary_browser.LANGUAGE, now())
        with transaction():
            canary.check_answer(run_id, reference, (before, after), now())


def _look_whether_accepted(one: CanaryRun) -> None:
    letters = canary.letters_of(one)
    if letters and all(letter.delivered_at for letter in letters):
        with transaction():
            canary.go(one.id, ANSWERED, DELIVERED)


def _look_whether_arrived(one: CanaryRun) -> None:
    run_id, awaited = one.id, {letter.message_id for letter in canary.letters_of(one)}
    db.session.rollback()
    try:
        if not awaited <= canary_mailbox.arrived(awaited):
            return
    except (canary_mailbox.AwayError, OSError) as error:
        log.warning("the canary's mailbox is away: %s", type(error).__name__)
        return
    with transaction():
        canary.go(run_id, DELIVERED, ARRIVED)


def _open(one: CanaryRun) -> None:
    """Open the case; then all was right, and nothing is left of it."""
    run_id, opens = one.id, canary.opens(one)
    letters = [letter.message_id for letter in canary.letters_of(one)]
    if opens is None:
        with transaction():
            canary.forget(run_id, now())
        return
    _end(run_id, canary_words.GOOD if opens else canary_words.NOT_OPENED)
    try:
        canary_mailbox.forget(letters)
    except (canary_mailbox.AwayError, OSError) as error:
        log.warning("letters of a canary stay in its mailbox: %s", type(error).__name__)


def _end(run_id: int, what: str) -> None:
    with transaction():
        canary.end(run_id, now(), what)
