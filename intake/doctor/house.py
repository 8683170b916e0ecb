"""What the doctor looks at in the house itself: secrets, disk, clock, desks' keys, the chains of the audit trail."""

import ctypes
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app

from intake import audit
from intake.desks import queries as desks
from intake.desks import routing
from intake.doctor.finding import Finding, at_most
from intake.extensions import db
from intake.i18n import NEVER_SEEN_LANGUAGE
from intake.members import queries as members
from intake.reference.countries import COUNTRIES

_PRIVATE = 0o077  # what others may do with what is their owner's alone: nothing
_UNSYNCHRONISED = 0x0040  # STA_UNSYNC of adjtimex(2)
_STATUS_AT = 40  # the offset of status in struct timex where a long has 8 bytes
_TIMEX_BYTES = 208
AHEAD = timedelta(minutes=2)  # the clock may have been corrected by this much


def found(moment: datetime, *, mend: bool = False) -> Iterator[Finding]:
    """Yield what was found in the house.

    Args:
        moment: now.
        mend: take away what others may do with our files.
    """
    yield from _modes(current_app.config["INSTANCE"], mend=mend)
    yield _disk()
    yield _clock(moment)
    yield from _keys()
    yield from _routes()
    yield from _chains()


def _modes(instance: Path, *, mend: bool) -> Iterator[Finding]:
    """Look who may read what this instance keeps."""
    open_to_others = [path for path in (instance, *instance.glob("*")) if _is_open(path)]
    if mend:
        for path in open_to_others:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_PRIVATE)
        if open_to_others:
            yield Finding(f"What others could read in {instance} is its owner's alone again.")
            return
    if open_to_others:
        names = at_most(sorted(path.name for path in open_to_others))
        yield Finding(f"Other users of this machine may read {names} in {instance}.", "Run flask doctor --fix.")
    else:
        yield Finding(f"What lies in {instance} is its owner's alone.")


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & _PRIVATE)
    except FileNotFoundError:  # gone meanwhile: a database makes and removes files beside its own
        return False


def _disk() -> Finding:
    free, reserve = shutil.disk_usage(current_app.config["INSTANCE"]).free, current_app.config["FILES"].reserve
    if free < reserve:
        what = f"Only {free // 1024**2} MB of the disk are free; files are refused below {reserve // 1024**2} MB."
        return Finding(what, "Make room: words are still taken, and soon they could not be.")
    return Finding(f"The disk has {free // 1024**2} MB free.")


def _clock(moment: datetime) -> Finding:
    """Look whether the clock was set back, and whether anything keeps it right."""
    last = audit.last_at()
    if last is not None and last > moment + AHEAD:
        what = f"The clock says {moment:%Y-%m-%d %H:%M} UTC, but something was done at {last:%Y-%m-%d %H:%M} UTC."
        return Finding(what, "Set the clock right, and let timesyncd or chrony keep it.")
    if _is_unsynchronised():
        return Finding("Nothing keeps the clock right.", "Start systemd-timesyncd or chrony: six digits depend on it.")
    return Finding("The clock is right.")


def _is_unsynchronised() -> bool:
    """Ask the kernel whether a time service keeps the clock; what cannot be asked is not judged."""
    asked = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: read only
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None or ctypes.sizeof(ctypes.c_long) != 8 or adjtimex(asked) < 0:  # noqa: PLR2004 bytes
        return False
    return bool(int.from_bytes(asked.raw[_STATUS_AT : _STATUS_AT + 4], "little") & _UNSYNCHRONISED)


def _keys() -> Iterator[Finding]:
    """Look whether every desk can be opened by somebody who works here."""
    if not members.anybody():
        what = "Nobody has joined yet: what arrives can be opened by nobody, and no member hears of it."
        yield Finding(what, "Give the first admin the link and the code that flask init made, or see first-admin.")
        return
    closed = [desk.name for desk in desks.all_desks() if not desks.seated_at(desk.id)]
    if closed:
        what = f"Nobody who works here can open what arrives at {at_most(closed)}."
        yield Finding(what, "Let an editor seat somebody there, or use flask desks rescue.")
    else:
        yield Finding("Every desk can be opened by somebody who works here.")


def _routes() -> Iterator[Finding]:
    """Look whether somebody hears of what comes from each country; where no journalist does, all editors do."""
    unheard = [
        country
        for country in (*COUNTRIES, "other")
        if not routing.destination_for(country, NEVER_SEEN_LANGUAGE).journalists
    ]
    db.session.rollback()
    if not members.anybody():
        return  # which was said of the keys already
    if unheard and not members.editors():
        yield Finding(f"Nobody hears of complaints from {at_most(unheard, 6)}.", "Invite an editor or a journalist.")
    else:
        yield Finding("Somebody hears of complaints from every country.")


def _chains() -> Iterator[Finding]:
    names = desks.chain_names()
    broken = [names.get(chain, f"chain {chain}") for chain in audit.chains() if not audit.check(chain).holds]
    if broken:
        what = f"The audit trail is broken: {at_most(broken)}."
        yield Finding(what, "Run flask audit verify, and ask who had the database in their hands.")
    else:
        yield Finding("The audit trail is whole.")
