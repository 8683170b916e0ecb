"""The second way: the operator hears of alarms although letters do not go out. No content goes by it, and no name."""

import fcntl
import http.client
import json
import logging
import ssl
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext
from sqlalchemy import and_, or_, select, update

from intake.extensions import db
from intake.i18n import NEVER_SEEN_LANGUAGE, now, speaking
from intake.outbox import alarm_words, deliver
from intake.outbox import message as messages
from intake.outbox.models import Alarm
from intake.post_settings import SecondWay

TIMEOUT = 15  # seconds that the page may stay silent
WAITS = (0, 1, 2, 5, 10)  # minutes after the first, second, … failure; then the last for ever
MOST_AT_ONCE = 50  # alarms in one notice
GATE = ".second-way"  # in the instance folder: whoever tells holds it, so that nobody tells the same beside them
log = logging.getLogger(__name__)


@dataclass
class _Rest:
    """How often this process told in vain, and until when it lets the second way be."""

    failures: int = 0
    until: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """What is to be told: alarms that nobody told of, and those that are over since somebody did."""

    alarm_ids: tuple[int, ...]
    text: str


@contextmanager
def alone() -> Iterator[bool]:
    """Say whether nobody else on this machine tells at this moment; nobody else does until the end."""
    with (current_app.config["INSTANCE"] / GATE).open("w") as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def way() -> SecondWay | None:
    """Return how the operator is told; None where they are not."""
    found: SecondWay | None = current_app.config["SECOND_WAY"]
    return found


def owed(moment: datetime) -> Notice | None:
    """Return what the operator is to be told now, in one notice; nothing while the second way is let be."""
    if way() is None:
        return None
    rest = _rest()
    if rest.until is not None and timedelta() < rest.until - moment < timedelta(minutes=WAITS[-1] + 1):
        return None
    begun = and_(Alarm.ended_at.is_(None), Alarm.told_at.is_(None))
    over = Alarm.told_at < Alarm.ended_at  # one of which nobody was told before it was over is not told of any more
    rows = select(Alarm).where(or_(begun, over)).order_by(Alarm.raised_at, Alarm.id).limit(MOST_AT_ONCE)
    alarms = list(db.session.scalars(rows))
    return Notice(tuple(alarm.id for alarm in alarms), _text(alarms)) if alarms else None


def tell(notice: Notice) -> bool:
    """Tell the operator, and return whether they were told. Never raises for what the other end may do.

    No transaction is open: the other end may take its time.
    """
    known = way()
    if known is None:
        return False
    db.session.rollback()  # hold no read open meanwhile
    outcome = _post(known, notice.text) if known.url else _mail(known, notice.text)
    rest = _rest()
    if outcome.accepted:
        rest.failures, rest.until = 0, None
        return True
    wait = WAITS[min(rest.failures, len(WAITS) - 1)]
    rest.failures, rest.until = rest.failures + 1, now() + timedelta(minutes=wait)
    # What it said may name an address or a secret of the page's own.
    log.warning("alarms could not be told by %s: %s", known, outcome.smtp_code or outcome.answer.partition(":")[0])
    return False


def told(notice: Notice, moment: datetime) -> None:
    """Write down that the operator was told, of the end of those too that were over.

    Args:
        notice: what was told.
        moment: when it was put together: one that was over only after that is told of again.
    """
    those = update(Alarm).where(Alarm.id.in_(notice.alarm_ids))
    db.session.execute(those.where(or_(Alarm.ended_at.is_(None), Alarm.ended_at > moment)).values(told_at=moment))
    db.session.execute(those.where(Alarm.ended_at <= moment).values(told_at=Alarm.ended_at))


def reach() -> deliver.Outcome:
    """Open a connection by the second way and send nothing; say what came of it."""
    known = way()
    if known is None:
        return deliver.Outcome(accepted=False, smtp_code=None, answer="there is none")
    if not known.url:
        return deliver.hand_over(None, known.mail or current_app.config["MAIL"])
    try:
        connection = _connection(known.url)
        try:
            connection.connect()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return deliver.failure(error)
    return deliver.Outcome(accepted=True, smtp_code=None, answer="")


def _text(alarms: Sequence[Alarm]) -> str:
    with speaking(NEVER_SEEN_LANGUAGE):
        lines = [alarm_words.notice(alarm.kind, alarm.raised_at, alarm.ended_at) for alarm in alarms]
    return "\n".join(f"Intake: {line}" for line in dict.fromkeys(lines))


def _post(known: SecondWay, text: str) -> deliver.Outcome:
    """Post a notice to a page: no redirect is followed, no proxy of the environment is asked."""
    parts = urlsplit(known.url)
    body = json.dumps({"text": text}).encode()
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    try:
        connection = _connection(known.url)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "Intake"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        return deliver.failure(error)
    return deliver.Outcome(accepted=status // 100 == 2, smtp_code=status, answer="")  # noqa: PLR2004 200 to 299 is yes


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
    context = ssl.create_default_context(cafile=current_app.config["MAIL_CA_FILE"])
    return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=context)


def _mail(known: SecondWay, text: str) -> deliver.Outcome:
    """Send a notice to an address now: it is no letter of the outbox, which may be what is ill."""
    with speaking(NEVER_SEEN_LANGUAGE):
        subject = gettext("Something needs looking after")
    user = known.mail.user if known.mail else None
    message = messages.notice(
        known.address, subject, text, f"{uuid.uuid4()}", sender=user if user and "@" in user else None
    )
    return deliver.hand_over(message, known.mail or current_app.config["MAIL"])


def _rest() -> _Rest:
    rest: _Rest = current_app.extensions.setdefault("second_way", _Rest())
    return rest
