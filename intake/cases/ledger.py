"""The audit as people read it: who did what, when, newest first, a page at a time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from flask_babel import gettext
from sqlalchemy import ColumnElement, Text, and_, cast, select

from intake.audit import HOUSE, AuditEntry
from intake.cases import acts, queries
from intake.cases.models import Case
from intake.desks import queries as desks
from intake.desks.models import Desk
from intake.extensions import db
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.web.forms import clean_line, row_number

PAGE = 50
_ENDS = ("before", "now")  # the details that are desks' numbers


@dataclass(frozen=True)
class Entry:
    """A line of the audit.

    Attributes:
        at: when.
        act: what was done, in words.
        who: by whom.
        details: what else is said of it, in words.
        desks: the desks that the details name: from where, to where.
        desk: the desk in whose chain it stands; None for the house's.
        reference: that of its case.
        path_to: the same, where the reader may open it.
    """

    at: datetime
    act: str
    who: str
    details: list[str]
    desks: list[Desk]
    desk: Desk | None
    reference: str | None
    path_to: str | None


@dataclass(frozen=True)
class Filters:
    """What of the audit is wanted, and what of the wish was not understood.

    Attributes:
        chain: the house's or a desk's.
        act: a group of acts.
        member: who acted.
        case: a case's reference.
        since: the first day.
        until: the last day.
        before: the number of the entry before which the page begins.
        ignored: sentences about what was asked for and is not there.
    """

    chain: int | None = None
    act: str | None = None
    member: int | None = None
    case: str | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None
    ignored: tuple[str, ...] = ()

    @property
    def asked(self) -> dict[str, Any]:
        """The filters as an address has them, the page left out."""
        return {
            "chain": self.chain,
            "act": self.act,
            "member": self.member,
            "case": self.case,
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True)
class Page:
    """A page of the audit, what the next begins before, and what can be chosen among."""

    entries: list[Entry]
    filters: Filters
    before: int | None
    members: dict[int, str]
    desks: list[Desk] = field(default_factory=list)


def page(visitor: Visitor, asked: Mapping[str, str]) -> Page:
    """Return a page of the audit of the house, for admins.

    Args:
        visitor: who reads; they may open a case only where they are seated.
        asked: what the address says; what is not understood is ignored, and said.
    """
    known, names = {desk.id: desk for desk in desks.all_desks()}, members.everybody()
    chosen, case_id = _case_asked(_filters(asked, {HOUSE, *known}, set(names), set(acts.GROUPS)))
    conditions = _conditions(chosen) + ([AuditEntry.case_id == case_id] if chosen.case else [])
    return _read(visitor, chosen, conditions, names, known)


def page_of_case(visitor: Visitor, case: Case, asked: Mapping[str, str]) -> Page:
    """Return a page of what was done about a case that the visitor may open.

    Args:
        visitor: who reads.
        case: the case, from ``queries.case_for``.
        asked: what the address says: of the filters, those of acts, members and pages.
    """
    names, of_case = members.everybody(), AuditEntry.case_id == case.id
    found = db.session.scalars(select(AuditEntry.member_id).where(of_case).distinct()).all()
    acted = {number: name for number, name in names.items() if number in found}
    few = {name: asked[name] for name in ("act", "member", "before") if name in asked}
    chosen = _filters(few, set(), set(acted), set(acts.ABOUT_CASES))
    shown = _read(
        visitor, chosen, [*_conditions(chosen), of_case], names, {desk.id: desk for desk in desks.all_desks()}
    )
    return replace(shown, members=acted)


def _filters(asked: Mapping[str, str], chains: set[int], people: set[int], groups: set[str]) -> Filters:
    """Return what an address asks for, with a sentence for each thing that is not there."""
    typed = {name: clean_line(value) for name, value in asked.items() if clean_line(value)}
    chain, member, before = (_row(typed.get(name)) for name in ("chain", "member", "before"))
    act, since, until = typed.get("act"), _day(typed.get("from")), _day(typed.get("to"))
    known = {
        "chain": chain in chains,
        "act": act in groups,
        "member": member in people,
        "from": since is not None,
        "to": until is not None,
        "before": before is not None,
    }
    backwards = since is not None and until is not None and since > until
    ignored = [sentence for name, sentence in _ignored().items() if name in typed and not known[name]]
    return Filters(
        chain if known["chain"] else None,
        act if known["act"] else None,
        member if known["member"] else None,
        typed.get("case"),
        None if backwards else since,
        None if backwards else until,
        before,
        (*ignored, *([gettext("The first day is after the last: both were ignored.")] if backwards else [])),
    )


def _ignored() -> dict[str, str]:
    return {
        "chain": gettext("There is no such desk: all are shown."),
        "act": gettext("There is no such kind of act: all are shown."),
        "member": gettext("There is no such member here: all are shown."),
        "from": gettext("The first day is not a date: it was ignored."),
        "to": gettext("The last day is not a date: it was ignored."),
        "before": gettext("There is no such page: the newest entries are shown."),
    }


def _case_asked(chosen: Filters) -> tuple[Filters, int | None]:
    """Return the filters with the case that they name, and its number; without, where there is none such."""
    found = queries.by_reference(chosen.case) if chosen.case else None
    if found is not None:
        return replace(chosen, case=found.reference), found.id
    nowhere = (gettext("There is no case with this reference: all are shown."),) if chosen.case else ()
    return replace(chosen, case=None, ignored=(*chosen.ignored, *nowhere)), None


def _conditions(chosen: Filters) -> list[ColumnElement[bool]]:
    """Return what is true of the entries that are wanted."""
    found: list[ColumnElement[bool]] = []
    if chosen.chain is not None:
        found.append(AuditEntry.chain == chosen.chain)
    if chosen.act is not None:
        found.append(AuditEntry.act.in_(acts.GROUPS[chosen.act][1]))
    if chosen.member is not None:
        found.append(AuditEntry.member_id == chosen.member)
    if chosen.since is not None:
        found.append(AuditEntry.at >= datetime.combine(chosen.since, time.min, UTC))
    if chosen.until is not None:
        found.append(AuditEntry.at <= datetime.combine(chosen.until, time.max, UTC))
    if chosen.before is not None:
        found.append(AuditEntry.id < chosen.before)
    return found


def _read(
    visitor: Visitor,
    chosen: Filters,
    conditions: list[ColumnElement[bool]],
    names: dict[int, str],
    known: dict[int, Desk],
) -> Page:
    """Read a page of entries, and the references of their cases."""
    entry = AuditEntry
    pick = select(
        entry.id,
        entry.chain,
        entry.at,
        entry.act,
        entry.member_id,
        entry.case_id,
        cast(entry.detail, Text).label("told"),
    )
    rows = db.session.execute(pick.where(and_(True, *conditions)).order_by(entry.id.desc()).limit(PAGE + 1)).all()  # noqa: FBT003 the beginning of all conditions
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    references, may_open = _cases(visitor, {row.case_id for row in rows if row.case_id})
    entries = [
        Entry(
            row.at,
            acts.said(row.act),
            names.get(row.member_id) or acts.nobody(row.act),
            acts.details(row.act, told, names),
            [known[told[end]] for end in _ENDS if isinstance(told.get(end), int) and told[end] in known],
            known.get(row.chain),
            references.get(row.case_id),
            references.get(row.case_id) if row.case_id in may_open else None,
        )
        for row, told in ((row, _told(row.told)) for row in rows[:PAGE])
    ]
    return Page(entries, chosen, more, names, list(known.values()))


def _cases(visitor: Visitor, numbers: set[int]) -> tuple[dict[int, str], set[int]]:
    """Return the references of cases by number, and which of them the visitor may open."""
    may_open = Case.desk_id.in_(desks.desk_ids_of(visitor.member))
    rows = db.session.execute(select(Case.id, Case.reference, may_open).where(Case.id.in_(numbers))).all()
    return {number: reference for number, reference, _ in rows}, {number for number, _, opens in rows if opens}


def _told(text: str) -> dict[str, Any]:
    """Return an entry's details; none where somebody tampered with them, so that the page still shows it."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _row(text: str | None) -> int | None:
    """Return the number of a row that an address names, if it is one."""
    try:
        return row_number(text or "")
    except ValueError:
        return None


def _day(text: str | None) -> date | None:
    """Return the day that an address names, if it is one."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
