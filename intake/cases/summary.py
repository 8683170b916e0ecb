"""The daily summary: what could not be delivered, what is unread, and the ends of the audit chains.

It goes to the editors and the newsroom every morning, exactly once however many workers there are. It says how many and
since when: no reference, no name, no address, no word of a story.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from flask import current_app
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, func, select, union_all

from intake import audit
from intake.cases.models import CANARY, DELETED, RECEIVED, Case, Message, Statement
from intake.desks import queries as desks
from intake.desks.models import EDITORS
from intake.evidence.models import File
from intake.extensions import db
from intake.i18n import COUNTRY_NAMES, NEVER_SEEN_LANGUAGE, date_day, local_time, speaking
from intake.members import queries as members
from intake.outbox import alarm_words, alarms, arrivals, postmaster
from intake.outbox import queries as letters
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Alarm

LETTER = "summary"
AT = time(8)
FAR = timedelta(days=2)  # a summary written down for so long ahead was written down by a clock that was wrong
MOST_ENDED = 20  # alarms that are over
LONGEST_WORDS = 160  # characters of a mail server's last word
LONGEST_NAME = 60
_DESK_NAMES = {**COUNTRY_NAMES, EDITORS: _l("Editors")}


@dataclass(frozen=True)
class Waiting:
    """What waits at one desk: how many cases, and since when the first of them."""

    desk: str
    count: int
    since: datetime


@dataclass(frozen=True)
class Summary:
    """All that a summary says.

    Attributes:
        morning: of which morning it is.
        post: how letters are delivered.
        left: how many messages came in the day before that only a person can judge.
        received: the cases that nobody acknowledged, by desk.
        unread: the others in which complainants wrote something that nobody read, by desk.
        standing: the alarms that are not over.
        ended: those that were over in the day before.
        heads: the ends of the audit chains, each with the chain's name.
    """

    morning: datetime
    post: letters.Health
    left: int
    received: list[Waiting]
    unread: list[Waiting]
    standing: list[Alarm]
    ended: list[Alarm]
    heads: list[tuple[audit.Note, str]]


def is_due(moment: datetime) -> bool:
    """Return whether the summary of a morning is owed, or the first morning is still to be waited for."""
    found = postmaster.kept()
    return found is not None and _is_new(_morning(moment), found.summed_up_at)


def gathered(moment: datetime) -> Summary:
    """Return what the summary of this morning says. It is read outside the transaction that owes it."""
    morning = _morning(moment)
    names = desks.chain_names()
    return Summary(
        morning,
        letters.health(moment),
        sum(arrivals.counts(moment - timedelta(days=1)).values()),
        _received(),
        _unread(),
        alarms.standing(),
        alarms.ended_since(moment - timedelta(days=1), MOST_ENDED),
        [(note, names.get(note.chain, "")) for note in audit.notes()],
    )


def owe(found: Summary, moment: datetime) -> int:
    """Owe the letters of a summary, unless another worker did, or there is no morning before this one.

    Returns:
        How many letters are owed.
    """
    kept = postmaster.held()
    before = kept.summed_up_at
    if not _is_new(found.morning, before):
        return 0
    postmaster.note("summed_up_at", found.morning)
    if before is None or before > found.morning:
        return 0  # the first start, or a clock that was wrong: the next morning is the first
    told: dict[str, list[Addressee]] = {NEVER_SEEN_LANGUAGE: [_newsroom()]}
    for editor in members.editors():
        told.setdefault(editor.language, []).append(Addressee(editor.address, editor.language, editor.id))
    return sum(_owe(found, language, addressees, moment) for language, addressees in told.items())


def _owe(found: Summary, language: str, addressees: list[Addressee], moment: datetime) -> int:
    with speaking(language):
        zone = current_app.config["TIME_ZONE"]
        fills = {
            "day": date_day(found.morning.astimezone(zone)),
            "letters": "\n".join([*_of_letters(found.post), *_of_mailbox(found.left)]),
            "received": "\n".join(map(_waiting, found.received)) or gettext("None."),
            "unread": "\n".join(map(_waiting, found.unread)) or gettext("None."),
            "alarms": "\n".join(_of_alarms(found)) or gettext("None."),
            "heads": "\n".join(audit.written(note, name) for note, name in found.heads),
            "zone": str(zone),
            "link": f"{current_app.config['DESK_URL']}/desk/",
        }
    return enqueue(LETTER, addressees, moment, fills=fills, begin=audit.BEGIN, end=audit.END)


def _is_new(morning: datetime, before: datetime | None) -> bool:
    return before is None or before < morning or before - morning > FAR


def _morning(moment: datetime) -> datetime:
    """Return the last moment at which a summary was due."""
    zone = current_app.config["TIME_ZONE"]
    here = moment.astimezone(zone)
    today = datetime.combine(here.date(), AT, zone)
    last = today if today <= here else datetime.combine(here.date() - timedelta(days=1), AT, zone)
    return last.astimezone(moment.tzinfo)


def _received() -> list[Waiting]:
    """Return the cases that nobody acknowledged."""
    rows = select(Case.desk_id, func.count(), func.min(Case.received_at)).where(Case.status == RECEIVED)
    return _by_desk(list(db.session.execute(rows.group_by(Case.desk_id))))


def _unread() -> list[Waiting]:
    """Return the cases that somebody acknowledged, and in which something is unread."""
    told = select(Statement.case_id.label("case_id"), Statement.received_at.label("at")).where(
        Statement.number > 1, Statement.read_at.is_(None), Statement.member_id.is_(None)
    )
    written = select(Message.case_id, Message.sent_at).where(Message.read_at.is_(None), Message.member_id.is_(None))
    sent = select(File.case_id, File.received_at).where(File.read_at.is_(None))
    both = union_all(told, written, sent).subquery()
    rows = select(Case.desk_id, func.count(both.c.case_id.distinct()), func.min(both.c.at))
    rows = rows.join(Case, Case.id == both.c.case_id).where(Case.status.not_in((RECEIVED, DELETED, CANARY)))
    return _by_desk(list(db.session.execute(rows.group_by(Case.desk_id))))


def _by_desk(rows: list[Row[int, int, datetime]]) -> list[Waiting]:
    found = {desk_id: (count, since) for desk_id, count, since in rows}
    return [Waiting(desk.name, *found[desk.id]) for desk in desks.all_desks() if desk.id in found]


def _waiting(one: Waiting) -> str:
    cases = ngettext("%(num)s case", "%(num)s cases", one.count)
    name = _one_line(str(_DESK_NAMES.get(one.desk, one.desk)), LONGEST_NAME)
    return gettext("%(desk)s: %(cases)s, the first since %(since)s", desk=name, cases=cases, since=_at(one.since))


def _of_letters(post: letters.Health) -> list[str]:
    """Return how letters are delivered, line by line."""
    if not post.owed:
        return [gettext("No letter is owed."), _went_out(post)]
    lines = [ngettext("%(num)s letter is owed.", "%(num)s letters are owed.", post.owed)]
    if post.oldest_owed_at is not None:
        lines.append(gettext("The oldest since %(since)s.", since=_at(post.oldest_owed_at)))
    if post.failing:
        lines.append(
            ngettext(
                "%(num)s of them was tried in vain. The mail server said last:",
                "%(num)s of them were tried in vain. The mail server said last:",
                post.failing,
            )
        )
        lines += [
            f"  {word.count} × {word.smtp_code or ''} {_one_line(word.answer, LONGEST_WORDS)}" for word in post.words
        ]
    return [*lines, _went_out(post)]


def _of_mailbox(left: int) -> list[str]:
    """Return what is said of messages that came in and that nobody but a person can see to, if there are any."""
    said = ngettext(
        "%(num)s message came by e-mail that only a person can judge: look into the newsroom's mailbox.",
        "%(num)s messages came by e-mail that only a person can judge: look into the newsroom's mailbox.",
        left,
    )
    return [said] if left else []


def _went_out(post: letters.Health) -> str:
    return ngettext("%(num)s letter went out in 24 hours.", "%(num)s letters went out in 24 hours.", post.day)


def _of_alarms(found: Summary) -> list[str]:
    standing = [
        gettext("%(what)s, since %(since)s", what=alarm_words.wrong(alarm.kind), since=_at(alarm.raised_at))
        for alarm in found.standing
    ]
    ended = [
        gettext(
            "Over: %(what)s, from %(since)s to %(until)s",
            what=alarm_words.wrong(alarm.kind),
            since=_at(alarm.raised_at),
            until=_at(alarm.ended_at),
        )
        for alarm in found.ended
        if alarm.ended_at is not None
    ]
    return [*standing, *ended]


def _at(moment: datetime) -> str:
    return local_time(moment, current_app.config["TIME_ZONE"])


def _one_line(text: str, longest: int) -> str:
    """Return what others wrote as one line of a letter, without what is not to be seen."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _newsroom() -> Addressee:
    return Addressee(current_app.config["NEWSROOM_ADDRESS"], NEVER_SEEN_LANGUAGE)
