"""The custody of a file: what the audit says was done with it, by whom, when, at whichever desk it was then."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, or_, select

from intake.audit import AuditEntry
from intake.evidence.queries import OpenedFile
from intake.extensions import db
from intake.i18n import to_ten_minutes
from intake.members.models import Member

# What was done with all that a case has, its files among it.
WHOLE_CASE = ("case.moved_here", "case.exported", "case.copied")
_WITH_FILES = (None, "zip")  # the forms of copies that have files


@dataclass(frozen=True)
class Step:
    """A line of the custody: what was done, when, by whom, and at which desk.

    Attributes:
        member: who did it, by name; None where no member did.
        desk_id: whose chain has the entry.
        detail: what was written down with it.
    """

    act: str
    at: datetime
    member: str | None
    desk_id: int
    detail: dict[str, Any] = field(default_factory=dict)


def of(file: OpenedFile, case_id: int) -> list[Step]:
    """Return what was done with a file of a case, oldest first; a case that was moved has entries of several desks."""
    told = cast(AuditEntry.detail, Text)
    pick = (
        select(AuditEntry.act, AuditEntry.at, Member.name, AuditEntry.chain, told)
        .outerjoin(Member, AuditEntry.member_id == Member.id)
        .where(AuditEntry.case_id == case_id)
        .where(or_(told.contains(file.name), AuditEntry.act.in_(WHOLE_CASE)))
        .order_by(AuditEntry.id)
    )
    steps = [Step(act, at, name, chain, _read(text)) for act, at, name, chain, text in db.session.execute(pick)]
    since = to_ten_minutes(file.received_at)
    return [step for step in steps if is_about(file.name, since, step.act, step.at, step.detail)]


def is_about(file: str, since: datetime, act: str, at: datetime, detail: Mapping[str, Any]) -> bool:
    """Return whether an entry of a case's audit is about one of its files, by itself or with all that the case has.

    Args:
        file: the file's name in the storage.
        since: when it came, to ten minutes.
        act: what was done.
        at: when.
        detail: what was written down with it.
    """
    if file in (detail.get("file"), detail.get("upload")):  # a part that was kept is told with the whole, too
        return True
    # A copy that says how many files went along has an entry of each of them beside it.
    of_all = act in WHOLE_CASE and detail.get("form") in _WITH_FILES and "files" not in detail
    return of_all and at >= since


def _read(text: str) -> dict[str, Any]:
    """Return an entry's details; none where somebody tampered with them, so that the page still shows the rest."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
