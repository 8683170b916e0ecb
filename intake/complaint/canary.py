"""Canaries: a marked complaint of each country goes the whole way, and each step of it is checked.

A run is a row that says how far it came, so that whoever looks next goes on with it. Its case has a status of its own:
no member sees it, nothing counts it. Once it is over nothing is left of the case but the run's row, and an entry in the
audit of the house.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from intake import audit
from intake.audit import HOUSE, AuditEntry
from intake.cases import canary_words, queries
from intake.cases.models import Case, Statement
from intake.complaint import canary_audience, canary_mark, canary_removal
from intake.complaint.canary_audience import Audience
from intake.complaint.models import ANSWERED, ARRIVED, BEGUN, DELIVERED, OPENED, SENDING, SENT, CanaryRun
from intake.desks.models import DeskKey
from intake.extensions import db
from intake.outbox import alarms
from intake.outbox.models import Letter
from intake.reference.countries import COUNTRIES, OTHER
from intake.sealing import SealError

ALL = (*COUNTRIES, OTHER)
LATE = timedelta(minutes=15)  # within which all of it must be done
AGAIN_AFTER = timedelta(hours=1)  # a run that failed is tried again so much later
KEPT = timedelta(days=90)  # for which what came of runs is kept
_OPEN, _OVER = CanaryRun.ended_at.is_(None), CanaryRun.ended_at.is_not(None)
_GOOD = (_OVER, CanaryRun.what == canary_words.GOOD)


@dataclass(frozen=True)
class Figure:
    """What is known of a country's canaries.

    Attributes:
        country: which.
        last: the last run; None before the first.
        good_at: when the last one ended in which all was right.
        seconds: how long that one took.
    """

    country: str
    last: CanaryRun | None
    good_at: datetime | None
    seconds: float | None


def story(run_id: int, country: str) -> str:
    """Return what a run tells: words that nobody who read them would take for a complaint."""
    which = f"{run_id}, {country}"
    return (
        f"Это автоматическая проверка сайта ({which}). Ничего не случилось, и делать ничего не нужно.\n"
        f"This site tests itself ({which}). Nothing happened, and nothing is to be done."
    )


def begin(moment: datetime, countries: Collection[str] | None = None) -> None:
    """Begin a run of each of some countries, or of all, unless one of it is on its way; forget those of long ago."""
    gone = (CanaryRun.ended_at < moment - KEPT, CanaryRun.case_id.is_(None))
    db.session.execute(delete(CanaryRun).where(*gone))
    busy = set(db.session.scalars(select(CanaryRun.country).where(_OPEN)))
    for country in ALL if countries is None else countries:
        if country not in busy:
            db.session.add(CanaryRun(country=country, began_at=moment, step=BEGUN, what=""))
    db.session.flush()


def due(moment: datetime, every: timedelta) -> list[str]:
    """Return the countries whose time it is: a while after their last run began, sooner if that one failed.

    It is, too, where the clock went back behind that one.

    Of a country that had none they are counted from when the house was set up, so that a first start disturbs nobody.

    Args:
        moment: now.
        every: how often.
    """
    newest = newest_by_country()
    first = _house_began_at() if len(newest) < len(ALL) else None
    found = []
    for country in ALL:
        run = newest.get(country)
        since, wait = (run.began_at, AGAIN_AFTER if run.what else every) if run else (first, every)
        if since is not None and not since <= moment < since + wait and (run is None or run.ended_at is not None):
            found.append(country)
    return found


def at(*steps: str, among: Collection[int] | None = None) -> list[CanaryRun]:
    """Return the runs that are at one of these steps, oldest first."""
    chosen = select(CanaryRun).where(_OPEN, CanaryRun.step.in_(steps)).order_by(CanaryRun.id)
    return list(db.session.scalars(chosen if among is None else chosen.where(CanaryRun.id.in_(among))))


def go(run_id: int, before: str, after: str) -> bool:
    """Let a run go from one step to another; return whether it was there, and nobody else went on with it."""
    moved = update(CanaryRun).where(CanaryRun.id == run_id, CanaryRun.step == before, _OPEN)
    return bool(db.session.execute(moved.values(step=after).returning(CanaryRun.id)).all())


def check_answer(run_id: int, reference: str, expected: Sequence[Audience], moment: datetime) -> None:
    """Check what became of a run that was sent: whether it opened a case, which, and to whom its letters are owed.

    Args:
        run_id: the run.
        reference: what the answer showed.
        expected: who should hear, as it was worked out before it was sent and after it.
        moment: now.
    """
    run = _held(run_id)
    case = db.session.get(Case, run.case_id) if run is not None and run.case_id else None
    if run is None:
        return
    if case is None or run.step != SENT:
        end(run_id, moment, canary_words.NOT_MARKED)
    elif case.reference != reference:
        end(run_id, moment, canary_words.NO_RECEIPT)
    elif canary_audience.addressed(case.id) not in expected:
        end(run_id, moment, canary_words.ADDRESSEES)
    else:
        go(run_id, SENT, ANSWERED)


def ended(among: Collection[int]) -> list[CanaryRun]:
    """Return what came of runs, those that are over."""
    return list(db.session.scalars(select(CanaryRun).where(CanaryRun.id.in_(among), _OVER).order_by(CanaryRun.id)))


def letters_of(run: CanaryRun) -> list[Letter]:
    """Return the letters of a run that must arrive: all that were not withdrawn."""
    chosen = select(Letter).where(Letter.case_id == run.case_id, Letter.withdrawn_at.is_(None))
    return list(db.session.scalars(chosen.order_by(Letter.id))) if run.case_id else []


def opens(run: CanaryRun) -> bool | None:
    """Return whether the case of a run opens with the canary's identity and says what was sent.

    Returns:
        None if its desk got a new key meanwhile, to which all was sealed anew: nobody can tell.
    """
    case = db.session.get(Case, run.case_id) if run.case_id else None
    rows = db.session.scalars(select(Statement).where(Statement.case_id == run.case_id)).all()
    if case is None or len(rows) != 1:
        return False
    key = db.session.get_one(DeskKey, rows[0].desk_key_id)
    try:
        (told,) = queries.read_statements(case, lambda _: canary_mark.identity())
    except SealError:
        return None if key.made_at > run.began_at else False
    except OSError:  # the identity is not to be read
        return False
    return told.words.get("story") == story(run.id, run.country) and told.words.get("country") == run.country


def end(run_id: int, moment: datetime, what: str = canary_words.GOOD) -> None:
    """End a run, and remove its case; what is being sent of it at this moment is removed at a later look.

    Args:
        run_id: the run.
        moment: now.
        what: what was found wrong; empty where all was right.
    """
    run = _held(run_id)
    if run is None:
        return
    run.ended_at, run.what = moment, what
    run.step = run.step if what else OPENED
    db.session.flush()
    audit.record("canary.run", country=run.country, result=what or "good")
    if run.case_id:
        canary_removal.remove(run.case_id, moment)


def forget(run_id: int, moment: datetime) -> None:
    """Undo a run of which nobody can tell whether it was good: it begins again."""
    run = _held(run_id)
    if run is not None and (run.case_id is None or canary_removal.remove(run.case_id, moment)):
        db.session.execute(delete(CanaryRun).where(CanaryRun.id == run_id))


def end_late(moment: datetime, within: timedelta = LATE, among: Collection[int] | None = None) -> None:
    """End the runs that should have been over by now, saying at which step they stand.

    Args:
        moment: now.
        within: how long a run may take.
        among: the runs that are meant; else all.
    """
    found = {
        BEGUN: canary_words.UNREACHABLE,
        SENDING: canary_words.BROKEN_OFF,
        SENT: canary_words.BROKEN_OFF,
        ANSWERED: canary_words.NOT_ACCEPTED,
        DELIVERED: canary_words.NOT_ARRIVED,
        ARRIVED: canary_words.BROKEN_OFF,
    }
    for run in at(*found, among=among):
        if run.began_at <= moment - within:
            end(run.id, moment, found[run.step])


def late(moment: datetime, every: timedelta) -> set[str]:
    """Return the countries whose last run failed, or whose last good one is too long ago.

    Args:
        moment: now.
        every: how often canaries are sent; nothing is too long ago where that is never.
    """
    failed = {country for country, run in newest_by_country(_OVER).items() if run.what}
    if not every:
        return failed
    good = {country: run.ended_at for country, run in newest_by_country(*_GOOD).items()}
    began = select(CanaryRun.country, func.min(CanaryRun.began_at)).group_by(CanaryRun.country)
    last = {country: good.get(country) or first for country, first in db.session.execute(began)}
    return failed | {country for country, since in last.items() if since < moment - 2 * every}


def alarming() -> set[str]:
    """Return the countries whose alarm stands."""
    return {alarm.about for alarm in alarms.standing() if alarm.kind == alarms.CANARY_LATE}


def sound(countries: Collection[str], moment: datetime) -> None:
    """Raise the alarms of these countries, and end those of all others."""
    standing = alarming()
    for country in {*countries} - standing:
        alarms.raised(alarms.CANARY_LATE, moment, country)
    for country in standing - {*countries}:
        alarms.end(alarms.CANARY_LATE, moment, country)


def figures() -> list[Figure]:
    """Return what is known of each country's canaries, in the order of the countries."""
    last, good = newest_by_country(), newest_by_country(*_GOOD)
    return [_figure(country, last.get(country), good.get(country)) for country in ALL]


def newest_by_country(*where: ColumnElement[bool]) -> dict[str, CanaryRun]:
    """Return the newest run of each country of which something is true."""
    newest = select(func.max(CanaryRun.id)).where(*where).group_by(CanaryRun.country)
    return {run.country: run for run in db.session.scalars(select(CanaryRun).where(CanaryRun.id.in_(newest)))}


def _figure(country: str, last: CanaryRun | None, good: CanaryRun | None) -> Figure:
    good_at = good.ended_at if good else None
    return Figure(country, last, good_at, (good_at - good.began_at).total_seconds() if good and good_at else None)


def _house_began_at() -> datetime | None:
    return db.session.scalar(select(func.min(AuditEntry.at)).where(AuditEntry.chain == HOUSE))


def _held(run_id: int) -> CanaryRun | None:
    """Return a run that is not over, its row held until the transaction ends."""
    held = select(CanaryRun).where(CanaryRun.id == run_id, _OPEN).with_for_update()
    return db.session.scalar(held.execution_options(populate_existing=True))
