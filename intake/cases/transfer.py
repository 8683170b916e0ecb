"""Moving a case to another desk: what of it is sealed to the one is sealed anew to the other, and it waits there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, update
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import (
    assignment,
    code_counts,
    coding,
    fact_pages,
    handover,
    merges,
    notices,
    queries,
    search_pages,
    sign_off,
    statuses,
)
from intake.cases.envelope import Envelope
from intake.cases.models import (
    DELETED,
    EMAIL,
    RECEIVED,
    Case,
    ComplainantKey,
    Presence,
)
from intake.cases.sealed_rows import DESK, Resealed, SealedTable, sealed_to
from intake.desks import queries as desks
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.outbox import certificates
from intake.reference.countries import OTHER
from intake.sealing import SealedBytes, seal_document

_Known = tuple[str, int]  # a row: its table, its number


class CountryError(Exception):
    """The country of the case is confirmed already, or it was never in doubt."""


class InDeletionError(Exception):
    """The complainant asked for deletion: the desk keeps the case first, or lets it go."""


@dataclass(frozen=True)
class Transfer:
    """A case sealed anew to another desk, with what its rows were before, and the codes that are counted there now."""

    case_id: int
    from_desk_id: int
    to_desk_id: int
    complainant_key_id: int | None
    status: str
    told: Envelope
    word: Envelope
    ended: Envelope
    member_id: int
    before: Mapping[_Known, Row[Any]]
    anew: Mapping[_Known, Resealed]
    codes: tuple[str, ...]
    country: str | None = None


def asks_country(case: Case) -> bool:
    """Return whether nobody has said yet which country a case is about: it came by mail."""
    return case.channel == EMAIL and case.country == OTHER


def seal_anew(visitor: Visitor, reference: str, to_desk_id: int, reason: str, country: str | None = None) -> Transfer:
    """Seal everything of a case anew, to another desk's newest key.

    Args:
        visitor: a member seated at the case's desk.
        reference: the case.
        to_desk_id: the other desk.
        reason: why, for who reads it there.
        country: the country that the case is about, where that is to be confirmed.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks, or no such other desk.
        CountryError: its country is not to be confirmed.
        InDeletionError: its deletion was asked.
        sealing.SealError: something was altered: it stays where it is.
    """
    case, opens = _leaving(visitor, reference, to_desk_id, country), queries.desk_opens(visitor)
    to, complainant = desks.current_key(to_desk_id), _recipient_of(case)
    before = {(kind.name, row.id): row for kind in _kinds() for row in _rows_of(kind, case.id)}
    kinds = {kind.name: kind for kind in _kinds()}
    anew = {
        known: kinds[known[0]].seal_anew(row, opens(row.desk_key_id), desk=to.recipient, complainant=complainant)
        for known, row in before.items()
    }
    both = [to.recipient, complainant] if complainant else [to.recipient]
    return Transfer(
        case.id,
        case.desk_id,
        to_desk_id,
        case.complainant_key_id,
        case.status,
        _sealed(case, to.id, queries.STATUS, {"words": _words_to_keep(case, visitor), "moved": True}, both),
        _sealed(case, to.id, queries.NOTE, {"text": reason}, [to.recipient]),
        _sealed(case, to.id, sign_off.SIGN_OFF, {"words": reason, "moved": True}, [to.recipient]),
        visitor.member.id,
        before,
        anew,
        coding.codes_of(case, opens),
        country,
    )


def move(transfer: Transfer) -> Case:
    """Save a case under another desk: from here on the desk before reads it no more.

    Raises:
        StaleError: anything of it changed meanwhile, or the other desk has a newer key; seal it anew again.
        InDeletionError: its deletion was asked meanwhile.
        CountryError: somebody confirmed its country meanwhile.
    """
    case = db.session.scalars(select(Case).where(Case.id == transfer.case_id).with_for_update()).one()
    if case.status != DELETED and case.deletion_asked_at is not None:
        raise InDeletionError
    seen = (transfer.from_desk_id, transfer.complainant_key_id, transfer.status)
    if (case.desk_id, case.complainant_key_id, case.status) != seen:
        raise StaleError
    if desks.current_key(transfer.to_desk_id, held=True).id != transfer.told.desk_key_id:
        raise StaleError
    if transfer.country is not None and not asks_country(case):
        raise CountryError
    _save_rows(transfer)
    merges.end(case, transfer.member_id)
    case.desk_id = transfer.to_desk_id
    case.country = transfer.country or case.country
    code_counts.move(case, transfer.from_desk_id, transfer.codes)
    assignment.answer_for(case, None)
    moment, status = now(), RECEIVED if case.status in statuses.OPEN else case.status
    statuses.put(case, status, transfer.told, transfer.member_id, moment)
    handover.note(case, transfer.word, transfer.member_id, moment)
    sign_off.end(case, transfer.ended, transfer.member_id)
    _leave_traces_nowhere(case)
    by, old, new = transfer.member_id, transfer.from_desk_id, case.desk_id
    audit.record("case.moved_away", desk_id=old, member_id=by, case_id=case.id, to=new)
    detail: dict[str, Any] = {"came_from": old}
    if transfer.country is not None:
        detail["country"] = transfer.country
    audit.record("case.moved_here", desk_id=new, member_id=by, case_id=case.id, **detail)
    notices.moved_here(case, moment)
    return case


def _leaving(visitor: Visitor, reference: str, to_desk_id: int, country: str | None) -> Case:
    case = queries.living_for(visitor, reference)
    if desks.desk(to_desk_id) is None or to_desk_id == case.desk_id:
        raise NotFound
    if case.deletion_asked_at is not None:
        raise InDeletionError
    if country is not None and not asks_country(case):
        raise CountryError
    return case


def _save_rows(transfer: Transfer) -> None:
    """Save the rows sealed anew.

    Raises:
        StaleError: one was added, changed or taken away meanwhile.
    """
    there = set()
    for kind in _kinds():
        rows = kind.table
        for row in _rows_of(kind, transfer.case_id):
            known = (kind.name, row.id)
            there.add(known)
            before = transfer.before.get(known)
            if before is None or any(getattr(before, name) != getattr(row, name) for name in _seen(kind)):
                raise StaleError
            as_it_was = update(rows).where(rows.c.id == row.id, rows.c.desk_key_id == before.desk_key_id)
            change = {**transfer.anew[known], "desk_key_id": transfer.told.desk_key_id}
            if db.session.scalar(as_it_was.values(change).returning(rows.c.id)) is None:
                raise StaleError  # a rotation was quicker
    if there != transfer.before.keys():
        raise StaleError


def _leave_traces_nowhere(case: Case) -> None:
    """Take away what else the desk before could read of a case: the pages that it stands on are made anew."""
    search_pages.forget(case.id)
    fact_pages.forget(case.id)
    certificates.drop_reports(case.id)
    db.session.execute(delete(Presence).where(Presence.case_id == case.id))


def _kinds() -> Iterator[SealedTable]:
    """Yield the tables whose rows belong to a case and are sealed to its desk."""
    return (kind for kind in sealed_to(DESK) if "case_id" in kind.table.c)


def _rows_of(kind: SealedTable, case_id: int) -> list[Row[Any]]:
    table = kind.table
    found = select(table.c.id, table.c.desk_key_id, *kind.columns).where(table.c.case_id == case_id)
    return list(db.session.execute(found.order_by(table.c.id)))


def _seen(kind: SealedTable) -> tuple[str, ...]:
    return ("desk_key_id", *kind.audiences)


def _recipient_of(case: Case) -> str:
    key = db.session.get(ComplainantKey, case.complainant_key_id) if case.complainant_key_id else None
    return key.recipient if key else ""


def _words_to_keep(case: Case, visitor: Visitor) -> str:
    """Return what stands beside a status that stays, such as where it was published."""
    if case.status in statuses.OPEN:
        return ""
    given = queries.read_statuses(case, queries.desk_opens(visitor))
    return next((one.words for one in reversed(given) if one.status == case.status), "")


def _sealed(case: Case, key_id: int, kind: str, words: Mapping[str, Any], recipients: list[str]) -> Envelope:
    document = {"reference": case.reference, "at": now().isoformat(), **words}
    return Envelope(case.id, key_id, case.complainant_key_id, SealedBytes(seal_document(kind, document, recipients)))
