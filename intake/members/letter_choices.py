"""How a member's letters come: at once, hourly or once a day, in which language, and at which hours none but urgent."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import update
from werkzeug.exceptions import NotFound

from intake import audit
from intake.extensions import db
from intake.i18n import now
from intake.members import queries
from intake.members.models import AT_ONCE, DAILY, HOURLY, Member
from intake.members.queries import Correspondent
from intake.members.quiet import HOUR, Quiet, due_at, next_at, quiet_of, zone_of
from intake.members.sessions import Visitor
from intake.outbox import digests, rehearsal
from intake.outbox.enqueue import Addressee

DAILY_AT = 8 * HOUR  # the minute of the member's day at which the daily digest comes


class Choice(NamedTuple):
    """When letters that are not urgent may go out to somebody.

    Attributes:
        rhythm: how often, one of ``RHYTHMS``.
        quiet: at which hours none.
        zone: in which the day is meant, by its name in the IANA database.
    """

    rhythm: str
    quiet: Quiet | None
    zone: str

    def due_at(self, moment: datetime, *, urgent: bool) -> datetime:
        """Return when a letter may go out that is owed at a moment: an urgent one at once, whatever was chosen."""
        if urgent:
            return moment
        if self.rhythm == HOURLY:
            local = moment.astimezone(zone_of(self.zone))
            past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            moment += timedelta(hours=1) - past
        elif self.rhythm == DAILY:
            moment = next_at(DAILY_AT, moment, self.zone)
        return due_at(self.quiet, moment, urgent=False)


class Chosen(NamedTuple):
    """What a member chose on the page.

    Attributes:
        language: of letters and pages.
        rhythm: one of ``RHYTHMS``.
        quiet: from which minute of the day until which; None for none.
        zone: by its name in the IANA database.
    """

    language: str
    rhythm: str
    quiet: tuple[int, int] | None
    zone: str


def choice_of(member: Correspondent | Member) -> Choice | None:
    """Return what a member chose; None where all letters come at once, at any hour."""
    quiet = quiet_of(member)
    if member.rhythm == AT_ONCE and quiet is None:
        return None
    return Choice(member.rhythm, quiet, member.time_zone)


def addressee(member: Correspondent | Member) -> Addressee:
    """Return a member as the addressee of a letter, which goes out when they chose."""
    return Addressee(member.address, member.language, member.id, waits=choice_of(member))


def choose(visitor: Visitor, chosen: Chosen) -> None:
    """Let letters come to a member as they chose; those that wait come as if they were owed now.

    Args:
        visitor: the member.
        chosen: what they chose.

    Raises:
        werkzeug.exceptions.NotFound: they do not work here any more.
    """
    if not queries.hold_to_change(visitor.member.id):
        raise NotFound
    quiet_from, quiet_until = chosen.quiet or (None, None)
    mine = update(Member).where(Member.id == visitor.member.id)
    new = {
        "language": chosen.language,
        "rhythm": chosen.rhythm,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "time_zone": chosen.zone,
    }
    db.session.execute(mine.values(new))
    choice = Choice(chosen.rhythm, Quiet(*chosen.quiet, chosen.zone) if chosen.quiet else None, chosen.zone)
    digests.put_off(visitor.member.id, choice.due_at(now(), urgent=False))
    audit.record("member.letters_chosen", member_id=visitor.member.id)


def rehearse(visitor: Visitor, to: Addressee) -> None:
    """Owe a test letter, so that a member sees whether letters arrive and what the mail server says.

    Args:
        visitor: who asks.
        to: where it goes.

    Raises:
        outbox.rehearsal.TooSoonError: the last test is a moment ago.
        werkzeug.exceptions.NotFound: the member does not work here any more.
    """
    if not queries.hold_to_change(visitor.member.id):
        raise NotFound
    rehearsal.owe(to, now())
    audit.record("member.letter_tested", member_id=visitor.member.id)
