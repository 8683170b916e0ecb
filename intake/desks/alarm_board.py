"""What members are told of alarms at the desk, and ending one by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext, ngettext
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.extensions import db
from intake.i18n import COUNTRY_NAMES, now
from intake.members import queries as members
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.outbox import alarm_words, alarms
from intake.outbox.alarms import Sign
from intake.outbox.models import Alarm

ENDED_SHOWN_FOR = timedelta(days=30)
MOST_ENDED = 50
MOST_LINES = 3  # above a page, where somebody has work to do
FOR_EVERYBODY = (alarms.WORKER_SILENT, alarms.NO_DELIVERY)
PAGE, LETTERS = "alarms.page", "letters.page"  # where more is said: to editors and admins, and to journalists


@dataclass(frozen=True)
class Banner:
    """What stands above every page while something is wrong, and which page says more."""

    lines: list[str]
    more: str


@dataclass(frozen=True)
class Shown:
    """An alarm as its page shows it.

    Attributes:
        number: of its row; none where it is judged at this moment.
        wrong: what is wrong.
        about: whose address it is, or which country.
        to_do: what to do about it.
        since: when it was raised.
        until: when it was over.
        may_end: whether the visitor may say that it is mended.
    """

    number: int | None
    wrong: str
    about: str
    to_do: str
    since: datetime
    until: datetime | None = None
    may_end: bool = False


@dataclass(frozen=True)
class Board:
    """The alarms that stand, and those that are over."""

    standing: list[Shown]
    ended: list[Shown]


def banner(member: Member) -> Banner | None:
    """Return what a member is told on every page: one statement.

    Editors and admins are told of everything, journalists of what keeps letters from themselves.
    """
    manages = member.is_admin or member.role == EDITOR
    own, rest = [], []
    for sign in alarms.signs(now()):
        if sign.kind == alarms.ADDRESS_BOUNCES and sign.about == str(member.id):
            own.append(_own_address())
        elif manages or sign.kind in FOR_EVERYBODY:
            rest.append(sign)
    lines = own + _lines(rest)
    if len(lines) > MOST_LINES:
        more = len(lines) - MOST_LINES + 1
        lines[MOST_LINES - 1 :] = [ngettext("%(num)s more alarm stands.", "%(num)s more alarms stand.", more)]
    return Banner(lines, PAGE if manages else LETTERS) if lines else None


def board(visitor: Visitor) -> Board:
    """Return all alarms that stand, and those of late that are over, for editors and admins."""
    moment, rows = now(), alarms.standing()
    over = alarms.ended_since(moment - ENDED_SHOWN_FOR, MOST_ENDED)
    names = members.names({int(row.about) for row in (*rows, *over) if row.about.isdecimal()})
    silent = [sign.since for sign in alarms.signs(moment) if sign.kind == alarms.WORKER_SILENT]
    wrong, to_do = alarm_words.wrong(alarms.WORKER_SILENT), alarm_words.to_do(alarms.WORKER_SILENT)
    judged = [Shown(None, wrong, "", to_do, since) for since in silent]
    standing = [_shown(row, names, may_end=_may_end(visitor, row)) for row in rows if row.kind != alarms.WORKER_SILENT]
    return Board(judged + standing, [_shown(row, names) for row in over])


def mend(visitor: Visitor, alarm_id: int) -> None:
    """End an alarm because an admin says that it is mended. Said twice, the second time does nothing.

    Raises:
        werkzeug.exceptions.NotFound: there is no such alarm, or it ends by itself alone.
    """
    row = db.session.scalar(select(Alarm).where(Alarm.id == alarm_id))
    if row is None or row.kind not in alarms.BY_HAND:
        raise NotFound
    if alarms.end(row.kind, now(), row.about):
        member = int(row.about) if row.about.isdecimal() else None
        audit.record("alarm.mended", member_id=visitor.member.id, alarm=row.kind, member=member)


def _lines(signs: list[Sign]) -> list[str]:
    """Return a line for each alarm, for all addresses together one."""
    bouncing = [sign for sign in signs if sign.kind == alarms.ADDRESS_BOUNCES]
    lines = [alarm_words.notice(sign.kind, sign.since) for sign in signs if sign not in bouncing]
    if bouncing:
        lines.append(
            ngettext("Letters to %(num)s address come back.", "Letters to %(num)s addresses come back.", len(bouncing))
        )
    return list(dict.fromkeys(lines))


def _own_address() -> str:
    return gettext("Letters to your own address come back: look whether the mailbox is full, and tell an admin.")


def _may_end(visitor: Visitor, row: Alarm) -> bool:
    return visitor.member.is_admin and row.kind in alarms.BY_HAND


def _shown(row: Alarm, names: dict[int, str], *, may_end: bool = False) -> Shown:
    about = _about(row.about, names)
    wrong, to_do = alarm_words.wrong(row.kind), alarm_words.to_do(row.kind)
    return Shown(row.id, wrong, about, to_do, row.raised_at, row.ended_at, may_end)


def _about(about: str, names: dict[int, str]) -> str:
    """Return what an alarm is about, in words: a member's name, the newsroom, a country."""
    if about.isdecimal():
        return names.get(int(about), "–")
    if about == alarms.NEWSROOM:
        return gettext("The newsroom")
    return str(COUNTRY_NAMES.get(about, about))
