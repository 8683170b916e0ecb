"""How alarms are said: what is wrong, and what to do about it. No name, no address: whoever knows them adds them."""

from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from intake.i18n import day_and_time
from intake.outbox.alarms import (
    ADDRESS_BOUNCES,
    BACKUP_LATE,
    CANARY_LATE,
    CERTIFICATE_ENDS,
    LETTER_MISSING,
    MAILBOX_AWAY,
    NO_DELIVERY,
    WORKER_SILENT,
)

WRONG = {
    NO_DELIVERY: _l("Letters are owed, and none goes out"),
    WORKER_SILENT: _l("The program that sends letters gives no sign of life"),
    ADDRESS_BOUNCES: _l("Letters to an address come back"),
    LETTER_MISSING: _l("Nobody had been told of some cases; letters about them are owed now"),
    CANARY_LATE: _l("The test complaint of a country did not come through in time"),
    CERTIFICATE_ENDS: _l("A key to which letters are sealed ends soon, or has ended"),
    MAILBOX_AWAY: _l("The mailbox of what arrives by e-mail cannot be read"),
    BACKUP_LATE: _l("No backup was made for long"),
}
TO_DO = {
    NO_DELIVERY: _l(
        "Ask the operator to look at the mail server. Until then, read the queue: no letter tells of a new case."
    ),
    WORKER_SILENT: _l("Ask the operator to start it again. Until then, read the queue: no letter tells of a new case."),
    ADDRESS_BOUNCES: _l(
        "Ask who has the address whether it is right, and whether the mailbox is full. This ends by itself a day "
        "after a letter got through."
    ),
    LETTER_MISSING: _l("See that somebody reads these cases. If it happens again, tell the operator."),
    CANARY_LATE: _l("Ask the operator to look at the path from the page to the letters."),
    MAILBOX_AWAY: _l("Ask the operator to look at it. Until then, read it by hand: people may have written there."),
    BACKUP_LATE: _l("Ask the operator to look at it: if this machine is lost now, what came since then is lost too."),
    CERTIFICATE_ENDS: _l("Ask who has the key to upload a new one. Without one, letters carry no content."),
}


def wrong(kind: str) -> str:
    """Return what is wrong; the name of an alarm that nobody gave words."""
    return str(WRONG.get(kind, kind))


def to_do(kind: str) -> str:
    """Return what to do about it."""
    return str(TO_DO.get(kind, ""))


def notice(kind: str, since: datetime, until: datetime | None = None) -> str:
    """Return an alarm in one line, for one who gets it by the second way: what, since when, and until when."""
    if until is None:
        return gettext("%(what)s: since %(since)s.", what=wrong(kind), since=day_and_time(since))
    return gettext(
        "Mended: %(what)s, from %(since)s to %(until)s.",
        what=wrong(kind),
        since=day_and_time(since),
        until=day_and_time(until),
    )
